import pg from 'pg';

/** Makes a database on a server, as a copy of `template` where one is named; answers its URL. */
export async function createDatabase(server: string, name: string, template?: string): Promise<string> {
  const { pool, copiesFiles } = keeperOf(server);
  const copy = template && `template "${template}" ${(await copiesFiles) ? 'strategy file_copy' : ''}`;
  await pool.query(`create database "${name}" ${copy ?? ''}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops a database, also from under those who still use it. */
export async function dropDatabase(server: string, name: string): Promise<void> {
  await keeperOf(server).pool.query(`drop database if exists "${name}" with (force)`);
}

interface Keeper {
  pool: pg.Pool;
  /** a server that waits for no disk copies a database's files in half the time that it takes to log each of their pages */
  copiesFiles: Promise<boolean>;
}

/** Connections that make and drop databases: hundreds of tests do, and a new connection each takes as long as the database. */
const keepers = new Map<string, Keeper>();

function keeperOf(server: string): Keeper {
  const known = keepers.get(server);
  if (known) return known;
  const pool = new pg.Pool({ connectionString: server, max: 1, allowExitOnIdle: true });
  pool.on('error', () => keepers.delete(server)); // the server is gone; who asks next is told so
  const copiesFiles = pool
    .query(`select current_setting('fsync') = 'off' and current_setting('server_version_num')::int >= 150000 as copies`)
    .then(({ rows }) => rows[0]?.copies === true);
  const keeper = { pool, copiesFiles };
  keepers.set(server, keeper);
  return keeper;
}

/** Runs statements as they are, beside the store; answers the rows of a single one. */
export async function onServer(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
