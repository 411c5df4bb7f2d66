import { chmodSync, statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { unavailable } from '../core/errors.ts';
import type { Handle, Query } from './database.ts';
import { plainError } from './sqlite-errors.ts';
import type { Statement } from './statement.ts';
import { type Tables, tables } from './tables.ts';
import { sqliteWords } from './words-sqlite.ts';

export const sqliteTables: Tables = tables(sqliteWords);

/** Older versions can corrupt a WAL database that several processes use ("WAL reset", fixed in 3.51.3). */
const oldestSqlite = [3, 51, 3] as const;

/** Kept by their text for the plain builders; hot statements are kept by `statement`. */
const keptTexts = 500;

/** Milliseconds that a read may wait, asleep, for another process's recovery of the file: rare, and short. */
const readerBusyMs = 100;

export interface Connection {
  readonly raw: Sqlite.Database;
  readonly query: Query;
  readonly run: Handle['run'];
}

export interface Gate {
  /** Asked before every statement; throws where it may not run. */
  enter(): void;
  /** Told of every statement that the database refused; answers what to throw. */
  failed(error: Error): Error;
}

/**
 * Opens a file with the settings Gaia relies on, reads them back, and puts the gate where statements execute: drizzle
 * runs late, so a gate around the handle would not see a query that was built earlier.
 */
export function connect(path: string, { readonly, gate }: { readonly: boolean; gate: Gate }): Connection {
  const raw = openConfigured(path, { readonly });
  let running: string | undefined;
  const explained = (error: unknown, text: string) => gate.failed(plainError(error, running ?? summary(text), path));

  const bare = raw.prepare.bind(raw);
  const kept = new Map<string, Sqlite.Statement>();
  const prepare = (text: string): Sqlite.Statement => {
    const known = kept.get(text);
    if (known) {
      if (known.reader) known.raw(false);
      return known;
    }
    try {
      const fresh = gated(bare(text), gate, (error) => explained(error, text));
      kept.set(text, fresh);
      if (kept.size > keptTexts) kept.delete(kept.keys().next().value ?? text);
      return fresh;
    } catch (error) {
      throw explained(error, text);
    }
  };
  // drizzle reaches the connection through `prepare` alone
  const query = drizzle({ client: { prepare } as unknown as Sqlite.Database }) as unknown as Query;

  const prepared = new Map<unknown, Prepared>();
  const shape = { t: sqliteTables, hold: <Select>(select: Select) => select };
  const run = async <Values extends object, Result>(s: Statement<Values, Result>, values: Values): Promise<Result> => {
    running = s.name;
    try {
      let ready = prepared.get(s);
      if (!ready) {
        ready = (s.build(query, shape) as unknown as { prepare(): Prepared }).prepare();
        prepared.set(s, ready);
      }
      return ready.execute(values).sync() as Result;
    } finally {
      running = undefined;
    }
  };
  return { raw, query, run };
}

interface Prepared {
  execute(values: object): { sync(): unknown };
}

/** Opens a file, sets the pragmas, and asserts them and the version: nothing here may silently be weaker. */
export function openConfigured(path: string, { readonly = false }: { readonly?: boolean } = {}): Sqlite.Database {
  const raw = new Sqlite(path, { readonly, fileMustExist: true, timeout: readonly ? readerBusyMs : 0 });
  try {
    assertVersion(raw.prepare('select sqlite_version()').pluck().get() as string);
    if (!readonly) raw.pragma('journal_mode = WAL');
    for (const [name, value] of Object.entries(pragmas)) raw.pragma(`${name} = ${value}`);
    // a copy made for looking at need not be in WAL mode
    const wanted = {
      ...pragmas,
      ...(readonly ? {} : { journal_mode: 'wal' }),
      busy_timeout: readonly ? readerBusyMs : 0,
    };
    for (const [name, value] of Object.entries(wanted)) {
      const found = raw.pragma(name, { simple: true }) ?? 0;
      if (found !== value) throw unavailable(`SQLite's ${name} is ${found} instead of ${value} on ${path}.`);
    }
    if (!readonly && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return raw;
  } catch (error) {
    raw.close();
    throw error;
  }
}

/**
 * synchronous 2 = FULL: in WAL mode SQLite would otherwise lose acknowledged commits at a power cut. No mmap. The cache is
 * 8 MiB, taken as it is needed: digests and short ids fall anywhere in their indexes, and SQLite's 2 MiB thrash at some
 * thousand requests.
 */
const pragmas = {
  synchronous: 2,
  foreign_keys: 1,
  trusted_schema: 0,
  cell_size_check: 1,
  mmap_size: 0,
  cache_size: -8_192,
};

export function assertVersion(version: string): void {
  const parts = version.split('.').map(Number);
  for (const [i, oldest] of oldestSqlite.entries()) {
    const part = parts[i] ?? 0;
    if (part > oldest) return;
    if (part === oldest) continue;
    throw unavailable(`SQLite ${version} is too old: ${oldestSqlite.join('.')} or newer is needed.`, {
      remedy: 'Install the dependencies again from the lock file: npm ci.',
    });
  }
}

function gated(statement: Sqlite.Statement, gate: Gate, explained: (error: unknown) => Error): Sqlite.Statement {
  for (const method of ['run', 'get', 'all', 'iterate'] as const) {
    const go = statement[method] as (...values: unknown[]) => unknown;
    const passGate = (...values: unknown[]) => {
      gate.enter();
      try {
        return go.apply(statement, values);
      } catch (error) {
        throw explained(error);
      }
    };
    (statement as unknown as Record<string, unknown>)[method] = passGate;
  }
  return statement;
}

export const handleOf = ({ query, run }: Connection): Handle => ({
  t: sqliteTables,
  run,
  // BEGIN IMMEDIATE already holds everything
  hold: (select) => select,
  select: query.select.bind(query) as Handle['select'],
  insert: query.insert.bind(query),
  update: query.update.bind(query),
  delete: query.delete.bind(query),
});

/** A label for a statement without a name: what it does to which table, never a value. */
const summary = (text: string): string =>
  /^\w+/
    .exec(text)?.[0]
    .concat(' ', /"(\w+)"/.exec(text)?.[1] ?? '')
    .trim() ?? 'statement';
