import { describe, expect, test } from 'vitest';
import { listCardMessages, listCards } from '../../../src/store/cards.ts';
import { engines } from '../../support/store.ts';
import { aSendingWorld } from './sending-world.ts';

const long = (units: number): string =>
  Array.from({ length: Math.ceil(units / 10) }, (_, n) => `line${n % 100} `.padEnd(10, '.')).join('');

describe.each(engines)('a card on %s', (engine) => {
  test('arrives with its buttons, and only then the request counts as shown', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', 'hello']);
    expect((await world.now(request)).shownAt).toBeNull();
    await world.sendsAll();
    expect(world.seen()).toHaveLength(1);
    expect(world.cardOf(request).buttons).toEqual([
      ['✓ Approve', '✕ Deny'],
      ['✓ Approve, and allow for 1 h / 10 times'],
    ]);
    expect((await world.now(request)).shownAt).toBe(world.clock.now());
    expect(await world.eventsOf(request)).toContainEqual(
      expect.objectContaining({ action: 'request.shown', actor: 'gaia' }),
    );
    expect(await world.deliveries()).toMatchObject([{ state: 'sent', error: null, ambiguous: 0 }]);
    await world.sendsAll();
    expect(world.telegram.callsOf('sendMessage')).toHaveLength(1);
    expect(world.telegram.callsOf('editMessageText')).toEqual([]);
  });

  test('shows what became of it, without buttons', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', 'hello']);
    await world.sendsAll();
    const outcome = await world.presses('Approve', world.cardOf(request));
    expect(outcome).toMatchObject({ kind: 'decided', verdict: 'approve' });
    await world.sendsAll();
    expect(world.seen()).toHaveLength(1);
    expect(world.cardOf(request)).toMatchObject({ isEdited: true, buttons: [] });
    expect(world.cardOf(request).text).toContain('APPROVED');
    expect(world.telegram.callsOf('editMessageText')).toHaveLength(1);
  });

  test.each([
    ['pages', 6_000, 'sendMessage'],
    ['a document', 30_000, 'sendDocument'],
  ] as const)('that needs %s offers Approve only after all of them', async (_, units, method) => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', long(units)]);
    const shownBefore: (number | null)[] = [];
    world.sender.api.config.use(async (call, ...given) => {
      shownBefore.push((await world.now(request)).shownAt);
      return call(...given);
    });
    await world.sendsAll();
    expect(shownBefore.length).toBeGreaterThan(1);
    expect(shownBefore.every((at) => at === null)).toBe(true);
    expect((await world.now(request)).shownAt).not.toBeNull();
    const offers = world.telegram.callsOf().map(({ parameters }) => JSON.stringify(parameters).includes('Approve'));
    expect(offers.indexOf(true)).toBe(offers.length - 1);
    const messages = world.seen();
    expect(messages.at(-1)?.buttons.flat()).toContain('✓ Approve');
    expect(messages.slice(0, -1).every(({ isSilent }) => isSilent)).toBe(true);
    expect(world.telegram.callsOf(method).length).toBeGreaterThan(0);
    const [card] = await listCards(world.db.read, request.id);
    expect(card?.wholeAt).not.toBeNull();
    await world.presses('Approve', world.cardOf(request));
    await world.sendsAll();
    expect((await world.now(request)).state).toBe('approved');
    expect(world.cardOf(request).buttons).toEqual([]);
  });

  test('whose echo differs is never approvable, and people are told', async () => {
    const world = await aSendingWorld({ engine, noticeChat: true });
    const request = await world.builder.asksToRun(['echo', long(6_000)]);
    const post = world.telegram.telegram.post.bind(world.telegram.telegram);
    world.telegram.telegram.post = (draft) => {
      const { text, entities } = draft.content;
      return post({ ...draft, content: { text: text.replace('line7 ', 'line8 '), entities } });
    };
    await world.sendsAll();
    expect(world.seen().flatMap((message) => message.buttons.flat())).not.toContain('✓ Approve');
    expect((await world.now(request)).shownAt).toBeNull();
    expect((await listCards(world.db.read, request.id))[0]?.wholeAt).toBeNull();
    const card = (await world.deliveries()).find(({ cardId }) => cardId !== null);
    expect(card).toMatchObject({ state: 'sent', error: 'Telegram shows another text' });
    expect(
      world
        .seen(world.chat)
        .concat(world.seen(world.notices))
        .map(({ text }) => text),
    ).toContainEqual(expect.stringContaining(`The card of ${request.id}`));
    world.telegram.telegram.post = post;
    await world.builder.withdraws(request);
    await world.sendsAll();
    expect(world.cardOf(request).text).toContain('WITHDRAWN');
  });

  test('whose front differs loses its buttons, although the pages were right', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', 'hello']);
    const post = world.telegram.telegram.post.bind(world.telegram.telegram);
    world.telegram.telegram.post = (draft) =>
      post({ ...draft, content: { ...draft.content, entities: draft.content.entities.slice(1) } });
    await world.sendsAll();
    expect(world.seen().flatMap(({ buttons }) => buttons)).toEqual([]);
    expect(world.seen()[0]?.text).toContain('The buttons appear when');
    expect((await world.now(request)).shownAt).toBeNull();
    const [card] = await listCards(world.db.read, request.id);
    expect(card?.wholeAt).toBeNull();
  });

  test('that was never sent tells an ended request in short, without its pages', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', long(6_000)]);
    await world.builder.withdraws(request);
    await world.sendsAll();
    expect(world.seen()).toHaveLength(1);
    expect(world.cardOf(request)).toMatchObject({ buttons: [] });
    expect(world.cardOf(request).text).toContain('WITHDRAWN');
    expect((await world.now(request)).shownAt).toBeNull();
  });

  test('that somebody deleted comes anew, whole', async () => {
    const world = await aSendingWorld({ engine, policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n' });
    const request = await world.builder.asksToRun(['echo', long(6_000)]);
    await world.sendsAll();
    const before = world.seen().length;
    world.grace.deletes(world.cardOf(request));
    await world.person('222').approves(request);
    const wholeBefore: unknown[] = [];
    world.sender.api.config.use(async (call, method, ...given) => {
      if (method === 'sendMessage') wholeBefore.push((await listCards(world.db.read, request.id))[0]?.wholeAt);
      return call(method, ...given);
    });
    await world.sendsAll();
    expect(wholeBefore).toEqual(Array.from({ length: before }, () => null));
    expect(world.seen()).toHaveLength(before - 1 + before);
    expect(world.cardOf(request).buttons.flat()).toContain('✓ Approve');
    expect(world.cardOf(request).text).toContain('1 of 2');
    expect((await listCards(world.db.read, request.id))[0]?.wholeAt).not.toBeNull();
    world.grace.deletes(world.cardOf(request));
    await world.builder.withdraws(request);
    await world.sendsAll();
    expect(world.cardOf(request).text).toContain('WITHDRAWN');
    expect(world.cardOf(request).buttons).toEqual([]);
  });

  test('keeps copies truthful as well', async () => {
    const world = await aSendingWorld({ engine });
    await world.builder.asksToRun(['echo', 'hello']);
    world.telegram.faults.loseReply({ method: 'sendMessage' });
    await world.sendsAll();
    expect(world.seen()).toHaveLength(2);
    const [stray, known] = world.seen();
    expect(stray?.buttons).toEqual(known?.buttons);
    expect(await world.presses('Approve', stray as never)).toMatchObject({
      kind: 'refused',
      because: { extras: { reason: 'new_copy' } },
    });
    await world.sendsAll();
    expect(await world.presses('Approve', stray as never)).toMatchObject({ kind: 'decided' });
    await world.sendsAll();
    expect(world.seen().map(({ text, buttons }) => [text.includes('APPROVED'), buttons])).toEqual([
      [true, []],
      [true, []],
    ]);
  });

  test('shows a confirmation, and that it ran out', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['bash', '-c', 'echo hello']);
    await world.sendsAll();
    expect(await world.presses('Approve', world.cardOf(request))).toMatchObject({ kind: 'turned' });
    await world.sendsAll([world.sender], 30_000);
    expect(world.cardOf(request).buttons.flat()).toContain('✓ Confirm');
    world.clock.turn(61_000);
    await world.sendsAll();
    expect(world.cardOf(request).buttons.flat()).toEqual(['✓ Approve', '✕ Deny']);
  });

  test('shows votes at most every ten seconds, and an outcome at once', async () => {
    const world = await aSendingWorld({
      engine,
      kind: 'private',
      policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n',
    });
    const request = await world.builder.asksToRun(['echo', 'hello']);
    await world.sendsAll();
    await world.presses('Approve', world.cardOf(request));
    await world.sends();
    const first = world.telegram.callsOf('editMessageText').length;
    world.clock.turn(2_000);
    await world.presses('Approve', world.cardOf(request), '222');
    await world.sends();
    expect(first).toBe(1);
    expect(world.telegram.callsOf('editMessageText')).toHaveLength(2);
    expect(world.cardOf(request).text).toContain('APPROVED');
  });

  test('that was pressed before Gaia knew its message is one message still', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asksToRun(['echo', 'hello']);
    let pressed: unknown;
    world.sender.api.config.use(async (call, ...given) => {
      const answer = await call(...given);
      pressed = await world.presses('Approve', world.cardOf(request));
      return answer;
    });
    await world.sends();
    expect(pressed).toMatchObject({ kind: 'refused' });
    const later = world.senderOn({ holder: 'two' });
    await world.sendsAll([later]);
    expect(world.seen()).toHaveLength(1);
    const [card] = await listCards(world.db.read, request.id);
    expect(await listCardMessages(world.db.read, card?.id ?? '')).toMatchObject([{ part: 'front' }]);
    expect(await world.presses('Approve', world.cardOf(request))).toMatchObject({ kind: 'decided' });
  });
});
