import { describe, expect, test } from 'vitest';
import { notify } from '../../../src/actions/deliveries.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import { listCards } from '../../../src/store/cards.ts';
import { engines } from '../../support/store.ts';
import { aSendingWorld, type SendingWorld } from './sending-world.ts';

const manyAtOnce = 'version: 1\ncaps: { open: 5000, perMinute: 5000 }\n';
const notice = (world: SendingWorld, reason: string) =>
  world.db.write((tx) => notify(world.app, tx, 'system', { about: 'resumed', by: 'admin', reason }));

async function asksMany(world: SendingWorld, count: number): Promise<Request[]> {
  const requests: Request[] = [];
  for (let n = 0; n < count; n++) requests.push(await world.builder.asks(`Number ${n}?`, ['yes', 'no']));
  return requests;
}

const listIn = (world: SendingWorld) => {
  const list = world.seen().findLast(({ text }) => text.includes('Show') || text.includes('list'));
  if (!list) throw new Error('no list in the chat');
  return list;
};

describe.each(engines)('a burst on %s', (engine) => {
  const burst = engine === 'sqlite' ? 500 : 60;

  test(`of ${burst} requests exceeds no limit, and every one can be decided`, { timeout: 120_000 }, async () => {
    const world = await aSendingWorld({ engine, policy: manyAtOnce });
    const requests = await asksMany(world, burst);
    await world.sendsAll();
    expect(world.telegram.callsOf('sendMessage')).toHaveLength(1);
    expect(listIn(world).text).toContain(`${burst} requests`);
    expect(listIn(world).buttons.flat()).toHaveLength(20);
    expect(listIn(world).buttons.flat().join()).not.toMatch(/Approve|Deny|yes/);
    for (const request of requests) {
      expect((await world.now(request)).shownAt).toBeNull();
    }
    const decided = new Set<string>();
    for (let rounds = 0; decided.size < 25; rounds++) {
      const [label = ''] = listIn(world).buttons.flat();
      const id = label.replace(/.*Show /, '');
      expect(await world.presses(label, listIn(world))).toEqual({ kind: 'shown', requestId: id });
      await world.sendsAll();
      expect(await world.presses('yes', world.cardOf({ id }))).toMatchObject({ kind: 'decided' });
      decided.add(id);
      world.clock.turn(1_000);
      expect(rounds).toBeLessThan(30);
    }
    await world.sendsAll();
    expect(listIn(world).text).toContain(`${burst - 25} requests`);
    for (const request of requests)
      if ((await world.now(request)).state === 'pending') await world.builder.withdraws(request);
    await world.sendsAll();
    expect(listIn(world)).toMatchObject({ buttons: [], text: '✓ Nothing on this list waits any more.' });
    expect(world.seen()).toHaveLength(1 + 25);
    expect(world.seen().flatMap(({ buttons }) => buttons)).toEqual([]);
    expect((await world.deliveries()).every(({ state }) => state === 'sent')).toBe(true);
    expect(world.telegram.floodRefusals).toBe(0);
  });

  test('of ten requests needs no list', async () => {
    const world = await aSendingWorld({ engine, policy: manyAtOnce });
    const requests = await asksMany(world, 10);
    await world.sendsAll();
    expect(world.seen()).toHaveLength(10);
    for (const request of requests) expect((await world.now(request)).shownAt).not.toBeNull();
  });

  test('a vote elsewhere does not bring a card that only a list stands for; Show does', async () => {
    const world = await aSendingWorld({ engine, policy: `${manyAtOnce}tiers: { normal: { approvals: 2 } }\n` });
    const requests: Request[] = [];
    for (let n = 0; n < 12; n++) requests.push(await world.builder.asksToRun(['echo', `${n}`]));
    await world.sendsAll();
    const [first, second] = requests as [Request, Request];
    await world.person('222').approves(first);
    await world.sendsAll();
    expect(world.seen()).toHaveLength(1);
    expect(await world.presses(first.id, listIn(world))).toMatchObject({ kind: 'shown' });
    await world.person('111').sees(first);
    await world.sendsAll();
    expect(world.cardOf(first).text).toContain('1 of 2');
    expect((await listCards(world.db.read, first.id))[0]?.wholeAt).not.toBeNull();
    expect(listIn(world).text).toContain('11 requests');
    await world.presses(second.id, listIn(world));
    await world.person('222').approves(second);
    await world.sendsAll();
    expect(world.cardOf(second).buttons.flat()).toContain('✓ Approve');
  });

  test('lets outcomes go before cards, and cards before notices', async () => {
    const world = await aSendingWorld({ engine });
    const over = await world.builder.asks('Old?', ['yes', 'no']);
    await world.sendsAll();
    world.clock.turn(61_000);
    for (let n = 0; n < 3; n++) await notice(world, `${n}`);
    const card = await world.builder.asks('New?', ['yes', 'no']);
    await world.builder.withdraws(over);
    const before = world.telegram.callsOf().length;
    await world.sendsAll();
    const order = world.telegram
      .callsOf()
      .slice(before)
      .map(({ method, parameters }) =>
        method === 'editMessageText' ? 'outcome' : `${parameters.text}`.includes(card.id) ? 'card' : parameters.text,
      );
    expect(order).toEqual(['outcome', 'card', 'goes on 0', 'goes on 1', 'goes on 2']);
  });

  test.each(['private', 'supergroup'] as const)(
    'of notices into a %s chat keeps the limits and uses them',
    async (kind) => {
      const world = await aSendingWorld({ engine, kind });
      const count = engine === 'sqlite' ? 200 : 50;
      for (let n = 0; n < count; n++) await notice(world, `${n}`);
      const took = await world.sendsAll([world.sender], 86_400_000);
      expect(
        world
          .seen()
          .filter(({ isFromBot }) => isFromBot)
          .map(({ text }) => text),
      ).toEqual(Array.from({ length: count }, (_, n) => `goes on ${n}`));
      expect(world.telegram.floodRefusals).toBe(0);
      const last = count - 1;
      const soonest = kind === 'private' ? last - 2 : Math.floor(last / 20) * 60 + Math.max(0, (last % 20) - 2);
      expect(took).toBeLessThan((soonest * 1_000) / 0.95);
    },
  );

  test('by two senders at once sends nothing twice and exceeds no limit', async () => {
    const world = await aSendingWorld({ engine, noticeChat: true, policy: manyAtOnce });
    const elsewhere = await world.store.again();
    const requests = await asksMany(world, 8);
    for (let n = 0; n < 15; n++) await notice(world, `${n}`);
    const two = world.senderOn({ holder: 'two', db: elsewhere });
    await world.sendsAll([world.sender, two]);
    expect(world.seen(world.notices).map(({ text }) => text)).toEqual(
      Array.from({ length: 15 }, (_, n) => `goes on ${n}`),
    );
    expect(world.seen()).toHaveLength(8);
    for (const request of requests) await world.builder.withdraws(request);
    await world.sendsAll([two, world.sender]);
    expect(world.seen()).toHaveLength(8);
    expect(world.seen().every(({ text }) => text.includes('WITHDRAWN'))).toBe(true);
    expect(world.telegram.floodRefusals).toBe(0);
    const edits = world.telegram.callsOf('editMessageText');
    expect(edits).toHaveLength(8);
  });
});
