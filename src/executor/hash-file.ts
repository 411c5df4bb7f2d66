import { createHash } from 'node:crypto';
import { type BigIntStats, constants } from 'node:fs';
import { errnoOf } from './errno.ts';
import { type OpenFile, open } from './files.ts';

export interface Hashed {
  kind: 'hashed';
  sha256: string;
  bytes: number;
  /** the `#!` line within the first 256 bytes (what Linux looks at), read from the very bytes that were hashed */
  shebang?: string;
  /** changes whenever the content may have */
  stamp: string;
  /** when the kernel last noted a change of the file, in ms */
  changedAtMs: number;
}

/** What became of one look at a file; plain values, because they may come from another thread. */
export type HashResult =
  | Hashed
  | { kind: 'too_large'; bytes: number }
  | { kind: 'changed' }
  | { kind: 'not_regular' }
  | { kind: 'unreadable'; errno: string };

const chunkBytes = 256 * 1024;
const shebangBytes = 256;

/**
 * Hashes one regular file by its real path. It never waits on a FIFO or device, never follows a link put there
 * meanwhile, never reads past the size it first saw, and says `changed` where the file was written during the reading.
 */
export async function hashFile(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<HashResult> {
  let file: OpenFile;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { kind: 'unreadable', errno };
  }
  try {
    return await hashOpened(file, maxBytes);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    return { kind: 'unreadable', errno };
  } finally {
    await file.close();
  }
}

/** Device, inode, size and both times in nanoseconds: a file with the same stamp has the same content. */
export const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats) =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');

async function hashOpened(file: OpenFile, maxBytes: number): Promise<HashResult> {
  const before = await file.stat();
  if (!before.isFile()) return { kind: 'not_regular' };
  const bytes = Number(before.size);
  if (bytes > maxBytes) return { kind: 'too_large', bytes };

  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, Math.max(bytes, 1)));
  let head = '';
  let read = 0;
  while (read < bytes) {
    const bytesRead = await file.read(chunk, 0, Math.min(chunk.length, bytes - read), read);
    if (bytesRead === 0) break;
    if (read < shebangBytes) head += chunk.toString('utf8', 0, Math.min(bytesRead, shebangBytes - read));
    hash.update(chunk.subarray(0, bytesRead));
    read += bytesRead;
  }

  const stamp = stampOf(before);
  if (read !== bytes || stampOf(await file.stat()) !== stamp) return { kind: 'changed' };
  const shebang = head.startsWith('#!') ? head.slice(2).split('\n', 1)[0]?.trim() : undefined;
  const changedAtMs = Number(before.ctimeMs);
  return { kind: 'hashed', sha256: hash.digest('hex'), bytes, ...(shebang && { shebang }), stamp, changedAtMs };
}
