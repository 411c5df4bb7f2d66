import { describe, expect, test } from 'vitest';
import { aChat } from './a-chat.ts';

const asked = async (there?: Awaited<ReturnType<typeof aChat>>) => {
  const chat = there ?? (await aChat());
  const request = await chat.builder.asksToRun(['echo', there ? 'something else' : 'hello']);
  await chat.settles();
  return { chat, request, card: chat.cardOf(request) };
};
type Asked = Awaited<ReturnType<typeof asked>>;

/** Nothing was decided, and the log says that somebody tried. */
async function expectUnmoved({ chat, request }: Asked, because: string): Promise<void> {
  expect((await chat.now(request)).state).toBe('pending');
  expect(await chat.votes(request)).toEqual([]);
  const refused = (await chat.allEvents()).filter(({ action }) => action === 'decision.refused');
  expect(refused.map(({ detail }) => JSON.parse(detail ?? '{}').because)).toEqual([because]);
  expect(chat.cardOf(request).buttons.flat()).toContain('✓ Approve');
}

describe('nothing is decided, and who tried is told why, when', () => {
  test.each(['✓ Approve', '✕ Deny'])('a stranger taps %s', async (button) => {
    const of = await asked();
    of.chat.mallory.taps(of.card, button);
    await of.chat.settles();
    expect(await of.chat.answersTo(of.chat.mallory)).toEqual([
      { text: 'You are not an approver here. Nothing was decided.', isAlert: true },
    ]);
    await expectUnmoved(of, 'not_an_approver');
  });

  test('a client sends data that no button held', async () => {
    const of = await asked();
    of.chat.grace.tapsForged(of.card, `approve:${of.request.id}`);
    await of.chat.settles();
    expect((await of.chat.answersTo(of.chat.grace))[0]?.isAlert).toBe(true);
    await expectUnmoved(of, 'unknown_button');
  });

  test('a true button’s data comes from the card of another request', async () => {
    const of = await asked();
    const other = await asked(of.chat);
    const stored = of.chat.home.messages.get(of.card.id);
    const [approve] = stored?.keyboard?.inline_keyboard.flat() ?? [];
    of.chat.grace.tapsForged(other.card, (approve as { callback_data: string }).callback_data);
    await of.chat.settles();
    expect((await of.chat.answersTo(of.chat.grace))[0]?.isAlert).toBe(true);
    await expectUnmoved(of, 'unknown_button');
  });

  test('a true button’s data comes from another chat', async () => {
    const of = await asked();
    const { grace, telegram, home } = of.chat;
    const stored = home.messages.get(of.card.id);
    const [approve] = stored?.keyboard?.inline_keyboard.flat() ?? [];
    grace.writes(grace.privately(), '/help');
    await of.chat.settles();
    const elsewhere = telegram.messageWith(grace.privately(), 'To decide');
    grace.tapsForged(elsewhere, (approve as { callback_data: string }).callback_data);
    await of.chat.settles();
    expect((await of.chat.answersTo(grace))[0]).toEqual({
      text: 'This card belongs to another chat. Decide there.',
      isAlert: true,
    });
    await expectUnmoved(of, 'foreign_chat');
  });

  test('an administrator hides behind the group', async () => {
    const of = await asked();
    of.chat.group.members.set(of.chat.grace.id, { status: 'administrator', isAnonymous: true });
    of.chat.grace.writesAnonymously(of.chat.home, 'approve', { replyTo: of.card });
    await of.chat.settles();
    expect(of.chat.said()).toMatch(/came in the name of a chat|anonymous/i);
    await expectUnmoved(of, 'anonymous');
  });

  test('a stranger replies deny', async () => {
    const of = await asked();
    of.chat.mallory.writes(of.chat.home, 'deny', { replyTo: of.card });
    await of.chat.settles();
    expect(of.chat.said()).toContain('not an approver');
    await expectUnmoved(of, 'not_an_approver');
  });
});

