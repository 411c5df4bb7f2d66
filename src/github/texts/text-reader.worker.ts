import { workerData } from 'node:worker_threads';
import { answerWith } from '../../threads/answering.ts';
import { readTexts } from './read-texts.ts';
import type { KnownSecret } from './secret-scanner.ts';
import type { Asked } from './text-reader.ts';

const texts = readTexts(workerData as KnownSecret[]);

answerWith<Asked, unknown>(async ({ read, of }) => {
  try {
    return await (texts[read] as (...of: unknown[]) => Promise<unknown>)(...of);
  } catch (error) {
    throw withoutWords(error);
  }
});

// what a parser throws later than it was asked ends the thread, and Gaia hears of it
process.on('uncaughtException', (error) => {
  throw withoutWords(error);
});

/** What went wrong, and where in Gaia; its message could quote the text, which may hold secrets. */
function withoutWords(error: unknown): Error {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error();
  const head = stack.indexOf(message) + message.length; // a message may have lines that look like frames
  const frames = stack.includes(message)
    ? stack
        .slice(head)
        .split('\n')
        .filter((line) => /^ {4}at /.test(line))
    : [];
  return Object.assign(new Error(name), { stack: [name, ...frames].join('\n') });
}
