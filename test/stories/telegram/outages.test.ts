import { describe, expect, test } from 'vitest';
import { aChat } from './a-chat.ts';

describe('a tap', () => {
  const steps: [string, (chat: Awaited<ReturnType<typeof aChat>>) => Promise<unknown>][] = [
    ['before it was fetched', async () => undefined],
    ['after it was carried out, before it was confirmed', (chat) => chat.gaia().poller.turn()],
    [
      'after its card was taken for sending',
      async (chat) => {
        await chat.gaia().poller.turn();
        await chat.gaia().poller.turn();
      },
    ],
    ['after everything', (chat) => chat.settles()],
  ];
  for (const orderly of [true, false]) {
    test.each(steps)(
      `counts once when Gaia ${orderly ? 'stops' : 'dies'} %s and is back within 120 s`,
      async (_, step) => {
        const chat = await aChat();
        const request = await chat.builder.asksToRun(['echo', 'hello']);
        await chat.settles();
        chat.grace.taps(chat.cardOf(request), '✓ Approve');
        await step(chat);
        await chat.restarts({ awayMs: 119_000, orderly });
        await chat.settles();
        expect((await chat.now(request)).state).toBe('executed');
        expect(await chat.votes(request)).toEqual([['111', 'approve', 'telegram']]);
        const done = await chat.actionsOn(request);
        for (const once of ['request.approved', 'permit.taken', 'execution.finished'])
          expect(done.filter((action) => action === once)).toHaveLength(1);
        expect(chat.cardOf(request).buttons).toEqual([]);
        expect(chat.telegram.messagesIn(chat.home)).toHaveLength(1);
        expect(chat.gaia().reported).toEqual([]);
      },
    );
  }

  test('made while Gaia was away too long is gone; people are told once, and what waits stays tappable', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.restarts({ awayMs: 151_000 });
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(chat.said().match(/not reachable between/g)).toHaveLength(1);
    expect(chat.said()).toContain(request.id);
    const card = chat.telegram.messagesIn(chat.home).find(({ buttons }) => buttons.length > 0);
    if (!card) throw new Error('no card can be tapped');
    chat.grace.taps(card, '✓ Approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
  });
});

describe('an outage of Telegram', () => {
  test('loses no card, and repeats none', async () => {
    const chat = await aChat();
    await chat.settles();
    await chat.telegram.breakDown();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    for (let rounds = 0; rounds < 5; rounds++) {
      await chat.round();
      chat.clock.turn(10_000);
    }
    await chat.telegram.recover();
    await chat.settles();
    expect(chat.telegram.messagesIn(chat.home).filter(({ buttons }) => buttons.length > 0)).toHaveLength(1);
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
    expect(chat.gaia().reported).toEqual([]);
  });

  test('that loses the answer to a tap leaves its effect and its card true', async () => {
    const chat = await aChat();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.telegram.faults.loseReply({ method: 'answerCallbackQuery' });
    chat.telegram.faults.loseReply({ method: 'getUpdates' });
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.round();
    chat.clock.turn(1_000);
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
    expect(chat.cardOf(request).buttons).toEqual([]);
  });
});

describe('a group that becomes a supergroup', () => {
  test('takes its open requests along; their cards there can be decided and end truthful', async () => {
    const chat = await aChat({ kind: 'group' });
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    const there = chat.telegram.upgrade(chat.group);
    await chat.settles();
    const card = chat.cardOf(request, there);
    expect(card.buttons).toEqual([['✓ Approve', '✕ Deny'], ['✓ Approve, and allow for 1 h / 10 times']]);
    chat.grace.taps(card, '✓ Approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('executed');
    expect(chat.cardOf(request, there).buttons).toEqual([]);
    const later = await chat.builder.asksToRun(['echo', 'later']);
    await chat.settles();
    expect(chat.cardOf(later, there).buttons).toEqual([
      ['✓ Approve', '✕ Deny'],
      ['✓ Approve, and allow for 1 h / 10 times'],
    ]);
  });
});

describe('a chat that cannot be reached', () => {
  test('is said in the status, and goes on when the bot is back', async () => {
    const chat = await aChat();
    await chat.settles();
    chat.grace.moves(chat.telegram.bot, chat.group, { status: 'kicked' });
    await chat.settles();
    const request = await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.grace.writes(chat.grace.privately(), '/status');
    await chat.settles();
    expect(chat.said(chat.grace.privately())).toContain(String(chat.group.id));
    chat.grace.moves(chat.telegram.bot, chat.group, { status: 'member' });
    await chat.settles();
    expect(chat.cardOf(request).buttons).toEqual([
      ['✓ Approve', '✕ Deny'],
      ['✓ Approve, and allow for 1 h / 10 times'],
    ]);
  });
});
