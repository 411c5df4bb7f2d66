import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type PgTable, getTableConfig as postgresTableOf } from 'drizzle-orm/pg-core';
import { type SQLiteTable, getTableConfig as sqliteTableOf } from 'drizzle-orm/sqlite-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Engine, type Migration, migrationsOf } from '../../src/store/migrations.ts';
import { inspectMigrations, migrate, type Store } from '../../src/store/migrator.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { type Tables, tables } from '../../src/store/tables.ts';
import { postgresWords } from '../../src/store/words-postgres.ts';
import { sqliteWords } from '../../src/store/words-sqlite.ts';
import { createDatabase, dropDatabase, onServer } from '../support/postgres.ts';
import { engines } from '../support/store.ts';

const next: Migration = {
  idx: migrationsOf('sqlite').length,
  tag: '9999_next',
  hash: 'h',
  statements: ['create table next (id integer)', 'create table other (id integer)'],
};

describe.each(engines)('the migrator on %s', (engine) => {
  const own = migrationsOf(engine);
  const tags = own.map(({ tag }) => tag);

  test('brings an empty place up to date, and then has nothing to do', async () => {
    const place = await aPlace(engine);
    expect(await place.inspect()).toEqual({ applied: [], pending: tags });
    expect(await place.migrate()).toEqual({ applied: tags });
    expect(await place.migrate()).toEqual({ applied: [] });
    expect(await place.inspect()).toEqual({ applied: tags, pending: [] });
    expect(await place.rows('select id, generation from installation')).toEqual([{ id: 'gaia', generation: 1 }]);
  });

  test('made every column that the tables declare', async () => {
    const place = await aPlace(engine);
    await place.migrate();
    for (const table of Object.values(tables(engine === 'sqlite' ? sqliteWords : postgresWords) as Tables)) {
      const { name, columns } =
        engine === 'sqlite'
          ? sqliteTableOf(table as unknown as SQLiteTable)
          : postgresTableOf(table as unknown as PgTable);
      const listed = columns.map((column) => `"${column.name}"`).join(', ');
      await expect(place.rows(`select ${listed} from "${name}"`), 'run: npm run db:generate').resolves.toBeDefined();
    }
  });

  test('applies what is new, all of it or nothing', async () => {
    const place = await aPlace(engine);
    await place.migrate();
    const faulty = { ...next, statements: [...next.statements, 'create table next (id integer)'] };
    await expect(place.migrate([...own, faulty])).rejects.toThrow('already exists');
    expect(await place.inspect()).toEqual({ applied: tags, pending: [] });
    await expect(place.rows('select * from other')).rejects.toThrow();
    expect((await place.migrate([...own, next])).applied).toEqual([next.tag]);
    expect(await place.rows('select * from other')).toEqual([]);
  });

  test('refuses a store that a newer Gaia migrated, and leaves it alone', async () => {
    const place = await aPlace(engine);
    await place.migrate([...own, next]);
    const refusal = { code: 'conflict', extras: { reason: 'store_is_newer', remedy: expect.any(String) } };
    await expect(place.migrate()).rejects.toMatchObject(refusal);
    await expect(place.inspect()).rejects.toMatchObject(refusal);
  });

  test('refuses where a migration is not the one that was applied', async () => {
    const place = await aPlace(engine);
    await place.migrate();
    const changed = own.map((migration) => ({ ...migration, hash: 'other' }));
    await expect(place.migrate([...changed, next])).rejects.toMatchObject({ extras: { reason: 'migration_changed' } });
    expect((await place.inspect()).pending).toEqual([]);
  });

  test('refuses a database of another program, and leaves it as it was', async () => {
    const place = await aPlace(engine);
    await place.run('create table songs (id integer)');
    const before = place.bytes();
    await expect(place.migrate()).rejects.toMatchObject({
      extras: { reason: 'store_of_another_program', remedy: expect.any(String) },
    });
    await expect(place.rows('select * from gaia_migrations')).rejects.toThrow();
    expect(place.bytes()).toEqual(before);
  });

  test('is safe to run in four processes at once', async () => {
    const place = await aPlace(engine);
    const results = await Promise.all(Array.from({ length: 4 }, () => inProcess(place.store)));
    expect(results.toSorted()).toEqual(['0', '0', '0', String(own.length)]);
    expect((await place.inspect()).pending).toEqual([]);
  });
});

