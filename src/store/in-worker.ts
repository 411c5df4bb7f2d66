import { Worker } from 'node:worker_threads';
import { GaiaError } from '../core/errors.ts';
import type { FromWorker } from './worker-entry.ts';

/**
 * Long synchronous work, written in a module of its own (`*.worker.ts`) that exports it as `run`. Input, progress and
 * output are copied between threads, so they are plain values.
 */
export type Task<In, Out, Progress = never> = (input: In, report: (progress: Progress) => void) => Out | Promise<Out>;

export interface InWorkerOptions<Progress> {
  onProgress?: (progress: Progress) => void;
  /** ends the thread at once */
  signal?: AbortSignal;
}

/**
 * Runs a task in a thread of its own, so that the event loop goes on turning:
 * `inWorker<In, Out>(new URL('./quick-check.worker.ts', import.meta.url), input)`. A thread costs some 30 ms to start.
 * @throws what the task throws: a GaiaError as itself, anything else as an Error with its message and stack
 */
export function inWorker<In, Out, Progress = never>(
  task: URL,
  input: In,
  { onProgress, signal }: InWorkerOptions<Progress> = {},
): Promise<Out> {
  return new Promise<Out>((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = startWorker({ task: inSameForm(task), input });
    const abort = () => {
      reject(signal?.reason);
      void worker.terminate();
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: FromWorker<Out, Progress>) => {
      if (message.kind === 'progress') onProgress?.(message.progress);
      else if (message.kind === 'done') resolve(message.output);
      else reject(revived(message));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      signal?.removeEventListener('abort', abort);
      reject(new Error(`the worker of ${task.pathname} ended with code ${code} before it answered`)); // where it has not yet
    });
  });
}

const fromSource = import.meta.url.endsWith('.ts');

/** Run from source (tests, `npm run dev`), a thread needs tsx to read TypeScript; the build needs nothing. */
function startWorker(workerData: { task: string; input: unknown }): Worker {
  const env = {}; // a task gets its input, not Gaia's secrets
  if (!fromSource) return new Worker(new URL('./worker-entry.js', import.meta.url), { workerData, env });
  const entry = new URL('./worker-entry.ts', import.meta.url).href;
  const bootstrap = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry)}); });`;
  return new Worker(bootstrap, { eval: true, workerData, env });
}

/** The compiler rewrites imports, not the text in `new URL('./x.worker.ts', …)`. */
const inSameForm = (task: URL): string => (fromSource ? task.href : task.href.replace(/\.ts$/, '.js'));

function revived({ error }: Extract<FromWorker<never, never>, { kind: 'failed' }>): Error {
  if (error.gaia) return new GaiaError(error.gaia.code, error.message, error.gaia.extras);
  const revivedError = new Error(error.message);
  if (error.stack) revivedError.stack = error.stack;
  return revivedError;
}
