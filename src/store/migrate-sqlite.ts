import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { unavailable } from '../core/errors.ts';
import {
  type AppliedMigration,
  belongsToAnother,
  createMigrationTable,
  type Migration,
  type MigrationState,
  migrationsOf,
  pendingOf,
  stateOf,
} from './migrations.ts';
import { patiently } from './patience.ts';
import { openConfigured } from './sqlite-connection.ts';
import { isBusy, plainError } from './sqlite-errors.ts';

export interface SqliteMigration {
  /** made where it does not exist, readable by its owner only */
  path: string;
  /** the directory where a copy is put before a store with data is changed */
  backups: string;
  now: () => number;
  migrations?: readonly Migration[];
  /** how long to wait for other processes, in milliseconds */
  patienceMs?: number;
}

export interface Migrated {
  applied: string[];
  /** the copy made before */
  backup?: string;
}

/** Brings a database file up to date: all pending migrations in one transaction, or none. Safe to run many times at once. */
export async function migrateSqlite(options: SqliteMigration): Promise<Migrated> {
  const { path, migrations = migrationsOf('sqlite'), patienceMs = 30_000 } = options;
  const held = {
    isBusy,
    patienceMs,
    tired: () => unavailable(`Another process holds the database ${path}.`, { remedy: 'Try again when it is done.' }),
  };
  try {
    createPrivately(path);
    const { pending } = await patiently(() => inspectSqlite(path, migrations), held);
    if (pending.length === 0) return { applied: [] };
    const raw = await patiently(() => openConfigured(path), held);
    try {
      raw.pragma('foreign_keys = OFF'); // a rebuilt table is dropped for a moment; checked below, before the commit
      await patiently(() => raw.exec('BEGIN IMMEDIATE'), held);
      return migrateHeld(raw, { ...options, migrations });
    } finally {
      if (raw.inTransaction) raw.exec('ROLLBACK');
      raw.close();
    }
  } catch (error) {
    throw plainError(error, 'migrate', path);
  }
}

/**
 * What a database file holds; changes nothing.
 * @throws GaiaError `conflict` for a newer store, changed migrations, another program's file; `unavailable` for a damaged one
 */
export function inspectSqlite(path: string, migrations: readonly Migration[] = migrationsOf('sqlite')): MigrationState {
  if (!existsSync(path)) return stateOf(migrations, []);
  let raw: Sqlite.Database | undefined;
  try {
    raw = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 100 });
    return stateOf(migrations, appliedIn(raw, path));
  } catch (error) {
    if (isBusy(error)) throw error;
    throw plainError(error, 'inspect', path);
  } finally {
    raw?.close();
  }
}

function migrateHeld(
  raw: Sqlite.Database,
  { path, backups, now, migrations }: SqliteMigration & { migrations: readonly Migration[] },
): Migrated {
  const applied = appliedIn(raw, path);
  const pending = pendingOf(migrations, applied);
  const [first] = pending;
  if (!first) return { applied: [] };
  const backup = applied.length > 0 ? backUp(path, backups, `before-${first.tag}-${now()}.db`) : undefined;

  raw.exec(createMigrationTable);
  const note = raw.prepare('insert into gaia_migrations (idx, tag, hash, applied_at) values (?, ?, ?, ?)');
  for (const { idx, tag, hash, statements } of pending) {
    for (const text of statements) raw.exec(text);
    note.run(idx, tag, hash, now());
  }
  const broken = raw.pragma('foreign_key_check') as unknown[];
  if (broken.length > 0)
    throw new Error(`after the migration ${broken.length} rows point nowhere; nothing was changed`);
  raw.exec('COMMIT');
  return { applied: pending.map(({ tag }) => tag), ...(backup ? { backup } : {}) };
}

function appliedIn(raw: Sqlite.Database, path: string): AppliedMigration[] {
  const names = raw
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
    .pluck()
    .all();
  if (names.length === 0) return [];
  if (!names.includes('gaia_migrations')) throw belongsToAnother(path);
  return raw.prepare('select idx, tag, hash from gaia_migrations order by idx').all() as AppliedMigration[];
}

/** A consistent copy of what is committed, checked, and in its place only when it is whole. */
function backUp(path: string, directory: string, name: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const target = join(directory, name);
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { force: true });
  createPrivately(unfinished);
  const source = new Sqlite(path, { readonly: true, timeout: 1_000 });
  try {
    source.prepare('vacuum into ?').run(unfinished);
  } finally {
    source.close();
  }
  const copy = new Sqlite(unfinished, { readonly: true });
  try {
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`the backup before the migration is not whole: ${verdict}`);
  } finally {
    copy.close();
  }
  flush(unfinished);
  renameSync(unfinished, target);
  flush(directory);
  return target;
}

/** SQLite would make the file readable by others; its -wal and -shm take the file's mode. */
const createPrivately = (path: string) => closeSync(openSync(path, 'a', 0o600));

function flush(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
