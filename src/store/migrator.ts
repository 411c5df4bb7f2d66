import { inspectSqlite, type Migrated, migrateSqlite, type SqliteMigration } from './migrate-sqlite.ts';
import type { Migration, MigrationState } from './migrations.ts';

export type Store =
  | ({ engine: 'sqlite' } & SqliteMigration)
  | { engine: 'postgres'; url: string; now: () => number; migrations?: readonly Migration[] };

/**
 * Brings a store up to date, under a lock that all processes respect.
 * @throws GaiaError `conflict` (newer store, changed migration, another program's database) or `unavailable`, with a remedy
 */
export async function migrate(store: Store): Promise<Migrated> {
  if (store.engine === 'sqlite') return migrateSqlite(store);
  const { migratePostgres } = await import('./migrate-postgres.ts');
  return migratePostgres(store);
}

/** What is applied and what is pending; changes nothing. Refuses what `migrate` refuses. */
export async function inspectMigrations(
  store: { engine: 'sqlite'; path: string } | { engine: 'postgres'; url: string },
): Promise<MigrationState> {
  if (store.engine === 'sqlite') return inspectSqlite(store.path);
  const { inspectPostgres } = await import('./migrate-postgres.ts');
  return inspectPostgres(store.url);
}
