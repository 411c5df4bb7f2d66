import { constants, type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';

/** What evidence may have, in bytes: it is read whole before each write. */
export const mostEvidenceBytes = 32 * 1_048_576;

/** Codes by which a path leads to no file that can be read. */
const isNone = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ELOOP', 'ENXIO', 'ENODEV', 'ENAMETOOLONG', 'EPERM']);

/**
 * The bytes of an ordinary file; undefined where there is none, or it is longer. What an agent put there is opened without
 * waiting and judged by its descriptor: a pipe, a device or a directory is no file, however it is named meanwhile.
 * `within`: a directory that it must lie in with all links followed.
 */
export async function readOrdinaryFile(
  path: string,
  { mostBytes, within }: { mostBytes: number; within?: string },
): Promise<Buffer | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    const opened = await file.stat();
    if (!opened.isFile() || opened.size > mostBytes) return undefined;
    if (within !== undefined) {
      const real = await realpath(path);
      const named = await lstat(real);
      const isInside = isBelow(await realpath(within), real);
      if (!isInside || named.ino !== opened.ino || named.dev !== opened.dev) return undefined;
    }
    return await readAtMost(file, mostBytes);
  } catch (error) {
    if (isNone.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  } finally {
    await file?.close();
  }
}

/** A file of a workspace, by a path in it or an absolute one that leads into it. */
export const readWorkspaceFile = (workspace: string, path: string, mostBytes = mostEvidenceBytes) =>
  readOrdinaryFile(isAbsolute(path) ? path : join(workspace, path), { mostBytes, within: workspace });

function isBelow(directory: string, path: string): boolean {
  const way = relative(directory, path);
  return way !== '' && way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

/** All of a file, or nothing where it grows past the limit while it is read. */
async function readAtMost(file: FileHandle, mostBytes: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, null);
    if (bytesRead === 0) return Buffer.concat(parts, length);
    length += bytesRead;
    if (length > mostBytes) return undefined;
    parts.push(buffer.subarray(0, bytesRead));
  }
}
