import { Worker } from 'node:worker_threads';
import { conflict, invalid, unavailable } from '../core/errors.ts';
import { workerUrl } from '../threads/worker-url.ts';
import { atMost } from './at-most.ts';
import { exactStat, mayBlock, stat } from './files.ts';
import { type Hashed, type HashResult, hashFile, stampOf } from './hash-file.ts';

export interface FileHash {
  sha256: string;
  bytes: number;
  /** the `#!` line without `#!`, where the file is a script */
  shebang?: string;
}

/**
 * Hashes the regular file at a real path. Refuses with a GaiaError whose `reason` is `file_too_large` (over `maxBytes`),
 * `file_unreadable`, or `file_changing` (written while it was read, twice in a row). Only what is said to be fixed (root
 * and Gaia alone may write it) is ever taken from memory: whoever maps a file into their memory changes its content
 * without changing its size or times (mmap(2), MAP_SHARED).
 */
export type HashFile = (path: string, how?: { maxBytes?: number; isFixed?: boolean }) => Promise<FileHash>;

/** Files above this many bytes are hashed in a worker thread, so that the event loop keeps turning. */
const inlineBytes = 256 * 1024;
const cachedMax = 1_000;
/** Threads that hash at once; further files wait their turn, so that no asker takes every core. */
const threadsMax = 2;
/**
 * A file changed less than this many ms ago may be written again within the same tick of the file system's clock
 * (4 ms on ext4, up to 2 s elsewhere) and look the same, so it is not cached.
 */
const settledMs = 2_500;

interface HasherOptions {
  /** wall clock in ms, the one the file system stamps with */
  now?: () => number;
  /** hashes one file; replaced in tests */
  look?: (path: string, maxBytes: number) => Promise<HashResult>;
}

/** A hasher with a memory: a fixed file is read again only when its device, inode, size or times differ. */
export function hashFiles({ now = Date.now, look = looker() }: HasherOptions = {}): HashFile {
  const known = new Map<string, FileHash>();

  return async (path, { maxBytes = Number.POSITIVE_INFINITY, isFixed = false } = {}) => {
    const stamp = isFixed ? await currentStamp(path) : undefined;
    const remembered = stamp === undefined ? undefined : known.get(stamp);
    if (stamp !== undefined && remembered !== undefined && remembered.bytes <= maxBytes) {
      known.delete(stamp);
      known.set(stamp, remembered);
      return remembered;
    }

    let result = await look(path, maxBytes);
    if (result.kind === 'changed') result = await look(path, maxBytes);
    const { stamp: hashedStamp, changedAtMs, kind: _, ...hash } = hashedOr(result, path);
    if (isFixed && changedAtMs < now() - settledMs) {
      known.set(hashedStamp, hash);
      const oldest = known.keys().next().value;
      if (known.size > cachedMax && oldest !== undefined) known.delete(oldest);
    }
    return hash;
  };
}

async function currentStamp(path: string): Promise<string | undefined> {
  const found = await exactStat(path).catch(() => undefined);
  return found && stampOf(found);
}

function hashedOr(result: HashResult, path: string): Hashed {
  if (result.kind === 'hashed') return result;
  if (result.kind === 'too_large') {
    throw invalid(`${path} has ${result.bytes} bytes, more than may be bound.`, {
      reason: 'file_too_large',
      facts: { path, bytes: result.bytes },
    });
  }
  if (result.kind === 'changed') {
    throw conflict(`${path} was written while it was being read, twice in a row.`, {
      reason: 'file_changing',
      remedy: 'Ask again when nothing writes to it any more.',
      facts: { path },
    });
  }
  const why = result.kind === 'not_regular' ? 'it is not a regular file' : result.errno;
  throw invalid(`${path} could not be read: ${why}.`, { reason: 'file_unreadable', facts: { path, why } });
}

/** Reads small files here and large ones in a thread, a few at a time. */
function looker(): (path: string, maxBytes: number) => Promise<HashResult> {
  const inTurn = atMost(threadsMax);
  return async (path, maxBytes) => {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    return size > inlineBytes && size <= maxBytes ? inTurn(() => inWorker(path, maxBytes)) : hashFile(path, maxBytes);
  };
}

function inWorker(path: string, maxBytes: number): Promise<HashResult> {
  return new Promise((resolve, reject) => {
    // without Gaia's own environment and loaders: the thread needs neither
    const options = { workerData: { path, maxBytes, ...mayBlock }, env: {}, execArgv: [] };
    const worker = new Worker(workerUrl('hash-file.worker', import.meta.url), options);
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(unavailable(`The thread that hashes ${path} ended early (${code}).`)));
  });
}
