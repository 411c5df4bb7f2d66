import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { genesisHash, type Head, hashOfDetail, hashOfEvent } from '../../src/core/audit/event.ts';
import type { Database } from '../../src/store/database.ts';
import { aStore, engines } from '../support/store.ts';
import { addAgent, agentsIn, eventsIn, fact } from './works.ts';

describe.each(engines)('the log on %s', (engine) => {
  test('takes the events of a work as a chain, under the head row', async () => {
    const { db, clock } = await aStore(engine);
    await db.write(async (tx) => {
      tx.record(fact('agent:a'));
      tx.record(fact('agent:b'));
    });
    const [first, second] = await eventsIn(db.read);
    expect(first).toMatchObject({
      seq: 1,
      subject: 'agent:a',
      prevHash: genesisHash,
      at: clock.now(),
      detailHash: hashOfDetail('{"name":"builder"}'),
    });
    expect(second).toMatchObject({ seq: 2, subject: 'agent:b', prevHash: first?.hash });
    expect(await headOf(db)).toEqual({ seq: 2, hash: second?.hash, at: clock.now() });
    expect(await db.read.select().from(db.t.eventDetails)).toHaveLength(2);
  });

  test('has neither gaps nor forks when many append at once', async () => {
    const { db, again } = await aStore(engine);
    const other = await again();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? db : other).write(async (tx) => {
          tx.record(fact(`agent:${i}`));
          tx.record(fact(`agent:${i}`));
        }),
      ),
    );
    const events = await eventsIn(db.read);
    let previous = genesisHash;
    for (const [i, event] of events.entries()) {
      expect(event).toMatchObject({ seq: i + 1, prevHash: previous, hash: hashOfEvent(event) });
      previous = event.hash;
    }
    expect(events).toHaveLength(40);
  });

  test('takes a change back whose event cannot be written', async () => {
    const { db } = await aStore(engine);
    await db.write(async (tx) => {
      // stands where the next event belongs
      const squatter = {
        seq: 1,
        at: 1,
        traceId: '',
        actor: '',
        source: '',
        action: '',
        subject: '',
        detailHash: '',
        prevHash: '',
        hash: '',
      };
      await tx.insert(tx.t.events).values(squatter);
    });
    const work = db.write(async (tx) => {
      await addAgent(tx, 'a');
      tx.record(fact());
    });
    await expect(work).rejects.toMatchObject({ constraint: 'events_pkey', statement: 'log.insert_event' });
    expect(await agentsIn(db.read)).toEqual([]);
    expect((await headOf(db)).seq).toBe(0);
  });

  test('refuses to change or delete an event, and lets only details be dropped', async () => {
    const { db } = await aStore(engine);
    await db.write(async (tx) => tx.record(fact()));
    const { events, eventDetails } = db.t;
    await expect(db.write(async (tx) => tx.update(events).set({ actor: 'someone' }))).rejects.toThrow(
      /never changed|refused/,
    );
    await expect(db.write(async (tx) => tx.delete(events))).rejects.toThrow(/never deleted|refused/);
    await expect(db.write(async (tx) => tx.update(eventDetails).set({ detail: '{}' }))).rejects.toThrow(
      /never changed|refused/,
    );
    expect(await eventsIn(db.read)).toMatchObject([{ actor: 'admin' }]);

    await db.write(async (tx) => tx.delete(eventDetails).where(eq(eventDetails.seq, 1)));
    expect(await db.read.select().from(eventDetails)).toEqual([]);
    expect(await eventsIn(db.read)).toHaveLength(1);
  });

  test('never runs backwards in time, when the clock does', async () => {
    const { db, clock, again } = await aStore(engine);
    const start = clock.now();
    await db.write(async (tx) => tx.record(fact()));
    clock.turn(-3_600_000);
    expect(await db.write(async (tx) => tx.now)).toBe(start);
    const afterRestart = await again();
    expect(await afterRestart.write(async (tx) => tx.now)).toBe(start);
    await afterRestart.write(async (tx) => tx.record(fact()));
    expect((await eventsIn(db.read)).map(({ at }) => at)).toEqual([start, start]);
    clock.turn(3_600_001);
    expect(await db.write(async (tx) => tx.now)).toBe(start + 1);
  });

  test('tells its listeners after the commit, once, and never of what was rolled back', async () => {
    const { db } = await aStore(engine);
    const heard: number[] = [];
    const stop = db.onAppended(({ seq }) => heard.push(seq));
    await db.write((tx) => addAgent(tx, 'a'));
    await db
      .write(async (tx) => {
        tx.record(fact());
        throw new Error('no');
      })
      .catch(() => undefined);
    expect(heard).toEqual([]);
    await db.write(async (tx) => tx.record(fact()));
    await agentsIn(db.read);
    expect(heard).toEqual([1]);
    stop();
    await db.write(async (tx) => tx.record(fact()));
    await agentsIn(db.read);
    expect(heard).toEqual([1]);
  });

  test('tells of events that another process appended', async () => {
    const { db, again } = await aStore(engine);
    const other = await again();
    const heard = new Promise<Head>((resolve) => db.onAppended(resolve));
    await other.write(async (tx) => tx.record(fact()));
    expect(await heard).toEqual(await headOf(other));
  });
});

async function headOf(db: Database): Promise<Head> {
  const { seq, hash, at } = db.t.logHead;
  const [head] = await db.read.select({ seq, hash, at }).from(db.t.logHead);
  if (!head) throw new Error('no head');
  return head;
}
