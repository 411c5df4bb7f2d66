import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './file-errors.ts';
import type { KeptPolicy } from './kept-policy.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** What is known of a backup; written beside it when it has been read back, so that one without it is unfinished. */
export interface BackupNote {
  form: 1;
  /** when the copy was begun, in ms since 1970 */
  at: number;
  version: string;
  generation: number;
  /** where its log ends */
  seq: number;
  hash: string;
  bytes: number;
  /** of the database file */
  sha256: string;
  verifiedAt: number;
  /** whose it is: the hash its log begins with; absent: unknown */
  installation?: string;
  /** absent: there was no policy file, or the backup is of before it was noted */
  policy?: KeptPolicy;
}

export interface KeptBackup {
  /** its directory */
  path: string;
  note: BackupNote;
}

export const databaseOf = (backup: string): string => join(backup, 'gaia.db');
const noteOf = (backup: string): string => join(backup, 'backup.json');

/** `gaia-2026-11-26T03-17-00Z`; UTC, so that they stand in order. */
export const backupName = (at: number): string =>
  `gaia-${new Date(at).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;

export const writeNote = (backup: string, note: BackupNote): Promise<void> =>
  writeFileAtomic(noteOf(backup), `${JSON.stringify(note, null, 2)}\n`);

/** Undefined where it has none, or one that cannot be read. */
export async function readNote(backup: string): Promise<BackupNote | undefined> {
  let text: string;
  try {
    text = await readFile(noteOf(backup), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
  try {
    const note = JSON.parse(text) as Partial<BackupNote>;
    const numbers = [note.at, note.generation, note.seq, note.bytes, note.verifiedAt];
    const isWhole = note.form === 1 && numbers.every(Number.isSafeInteger) && typeof note.hash === 'string';
    return isWhole && /^[0-9a-f]{64}$/.test(note.sha256 ?? '') ? (note as BackupNote) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The finished backups in a directory, the newest first. */
export async function listBackups(directory: string): Promise<KeptBackup[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const found: KeptBackup[] = [];
  for (const name of names
    .filter((each) => /^gaia-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/.test(each))
    .sort()
    .reverse()) {
    const path = join(directory, name);
    const note = await readNote(path);
    if (note) found.push({ path, note });
  }
  return found;
}

/**
 * Removes the oldest ones of an installation beyond those that are kept; what cannot be read is left alone, and so is the one
 * just made, also where the clock has been ahead. Those of which nobody knows whose they are go only from a directory that is
 * this installation's own: another Gaia may keep its backups beside them.
 */
export async function rotateBackups(
  directory: string,
  { keep, made, isOwn }: { keep: number; made: KeptBackup; isOwn: boolean },
): Promise<string[]> {
  const others = (await listBackups(directory)).filter(
    ({ path, note: { installation } }) =>
      path !== made.path && (installation === undefined ? isOwn : installation === made.note.installation),
  );
  const old = others.slice(keep - 1);
  for (const { path } of old) {
    const leaving = `${path}.removed`;
    await rename(path, leaving); // so that none is ever seen half removed
    await rm(leaving, { recursive: true });
  }
  return old.map(({ path }) => path);
}

/** SHA-256 of a file of any size. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
