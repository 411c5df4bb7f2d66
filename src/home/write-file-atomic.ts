import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileError } from './file-errors.ts';

/**
 * Writes a file so that readers, and a machine that loses power, see the old text or the new one, never a part.
 * `mode` is exact, whatever the umask; 0600 unless told.
 */
export async function writeFileAtomic(
  path: string,
  text: string,
  { mode = 0o600 }: { mode?: number } = {},
): Promise<void> {
  try {
    const draft = await writeDraft(path, text, mode);
    await rename(draft, path).catch(async (error: unknown) => {
      await rm(draft, { force: true });
      throw error;
    });
    await syncDirectory(dirname(path));
  } catch (error) {
    throw fileError(error, `write ${path}`);
  }
}

/** Removes what a crash left of files that were being written. Only for whoever alone uses the directory. */
export async function removeDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^\..+\.[0-9a-f]{12}\.tmp$/.test(name)) await rm(join(directory, name), { force: true });
  }
}

/** A synced file beside `path` with the text in it, under a name nobody else has. */
export async function writeDraft(path: string, text: string, mode: number): Promise<string> {
  const draft = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(draft, 'wx', mode);
  try {
    await fill(file, text, mode);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return draft;
}

async function fill(file: FileHandle, text: string, mode: number): Promise<void> {
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename or a new name in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
