import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject, onTestFinished } from 'vitest';
import type { Reach } from '../../src/core/fail-point.ts';
import type { Database } from '../../src/store/database.ts';
import type { Engine } from '../../src/store/migrations.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createDatabase, dropDatabase } from './postgres.ts';

/** The engines that can be tested here. */
export const engines: readonly Engine[] = process.env.TEST_DATABASE_URL ? ['sqlite', 'postgres'] : ['sqlite'];

/** A clock that only the test turns. */
export interface Clock {
  /** the instant, in milliseconds since the epoch */
  now(): number;
  /** turns it on (or back, with a negative number) */
  turn(ms: number): void;
}

export function aClock(at = Date.UTC(2026, 10, 21, 9, 0, 0)): Clock {
  let instant = at;
  return {
    now: () => instant,
    turn: (ms) => {
      instant += ms;
    },
  };
}

export interface TestStore {
  db: Database;
  clock: Clock;
  /** the SQLite file or the PostgreSQL URL */
  where: string;
  /** opens the same store once more, as another process would */
  again(options?: { clock?: Clock; reach?: Reach }): Promise<Database>;
  /** closes it and everything opened by `again`, and removes it */
  remove(): Promise<void>;
}

/** A fresh migrated store, removed when the test is over. */
export async function aStore(
  engine: Engine = 'sqlite',
  options: { clock?: Clock; reach?: Reach } = {},
): Promise<TestStore> {
  const store = await keptStore(engine, options);
  onTestFinished(store.remove);
  return store;
}

/** A fresh migrated store that its user removes. */
export async function keptStore(
  engine: Engine = 'sqlite',
  options: { clock?: Clock; reach?: Reach } = {},
): Promise<TestStore> {
  const clock = options.clock ?? aClock();
  const place = engine === 'sqlite' ? sqlitePlace() : await postgresPlace();
  const opened: Database[] = [];
  const again = async ({ clock: its = clock, reach }: { clock?: Clock; reach?: Reach } = {}) => {
    const points = reach ? { reach } : {};
    const db =
      engine === 'sqlite'
        ? await openSqlite({ path: place.where, now: its.now, ...points })
        : await (await import('../../src/store/postgres.ts')).openPostgres({
            url: place.where,
            now: its.now,
            ...points,
          });
    opened.push(db);
    return db;
  };
  const db = await again(options);
  const remove = async () => {
    await Promise.all(opened.map((one) => one.close()));
    await place.remove();
  };
  return { db, clock, where: place.where, again, remove };
}

/** A copy of a store that nobody has open, removed when the test is over; answers its file or URL. */
export async function aCopyOf(engine: Engine, where: string): Promise<string> {
  const place =
    engine === 'sqlite'
      ? sqlitePlace(where)
      : await postgresPlace(decodeURIComponent(new URL(where).pathname.slice(1)));
  onTestFinished(place.remove);
  return place.where;
}

interface Place {
  where: string;
  remove(): Promise<void>;
}

function sqlitePlace(template = inject('sqliteTemplate')): Place {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-store-'));
  const where = join(directory, 'gaia.db');
  copyFileSync(template, where);
  return { where, remove: async () => rmSync(directory, { recursive: true }) };
}

async function postgresPlace(template = inject('postgresTemplate')): Promise<Place> {
  const server = process.env.TEST_DATABASE_URL;
  if (!server) throw new Error('TEST_DATABASE_URL is not set');
  const name = `gaia_test_${randomBytes(6).toString('hex')}`;
  const where = await createDatabase(server, name, template);
  return { where, remove: () => dropDatabase(server, name) };
}
