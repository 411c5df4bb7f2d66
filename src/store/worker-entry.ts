/** The first module of every worker thread: loads the task it was given, runs it, and tells what came of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ErrorCode, type ErrorExtras, GaiaError } from '../core/errors.ts';
import type { Task } from './in-worker.ts';

/** What a worker says to the thread that started it. */
export type FromWorker<Out, Progress> =
  | { kind: 'progress'; progress: Progress }
  | { kind: 'done'; output: Out }
  | {
      kind: 'failed';
      error: { message: string; stack?: string | undefined; gaia?: { code: ErrorCode; extras: ErrorExtras } };
    };

const say = (message: FromWorker<unknown, unknown>) => parentPort?.postMessage(message);

try {
  const { task, input } = workerData as { task: string; input: unknown };
  const { run } = (await import(task)) as { run: Task<unknown, unknown, unknown> };
  say({ kind: 'done', output: await run(input, (progress) => say({ kind: 'progress', progress })) });
} catch (error) {
  say({ kind: 'failed', error: described(error) });
}

function described(error: unknown): Extract<FromWorker<never, never>, { kind: 'failed' }>['error'] {
  if (error instanceof GaiaError) return { message: error.message, gaia: { code: error.code, extras: error.extras } };
  if (error instanceof Error) return { message: error.message, stack: error.stack };
  return { message: 'something other than an error was thrown' };
}
