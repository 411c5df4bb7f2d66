import { describe, expect, test } from 'vitest';
import { GaiaError } from '../../src/core/errors.ts';
import { readTelegramClock, telegramLook } from '../../src/telegram/look.ts';
import { aTelegram, type TelegramWorld } from '../support/telegram/a-telegram.ts';

const lookAt = ({ url, bot }: TelegramWorld, token = bot.token) => telegramLook({ token, apiRoot: url });
const once = { waitSeconds: 0, signal: new AbortController().signal };

async function refusalOf(call: Promise<unknown>): Promise<GaiaError> {
  const error = await call.then(() => undefined).catch((thrown: unknown) => thrown);
  if (!(error instanceof GaiaError)) throw new Error('it was not refused', { cause: error });
  return error;
}

describe('a look at Telegram', () => {
  test('tells the bot, and the host of its webhook without the address', async () => {
    const telegram = await aTelegram({ bot: { username: 'gaia_bot' } });
    const look = lookAt(telegram);
    expect(await look.me()).toMatchObject({ id: String(telegram.bot.id), username: 'gaia_bot', readsAll: false });
    expect(await look.webhook()).toEqual({ host: null, pending: 0 });
    telegram.bot.webhookUrl = `https://hook.example/bot${telegram.bot.token}`;
    expect(await look.webhook()).toEqual({ host: 'hook.example', pending: 0 });
  });

  test.each([
    ['a member', { status: 'member' as const }, { isIn: true, mayWrite: true, maySendFiles: true }],
    ['an administrator', { status: 'administrator' as const }, { isIn: true, mayWrite: true, maySendFiles: true }],
    ['restricted', { status: 'restricted' as const }, { isIn: true, mayWrite: false, maySendFiles: false }],
    [
      'restricted to text',
      { status: 'restricted' as const, maySend: true },
      { isIn: true, mayWrite: true, maySendFiles: false },
    ],
  ])('tells what a bot may do that is %s', async (_, bot, expected) => {
    const telegram = await aTelegram();
    const chat = telegram.chat({ bot });
    expect(await lookAt(telegram).member(String(chat.id), String(telegram.bot.id))).toMatchObject(expected);
  });

  test('tells what came in, once as often as asked, and confirms nothing', async () => {
    const telegram = await aTelegram();
    const grace = telegram.user({ id: 11, firstName: 'Grace', lastName: 'H', username: 'grace' });
    const group = telegram.chat({ topics: { 7: 'Work' }, members: [grace] });
    grace.starts();
    grace.writes(group, '/start', { topic: 7 });
    for (const _ of [1, 2]) {
      const { seen, nextOffset } = await lookAt(telegram).sightings(once);
      expect(seen).toMatchObject([
        {
          chat: { id: '11', kind: 'private', title: expect.stringContaining('Grace') },
          person: { id: '11', name: 'Grace H' },
        },
        { chat: { id: String(group.id), title: 'Approvals' }, topic: 7, person: { username: 'grace' } },
      ]);
      expect(nextOffset).toBeUndefined();
    }
    expect(telegram.bot.queue.size).toBe(2);
    expect(telegram.bot.queue.allowed).toContain('callback_query'); // taps go on being kept
  });

  test('goes on where Telegram shows no more at once', async () => {
    const telegram = await aTelegram();
    const grace = telegram.user({ id: 11, firstName: 'Grace' });
    for (let i = 0; i < 101; i++) grace.starts();
    const look = lookAt(telegram);
    const { seen, nextOffset } = await look.sightings(once);
    expect(seen).toHaveLength(100);
    expect((await look.sightings({ ...once, offset: nextOffset as number })).seen).toHaveLength(1);
  });

  test('says what refuses it, with a remedy and never the token', async () => {
    const telegram = await aTelegram();
    const { token } = telegram.bot;
    const group = telegram.chat({ kind: 'group' });
    const look = lookAt(telegram);
    const wrong = `${telegram.bot.id}:AAX-nobody-has-this-token-0123456789`;
    telegram.upgrade(group);
    const refusals = {
      token_refused: await refusalOf(lookAt(telegram, wrong).me()),
      chat_closed: await refusalOf(look.chat('-5')),
      chat_migrated: await refusalOf(look.chat(String(group.id))),
      topic_gone: await refusalOf(look.tryPlace({ chat: String(telegram.chat({ topics: {} }).id), topic: 9 })),
      telegram_unreachable: await refusalOf(telegramLook({ token, apiRoot: 'http://127.0.0.1:9' }).me()),
    };
    for (const [reason, { message, extras }] of Object.entries(refusals)) {
      expect([reason, extras.remedy]).toEqual([extras.reason, expect.any(String)]);
      expect(`${message}${JSON.stringify(extras)}`).not.toMatch(/AAF|AAX/);
    }
    expect(refusals.chat_migrated.extras.facts).toHaveProperty('migrateTo');
  });

  test('gives up a call that is not answered in time', async () => {
    const telegram = await aTelegram();
    telegram.faults.stall({ method: 'getMe' });
    const look = telegramLook({ token: telegram.bot.token, apiRoot: telegram.url, timeoutSeconds: 0.05 });
    expect((await refusalOf(look.me())).extras.reason).toBe('telegram_unreachable');
  });

  test('reads the clock without the token', async () => {
    const telegram = await aTelegram();
    const at = await readTelegramClock(telegram.url, new AbortController().signal);
    expect(Math.abs((at ?? 0) - Date.now())).toBeLessThan(5_000);
    expect(telegram.callsOf('getMe', 'getUpdates')).toEqual([]);
  });
});
