import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { invalid } from '../core/errors.ts';
import type { Task } from './in-worker.ts';

export interface FileToHash {
  path: string;
  /** refuse larger files */
  maxBytes?: number;
}

export interface HashedFile {
  /** lower-case hex */
  sha256: string;
  bytes: number;
}

const chunkBytes = 1 << 20;

/** Hashes a regular file by chunks. */
export const run: Task<FileToHash, HashedFile> = ({ path, maxBytes = Number.POSITIVE_INFINITY }) => {
  const fd = openSync(path, 'r');
  try {
    if (!fstatSync(fd).isFile()) throw invalid(`${path} is not a regular file.`);
    const hash = createHash('sha256');
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let bytes = 0;
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) {
      bytes += read;
      if (bytes > maxBytes) throw invalid(`${path} is larger than ${maxBytes} bytes.`, { reason: 'payload_too_large' });
      hash.update(chunk.subarray(0, read));
    }
    return { sha256: hash.digest('hex'), bytes };
  } finally {
    closeSync(fd);
  }
};
