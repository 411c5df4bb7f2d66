import { describe, expect, test } from 'vitest';
import { recordNotice } from '../../src/actions/arrivals.ts';
import { notify } from '../../src/actions/deliveries.ts';
import { type Taken, takeNext } from '../../src/actions/sending.ts';
import { pace } from '../../src/core/delivery/limits.ts';
import { saveChat } from '../../src/store/channels.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld, type World } from '../support/world.ts';

async function aChatWorld(engine: 'sqlite' | 'postgres', chat = '111') {
  const world = await aWorld({ engine });
  world.app.audience = { kind: 'telegram', chat, noticeChat: chat };
  return world;
}
const owes = (world: World, chat = '111') => {
  world.app.audience = { kind: 'telegram', chat, noticeChat: chat };
  return world.db.write((tx) => notify(world.app, tx, 'system', { about: 'resumed', by: 'admin', reason: null }));
};
const take = async (world: World, app = world.app, holder = 'one'): Promise<Taken | undefined> => {
  const next = await takeNext(app, holder);
  return next.kind === 'taken' ? next.taken : undefined;
};

describe.each(engines)('the next call on %s', (engine) => {
  test('is counted before it is made, and waits for its turn', async () => {
    const world = await aChatWorld(engine);
    for (let n = 0; n < 4; n++) await owes(world);
    for (let n = 0; n < pace.chatBurst; n++) await recordNotice(world.app, (await take(world)) as Taken);
    expect(await takeNext(world.app, 'one')).toEqual({ kind: 'none', at: world.clock.now() + pace.chatIntervalMs });
    world.clock.turn(pace.chatIntervalMs - 1);
    expect(await take(world)).toBeUndefined();
    world.clock.turn(1);
    expect(await take(world)).toBeDefined();
  });

  test('goes to one chat at a time, so that things arrive in their order', async () => {
    const world = await aChatWorld(engine);
    await owes(world);
    await owes(world);
    expect(await take(world)).toBeDefined();
    expect(await take(world)).toBeUndefined();
    await owes(world, '222');
    expect((await take(world))?.delivery.chat).toBe('222');
  });

  test('is taken by one of two senders', async () => {
    const world = await aChatWorld(engine);
    for (const chat of ['1', '2', '3']) await owes(world, chat);
    const elsewhere = alsoOn(world, await world.store.again());
    const taken = await Promise.all([1, 2, 3, 4].map((n) => take(world, n % 2 ? world.app : elsewhere, `${n}`)));
    const ids = taken.flatMap((each) => (each ? [each.delivery.id] : []));
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  test('keeps the limit of all chats together', async () => {
    const world = await aChatWorld(engine);
    for (let n = 0; n < pace.all.calls + 5; n++) await owes(world, `${1_000 + n}`);
    for (let n = 0; n < pace.all.calls; n++) expect(await take(world)).toBeDefined();
    expect(await takeNext(world.app, 'one')).toEqual({ kind: 'none', at: world.clock.now() + pace.all.windowMs });
  });

  test('passes over chats that are held or closed', async () => {
    const world = await aChatWorld(engine);
    for (const chat of ['1', '2', '3']) await owes(world, chat);
    const heldUntil = world.clock.now() + 5_000;
    await world.db.write((tx) => saveChat(tx, '1', { heldUntil }));
    await world.db.write((tx) => saveChat(tx, '2', { closed: 'blocked' }));
    expect((await take(world))?.delivery.chat).toBe('3');
    const next = await takeNext(world.app, 'one');
    expect(next).toEqual({ kind: 'none', at: heldUntil });
  });

  test('follows a chat that moved', async () => {
    const world = await aChatWorld(engine);
    await owes(world, '-5');
    await world.db.write((tx) => saveChat(tx, '-5', { movedTo: '-1005' }));
    expect((await take(world))?.delivery.chat).toBe('-1005');
  });

  test('of a lease that ran out may have been made, and its late outcome does not count', async () => {
    const world = await aChatWorld(engine);
    await owes(world);
    const lost = (await take(world)) as Taken;
    expect(lost.delivery.ambiguous).toBe(0);
    expect(await takeNext(world.app, 'one')).toEqual({ kind: 'none', at: world.clock.now() + 30_000 });
    world.clock.turn(30_000);
    const taken = (await take(world)) as Taken;
    expect(taken.delivery).toMatchObject({ id: lost.delivery.id, ambiguous: 1, fence: lost.delivery.fence + 1 });
    expect(await recordNotice(world.app, lost)).toBe('lost');
    expect(await world.deliveries()).toMatchObject([{ state: 'sending' }]);
    expect(await recordNotice(world.app, taken)).toBe('recorded');
    expect(await world.deliveries()).toMatchObject([{ state: 'sent' }]);
  });
});
