import Sqlite from 'better-sqlite3';
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { unavailable } from '../core/errors.ts';
import type { Signals } from './signals.ts';
import { StoreDamaged, StoreError } from './store-error.ts';
import { tables } from './tables.ts';
import { sqliteWords } from './words-sqlite.ts';

/** SQLite's error code, where it is one of its errors (or a test's stand-in for one). */
export const sqliteCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_') ? String(error.code) : '';

export const isBusy = (error: unknown): boolean => /^SQLITE_(BUSY|LOCKED)/.test(sqliteCode(error));

/** An I/O error: at COMMIT the change may be durable all the same (an fsync that failed late). */
export const isIoError = (error: unknown): boolean => sqliteCode(error).startsWith('SQLITE_IOERR');

const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(sqliteCode(error));

/** What callers see of an error of SQLite: its code, the statement's name, the key it violates; no values. */
export function plainError(error: unknown, statement: string, path: string): Error {
  if (!(error instanceof Error)) return new Error('something other than an error was thrown');
  const code = sqliteCode(error);
  if (code === '') return error;
  if (isDamage(error)) return new StoreDamaged(path, code);
  if (code.startsWith('SQLITE_FULL')) {
    return unavailable('The disk is full: nothing was stored.', {
      reason: 'disk_full',
      remedy: `Free space where ${path} lies.`,
    });
  }
  if (isIoError(error)) {
    return unavailable(`The disk failed (${code}): nothing was stored.`, {
      reason: 'disk_failed',
      remedy: `Look at the disk where ${path} lies.`,
    });
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code)) {
    return unavailable(`The database ${path} cannot be opened (${code}).`, {
      reason: 'store_not_accessible',
      remedy: 'Check that it exists and that this user may read and write it and its directory.',
    });
  }
  return new StoreError(statement, code, error.message, violatedKey(error));
}

/** A damaged file stops all further writes; answers the error it was given. */
export function noticeDamage(signals: Signals, error: Error): Error {
  if (error instanceof StoreDamaged) signals.fatal(error);
  return error;
}

/** `UNIQUE constraint failed: requests.asked_by, requests.idempotency_key` → `requests_once`, as PostgreSQL says it. */
function violatedKey(error: Error): string | undefined {
  const columns = error instanceof Sqlite.SqliteError ? /constraint failed: (.+)$/.exec(error.message)?.[1] : undefined;
  if (!columns) return undefined;
  keys ??= keysByColumns();
  return keys.get(columns) ?? columns;
}

let keys: Map<string, string> | undefined;

function keysByColumns(): Map<string, string> {
  const found = new Map<string, string>();
  for (const table of Object.values(tables(sqliteWords))) {
    const { name, columns, indexes } = getTableConfig(table as unknown as SQLiteTable);
    for (const column of columns) if (column.primary) found.set(`${name}.${column.name}`, `${name}_pkey`);
    for (const { config } of indexes) {
      const members = config.columns.map((column) => `${name}.${'name' in column ? column.name : ''}`);
      if (config.unique) found.set(members.join(', '), config.name);
    }
  }
  return found;
}
