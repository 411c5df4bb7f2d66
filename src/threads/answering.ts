import { parentPort } from 'node:worker_threads';
import { type ErrorCode, type ErrorExtras, GaiaError } from '../core/errors.ts';

/** What a thread is asked; `asked` is copied between threads, so it holds plain values. */
export interface Question<Asked> {
  id: number;
  asked: Asked;
}

/** What it says to it, by the same number. */
export type Said<Answer> = { id: number } & (
  | { answer: Answer }
  | { refused: { code: ErrorCode; message: string; extras: ErrorExtras } }
  /** a bug, with its stack */
  | { failed: string }
);

/** Makes of a thread one that answers what `Threads` ask it; they ask one thing at a time. */
export function answerWith<Asked, Answer>(work: (asked: Asked) => Promise<Answer>): void {
  parentPort?.on('message', async (question: Question<Asked>) => parentPort?.postMessage(await said(question, work)));
}

async function said<Asked, Answer>(
  { id, asked }: Question<Asked>,
  work: (asked: Asked) => Promise<Answer>,
): Promise<Said<Answer>> {
  try {
    return { id, answer: await work(asked) };
  } catch (error) {
    if (error instanceof GaiaError)
      return { id, refused: { code: error.code, message: error.message, extras: error.extras } };
    return { id, failed: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