describe('the migrator on SQLite', () => {
  test('makes files that only their owner can read', async () => {
    const place = await aPlace('sqlite');
    await place.migrate();
    const db = await openSqlite({ path: place.path, now: Date.now });
    await db.write(async (tx) => tx.insert(tx.t.agents).values({ id: 'a', createdAt: 1, createdBy: 'admin' }));
    const modes = readdirSync(place.directory).map((name) => [
      name,
      statSync(join(place.directory, name)).mode & 0o777,
    ]);
    expect(Object.fromEntries(modes)).toEqual({ 'gaia.db': 0o600, 'gaia.db-wal': 0o600, 'gaia.db-shm': 0o600 });
    await db.close();
  });

  test('puts a whole copy of a store with data aside before it changes it', async () => {
    const place = await aPlace('sqlite');
    expect(await place.migrate()).not.toHaveProperty('backup'); // there was nothing to copy
    await place.run("insert into agents (id, created_at, created_by) values ('kept', 1, 'admin')");
    const { backup } = await place.migrate([...migrationsOf('sqlite'), next]);
    expect(readdirSync(join(place.directory, 'backups'))).toHaveLength(1);
    const copy = new Sqlite(backup as string, { readonly: true });
    expect(copy.prepare('select id from agents').all()).toEqual([{ id: 'kept' }]);
    expect(copy.prepare("select 1 from sqlite_master where name = 'next'").all()).toEqual([]);
    copy.close();
    expect(statSync(backup as string).mode & 0o777).toBe(0o600);
  });

  test('refuses what is not a database, with a remedy, and leaves it alone', async () => {
    const place = await aPlace('sqlite');
    writeFileSync(
      place.path,
      'not a database at all, but some text that is long enough to be a header of sorts'.repeat(20),
    );
    const before = place.bytes();
    await expect(place.migrate()).rejects.toMatchObject({
      code: 'unavailable',
      extras: { reason: 'store_damaged', remedy: expect.any(String) },
    });
    await expect(openSqlite({ path: place.path, now: Date.now })).rejects.toMatchObject({
      extras: { reason: 'store_damaged' },
    });
    expect(place.bytes()).toEqual(before);
  });

  test('is not needed to be told that a store was never migrated', async () => {
    const place = await aPlace('sqlite');
    await expect(openSqlite({ path: place.path, now: Date.now })).rejects.toMatchObject({
      extras: { reason: 'store_not_accessible' },
    });
    expect(existsSync(place.path)).toBe(false);
    writeFileSync(place.path, '');
    await expect(openSqlite({ path: place.path, now: Date.now })).rejects.toMatchObject({
      extras: { reason: 'store_not_migrated' },
    });
  });
});

interface TestPlace {
  store: Store;
  directory: string;
  path: string;
  migrate(migrations?: readonly Migration[]): ReturnType<typeof migrate>;
  inspect(): ReturnType<typeof inspectMigrations>;
  run(text: string): Promise<void>;
  rows(text: string): Promise<unknown[]>;
  /** the file's content, on SQLite */
  bytes(): Buffer | undefined;
}

async function aPlace(engine: Engine): Promise<TestPlace> {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-migrate-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'gaia.db');
  if (engine === 'sqlite') {
    const store: Store = { engine, path, backups: join(directory, 'backups'), now: Date.now };
    const using = <Result>(go: (raw: Sqlite.Database) => Result) => {
      const raw = new Sqlite(path);
      try {
        return go(raw);
      } finally {
        raw.close();
      }
    };
    return {
      store,
      directory,
      path,
      migrate: (migrations) => migrate({ ...store, ...(migrations ? { migrations } : {}) }),
      inspect: () => inspectMigrations(store),
      run: async (text) => void using((raw) => raw.exec(text)),
      rows: async (text) => using((raw) => raw.prepare(text).all()),
      bytes: () => readFileSync(path),
    };
  }
  const server = process.env.TEST_DATABASE_URL as string;
  const name = `gaia_migrate_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(server, name);
  onTestFinished(() => dropDatabase(server, name));
  const store: Store = { engine, url, now: Date.now };
  return {
    store,
    directory,
    path,
    migrate: (migrations) => migrate({ ...store, ...(migrations ? { migrations } : {}) }),
    inspect: () => inspectMigrations(store),
    run: async (text) => void (await onServer(url, text)),
    rows: (text) => onServer(url, text),
    bytes: () => undefined,
  };
}

/** Migrates in a process of its own; answers how many migrations it applied. */
function inProcess(store: Store): Promise<string> {
  const migrator = new URL('../../src/store/migrator.ts', import.meta.url).href;
  const program = `
    import { migrate } from ${JSON.stringify(migrator)};
    const { applied } = await migrate({ ...${JSON.stringify(store)}, now: Date.now });
    process.stdout.write(String(applied.length));`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk;
    });
    let faults = '';
    child.stderr.on('data', (chunk: Buffer) => {
      faults += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(new Error(faults))));
  });
}
