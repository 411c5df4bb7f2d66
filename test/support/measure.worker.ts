import { readFileSync } from 'node:fs';
import { invalid } from '../../src/core/errors.ts';
import type { Task } from '../../src/store/in-worker.ts';

export interface FileToMeasure {
  path: string;
  /** refuse larger files */
  maxBytes?: number;
}

/** Reads a file a thousand times over, so that it takes a moment, and gives its length. */
export const run: Task<FileToMeasure, number> = ({ path, maxBytes = Number.POSITIVE_INFINITY }) => {
  let bytes = 0;
  for (let n = 0; n < 1_000; n++) bytes = readFileSync(path).length;
  if (bytes > maxBytes) throw invalid(`${path} is larger than ${maxBytes} bytes.`, { reason: 'too_large' });
  return bytes;
};
