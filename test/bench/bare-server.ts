import { createAdaptorServer } from '@hono/node-server';
import Sqlite from 'better-sqlite3';
import { Hono } from 'hono';

/** The least that a durable intake can be: one route, one insert, synced. Started as a process: bare-server.ts PATH. */
const db = new Sqlite(process.argv[2] as string);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.exec('create table asked (id integer primary key, body text not null, at integer not null)');
const insert = db.prepare('insert into asked (body, at) values (?, ?)');
const routes = new Hono();
routes.post('/v1/requests', async (c) => {
  const body = await c.req.json();
  const { lastInsertRowid } = insert.run(JSON.stringify(body), Date.now());
  return c.json({ id: String(lastInsertRowid) }, 201);
});
const server = createAdaptorServer({ fetch: routes.fetch });
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens nowhere');
  process.stdout.write(`ready at http://127.0.0.1:${address.port}\n`);
});
