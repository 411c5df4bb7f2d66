import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { invalid } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';
import type { Database } from './database.ts';
import { migrate } from './migrator.ts';
import { openSqlite } from './sqlite.ts';

export interface StoreOptions {
  /** `postgres://…`; without it the store is a file in `home` */
  databaseUrl?: string | undefined;
  /** the data directory; made where it does not exist, for its owner only */
  home: string;
  now: () => number;
  reach?: Reach;
}

/** Where the embedded store lies in a data directory. */
export const sqlitePath = (home: string): string => join(home, 'gaia.db');

/** Where copies of the embedded store lie. */
export const backupsPath = (home: string): string => join(home, 'backups');

/** Picks the engine, brings the store up to date, and opens it. */
export async function openStore({ databaseUrl, home, now, reach }: StoreOptions): Promise<Database> {
  const points = reach ? { reach } : {};
  if (databaseUrl) {
    if (!/^postgres(ql)?:\/\//.test(databaseUrl)) {
      throw invalid('DATABASE_URL is not a PostgreSQL address.', {
        remedy: 'Write postgres://user:password@host:port/database, or leave it empty.',
      });
    }
    const { openPostgres } = await import('./postgres.ts'); // loaded only where it is used: most starts never need it
    await migrate({ engine: 'postgres', url: databaseUrl, now });
    return openPostgres({ url: databaseUrl, now, ...points });
  }
  mkdirSync(home, { recursive: true, mode: 0o700 });
  if ((statSync(home).mode & 0o077) !== 0) chmodSync(home, 0o700);
  const path = sqlitePath(home);
  await migrate({ engine: 'sqlite', path, backups: backupsPath(home), now });
  return openSqlite({ path, now, ...points });
}
