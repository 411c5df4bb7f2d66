import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { conflict } from '../core/errors.ts';
import { errnoOf, fileError } from './file-errors.ts';
import { syncDirectory, writeFileAtomic } from './write-file-atomic.ts';

/** What is known of an archive; written when the archive was read back. */
export interface ArchiveNote {
  form: 1;
  kind: string;
  rows: number;
  /** the first and the last key in it */
  from: string;
  to: string;
  /** of the compressed file */
  sha256: string;
  at: number;
  /** when what is in it was removed from the store; null: it is still there */
  cleanedAt: number | null;
}

export interface KeptArchive {
  /** without its ends `.ndjson.gz` and `.json` */
  path: string;
  note: ArchiveNote;
}

/** A row as it is archived: its key, and all of it. */
export interface ArchivedRow {
  key: string;
  row: unknown;
}

export const archiveOf = (home: string): string => join(home, 'archive');

const pack = promisify(gzip);
const unpack = promisify(gunzip);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Writes rows into an archive of their own and reads it back; only then is there a note of it. */
export async function writeArchive(
  home: string,
  { kind, rows, now }: { kind: string; rows: readonly ArchivedRow[]; now: number },
): Promise<KeptArchive> {
  const directory = archiveOf(home);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) throw new Error('an archive of nothing is not written');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const stamp = new Date(now).toISOString().slice(0, 19).replaceAll(':', '-');
    let path = join(directory, `${kind}-${stamp}Z`);
    const taken = new Set(await readdir(directory));
    for (let n = 2; taken.has(`${path.slice(directory.length + 1)}.json`); n++)
      path = join(directory, `${kind}-${stamp}Z.${n}`);
    const bytes = await pack(Buffer.from(rows.map((each) => `${JSON.stringify(each)}\n`).join('')));
    await writeBytes(`${path}.ndjson.gz`, bytes);
    const note: ArchiveNote = {
      form: 1,
      kind,
      rows: rows.length,
      from: first.key,
      to: last.key,
      sha256: sha256(bytes),
      at: now,
      cleanedAt: null,
    };
    if ((await readArchive({ path, note })).length !== rows.length) throw damaged(path);
    await writeFileAtomic(`${path}.json`, `${JSON.stringify(note)}\n`);
    return { path, note };
  } catch (error) {
    throw fileError(error, `write an archive into ${directory}`);
  }
}

async function writeBytes(path: string, bytes: Buffer): Promise<void> {
  const draft = `${path}.unfinished`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(join(path, '..'));
}

/** The rows of an archive; throws where it is not what was written. */
export async function readArchive({ path, note }: KeptArchive): Promise<ArchivedRow[]> {
  const bytes = await readFile(`${path}.ndjson.gz`).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') throw damaged(path);
    throw error;
  });
  if (sha256(bytes) !== note.sha256) throw damaged(path);
  const text = (await unpack(bytes)).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ArchivedRow);
}

const damaged = (path: string) =>
  conflict(`The archive ${path}.ndjson.gz is not what was written.`, {
    reason: 'archive_damaged',
    remedy: 'Nothing was removed. Put the right file back, or remove it together with its .json and archive again.',
  });

/** The archives there are, the oldest first. */
export async function listArchives(home: string, kind?: string): Promise<KeptArchive[]> {
  const directory = archiveOf(home);
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const found: KeptArchive[] = [];
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const note = noteOf(join(directory, name), await readFile(join(directory, name), 'utf8'));
    if (note.form === 1 && (kind === undefined || note.kind === kind))
      found.push({ path: join(directory, name.slice(0, -5)), note });
  }
  return found.sort((one, other) => one.note.at - other.note.at || (one.path < other.path ? -1 : 1));
}

function noteOf(path: string, text: string): ArchiveNote {
  try {
    return JSON.parse(text) as ArchiveNote;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw conflict(`The note of an archive, ${path}, is not JSON.`, {
      reason: 'archive_damaged',
      remedy: 'Nothing was changed. Put the right file back, or move it away together with its .ndjson.gz.',
    });
  }
}

/** Notes that what is in an archive is no longer in the store. */
export const noteCleaned = ({ path, note }: KeptArchive, now: number): Promise<void> =>
  writeFileAtomic(`${path}.json`, `${JSON.stringify({ ...note, cleanedAt: now })}\n`);

/** Closed segments of `events.ndjson`, the oldest first; the newest is not among them. */
export async function listLogSegments(home: string): Promise<{ name: string; day: string }[]> {
  const names = (await readdir(home)).filter((name) => /^events-\d{4}-\d\d-\d\d(\.\d+)?\.ndjson$/.test(name)).sort();
  return names.slice(0, -1).map((name) => ({ name, day: name.slice(7, 17) }));
}

/** Moves a segment into the archive, compressed; the plain one is removed when the other was read back. */
export async function archiveSegment(home: string, name: string): Promise<void> {
  try {
    await mkdir(archiveOf(home), { recursive: true, mode: 0o700 });
    const plain = await readFile(join(home, name));
    const target = join(archiveOf(home), `${name}.gz`);
    await writeBytes(target, await pack(plain));
    if (!(await unpack(await readFile(target))).equals(plain)) throw damaged(target);
  } catch (error) {
    throw fileError(error, `archive ${name}`);
  }
}

/** Whether a segment is in the archive, whole. */
export async function isArchived(home: string, name: string): Promise<boolean> {
  try {
    const packed = await readFile(join(archiveOf(home), `${name}.gz`));
    return (await unpack(packed)).equals(await readFile(join(home, name)));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

export const removeSegment = (home: string, name: string): Promise<void> => rm(join(home, name));
