import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { eq, inArray } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { Misuse } from '../../src/store/work.ts';
import { onServer } from '../support/postgres.ts';
import { aStore, engines, keptStore } from '../support/store.ts';
import { addAgent, agentsIn, eventsIn, fact } from './works.ts';

describe('a work on SQLite', () => {
  test.each([
    ['a timer', () => sleep(1)],
    ['a file', () => readFile('/etc/hostname')],
    ['a turn of the loop', () => new Promise((resolve) => setImmediate(resolve))],
    ['something that never comes', () => new Promise(() => undefined)],
  ])('that waits for %s is rolled back at once, and can do nothing more', async (_, strayWait) => {
    const { db } = await aStore('sqlite');
    let wentOn: Promise<unknown> | undefined;
    const work = db.write(async (tx) => {
      await addAgent(tx, 'before');
      tx.record(fact());
      wentOn = strayWait().then(() => addAgent(tx, 'after'));
      await wentOn;
    });
    await expect(work).rejects.toThrow('waited for something other than the database');
    await db.write((tx) => addAgent(tx, 'next')); // the connection is free again
    if (_ !== 'something that never comes') await expect(wentOn).rejects.toBeInstanceOf(Misuse);
    expect(await agentsIn(db.read)).toEqual(['next']);
    expect(await eventsIn(db.read)).toEqual([]);
  });

  test('leaves timers and sockets their turn, however many follow each other', async () => {
    const { db } = await aStore('sqlite');
    const worksOfEach = 20;
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setTimeout(turn, 0);
    };
    setTimeout(turn, 0);
    const writer = async (name: string) => {
      for (let i = 0; i < worksOfEach; i++) await db.write((tx) => addAgent(tx, `${name}-${i}`));
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: 32 }, (_, i) => writer(String(i))));
    const tookMs = performance.now() - start;
    isDone = true;
    expect(await agentsIn(db.read)).toHaveLength(32 * worksOfEach);
    expect(turns).toBeGreaterThan(Math.min(3, tookMs / 50)); // without yielding: none at all
  });

  test('that waits for another process to write stops neither the event loop nor later works', async () => {
    const { db, where } = await aStore('sqlite');
    const other = new Sqlite(where, { timeout: 0 });
    other.exec('begin immediate');
    let isOver = false;
    const work = db
      .write((tx) => addAgent(tx, 'a'))
      .finally(() => {
        isOver = true;
      });
    for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    expect(await agentsIn(db.read)).toEqual([]); // reads go on
    other.exec('rollback');
    other.close();
    await work;
    expect(await agentsIn(db.read)).toEqual(['a']);
  });

  test('gives up waiting for another process after its patience, and says who is to blame', async () => {
    const { where, clock } = await aStore('sqlite');
    const impatient = await openSqlite({ path: where, now: clock.now, patienceMs: 20 });
    const other = new Sqlite(where, { timeout: 0 });
    other.exec('begin immediate');
    await expect(impatient.write((tx) => addAgent(tx, 'a'))).rejects.toMatchObject({
      code: 'unavailable',
      message: `Another process holds the database ${where}.`,
    });
    other.exec('rollback');
    other.close();
    await impatient.write((tx) => addAgent(tx, 'b'));
    expect(await agentsIn(impatient.read)).toEqual(['b']);
    await impatient.close();
  });

  test('is refused where the store was opened to read only', async () => {
    const { where, clock } = await aStore('sqlite');
    const reader = await openSqlite({ path: where, now: clock.now, readonly: true });
    await expect(reader.write((tx) => addAgent(tx, 'a'))).rejects.toMatchObject({ code: 'invalid' });
    expect(await agentsIn(reader.read)).toEqual([]);
    await reader.close();
  });
});

describe.runIf(engines.includes('postgres'))('a work on PostgreSQL', () => {
  test('that waits for something that never comes is cut by the server', async () => {
    const { where, clock } = await aStore('postgres');
    const db = await openPostgres({ url: where, now: clock.now, idleInTransactionMs: 100 });
    const work = db.write(async (tx) => {
      await addAgent(tx, 'a');
      await new Promise(() => undefined);
    });
    await expect(work).rejects.toThrow('waited for something other than the database');
    await db.write((tx) => addAgent(tx, 'next'));
    expect(await agentsIn(db.read)).toEqual(['next']);
    await db.close();
  });

  test('is run again after a deadlock, and both sides succeed', async () => {
    const { db } = await aStore('postgres');
    const { leases } = db.t;
    await db.write(async (tx) => {
      for (const name of ['x', 'y']) await tx.insert(leases).values({ name, holder: '', fence: 0, until: 0 });
    });
    const meet = aMeeting(2);
    let runs = 0;
    const lockBoth = (first: string, second: string) =>
      db.write(async (tx) => {
        runs++;
        await tx.update(leases).set({ holder: first }).where(eq(leases.name, first));
        await meet();
        await tx.update(leases).set({ holder: first }).where(eq(leases.name, second));
      });
    await Promise.all([lockBoth('x', 'y'), lockBoth('y', 'x')]);
    expect(runs).toBe(3);
  });

  test('passes over rows that another work holds, when asked to', async () => {
    const { db } = await aStore('postgres');
    await db.write(async (tx) => {
      await addAgent(tx, 'a');
      await addAgent(tx, 'b');
    });
    const { agents } = db.t;
    const free = (database: Database) =>
      database.write(async (tx) => {
        const rows = tx
          .select({ id: agents.id })
          .from(agents)
          .where(inArray(agents.id, ['a', 'b']))
          .orderBy(agents.id)
          .limit(1);
        return (await tx.hold(rows.$dynamic(), 'skip')).map(({ id }) => id);
      });
    const first = aMeeting(2);
    const last = aMeeting(2);
    const holding = db.write(async (tx) => {
      await tx.hold(tx.select().from(agents).where(eq(agents.id, 'a')).$dynamic());
      await first();
      await last();
    });
    await first();
    expect(await free(db)).toEqual(['b']);
    await last();
    await holding;
    expect(await free(db)).toEqual(['a']);
  });

  test('whose connection is lost is rolled back, says so, and the next finds a new one', async () => {
    const { db, where } = await aStore('postgres');
    const work = db.write(async (tx) => {
      await addAgent(tx, 'a');
      await onServer(
        where,
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'",
      );
      await addAgent(tx, 'b');
    });
    await expect(work).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('nothing was changed'),
    });
    await db.write((tx) => addAgent(tx, 'c'));
    expect(await agentsIn(db.read)).toEqual(['c']);
  });

  test('and the reads outlive a server that drops every connection', async () => {
    const { db, where, remove } = await keptStore('postgres');
    await db.write((tx) => addAgent(tx, 'a'));
    await agentsIn(db.read);
    await onServer(
      where,
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
    );
    // either the pool noticed already, or one read is told; the one after finds a new connection
    await agentsIn(db.read).catch((error: unknown) => expect(error).toMatchObject({ code: 'unavailable' }));
    expect(await agentsIn(db.read)).toEqual(['a']);
    await remove();
  });
});

/** A place where `expected` parties wait for each other, once; later comers pass. */
function aMeeting(expected: number): () => Promise<void> {
  let arrived = 0;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    arrived++;
    if (arrived === expected) open();
    return opened;
  };
}
