import { describe, expect, test } from 'vitest';
import { moveChat, reopenChat } from '../../../src/actions/chats.ts';
import { notify } from '../../../src/actions/deliveries.ts';
import { senderState } from '../../../src/actions/sending.ts';
import { findChannelState } from '../../../src/store/channels.ts';
import { engines } from '../../support/store.ts';
import { aSendingWorld, dyingAt, type SendingWorld } from './sending-world.ts';

const notice = (world: SendingWorld, reason = '') =>
  world.db.write((tx) => notify(world.app, tx, 'system', { about: 'resumed', by: 'admin', reason }));
const sends = (world: SendingWorld) => world.telegram.callsOf('sendMessage', 'sendDocument').length;
const states = async (world: SendingWorld) => (await world.deliveries()).map(({ state }) => state);
const said = (world: SendingWorld, chat = world.chat) => world.seen(chat).map(({ text }) => text);

describe.each(engines)('sending on %s', (engine) => {
  test('waits as long as Telegram asks, also after a restart, and does not count it as a try', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    world.telegram.faults.flood({ method: 'sendMessage' }, 40);
    await world.sends();
    expect(await world.deliveries()).toMatchObject([{ state: 'queued', attempts: 0 }]);
    expect((await world.chatRow())?.heldUntil).toBeGreaterThanOrEqual(world.clock.now() + 40_000);
    world.clock.turn(39_900);
    const restarted = world.senderOn({ holder: 'two' });
    expect((await restarted.tick()).calls).toBe(0);
    await world.sendsAll([restarted]);
    expect(said(world)).toEqual(['goes on']);
    expect(sends(world)).toBe(2);
  });

  test('to one chat that is held does not hold up another', async () => {
    const world = await aSendingWorld({ engine, noticeChat: true });
    world.telegram.faults.flood({ chat: world.chat }, 600);
    await world.builder.asks('First?');
    await world.sends();
    await notice(world, 'meanwhile');
    await world.sends();
    expect(said(world, world.notices)).toEqual(['goes on meanwhile']);
    expect(said(world)).toEqual([]);
  });

  test('tries again when Telegram could not be reached, each time later', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    await world.telegram.breakDown();
    await world.sends();
    expect(await world.deliveries()).toMatchObject([{ state: 'retrying', attempts: 1, ambiguous: 0 }]);
    for (let n = 0; n < 5; n++) {
      world.clock.turn(60_000);
      await world.sends();
    }
    expect(await world.deliveries()).toMatchObject([{ state: 'retrying', attempts: 6, ambiguous: 0 }]);
    await world.telegram.recover();
    await world.sendsAll();
    expect(said(world)).toEqual(['goes on']);
    expect(await states(world)).toEqual(['sent']);
  });

  test('is given up after a day of tries', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    await world.telegram.breakDown();
    world.clock.turn(24 * 3_600_000);
    await world.sends();
    expect(await states(world)).toEqual(['dead']);
    expect((await world.allEvents()).map(({ action }) => action)).toContain('delivery.died');
  });

  test.each(['loseReply', 'cutReply', 'breakDown'] as const)('sends once more at most after %s', async (fault) => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    world.telegram.faults[fault]({ method: 'sendMessage', times: Number.POSITIVE_INFINITY });
    await world.sendsAll([world.senderOn({ timeoutSeconds: 1 })]);
    expect(sends(world)).toBe(2);
    const [delivery] = await world.deliveries();
    expect(delivery).toMatchObject({ state: 'dead' });
    expect(delivery?.error).toContain('may have arrived');
  });

  test('a card whose answer was lost carries the same references again', async () => {
    const world = await aSendingWorld({ engine });
    world.telegram.faults.loseReply({ method: 'sendMessage' });
    await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    const [first, second] = world.telegram.callsOf('sendMessage').map(({ parameters }) => parameters.reply_markup);
    expect(first).toBeDefined();
    expect(second).toEqual(first);
    expect(sends(world)).toBe(2);
  });

  test('edits as often as it takes', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    world.telegram.faults.breakDown({ method: 'editMessageText', times: 4 });
    await world.builder.withdraws(request);
    await world.sendsAll();
    expect(world.telegram.callsOf('editMessageText')).toHaveLength(5);
    expect(world.cardOf(request).text).toContain('WITHDRAWN');
    expect((await states(world)).every((state) => state === 'sent')).toBe(true);
    expect(sends(world)).toBe(1);
  });

  test('takes an edit that was done already as done', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    world.telegram.faults.loseReply({ method: 'editMessageText' });
    await world.builder.withdraws(request);
    await world.sendsAll();
    const [, second] = world.telegram.callsOf('editMessageText');
    expect(second?.outcome).toMatchObject({ kind: 'refused' });
    expect(await states(world)).toEqual(['sent', 'sent']);
  });

  test.each([
    [403, 'Forbidden: bot was blocked by the user'],
    [403, 'Forbidden: bot was kicked from the supergroup chat'],
    [403, 'Forbidden: user is deactivated'],
    [400, 'Bad Request: chat not found'],
    [400, 'Bad Request: not enough rights to send text messages to the chat'],
  ])('closes the chat after %i %s, says so elsewhere, and goes on when it is heard from', async (code, words) => {
    const world = await aSendingWorld({ engine, noticeChat: true });
    const fault = world.telegram.faults.refuse({ chat: world.chat, times: Number.POSITIVE_INFINITY }, code, words);
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    const second = await world.builder.asks('And?', ['yes', 'no']);
    await world.sendsAll();
    expect(world.telegram.callsOf('sendMessage').filter(({ chatId }) => chatId === world.chat.id)).toHaveLength(1);
    expect(await world.delivery(`request:${request.id}`)).toMatchObject({ state: 'dead', attempts: 1, error: words });
    expect(said(world, world.notices)).toEqual([expect.stringContaining(words)]);
    expect((await world.chatRow())?.closed).toBe(words);
    fault.end();
    await world.db.write((tx) => reopenChat(world.app, tx, `${world.chat.id}`));
    await world.sendsAll();
    expect(world.cardOf(request).buttons.flat()).toContain('1. yes');
    expect(world.cardOf(second).buttons.flat()).toContain('1. yes');
  });

  test('to a closed chat ends after a day', async () => {
    const world = await aSendingWorld({ engine });
    world.telegram.faults.refuse({ times: Number.POSITIVE_INFINITY }, 403, 'Forbidden: bot was blocked by the user');
    await notice(world, 'one');
    await world.sendsAll();
    await notice(world, 'two');
    world.clock.turn(24 * 3_600_000);
    await world.sends();
    const telegram = (await world.deliveries()).filter(({ channel }) => channel === 'telegram');
    expect(telegram.map(({ state }) => state)).toEqual(['dead', 'dead']);
    expect(sends(world)).toBe(1);
    const [told] = (await world.deliveries()).filter(({ channel }) => channel === 'terminal');
    expect(told?.body).toMatchObject({ about: 'trouble' });
  });

  test('a refusal of one message ends it at once, and the others go on', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world, 'one');
    await notice(world, 'two');
    world.telegram.faults.refuse({ method: 'sendMessage' }, 400, 'Bad Request: something new');
    await world.sendsAll();
    expect(await states(world)).toEqual(['dead', 'sent']);
    expect(said(world)).toEqual(['goes on two']);
  });

  test('follows a group into the supergroup it became', async () => {
    const world = await aSendingWorld({ engine, kind: 'group' });
    const open = await world.builder.asks('Well?', ['yes', 'no']);
    const over = await world.builder.asks('Old?', ['yes', 'no']);
    await world.sendsAll();
    await world.builder.withdraws(over);
    await world.sendsAll();
    const supergroup = world.telegram.upgrade(world.chat);
    await notice(world, 'here');
    await world.sendsAll();
    expect(said(world, supergroup)).toHaveLength(2);
    expect(world.cardOf(open, supergroup).buttons.flat()).toContain('1. yes');
    expect(said(world, supergroup)).toContain('goes on here');
    expect((await world.chatRow())?.movedTo).toBe(`${supergroup.id}`);
    await world.presses('yes', world.cardOf(open, supergroup));
    await world.sendsAll();
    expect(world.cardOf(open, supergroup).text).toContain('ANSWERED');
    await world.db.write((tx) => moveChat(world.app, tx, `${world.chat.id}`, `${supergroup.id}`));
    await world.sendsAll();
    expect(said(world, supergroup)).toHaveLength(2);
  });

  test('goes on without the topic where it is gone', async () => {
    const world = await aSendingWorld({ engine, topics: { 5: 'Approvals' }, topic: 5 });
    const first = await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    expect(world.cardOf(first).topic).toBe(5);
    world.chat.topics.delete(5);
    const second = await world.builder.asks('And?', ['yes', 'no']);
    await world.sendsAll();
    expect(world.cardOf(second)).toMatchObject({ topic: undefined });
    expect((await states(world)).every((state) => state === 'sent')).toBe(true);
  });

  test('stops at a token that is not taken, keeps everything, and looks again every five minutes', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    const revoked = world.telegram.faults.refuse({ times: Number.POSITIVE_INFINITY }, 401, 'Unauthorized');
    await world.sends();
    expect(await world.deliveries()).toMatchObject([{ state: 'queued', attempts: 0 }]);
    const row = await findChannelState(world.db.read, senderState);
    expect(row?.trouble).toContain('token');
    expect(row?.trouble).not.toContain(world.telegram.bot.token);
    const calls = world.telegram.callsOf().length;
    for (let n = 0; n < 4; n++) {
      world.clock.turn(60_000);
      await world.sends();
    }
    expect(world.telegram.callsOf()).toHaveLength(calls);
    revoked.end();
    world.clock.turn(60_000);
    await world.sends();
    expect(said(world)).toEqual(['goes on']);
    expect((await findChannelState(world.db.read, senderState))?.trouble).toBeNull();
  });

  test.each([
    ['telegram.sendMessage.before', 1],
    ['telegram.sendMessage.after', 2],
  ] as const)('dies at %s and goes on after a restart', async (point, messages) => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    await expect(world.senderOn({ reach: dyingAt(point), holder: 'dead' }).tick()).rejects.toThrow('died');
    expect(await states(world)).toEqual(['sending']);
    expect((await world.sends()).calls).toBe(0);
    await world.sendsAll();
    expect(world.seen()).toHaveLength(messages);
    expect(await world.deliveries()).toMatchObject([{ state: 'sent', ambiguous: 1 }]);
    expect(await world.presses('yes', world.cardOf(request))).toMatchObject({ kind: 'decided' });
  });

  test('dies again and again, and sends twice at most', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    for (let n = 0; n < 4; n++) {
      await world
        .senderOn({ reach: dyingAt('telegram.sendMessage.after'), holder: `dead ${n}` })
        .tick()
        .catch(() => undefined);
      world.clock.turn(31_000);
    }
    await world.sendsAll();
    expect(sends(world)).toBe(2);
    expect(await states(world)).toEqual(['dead']);
  });

  test('dies after an edit and goes on after a restart', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    await world.sendsAll();
    await world.builder.withdraws(request);
    for (const point of ['telegram.editMessageText.before', 'telegram.editMessageText.after']) {
      const dying = world.senderOn({ reach: dyingAt(point), holder: point });
      await expect(dying.tick()).rejects.toThrow('died');
      world.clock.turn(31_000);
    }
    await world.sendsAll();
    expect(sends(world)).toBe(1);
    expect(world.cardOf(request).text).toContain('WITHDRAWN');
    expect((await states(world)).every((state) => state === 'sent')).toBe(true);
  });

  test('alone on its store does not wait for the lease of its predecessor', async () => {
    const world = await aSendingWorld({ engine });
    await notice(world);
    const dead = world.senderOn({ reach: dyingAt('telegram.sendMessage.before'), holder: 'dead' });
    await expect(dead.tick()).rejects.toThrow('died');
    await world.senderOn({ holder: 'heir', isAlone: true }).tick();
    expect(said(world)).toEqual(['goes on']);
  });

  test('by one that was overtaken leaves a copy that is kept truthful', async () => {
    const world = await aSendingWorld({ engine });
    const request = await world.builder.asks('Well?', ['yes', 'no']);
    const frozen = world.senderOn({ holder: 'frozen' });
    const other = world.senderOn({ holder: 'other' });
    frozen.api.config.use(async (call, ...given) => {
      const answer = await call(...given);
      world.clock.turn(31_000);
      await other.tick();
      return answer;
    });
    await frozen.tick();
    await world.sendsAll([other]);
    expect(world.seen()).toHaveLength(2);
    await world.builder.withdraws(request);
    await world.sendsAll([other]);
    expect(said(world).every((text) => text.includes('WITHDRAWN'))).toBe(true);
    expect(world.seen().flatMap(({ buttons }) => buttons)).toEqual([]);
  });

  test('a notice that cannot be put into words ends, and the next one goes on', async () => {
    const world = await aSendingWorld({ engine });
    await world.db.write((tx) => notify(world.app, tx, 'system', { about: 'status' }));
    await notice(world);
    await world.sendsAll();
    expect(await world.deliveries()).toMatchObject([
      { state: 'dead', error: 'It cannot be put into words: no words for status' },
      { state: 'sent' },
    ]);
    expect(sends(world)).toBe(1);
  });
});
