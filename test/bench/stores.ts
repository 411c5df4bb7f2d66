import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { aClock, aGaia, generous, templates } from '../proof/fixture.ts';
import type { Gaia } from '../proof/gaia.ts';

/** A request that waits for one approval. */
export interface Waiting {
  id: string;
  digest: string;
}

/** The person of every bench. */
export const person = '11';

/** A closed store with requests that were shown and wait, to be copied for every repetition. */
export async function storeOfWaiting(gaia: Gaia, count: number) {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-bench-'));
  const path = join(directory, 'waiting.db');
  const from = await templates(gaia);
  const world = await aGaia(gaia, from, { approvers: [person], policy: generous, clock: aClock() });
  const asker = await world.agent('builder');
  const waiting: Waiting[] = [];
  for (let n = 0; n < count; n++) {
    const { request } = await gaia.submitRequest(
      world.app,
      { kind: 'command', command: { argv: ['/bin/true', String(n)], cwd: '/' } },
      asker(),
    );
    await gaia.markShown(world.app, request.id, person);
    waiting.push({ id: request.id, digest: request.digest as string });
  }
  await world.close();
  copyFileSync(world.where, path);
  await world.remove();
  await from.remove();
  let copies = 0;
  return {
    waiting,
    directory,
    path,
    /** a fresh copy, to be measured on */
    copy(): string {
      const place = join(directory, String(++copies));
      mkdirSync(place);
      copyFileSync(path, join(place, 'gaia.db'));
      return join(place, 'gaia.db');
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}
export type StoreOfWaiting = Awaited<ReturnType<typeof storeOfWaiting>>;

/** Adds requests that ended long ago, as rows alone. */
export function fillRequests(path: string, count: number): void {
  const db = new Sqlite(path);
  try {
    db.pragma('synchronous = OFF');
    const sample = db.prepare('select * from requests limit 1').get() as Record<string, unknown>;
    const columns = Object.keys(sample);
    const insert = db.prepare(
      `insert into requests (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')})`,
    );
    db.transaction(() => {
      for (let n = 0; n < count; n++) {
        const at = (sample.created_at as number) - 1_000 * (count - n);
        const ended = { state: 'denied', shown_at: at, decided_at: at, ended_at: at, end_code: 'other', version: 3 };
        insert.run({
          ...sample,
          ...ended,
          id: `r-OLD${n}`,
          created_at: at,
          expires_at: at + 1_000,
          effect_digest: `${n}`,
          asked_by: `agent:old-${n % 50}`,
        });
      }
    })();
    db.exec('analyze');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}
