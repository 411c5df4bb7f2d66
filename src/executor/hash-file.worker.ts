import { parentPort, workerData } from 'node:worker_threads';
import { hashFile } from './hash-file.ts';

/** Hashes one file off the main thread; answers with one HashResult. */
const { path, maxBytes } = workerData as { path: string; maxBytes: number };
parentPort?.postMessage(await hashFile(path, maxBytes));
