import { describe, expect, test } from 'vitest';
import { leaseDue, notify, settle } from '../../src/actions/deliveries.ts';
import type { Delivery } from '../../src/core/delivery/delivery.ts';
import { engines } from '../support/store.ts';
import { aChannel, alsoOn, aWorld, type World } from '../support/world.ts';

const failed = { ok: false, kind: 'transient', error: 'the line is busy' } as const;
const refused = { ok: false, kind: 'permanent', error: 'there is no such chat' } as const;
const notice = (world: World) =>
  world.db.write((tx) => notify(world.app, tx, 'system', { about: 'resumed', by: 'admin', reason: null }));
const only = async (world: World): Promise<Delivery> => {
  const [delivery] = await world.deliveries();
  return delivery as Delivery;
};
const leaseOne = async (world: World, holder = 'one'): Promise<Delivery> =>
  (await leaseDue(world.app, 'terminal', holder))[0] as Delivery;

describe.each(engines)('a delivery on %s', (engine) => {
  test('is owed with the change it tells of, or not at all', async () => {
    const world = await aWorld({ engine });
    const broken = world.db.write(async (tx) => {
      await notify(world.app, tx, 'system', { about: 'resumed', by: 'admin', reason: null });
      throw new Error('the change did not happen');
    });
    await expect(broken).rejects.toThrow('the change did not happen');
    expect(await world.deliveries()).toEqual([]);
    await notice(world);
    expect(await world.deliveries()).toMatchObject([{ state: 'queued', attempts: 0, fence: 0 }]);
  });

  test('is leased to one sender at a time, the oldest first', async () => {
    const world = await aWorld({ engine });
    for (let n = 0; n < 3; n++) await notice(world);
    const elsewhere = alsoOn(world, await world.store.again());
    const [here, there] = await Promise.all([
      leaseDue(world.app, 'terminal', 'here'),
      leaseDue(elsewhere, 'terminal', 'there'),
    ]);
    const ids = [...here, ...there].map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set((await world.deliveries()).map(({ id }) => id)));
    expect(ids).toHaveLength(3);
    expect(await leaseDue(world.app, 'terminal', 'here')).toEqual([]);
  });

  test('is sent, and that is the end of it', async () => {
    const world = await aWorld({ engine });
    await notice(world);
    await settle(world.app, await leaseOne(world), { ok: true }, 0);
    expect(await only(world)).toMatchObject({ state: 'sent', attempts: 1, error: null, settledAt: world.clock.now() });
    world.clock.turn(86_400_000);
    expect(await leaseDue(world.app, 'terminal', 'one')).toEqual([]);
    expect(await world.allEvents()).toEqual([]);
  });

  test('whose sender went away is leased again after thirty seconds, under a higher fence', async () => {
    const world = await aWorld({ engine });
    await notice(world);
    const lost = await leaseOne(world);
    world.clock.turn(29_999);
    expect(await leaseDue(world.app, 'terminal', 'two')).toEqual([]);
    world.clock.turn(1);
    const taken = await leaseOne(world, 'two');
    expect(taken).toMatchObject({ id: lost.id, fence: lost.fence + 1, attempts: 2, leasedBy: 'two' });

    await settle(world.app, lost, refused, 0);
    expect(await only(world)).toMatchObject({ state: 'sending', leasedBy: 'two', error: null });
    expect(await world.allEvents()).toEqual([]);
    await settle(world.app, taken, { ok: true }, 0);
    await settle(world.app, lost, failed, 0);
    expect((await only(world)).state).toBe('sent');
  });

  test('that failed is tried again later, and later each time', async () => {
    const world = await aWorld({ engine });
    await notice(world);
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      await settle(world.app, await leaseOne(world), failed, 0.999);
      const delivery = await only(world);
      expect(delivery).toMatchObject({
        state: 'retrying',
        error: 'the line is busy',
        attempts: n + 1,
        settledAt: null,
      });
      waits.push(delivery.dueAt - world.clock.now());
      expect(await leaseDue(world.app, 'terminal', 'one')).toEqual([]);
      world.clock.turn(delivery.dueAt - world.clock.now());
    }
    expect(waits.slice(0, 3)).toEqual([3_996, 7_992, 15_984]);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(Math.max(...waits)).toBeLessThanOrEqual(900_000);
  });

  test('is dead at once after a permanent failure, and the log says so', async () => {
    const world = await aWorld({ engine });
    await notice(world);
    await settle(world.app, await leaseOne(world), refused, 0);
    const dead = await only(world);
    expect(dead).toMatchObject({ state: 'dead', error: 'there is no such chat', settledAt: world.clock.now() });
    const [event] = await world.allEvents();
    expect(event).toMatchObject({ action: 'delivery.died', subject: `delivery:${dead.id}`, actor: 'gaia' });
    world.clock.turn(86_400_000);
    expect(await leaseDue(world.app, 'terminal', 'one')).toEqual([]);
  });

  test('is dead after twenty-four hours of tries, and not before', async () => {
    const world = await aWorld({ engine });
    await notice(world);
    world.clock.turn(24 * 3_600_000 - 1);
    await settle(world.app, await leaseOne(world), failed, 0);
    expect((await only(world)).state).toBe('retrying');
    world.clock.turn(1);
    await settle(world.app, await leaseOne(world), failed, 0);
    expect((await only(world)).state).toBe('dead');
    expect((await world.allEvents()).map(({ action }) => action)).toEqual(['delivery.died']);
  });
});

describe('a notice', () => {
  test('that fails does not hold up another', async () => {
    const world = await aWorld();
    await (await world.agent('one')).asks('1?');
    await (await world.agent('two')).asks('2?');
    const [first] = await world.deliveries();
    const channel = aChannel(({ id }) => (id === first?.id ? refused : { ok: true }));
    await world.tick(channel);
    expect((await world.deliveries()).map(({ state }) => state)).toEqual(['dead', 'sent']);
    expect(channel.given).toHaveLength(2);
  });
});
