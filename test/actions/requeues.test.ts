import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { leaseDue, notify, settle } from '../../src/actions/deliveries.ts';
import { discard, planRequeue, type Requeued, requeue } from '../../src/actions/requeues.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import type { Delivery } from '../../src/core/delivery/delivery.ts';
import { saveAmbiguous } from '../../src/store/lanes.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World, withABrokenLog } from '../support/world.ts';

const hour = 3_600_000;

/** Messages that could not be delivered, the oldest first. */
async function aWorldWithDead(count: number, options: Parameters<typeof aWorld>[0] = {}) {
  const world = await aWorld(options);
  for (let n = 0; n < count; n++)
    await world.db.write((tx) => notify(world.app, tx, 'system', { about: 'trouble', trouble: `number ${n}` }));
  await buries(world);
  const dead = await world.deliveries('dead');
  expect(dead).toHaveLength(count);
  return { world, dead, ids: dead.map(({ id }) => id) };
}

/** Everything due is refused for good. */
async function buries(world: World): Promise<void> {
  for (const delivery of await leaseDue(world.app, 'terminal', 'one'))
    await settle(world.app, delivery, { ok: false, kind: 'permanent', error: 'there is no such chat' }, 0);
}

/** So many that could not be delivered, of which the oldest has no life left. */
async function aWorldWithMany(count: number, engine: (typeof engines)[number]) {
  const world = await aWorld({ engine });
  await world.db.write(async (tx) => {
    for (let n = 0; n < count; n++) await notify(world.app, tx, 'system', { about: 'trouble', trouble: `number ${n}` });
    await tx.update(tx.t.deliveries).set({ state: 'dead', settledAt: tx.now });
    const { seq } = tx.t.deliveries;
    const [oldest] = await tx.select({ seq }).from(tx.t.deliveries).orderBy(seq).limit(1);
    await tx
      .update(tx.t.deliveries)
      .set({ retries: 9 })
      .where(eq(seq, oldest?.seq ?? 0));
  });
  return world;
}

const counts = ({ requeued, left, remaining, unnamed }: Requeued) => [requeued.length, left.length, remaining, unnamed];

test('the same requeue again goes on with what remained', async () => {
  const world = await aWorldWithMany(1_002, 'sqlite');
  expect(counts(await requeue(world.app, { all: true }, world.admin))).toEqual([1_000, 1, 1, 0]);
  expect(counts(await requeue(world.app, { all: true }, world.admin))).toEqual([1, 1, 0, 0]);
  expect(await world.deliveries('dead')).toHaveLength(1);
});

const told = async (world: World): Promise<Delivery['body'][]> =>
  (await world.deliveries('queued')).map(({ body }) => body).filter(({ about }) => about === 'requeued');

