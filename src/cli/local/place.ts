import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { readConfig } from '../../config.ts';
import type { Terminal } from '../terminal.ts';

/** Where a Gaia keeps its log, as its own configuration says; plain values, so that a worker can be told. */
export interface Place {
  /** the data directory */
  home: string;
  /** PostgreSQL; absent: `gaia.db` in the data directory */
  databaseUrl?: string;
}

/** @throws GaiaError `invalid` for a faulty configuration, GaiaProblem where there is no data directory */
export function readPlace({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): Place {
  const { home, databaseUrl } = readConfig(env, { cwd });
  if (databaseUrl !== undefined) return { home, databaseUrl: databaseUrl.reveal() };
  const database = join(home, 'gaia.db');
  if (existsSync(database)) return { home };
  throw new GaiaProblem({
    status: 404,
    code: 'no_store',
    detail: `There is no database to read: ${database} does not exist, or this user may not look there.`,
    remedy: 'Point GAIA_HOME at the data directory of a Gaia (or set DATABASE_URL), as the user that Gaia runs as.',
  });
}
