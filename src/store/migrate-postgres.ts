import pg from 'pg';
import type { Migrated } from './migrate-sqlite.ts';
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
import { plainError } from './postgres-errors.ts';

export interface PostgresMigration {
  url: string;
  now: () => number;
  migrations?: readonly Migration[];
}

/** The key of the advisory lock under which all processes migrate: "gaia" in ASCII. */
const lockKey = 0x67616961;

/** How long to wait for another process's migration, in milliseconds. */
const lockMs = 60_000;

/** Brings a database up to date: all pending migrations in one transaction, or none. Safe to run many times at once. */
export function migratePostgres({
  url,
  now,
  migrations = migrationsOf('postgres'),
}: PostgresMigration): Promise<Migrated> {
  return inTransaction(url, async (client) => {
    await client.query(`set local lock_timeout = ${lockMs}`);
    await client.query('select pg_advisory_xact_lock($1)', [lockKey]); // given back with the end of the transaction
    const pending = pendingOf(migrations, await appliedIn(client));
    if (pending.length === 0) return { applied: [] };
    await client.query(createMigrationTable);
    for (const { idx, tag, hash, statements } of pending) {
      for (const text of statements) await client.query(text);
      await client.query('insert into gaia_migrations (idx, tag, hash, applied_at) values ($1, $2, $3, $4)', [
        idx,
        tag,
        hash,
        now(),
      ]);
    }
    return { applied: pending.map(({ tag }) => tag) };
  });
}

/** What a database holds; changes nothing. Refuses what `migratePostgres` refuses. */
export function inspectPostgres(
  url: string,
  migrations: readonly Migration[] = migrationsOf('postgres'),
): Promise<MigrationState> {
  return inTransaction(url, async (client) => stateOf(migrations, await appliedIn(client)));
}

async function appliedIn(client: pg.Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ table_name: string }>(
    'select table_name from information_schema.tables where table_schema = current_schema()',
  );
  const names = rows.map((row) => row.table_name);
  if (names.length === 0) return [];
  if (!names.includes('gaia_migrations')) throw belongsToAnother('The PostgreSQL database');
  return (await client.query<AppliedMigration>('select idx, tag, hash from gaia_migrations order by idx')).rows;
}

async function inTransaction<Result>(url: string, go: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'gaia migrate',
    connectionTimeoutMillis: 5_000,
  });
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error; // the query that waits fails with it, too
  });
  try {
    await client.connect();
    await client.query('begin isolation level read committed');
    const result = await go(client);
    await client.query('commit');
    return result;
  } catch (error) {
    throw plainError(error, 'migrate');
  } finally {
    if (!lost) await client.end(); // without a commit the server rolls back
  }
}
