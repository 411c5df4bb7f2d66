import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { invalid } from '../core/errors.ts';
import { errnoOf, fileError } from './file-errors.ts';

/**
 * Makes a directory and what is missing above it; one that is there is left as it is. Throws the system's error. Node's
 * own recursion never ends where a directory is there and yet takes none (`/proc`): it is told ENOENT again and again.
 */
export function ensureDirectory(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isDirectory(path)) return;
    const above = dirname(path);
    if (errnoOf(error) !== 'ENOENT' || above === path || isDirectory(above)) throw error;
    ensureDirectory(above, mode);
    ensureDirectory(path, mode);
  }
}

/** The same for a path that somebody gave; `remedy` says how to give another. */
export function makeDirectory(path: string, { mode, remedy }: { mode?: number; remedy: string }): void {
  try {
    ensureDirectory(path, mode);
  } catch (error) {
    if (takesNone.includes(errnoOf(error) ?? ''))
      throw invalid(`No directory can be made at ${path}: ${whyNot(error)}.`, { reason: 'no_such_directory', remedy });
    throw fileError(error, `make the directory ${path}`);
  }
}

/** What the system answers where the path itself is at fault. */
export const takesNone: readonly string[] = ['ENOENT', 'ENOTDIR', 'EEXIST', 'ENAMETOOLONG', 'EINVAL', 'ELOOP'];

export const whyNot = (error: unknown): string => {
  switch (errnoOf(error)) {
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a part of that path is not a directory';
    case 'ENOENT':
      return 'the file system there takes none';
    case 'ENAMETOOLONG':
      return 'a name in it is too long';
    case 'ELOOP':
      return 'links in it lead round in circles';
    default:
      return 'the file system there does not take such a name';
  }
};

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false; // whoever asks throws what the making of it answered
  }
}
