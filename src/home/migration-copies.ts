import { copyFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BackupNote, databaseOf, type KeptBackup, sha256Of } from './backup-files.ts';
import type { CopyStore } from './backups.ts';
import { errnoOf, fileError } from './file-errors.ts';

/** A copy of the store that an update made before it changed its form: one file, without a note. */
export interface MigrationCopy {
  path: string;
  /** when the update was made */
  at: number;
  bytes: number;
}

const name = /^before-[\w-]+-(\d{13})\.db$/;

/** Whether a path names such a copy. */
export const isMigrationCopy = (path: string): boolean => name.test(basename(path));

/** The copies in a directory, the newest first. */
export async function listMigrationCopies(directory: string): Promise<MigrationCopy[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const copies: MigrationCopy[] = [];
  for (const each of names.filter(isMigrationCopy)) {
    const path = join(directory, each);
    copies.push({ path, at: timeOf(path), bytes: (await stat(path)).size });
  }
  return copies.sort((one, other) => other.at - one.at);
}

const timeOf = (path: string): number => Number(name.exec(basename(path))?.[1]);

/** Reads a copy as a backup with its note and the public keys of the data directory, for as long as `use` takes. */
export async function withMigrationCopy<T>(
  path: string,
  { home, directory, copy }: { home: string; directory: string; copy: CopyStore },
  use: (backup: KeptBackup) => Promise<T>,
): Promise<T> {
  let draft: string | undefined;
  try {
    draft = await mkdtemp(join(directory, 'looked-at-'));
    const read = await copy({ from: path, to: databaseOf(draft) });
    for (const key of (await readdir(home)).filter((each) => each.endsWith('.pub')))
      await copyFile(join(home, key), join(draft, key));
    const { size: bytes } = await stat(databaseOf(draft));
    const at = timeOf(path);
    const sha256 = await sha256Of(databaseOf(draft));
    const note: BackupNote = { form: 1, at, version: 'unknown', ...read, bytes, sha256, verifiedAt: at };
    return await use({ path: draft, note });
  } catch (error) {
    throw fileError(error, `read ${path}`);
  } finally {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
  }
}