describe('nothing is decided, and nothing is said, when', () => {
  test('an approver only writes approve', async () => {
    const { chat, request } = await asked();
    const calls = await chat.telegram.duringWindow(async () => {
      chat.grace.writes(chat.home, 'approve');
      chat.grace.writes(chat.home, `approve ${request.id}`);
      await chat.settles();
    });
    expect(calls).toEqual([]);
    expect((await chat.now(request)).state).toBe('pending');
  });

  test('an approver replies to somebody else', async () => {
    const { chat, request } = await asked();
    const words = chat.alan.writes(chat.home, `I asked for ${request.id}`);
    chat.grace.writes(chat.home, 'approve', { replyTo: words });
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
  });

  test('an approver turns an older message into approve', async () => {
    const { chat, request, card } = await asked();
    const words = chat.grace.writes(chat.home, 'hm', { replyTo: card });
    await chat.settles();
    chat.grace.edits(words, 'approve');
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
    expect(chat.telegram.bot.queue.size).toBe(0);
  });

  test('the card is sent on, and the copy is answered', async () => {
    const { chat, request, card } = await asked();
    const copy = chat.grace.forwards(card, chat.home);
    chat.grace.writes(chat.home, 'approve', { replyTo: copy });
    await chat.settles();
    expect((await chat.now(request)).state).toBe('pending');
  });
});

describe('a command', () => {
  test('of a stranger is refused with the reason, and kept in the log', async () => {
    const chat = await aChat();
    chat.mallory.writes(chat.mallory.privately(), '/pause everything');
    await chat.settles();
    expect(chat.said(chat.mallory.privately())).toMatch(/operator|does not know you/);
    const refused = (await chat.allEvents()).filter(({ action }) => action === 'command.refused');
    expect(refused).toHaveLength(1);
    expect((await chat.allEvents()).map(({ action }) => action)).not.toContain('system.paused');
  });

  test('/start answers anyone with their id and the chat’s, and nothing else', async () => {
    const chat = await aChat();
    chat.mallory.writes(chat.home, '/start');
    await chat.settles();
    expect(chat.said()).toContain('666');
    expect(chat.said()).toContain(String(chat.home.id));
  });

  test('is read in any case, with the bot’s name, and not when it names another bot', async () => {
    const chat = await aChat();
    chat.grace.writes(chat.home, `/STATUS@${chat.telegram.bot.user.username}`);
    await chat.settles();
    const calls = await chat.telegram.duringWindow(async () => {
      chat.grace.writes(chat.home, '/status@other_bot');
      await chat.settles();
    });
    expect(chat.said()).toContain('Gaia works');
    expect(calls).toEqual([]);
  });

  test('/console gives a link in a private chat alone', async () => {
    const chat = await aChat();
    chat.grace.writes(chat.home, '/console');
    chat.grace.writes(chat.grace.privately(), '/console');
    await chat.settles();
    expect(chat.said()).not.toContain('/sign-in/');
    expect(chat.said(chat.grace.privately())).toMatch(/http:\/\/gaia\.test\/sign-in\/[\w-]{43}/);
    expect(await chat.everythingKept()).not.toMatch(/sign-in\//);
  });

  test('is not what somebody else wrote and an operator sent on', async () => {
    const chat = await aChat();
    const theirs = chat.mallory.writes(chat.home, '/pause');
    await chat.settles();
    chat.grace.forwards(theirs, chat.grace.privately());
    await chat.settles();
    expect((await chat.allEvents()).map(({ action }) => action)).not.toContain('system.paused');
  });
});

describe('words in a private chat', () => {
  test('are answered with a short help, once a minute at most', async () => {
    const chat = await aChat();
    const here = chat.grace.privately();
    const helps = () => chat.telegram.messagesIn(here).filter(({ isFromBot }) => isFromBot).length;
    for (const text of ['hello', 'is anybody there', '¯\\_(ツ)_/¯']) chat.grace.writes(here, text);
    await chat.settles();
    expect(helps()).toBe(1);
    chat.clock.turn(60_000);
    chat.grace.writes(here, 'hello');
    await chat.settles();
    expect(helps()).toBe(2);
  });

  test('of a stranger are answered with their id alone', async () => {
    const chat = await aChat();
    const here = chat.mallory.privately();
    chat.mallory.writes(here, 'hello');
    await chat.settles();
    expect(chat.said(here)).toContain('Your id: 666');
    expect(chat.said(here)).not.toContain('/pause');
  });
});
