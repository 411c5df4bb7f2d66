import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { conflict, invalid, unavailable } from '../core/errors.ts';
import { sayBytes } from '../core/metrics/metrics.ts';
import {
  type BackupNote,
  backupName,
  databaseOf,
  listBackups,
  readNote,
  rotateBackups,
  sha256Of,
  writeNote,
} from './backup-files.ts';
import { errnoOf, fileError } from './file-errors.ts';
import { homeAt } from './home.ts';
import { hasPolicyOf, keepPolicy } from './kept-policy.ts';
import { takeLock } from './lock.ts';
import { ensureDirectory, makeDirectory } from './make-directory.ts';
import { syncDirectory, writeFileAtomic } from './write-file-atomic.ts';

/** Backups kept in the data directory: two weeks of daily ones. */
export const backupsKept = 14;

/** Copies a database file and reads the copy back; done by the store, in a thread of its own. */
export type CopyStore = (paths: {
  from: string;
  to: string;
}) => Promise<Pick<BackupNote, 'generation' | 'seq' | 'hash' | 'installation'>>;

export interface BackupPlan {
  /** the data directory */
  home: string;
  /** where backups are kept; `backups` in the data directory unless told */
  directory?: string;
  /** `policy.yaml` in the data directory unless told */
  policyFile?: string;
  version: string;
  now: number;
  keep?: number;
  copy: CopyStore;
  /** of the disk that backups lie on */
  freeBytes?: (path: string) => Promise<number>;
}

export interface MadeBackup {
  path: string;
  note: BackupNote;
  removed: string[];
}

/**
 * Makes a backup beside a running Gaia: the store, the policy and the public keys, no secret. It appears under its name
 * only when it is whole and was read back; what fails leaves the earlier ones as they were.
 */
export async function createBackup(plan: BackupPlan): Promise<MadeBackup> {
  const { home, version, now, copy, keep = backupsKept, freeBytes = freeBytesOf } = plan;
  const { database } = homeAt(home);
  const directory = plan.directory ?? join(home, 'backups');
  const path = join(directory, backupName(now));
  const unfinished = `${path}.unfinished`;
  makeDirectory(directory, {
    mode: 0o700,
    remedy: plan.directory === undefined ? `Look at what ${directory} is.` : 'Name another directory with --to.',
  });
  const lock = await takeLock(join(directory, '.lock')); // the system's own: it ends with the process
  if (!lock)
    throw conflict(`Another backup is being made in ${directory}.`, {
      reason: 'backup_under_way',
      remedy: 'Wait until it is done, then try again.',
    });
  try {
    await removeUnfinished(directory, now);
    await mustFit(database, directory, freeBytes);
    await mkdir(unfinished, { mode: 0o700 });
    const copied = await copy({ from: database, to: databaseOf(unfinished) });
    for (const name of (await readdir(home)).filter(isKept)) await copyFile(join(home, name), join(unfinished, name));
    const policy = await keepPolicy(plan.policyFile ?? homeAt(home).policy, home, unfinished);
    const { size: bytes } = await stat(databaseOf(unfinished));
    const note: BackupNote = {
      form: 1,
      at: now,
      version,
      ...copied,
      bytes,
      sha256: await sha256Of(databaseOf(unfinished)),
      verifiedAt: now,
      ...(policy && { policy }),
    };
    await writeNote(unfinished, note);
    await rename(unfinished, path);
    await syncDirectory(directory);
    return {
      path,
      note,
      removed: await rotateBackups(directory, {
        keep,
        made: { path, note },
        isOwn: directory === join(home, 'backups'),
      }),
    };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? ''))
      throw conflict(`There is a backup of this very second already: ${path}.`, {
        reason: 'backup_exists',
        remedy: 'Try again.',
      });
    throw fileError(error, `make a backup in ${directory}`);
  } finally {
    lock.release();
  }
}

/** What belongs to a backup beside the store: nothing that opens anything. */
const isKept = (name: string): boolean => name === 'policy.yaml' || /^seal(-[\w-]+)?\.pub$/.test(name);

/** Somebody may be looking at a copy for so long. */
const lookedAtMs = 86_400_000;

/** What a crash left: of a backup, and of a look at what an update copied. */
async function removeUnfinished(directory: string, now: number): Promise<void> {
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    const isLeft =
      /^gaia-.*Z\.(unfinished|removed)$/.test(name) ||
      (/^looked-at-\w{6}$/.test(name) && now - (await changedAt(path)) >= lookedAtMs);
    if (isLeft) await rm(path, { recursive: true, force: true });
  }
}

