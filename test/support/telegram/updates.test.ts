import { Api, Bot, GrammyError } from 'grammy';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aTelegram, type TelegramWorld } from './a-telegram.ts';

const api = (double: TelegramWorld) => new Api(double.bot.token, { apiRoot: double.url });
const grace = { id: 101, firstName: 'Grace' };

/** A grammY bot that polls the double; stopped, whatever it waits for, when the test is over. */
function aPoller(double: TelegramWorld): Bot {
  const bot = new Bot(double.bot.token, { client: { apiRoot: double.url } });
  onTestFinished(async () => {
    if (bot.isRunning()) await bot.stop();
  });
  return bot;
}

describe('a long poll', () => {
  test('is woken at once by a new update', async () => {
    const double = await aTelegram();
    const waiting = api(double).getUpdates({ timeout: 50 });
    await double.until(() => double.bot.isPolled);

    double.user(grace).starts();

    expect(await waiting).toMatchObject([{ message: { text: '/start', chat: { id: 101, type: 'private' } } }]);
  });

  test('ends empty when its time is over', async () => {
    const double = await aTelegram();
    expect(await api(double).getUpdates({ timeout: 1 })).toEqual([]);
  });

  test('is forgotten when its client leaves, so that the next one meets no conflict', async () => {
    const double = await aTelegram();
    const leaving = new AbortController();
    const left = api(double).getUpdates({ timeout: 50 }, leaving.signal as never);
    await double.until(() => double.bot.isPolled);
    const gone = expect(left).rejects.toThrow();
    leaving.abort();
    await gone;
    await double.until(() => !double.bot.isPolled);

    const next = api(double).getUpdates({ timeout: 50 });
    await double.until(() => double.bot.isPolled);
    double.user(grace).starts();
    expect(await next).toHaveLength(1);
  });

  test('is refused with 409 by a newer one, which goes on', async () => {
    const double = await aTelegram();
    const older = aPoller(double);
    const refused = older.start();
    const seen = expect(refused).rejects.toMatchObject({
      error_code: 409,
      description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });
    await double.until(() => double.bot.isPolled);

    const newer = aPoller(double);
    const heard: string[] = [];
    newer.on('message:text', (ctx) => void heard.push(ctx.message.text));
    void newer.start();

    await seen;
    double.user(grace).writes(double.user(grace).privately(), 'hello');
    await double.until(() => heard.length > 0);
    expect(heard).toEqual(['hello']);
  });

  test('is not disturbed by a short one', async () => {
    const double = await aTelegram();
    const waiting = api(double).getUpdates({ timeout: 50 });
    await double.until(() => double.bot.isPolled);
    expect(await api(double).getUpdates({ timeout: 0 })).toEqual([]);
    double.user(grace).starts();
    expect(await waiting).toHaveLength(1);
  });

  test('of a revoked bot is refused with 401', async () => {
    const double = await aTelegram();
    const waiting = api(double).getUpdates({ timeout: 50 });
    const seen = expect(waiting).rejects.toMatchObject({ error_code: 401, description: 'Unauthorized' });
    await double.until(() => double.bot.isPolled);
    double.bot.revoke();
    await seen;
    await expect(api(double).getMe()).rejects.toMatchObject({ error_code: 401 });
  });
});

describe('an update', () => {
  test('comes again until an offset confirms it, as after a crash', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    for (const text of ['one', 'two', 'three']) person.writes(person.privately(), text);
    const texts = async (offset?: number) =>
      (await api(double).getUpdates({ offset: offset ?? 0 })).map(({ message }) => message?.text);
    const [first] = await api(double).getUpdates();

    expect(await texts()).toEqual(['one', 'two', 'three']);
    expect(await texts((first?.update_id ?? 0) + 1)).toEqual(['two', 'three']);
    expect(await texts()).toEqual(['two', 'three']);
  });

  test('is handled again by grammY after a handler broke, and not lost', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    person.starts();
    const crashing = aPoller(double);
    crashing.on('message', () => {
      throw new Error('crashed');
    });
    crashing.catch((error) => {
      throw error.error;
    });
    await expect(crashing.start()).rejects.toThrow('crashed');

    const next = aPoller(double);
    const heard: string[] = [];
    next.on('message:text', (ctx) => void heard.push(ctx.message.text));
    void next.start();
    await double.until(() => heard.length > 0);
    expect(heard).toEqual(['/start']);
  });

  test('is one of the newest when the offset is negative, and the others are forgotten', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    for (const text of ['one', 'two', 'three']) person.writes(person.privately(), text);
    expect(await api(double).getUpdates({ offset: -1 })).toMatchObject([{ message: { text: 'three' } }]);
    expect(await api(double).getUpdates()).toHaveLength(1);
  });

  test('keeps to the limit', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    for (const text of ['one', 'two', 'three']) person.writes(person.privately(), text);
    expect(await api(double).getUpdates({ limit: 2 })).toHaveLength(2);
  });

  test('waits a day, a tap only 150 s', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    person.starts();
    const keyboard = { inline_keyboard: [[{ text: 'Approve', callback_data: 'a1' }]] };
    const { message_id: id } = await api(double).sendMessage(101, 'card', { reply_markup: keyboard });
    person.taps({ chat: person.privately(), id }, 'Approve');

    double.clock.turn(149_999);
    expect(await api(double).getUpdates()).toHaveLength(2);
    double.clock.turn(1);
    expect(await api(double).getUpdates()).toMatchObject([{ message: { text: '/start' } }]);
    double.clock.turn(24 * 3_600_000);
    expect(await api(double).getUpdates()).toEqual([]);
  });

  test('of a kind not asked for is never queued, and the list is remembered', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    await api(double).getUpdates({ allowed_updates: ['callback_query'] });
    person.starts();
    await api(double).getUpdates({ allowed_updates: ['message'] });
    expect(await api(double).getUpdates()).toEqual([]);
    person.writes(person.privately(), 'later');
    expect(await api(double).getUpdates()).toHaveLength(1);
  });

  test('reaches only the bots that may see it: in groups commands and replies, unless privacy is off', async () => {
    const double = await aTelegram();
    const open = double.addBot({ seesAllMessages: true });
    const person = double.user(grace);
    const group = double.chat({ members: [person] });
    group.members.set(open.id, { status: 'member' });
    const card = await api(double).sendMessage(group.id, 'card');

    person.writes(group, 'just talk');
    person.writes(group, '/status');
    person.writes(group, `/status@${open.user.username}`);
    person.writes(group, 'approve', { replyTo: { chat: group, id: card.message_id } });

    const seen = async (token: string) =>
      (await new Api(token, { apiRoot: double.url }).getUpdates()).map(({ message }) => message?.text);
    expect(await seen(double.bot.token)).toEqual(['/status', 'approve']);
    expect(await seen(open.token)).toEqual(['just talk', '/status', `/status@${open.user.username}`, 'approve']);
  });
});

describe('an outage', () => {
  test('refuses connections, and loses nothing', async () => {
    const double = await aTelegram();
    const person = double.user(grace);
    await double.breakDown();
    await expect(api(double).getMe()).rejects.toThrow(/Network request for 'getMe' failed/);
    person.starts();
    await double.recover();
    expect(await api(double).getUpdates()).toMatchObject([{ message: { text: '/start' } }]);
  });

  test('ends a poll that waits', async () => {
    const double = await aTelegram();
    const waiting = api(double).getUpdates({ timeout: 50 });
    const ended = expect(waiting).rejects.not.toBeInstanceOf(GrammyError);
    await double.until(() => double.bot.isPolled);
    await double.breakDown();
    await ended;
    await double.recover();
  });
});
