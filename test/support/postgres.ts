import pg from 'pg';

/** Makes a database on a server, as a copy of `template` where one is named; answers its URL. */
export async function createDatabase(server: string, name: string, template?: string): Promise<string> {
  await onServer(server, `create database "${name}" ${template ? `template "${template}"` : ''}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops a database, also from under those who still use it. */
export const dropDatabase = (server: string, name: string): Promise<void> =>
  onServer(server, `drop database if exists "${name}" with (force)`);

/** Runs one statement as itself, beside the store. */
export async function onServer(url: string, text: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
