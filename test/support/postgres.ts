import pg from 'pg';

/** Makes a database on a server, as a copy of `template` where one is named; answers its URL. */
export async function createDatabase(server: string, name: string, template?: string): Promise<string> {
  const copy = template && `template "${template}" ${(await copiesFiles(server)) ? 'strategy file_copy' : ''}`;
  await onServer(server, `create database "${name}" ${copy ?? ''}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** A server that waits for no disk copies a database's files in half the time that it takes to log each of their pages. */
async function copiesFiles(server: string): Promise<boolean> {
  const [row] = await onServer(
    server,
    `select current_setting('fsync') = 'off' and current_setting('server_version_num')::int >= 150000 as copies`,
  );
  return row?.copies === true;
}

/** Drops a database, also from under those who still use it. */
export async function dropDatabase(server: string, name: string): Promise<void> {
  await onServer(server, `drop database if exists "${name}" with (force)`);
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
