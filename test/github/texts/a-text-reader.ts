import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { TextReader } from '../../../src/actions/changes/port.ts';
import { type TextReaderParts, textReader } from '../../../src/github/texts/text-reader.ts';

/** A reader in a thread of its own, and what was reported of it. */
export function aTextReader(parts: Partial<TextReaderParts> = {}): TextReader & { reported: Error[] } {
  const reported: Error[] = [];
  const reader = textReader({ secrets: [], report: (error) => void reported.push(error as Error), ...parts });
  onTestFinished(() => reader.close());
  return { ...reader, reported };
}

/** A thread's program that answers at once with what it was asked; but `endless` never ends, and `deadly` ends the thread. */
export const aMoodyProgram = (): URL =>
  aProgram(`import { parentPort, workerData } from 'node:worker_threads';
parentPort.on('message', ({ id, asked }) => {
  const text = [asked.of[0]].flat()[0];
  if (text === 'endless') for (;;);
  if (text === 'deadly') process.exit(3);
  parentPort.postMessage({ id, answer: { text, changed: [JSON.stringify([process.env, workerData])], blockers: [] } });
});
`);

/** The readers' own program, where something throws what it was asked, in lines that look like frames, before it is read. */
export const aThreadThatThrowsLater = (): URL =>
  aProgram(`import { parentPort } from 'node:worker_threads';
await import(${JSON.stringify(new URL('../../../dist/github/texts/text-reader.worker.js', import.meta.url).href)});
parentPort.once('message', ({ asked: { of: [text] } }) => {
  throw new SyntaxError(['What is this?', '    at ' + text + ' (file:///' + text + ':1:1)'].join('\\n'));
});
`);

function aProgram(script: string): URL {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-texts-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'program.mjs');
  writeFileSync(file, script);
  return pathToFileURL(file);
}