describe.each(engines)('requeue on %s', (engine) => {
  test('gives a dead message another life, once, and says so', async () => {
    const { world, ids } = await aWorldWithDead(2, { engine });
    const [id = ''] = ids;
    const by = world.by(person('local'), 'console');
    expect(await requeue(world.app, { id }, by)).toMatchObject({ requeued: [{ id }], left: [] });
    expect(await reasonOf(requeue(world.app, { id }, by))).toBe('not_dead');
    const requeued = (await world.deliveries()).find((each) => each.id === id);
    expect(requeued).toMatchObject({ state: 'queued', retries: 1, attempts: 0, settledAt: null });
    expect((await world.deliveries('dead')).map((each) => each.id)).toEqual([ids[1]]);
    expect((await world.allEvents()).filter(({ action }) => action === 'delivery.requeued')).toHaveLength(1);
    expect(await told(world)).toMatchObject([{ requeued: [{ id }], left: [] }]);
  });

  test('takes two at once only once', async () => {
    const { world, ids } = await aWorldWithDead(1, { engine });
    const results = await Promise.allSettled([
      requeue(world.app, { id: ids[0] ?? '' }, world.admin),
      requeue(world.app, { all: true }, world.admin),
    ]);
    const done = results.flatMap((each) => (each.status === 'fulfilled' ? each.value.requeued : []));
    expect(done).toHaveLength(1);
    expect((await world.deliveries()).find(({ id }) => id === ids[0])?.retries).toBe(1);
  });

  test('counts the list from the oldest, and knows what is out of range', async () => {
    const { world, ids } = await aWorldWithDead(3, { engine });
    expect((await requeue(world.app, { index: 1 }, world.admin)).requeued.map(({ id }) => id)).toEqual([ids[1]]);
    const beyond = await refusalOf(requeue(world.app, { index: 2 }, world.admin));
    expect(beyond).toMatchObject({ code: 'invalid', extras: { reason: 'index_out_of_range' } });
    expect(beyond.message).toContain('0 to 1');
    expect(await refusalOf(requeue(world.app, { id: 'd-AAAAAA' }, world.admin))).toMatchObject({ code: 'not_found' });
    expect(await world.deliveries('dead')).toHaveLength(2);
  });

  test('takes what stands behind a thousand that must be left, and any index that is counted', async () => {
    const world = await aWorld({ engine });
    await world.db.write(async (tx) => {
      for (let n = 0; n < 1_001; n++)
        await notify(world.app, tx, 'system', { about: 'trouble', trouble: `number ${n}` });
      await tx.update(tx.t.deliveries).set({ state: 'dead', retries: 9, settledAt: tx.now });
      await notify(world.app, tx, 'system', { about: 'trouble', trouble: 'the last one' });
    });
    await buries(world);
    const owed = (await world.db.read.select().from(world.db.t.deliveries)) as unknown as Delivery[];
    const id = owed.find(({ retries }) => retries === 0)?.id;
    const ways = [{ auto: true }, { all: true }, { index: 1_001 }] as const;
    for (const which of ways)
      expect((await planRequeue(world.app, which, world.admin)).requeued.map((each) => each.id)).toEqual([id]);
    expect((await requeue(world.app, { auto: true }, world.by('gaia', 'loop'))).left).toHaveLength(1_000);
  });

  test('takes a thousand at once, names a thousand that it leaves, and counts the others of both', async () => {
    const world = await aWorldWithMany(1_003, engine);
    expect(counts(await planRequeue(world.app, { all: true }, world.admin))).toEqual([1_000, 1, 2, 0]);
    await world.db.write((tx) => tx.update(tx.t.deliveries).set({ retries: 9 }));
    expect(counts(await requeue(world.app, { all: true }, world.admin))).toEqual([0, 1_000, 0, 3]);
  });

  test('by the schedule takes what is young and was requeued seldom, so many a run, and says what it left and why', async () => {
    const { world, ids } = await aWorldWithDead(4, { engine });
    world.app.requeueLimits = { maxRetries: 1, maxAgeMs: 72 * hour, maxPerRun: 2 };
    const gaia = world.by('gaia', 'loop');
    const first = await requeue(world.app, { auto: true }, gaia);
    expect(first.requeued.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(first.left.map(({ id, because }) => [id, because])).toEqual([
      [ids[2], 'a run takes 2 at most'],
      [ids[3], 'a run takes 2 at most'],
    ]);
    await buries(world);
    const second = await requeue(world.app, { auto: true }, gaia);
    expect(second.requeued.map(({ id }) => id)).toEqual(ids.slice(2));
    expect(second.left.map(({ id, because }) => [id, because])).toEqual(
      expect.arrayContaining(ids.slice(0, 2).map((id) => [id, 'it was requeued 1 times already'])),
    );
    world.clock.turn(72 * hour);
    world.app.requeueLimits = { maxRetries: 9, maxAgeMs: 72 * hour, maxPerRun: 10 };
    await buries(world);
    const third = await requeue(world.app, { auto: true }, gaia);
    expect(third.requeued).toEqual([]);
    expect(new Set(third.left.map(({ because }) => because))).toEqual(new Set(['it is older than 72 h']));
  });
});

describe('the schedule', () => {
  test('leaves what may have arrived already to people', async () => {
    const { world, ids } = await aWorldWithDead(2);
    await world.db.write((tx) => saveAmbiguous(tx, ids[0] ?? '', 2));
    const { requeued, left } = await requeue(world.app, { auto: true }, world.by('gaia', 'loop'));
    expect(requeued.map(({ id }) => id)).toEqual([ids[1]]);
    expect(left).toMatchObject([{ id: ids[0], because: 'it may have arrived already' }]);
    expect((await requeue(world.app, { id: ids[0] ?? '' }, world.admin)).requeued).toHaveLength(1);
  });

  test('never says again by itself what was requeued or silenced, nor an alert', async () => {
    const world = await aWorld();
    const rule = { summary: 'x', severity: 'warning', metric: 'm', when: 'at_least', limit: 1 } as const;
    const alert = { name: 'disk_low', episode: 1, change: 'firing', value: 1, at: 0, firedAt: 0, rule } as const;
    await world.db.write(async (tx) => {
      await notify(world.app, tx, 'system', { about: 'requeued', by: 'gaia', requeued: [], left: [] });
      await notify(world.app, tx, 'system', { about: 'silenced', by: 'gaia', alert: 'x', until: null, reason: null });
      await notify(world.app, tx, 'alert:disk_low', { about: 'alert', ...alert });
    });
    await buries(world);
    expect(await world.deliveries('dead')).toHaveLength(3);
    const { requeued, left } = await requeue(world.app, { auto: true }, world.by('gaia', 'loop'));
    expect(requeued).toEqual([]);
    expect(left).toHaveLength(3);
    expect(await told(world)).toEqual([]);
  });
});

describe('a dead message', () => {
  test('lives ten times at most, also for people', async () => {
    const { world, ids } = await aWorldWithDead(1);
    const [id = ''] = ids;
    for (let life = 2; life <= 10; life++) {
      await requeue(world.app, { id }, world.admin);
      await buries(world);
    }
    expect(await reasonOf(requeue(world.app, { id }, world.admin))).toBe('lives_used_up');
    expect(
      (await requeue(world.app, { all: true }, world.admin)).left.find((each) => each.id === id)?.because,
    ).toContain('10 times');
  });

  test('gets a whole day of tries with every life', async () => {
    const { world, ids } = await aWorldWithDead(1);
    world.clock.turn(30 * hour);
    await requeue(world.app, { id: ids[0] ?? '' }, world.admin);
    const fail = async () => {
      for (const each of await leaseDue(world.app, 'terminal', 'one'))
        await settle(
          world.app,
          each,
          each.id === ids[0] ? { ok: false, kind: 'transient', error: 'busy' } : { ok: true },
          0,
        );
    };
    await fail();
    expect((await world.deliveries()).find(({ id }) => id === ids[0])?.state).toBe('retrying');
    world.clock.turn(24 * hour);
    await fail();
    expect((await world.deliveries()).find(({ id }) => id === ids[0])?.state).toBe('dead');
  });

  test('is closed for good by an operator with a reason, and never requeued then', async () => {
    const { world, ids } = await aWorldWithDead(1);
    const [id = ''] = ids;
    expect(await reasonOf(discard(world.app, id, '  ', world.admin))).toBe('reason_missing');
    await discard(world.app, id, 'the chat is gone', world.admin);
    expect((await world.deliveries('discarded')).map((each) => each.id)).toEqual([id]);
    expect(await reasonOf(requeue(world.app, { id }, world.admin))).toBe('not_dead');
    expect(await reasonOf(discard(world.app, id, 'again', world.admin))).toBe('not_dead');
    const discarded = (await world.allEvents()).filter(({ action }) => action === 'delivery.discarded');
    expect(discarded.map(({ detail }) => JSON.parse(detail ?? '{}').reason)).toEqual(['the chat is gone']);
  });

  test('stays dead where somebody may not requeue, or the log cannot be written', async () => {
    const { world, ids } = await aWorldWithDead(1, { approvers: ['111', '222'], operators: ['111'] });
    const which = { id: ids[0] ?? '' };
    for (const actor of [agentNamed('builder'), person('222'), person('monitor-12345678')])
      expect(await refusalOf(requeue(world.app, which, world.by(actor)))).toMatchObject({ code: 'forbidden' });
    world.appoints({ monitor: 'monitor-12345678' });
    expect(await refusalOf(discard(world.app, which.id, 'no', world.by(person('monitor-12345678'))))).toMatchObject({
      code: 'forbidden',
    });
    await expect(requeue({ ...world.app, db: withABrokenLog(world.db) }, which, world.admin)).rejects.toThrow();
    expect((await world.deliveries('dead')).map(({ id, retries }) => [id, retries])).toEqual([[which.id, 0]]);
    await requeue(world.app, which, world.by(person('monitor-12345678')));
    expect(await world.deliveries('dead')).toEqual([]);
  });

  test('is only planned by a dry run', async () => {
    const { world, ids } = await aWorldWithDead(2);
    expect((await planRequeue(world.app, { all: true }, world.admin)).requeued.map(({ id }) => id)).toEqual(ids);
    expect(await world.deliveries('dead')).toHaveLength(2);
    expect((await world.allEvents()).some(({ action }) => action === 'delivery.requeued')).toBe(false);
  });
});
