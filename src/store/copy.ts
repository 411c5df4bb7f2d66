import type { Copied, CopyInput } from './backup.worker.ts';
import { inWorker } from './in-worker.ts';

/** Copies a SQLite store beside whoever writes to it, and reads the copy back, in a thread of its own. */
export const copyStore = (paths: CopyInput): Promise<Copied> =>
  inWorker<CopyInput, Copied>(new URL('./backup.worker.ts', import.meta.url), paths);
