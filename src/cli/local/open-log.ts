import { join } from 'node:path';
import type { Database } from '../../store/database.ts';
import { openSqlite } from '../../store/sqlite.ts';
import type { Place } from './place.ts';

/** Opens the store of a place to read only; a Gaia that runs on it is not disturbed. */
export async function openLog({ home, databaseUrl }: Place): Promise<Database> {
  const now = Date.now;
  if (databaseUrl === undefined) return openSqlite({ path: join(home, 'gaia.db'), now, readonly: true });
  const { openPostgres } = await import('../../store/postgres.ts');
  return openPostgres({ url: databaseUrl, now });
}
