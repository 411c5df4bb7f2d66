import { describe, expect, test } from 'vitest';
import { assertFence, claimLease, endLeases, type HeldLease, releaseLease } from '../../src/store/lease.ts';
import { aStore, engines, type TestStore } from '../support/store.ts';
import { addAgent, agentsIn } from './works.ts';

const leaseMs = 30_000;
const claim = ({ db }: Pick<TestStore, 'db'>, holder: string) =>
  db.write((tx) => claimLease(tx, { name: 'outbox', holder, leaseMs }));

/** Does something that only the leader may do. */
const lead = ({ db }: Pick<TestStore, 'db'>, lease: HeldLease, id: string) =>
  db.write(async (tx) => {
    await addAgent(tx, id);
    await assertFence(tx, lease);
  });

const lost = { code: 'conflict', extras: { reason: 'lease_lost' } };

describe.each(engines)('a lease on %s', (engine) => {
  test('is held by one of many who claim it at once', async () => {
    const store = await aStore(engine);
    const claims = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(store, `h${i}`)));
    expect(claims.filter((lease) => lease)).toMatchObject([{ fence: 1 }]);
  });

  test('ends with all whose name begins alike, at once, and no other', async () => {
    const store = await aStore(engine);
    const named = (name: string) => store.db.write((tx) => claimLease(tx, { name, holder: 'a', leaseMs }));
    const held = (await named('outbox')) as HeldLease;
    for (const name of ['schedule:backup', 'schedule:forget']) await named(name);
    await store.db.write((tx) => endLeases(tx, 'schedule:'));
    for (const name of ['schedule:backup', 'schedule:forget'])
      expect(await store.db.write((tx) => claimLease(tx, { name, holder: 'b', leaseMs }))).toMatchObject({ fence: 2 });
    await lead(store, held, 'as before');
    expect(await claim(store, 'b')).toBeUndefined();
  });

  test('is renewed by its holder under the same fence', async () => {
    const store = await aStore(engine);
    await claim(store, 'a');
    store.clock.turn(leaseMs - 1);
    expect(await claim(store, 'a')).toMatchObject({ fence: 1 });
    store.clock.turn(leaseMs - 1);
    expect(await claim(store, 'b')).toBeUndefined();
  });

  test('passes to another when its time is over, and fences the frozen holder out', async () => {
    const store = await aStore(engine);
    const frozen = (await claim(store, 'a')) as HeldLease;
    await lead(store, frozen, 'while it holds');
    store.clock.turn(leaseMs);
    await expect(lead(store, frozen, 'after its time')).rejects.toMatchObject(lost);
    const next = (await claim(store, 'b')) as HeldLease;
    expect(next).toMatchObject({ holder: 'b', fence: 2 });
    await expect(lead(store, frozen, 'as a ghost')).rejects.toMatchObject(lost);
    await lead(store, next, 'as the next');
    expect(await agentsIn(store.db.read)).toEqual(['as the next', 'while it holds']);
  });

  test('comes back to a holder that lost it only under a new fence', async () => {
    const store = await aStore(engine);
    const before = (await claim(store, 'a')) as HeldLease;
    store.clock.turn(leaseMs);
    const again = (await claim(store, 'a')) as HeldLease;
    expect(again.fence).toBe(2);
    await expect(lead(store, before, 'x')).rejects.toMatchObject(lost);
    await lead(store, again, 'y');
  });

  test('is free at once when given back, and only its holder can give it back', async () => {
    const store = await aStore(engine);
    const lease = (await claim(store, 'a')) as HeldLease;
    await store.db.write((tx) => releaseLease(tx, { ...lease, fence: 7 }));
    expect(await claim(store, 'b')).toBeUndefined();
    await store.db.write((tx) => releaseLease(tx, lease));
    await expect(lead(store, lease, 'x')).rejects.toMatchObject(lost);
    expect(await claim(store, 'b')).toMatchObject({ fence: 2 });
  });
});