/** In ms since 1970; of what has gone meanwhile: long ago. */
const changedAt = (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return 0;
      throw error;
    },
  );

async function mustFit(
  database: string,
  directory: string,
  freeBytes: (path: string) => Promise<number>,
): Promise<void> {
  const sizes = await Promise.all([database, `${database}-wal`].map(sizeOf));
  const needed = Math.ceil(1.1 * sizes.reduce((sum, size) => sum + size, 0)) + 1024 * 1024;
  const free = await freeBytes(directory);
  if (free >= needed) return;
  throw unavailable(
    `There is no room for a backup in ${directory}: it needs about ${sayBytes(needed)}, and ${sayBytes(free)} are free.`,
    {
      reason: 'disk_full',
      remedy: 'Free some space, remove old backups, or name another directory with --to. Nothing was changed.',
    },
  );
}

const freeBytesOf = async (path: string): Promise<number> => {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
};

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    (error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return 0;
      throw error;
    },
  );

/** The backup that was meant: a path, a name in the directory, or the newest. Throws where it is none, or damaged. */
export async function checkedBackup(
  directory: string,
  named: string | undefined,
): Promise<{ path: string; note: BackupNote }> {
  const path = named ?? (await listBackups(directory))[0]?.path;
  if (path === undefined)
    throw invalid(`There is no backup in ${directory}.`, {
      reason: 'no_backup',
      remedy: 'Make one: gaia backup create',
    });
  const note = await readNote(path);
  if (!note)
    throw invalid(`${path} is no finished backup: it has no backup.json that can be read.`, {
      reason: 'backup_unfinished',
      remedy: `Name one of those in ${directory}; gaia backup list shows them.`,
    });
  const found = await sizeOf(databaseOf(path));
  if (found !== note.bytes || (await sha256Of(databaseOf(path))) !== note.sha256)
    throw damaged(
      path,
      found === note.bytes ? 'its content is not what was written' : `it has ${found} bytes instead of ${note.bytes}`,
    );
  if (!(await hasPolicyOf({ path, note }))) throw damaged(path, 'its copy of the policy is not what was written');
  return { path, note };
}

export const damaged = (path: string, why: string) =>
  conflict(`The backup ${basename(path)} is damaged: ${why}.`, {
    reason: 'backup_damaged',
    remedy: 'Take an older one (gaia backup list), and look at the disk that this one lay on.',
  });

/** What stands in `restored.json` until an operator has accepted the store. */
export interface RestoredNote {
  from: string;
  seq: number;
  at: number;
}

/** What a data directory is told of itself after a restore, where it was: the next start asks for acceptance. */
export const restoredNoteOf = (home: string): string => join(home, 'restored.json');

/**
 * Puts a backup in the place of a store. What stood there is moved aside, never removed. The note that asks for acceptance
 * is written first: whatever happens in between, nothing starts on a restored store before an operator has accepted it.
 */
export async function restoreBackup(
  { path, note }: { path: string; note: BackupNote },
  { home, now, from = basename(path) }: { home: string; now: number /** its name */; from?: string },
): Promise<{ movedAside: string | null }> {
  const { database } = homeAt(home);
  try {
    ensureDirectory(home, 0o700);
    const restored: RestoredNote = { from, seq: note.seq, at: note.at };
    await writeFileAtomic(restoredNoteOf(home), `${JSON.stringify(restored)}\n`);
    const draft = `${database}.restoring`;
    await rm(draft, { force: true });
    await copyFile(databaseOf(path), draft, constants.COPYFILE_EXCL);
    if ((await sha256Of(draft)) !== note.sha256) throw damaged(path, 'it changed while it was copied');
    const aside = `${database}.before-restore-${now}`;
    const had = (await sizeOf(database)) > 0;
    const written = await open(draft, 'r+');
    try {
      await written.sync();
    } finally {
      await written.close();
    }
    if (had) await link(database, aside); // so that there is a store at every instant
    for (const end of ['-wal', '-shm']) {
      if ((await sizeOf(`${database}${end}`)) > 0) await rename(`${database}${end}`, `${aside}${end}`);
      else await rm(`${database}${end}`, { force: true });
    }
    await rename(draft, database);
    for (const name of (await readdir(path)).filter(isKept))
      await copyFile(join(path, name), join(home, name), constants.COPYFILE_EXCL).catch((error: unknown) => {
        if (errnoOf(error) !== 'EEXIST') throw error; // what is there is newer
      });
    await syncDirectory(home);
    return { movedAside: had ? aside : null };
  } catch (error) {
    throw fileError(error, `restore ${path} into ${home}`);
  }
}
