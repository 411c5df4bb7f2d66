import { invalid } from '../core/errors.ts';
import type { FileHash, HashFile } from './hash-files.ts';

/** Bytes of files that one request may have read, its program apart: what one asker is given, others wait for. */
const requestBytes = 64 * 1024 * 1024;

/**
 * A hasher for one request: each file is read once, and beyond the budget none is. Refuses with `too_much_to_read`, and
 * as the hasher below does.
 */
export function withinBudget(hash: HashFile, bytes = requestBytes): HashFile {
  const known = new Map<string, FileHash>();
  let left = bytes;
  return async (path, { maxBytes = Number.POSITIVE_INFINITY, ...how } = {}) => {
    const before = known.get(path);
    if (before !== undefined && before.bytes <= maxBytes) return before;
    if (left <= 0) throw tooMuch();
    const found = await hash(path, { ...how, maxBytes });
    left -= found.bytes; // the last file may go beyond it, by one file's limit
    known.set(path, found);
    return found;
  };
}

const tooMuch = () => invalid('The files of the request are too much to read.', { reason: 'too_much_to_read' });
