import { Api } from 'grammy';
import type { Update } from 'grammy/types';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventBy, newTraceId } from '../../src/actions/app.ts';
import { claimHearing } from '../../src/actions/hearing.ts';
import { takeTurn } from '../../src/actions/updates.ts';
import { countQuarantined, findChannelState } from '../../src/store/channels.ts';
import type { HeldLease } from '../../src/store/lease.ts';
import type { Answer } from '../../src/telegram/handlers.ts';
import { keepPolling, poller } from '../../src/telegram/poller.ts';
import { aTelegram } from '../support/telegram/a-telegram.ts';
import { alsoOn, aWorld } from '../support/world.ts';

const minutes = (count: number) => count * 60_000;

/** A poller on a real store and a double of Telegram; what it carries out is only noted. */
async function aPoller({ pollSeconds = 0 } = {}) {
  const telegram = await aTelegram();
  const world = await aWorld({ approvers: ['111'], clock: telegram.clock });
  world.app.audience = { kind: 'telegram', chat: '-100', noticeChat: '-200' };
  const { clock } = telegram;
  const grace = telegram.user({ id: 111, firstName: 'Grace' });
  const heard: string[] = [];
  const said: string[] = [];
  const reported: string[] = [];
  const broken = new Set<string>();
  let answer: Answer | undefined;
  let inTheMeantime = async (): Promise<unknown> => undefined;

  const make = (holder: string, app = world.app) => {
    const handle = async (update: Update, lease?: HeldLease) => {
      const text = update.message?.text ?? update.callback_query?.data ?? '?';
      await inTheMeantime();
      if (broken.has(text)) throw new Error(`cannot do ${text}`);
      await app.db.write(async (tx) => {
        if (!(await takeTurn(tx, { updateId: update.update_id, ...(lease ? { lease } : {}) }))) return;
        heard.push(text);
        tx.record(
          eventBy({ actor: 'gaia', source: 'telegram', traceId: newTraceId(app) }, 'test.heard', 'system', { text }),
        );
      });
      return answer;
    };
    const made = poller({
      app,
      api: new Api(telegram.bot.token, { apiRoot: telegram.url, timeoutSeconds: 45 }),
      answering: new Api(telegram.bot.token, { apiRoot: telegram.url, timeoutSeconds: 5 }),
      prepare: async () => handle,
      holder,
      elapsed: clock.now,
      now: clock.now,
      report: (error, what) => reported.push(`${what}: ${(error as Error).message}`),
      say: (trouble) => said.push(trouble),
      pollSeconds,
    });
    onTestFinished(() => made.stop());
    return made;
  };
  const one = make('one');
  return {
    telegram,
    world,
    clock,
    grace,
    heard,
    said,
    reported,
    broken,
    make,
    one,
    meanwhile: (work: () => Promise<unknown>) => {
      inTheMeantime = work;
    },
    answersWith: (given: Answer) => {
      answer = given;
    },
    writes: (text: string) => grace.writes(grace.privately(), text),
    looks: () => telegram.callsOf('getUpdates').map(({ parameters }) => parameters),
    state: () => findChannelState(world.app.db.read, 'telegram-poller'),
    notices: async () => (await world.deliveries()).map(({ body, chat }) => ({ chat, ...body })),
    withoutStore: () =>
      alsoOn(
        world,
        new Proxy(world.app.db, {
          get: (target, name) =>
            name === 'write'
              ? () => Promise.reject(new Error('the store is away'))
              : (Reflect.get(target, name) as unknown),
        }),
      ),
  };
}

describe('the poller', () => {
  test('carries out updates in their order, and confirms them only with the next look', async () => {
    const { one, writes, heard, looks, telegram } = await aPoller();
    for (const text of ['first', 'second', 'third']) writes(text);
    expect(await one.turn()).toBe(0);
    expect(heard).toEqual(['first', 'second', 'third']);
    expect(telegram.bot.queue.size).toBe(3);
    await one.turn();
    expect(telegram.bot.queue.size).toBe(0);
    expect(looks()[0]).toMatchObject({ allowed_updates: ['message', 'callback_query', 'my_chat_member'] });
    expect(looks()[0]).not.toHaveProperty('offset');
    expect(looks()[1]).toMatchObject({ offset: expect.any(Number) });
  });

  test('hears again after Telegram began to number anew, as it does after a quiet week', async () => {
    const { one, writes, heard, telegram } = await aPoller();
    writes('before');
    for (let looks = 0; looks < 2; looks++) await one.turn();
    telegram.bot.queue.continueAt(17);
    writes('after');
    for (let looks = 0; looks < 2; looks++) await one.turn();
    expect(heard).toEqual(['before', 'after']);
  });

  test('does nothing twice of what Telegram shows again', async () => {
    const { one, make, writes, heard } = await aPoller();
    writes('once');
    await one.turn();
    await one.stop(); // unconfirmed
    await make('one').turn();
    expect(heard).toEqual(['once']);
  });

  test('keeps what could not be carried out, goes on, and tries it again', async () => {
    const { one, writes, heard, broken, clock, telegram, world } = await aPoller();
    broken.add('poison');
    for (const text of ['poison', 'next']) writes(text);
    await one.turn();
    await one.turn();
    expect(heard).toEqual(['next']);
    expect(telegram.bot.queue.size).toBe(0);
    await one.retry();
    expect(heard).toEqual(['next']); // its time has not come
    broken.clear();
    clock.turn(5_000);
    await one.retry();
    await one.retry();
    expect(heard).toEqual(['next', 'poison']);
    expect(await countQuarantined(world.app.db.read)).toBe(0);
  });

  test('puts aside what fails three times, and tells people', async () => {
    const { one, writes, broken, clock, world, notices, heard } = await aPoller();
    broken.add('poison');
    writes('poison');
    await one.turn();
    for (let tries = 0; tries < 4; tries++) {
      clock.turn(minutes(1));
      await one.retry();
    }
    expect(await countQuarantined(world.app.db.read)).toBe(1);
    const [notice, ...more] = await notices();
    expect(notice).toMatchObject({ about: 'trouble', chat: '-200', trouble: expect.stringContaining('put aside') });
    expect(more).toEqual([]);
    expect(heard).toEqual([]);
  });

  test('confirms nothing while the store is away, and takes it up when it is back', async () => {
    const { make, one, writes, heard, telegram, withoutStore } = await aPoller();
    writes('tap');
    await one.turn();
    await one.stop();
    writes('another');
    const cut = make('one', withoutStore());
    expect(await cut.turn()).toBe(500);
    expect(telegram.bot.queue.size).toBe(2);
    const back = make('one');
    await back.turn();
    await back.turn();
    expect(heard).toEqual(['tap', 'another']);
    expect(telegram.bot.queue.size).toBe(0);
  });

  test('answers taps beside its work: an answer that hangs holds nothing up, one that is too late is no fault', async () => {
    const { one, writes, heard, telegram, answersWith, reported } = await aPoller();
    answersWith({ queryId: 'nobody asked', text: 'Approved.', alert: false });
    const hanging = telegram.faults.stall({ method: 'answerCallbackQuery' });
    writes('first');
    writes('second');
    await one.turn();
    expect(heard).toEqual(['first', 'second']);
    await telegram.until(() => telegram.callsOf('answerCallbackQuery').length === 2);
    hanging.end();
    await one.stop();
    expect(reported).toEqual([]);
  });

  test('ends a look under way at once when it stops', async () => {
    const { make, telegram } = await aPoller({ pollSeconds: 30 });
    const looking = keepPolling(make('one'));
    await telegram.until(() => telegram.bot.isPolled || undefined).catch(() => undefined);
    const before = performance.now();
    await looking.stop();
    expect(performance.now() - before).toBeLessThan(2_000);
  });
});

describe('the poller in trouble', () => {
  test('with a token nobody accepts stays up, says so with what to do, and looks again every five minutes', async () => {
    const { one, telegram, state, said, clock, writes, heard } = await aPoller();
    const refused = telegram.faults.refuse(
      { method: 'getUpdates', times: Number.POSITIVE_INFINITY },
      401,
      'Unauthorized',
    );
    expect(await one.turn()).toBe(minutes(5));
    expect(await state()).toMatchObject({
      trouble: expect.stringContaining('TELEGRAM_BOT_TOKEN'),
      troubleAt: clock.now(),
    });
    const since = clock.now();
    clock.turn(minutes(5));
    expect(await one.turn()).toBe(minutes(5));
    expect(await state()).toMatchObject({ troubleAt: since });
    expect(said).toHaveLength(1);
    refused.end();
    writes('again');
    expect(await one.turn()).toBe(0);
    expect([heard, (await state())?.trouble]).toEqual([['again'], null]);
  });

  test('beside another poller backs off 30 s each time, and gives up after five minutes', async () => {
    const { one, telegram, clock, state } = await aPoller();
    telegram.faults.refuse(
      { method: 'getUpdates', times: Number.POSITIVE_INFINITY },
      409,
      'Conflict: terminated by other getUpdates request',
    );
    let looks = 0;
    while (!one.isStopped()) {
      const waitMs = await one.turn();
      looks += 1;
      if (!one.isStopped()) expect(waitMs).toBe(30_000);
      clock.turn(30_000);
    }
    expect(looks).toBe(11);
    expect((await one.gaveUp).message).toContain('another program');
    expect((await state())?.trouble).toContain('Another program');
  });

  test('counts conflicts as one while the two push each other out in turn', async () => {
    const { one, telegram, clock, state } = await aPoller();
    for (let round = 0; round < 10; round++) {
      telegram.faults.refuse({ method: 'getUpdates' }, 409, 'Conflict: terminated by other getUpdates request');
      expect(await one.turn()).toBe(30_000);
      clock.turn(30_000);
      expect(await one.turn()).toBe(0);
    }
    expect((await state())?.trouble).toContain('Another program');
    telegram.faults.refuse({ method: 'getUpdates' }, 409, 'Conflict: terminated by other getUpdates request');
    await one.turn();
    expect(one.isStopped()).toBe(true);
  });

  test('forgets a conflict that is two minutes over', async () => {
    const { one, telegram, clock, state } = await aPoller();
    telegram.faults.refuse({ method: 'getUpdates' }, 409, 'Conflict: terminated by other getUpdates request');
    await one.turn();
    clock.turn(minutes(2));
    await one.turn();
    expect((await state())?.trouble).toBeNull();
    clock.turn(minutes(3));
    telegram.faults.refuse({ method: 'getUpdates' }, 409, 'Conflict: terminated by other getUpdates request');
    expect([await one.turn(), one.isStopped()]).toEqual([30_000, false]);
  });

  test('without an answer asks again after half a second, then a second, never later than five', async () => {
    const { one, telegram, state, writes, heard } = await aPoller();
    const fault = telegram.faults.dropBefore({ method: 'getUpdates', times: Number.POSITIVE_INFINITY });
    const waits: number[] = [];
    for (let looks = 0; looks < 6; looks++) waits.push(await one.turn());
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
    expect((await state())?.trouble).toContain('TELEGRAM_API_ROOT');
    expect((await state())?.trouble).not.toContain(telegram.bot.token);
    fault.end();
    writes('back');
    expect([await one.turn(), heard, (await state())?.trouble]).toEqual([0, ['back'], null]);
    telegram.faults.breakDown({ method: 'getUpdates' }, 502);
    expect(await one.turn()).toBe(500);
  });

  test('waits as long as Telegram asks for', async () => {
    const { one, telegram } = await aPoller();
    telegram.faults.flood({ method: 'getUpdates' }, 7);
    expect(await one.turn()).toBe(7_000);
  });
});

describe('after some time away', () => {
  test('of more than 120 s people are told once, from when to when', async () => {
    const { one, make, clock, notices } = await aPoller();
    const from = clock.now();
    await one.turn();
    await one.stop();
    clock.turn(120_001);
    const back = make('one');
    await back.turn();
    await back.turn();
    expect(await notices()).toEqual([{ chat: '-200', about: 'away', from, to: from + 120_001 }]);
  });

  test.each([
    ['of 120 s', 120_000],
    ['of no time', 0],
  ])('%s nobody is told', async (_, away) => {
    const { one, make, clock, notices } = await aPoller();
    await one.turn();
    await one.stop();
    clock.turn(away);
    await make('one').turn();
    expect(await notices()).toEqual([]);
  });

  test('the cards of all open requests are brought up to date', async () => {
    const { one, clock, world, notices } = await aPoller();
    const builder = await world.agent('builder');
    const request = await builder.asks('1?');
    await one.turn();
    await world.app.db.write(async (tx) => {
      await tx.update(tx.t.deliveries).set({ state: 'sent' });
    });
    clock.turn(minutes(3));
    await one.turn();
    expect(await world.deliveries('queued')).toMatchObject([
      { kind: 'card', body: { about: 'request', requestId: request.id, because: 'reconciled' } },
      { kind: 'notice', body: { about: 'away' } },
    ]);
    expect((await notices()).filter(({ about }) => about === 'away')).toHaveLength(1);
  });

  test('is measured by looks that were completed, noted at most every ten seconds', async () => {
    const { one, clock, state } = await aPoller();
    const first = clock.now();
    await one.turn();
    clock.turn(9_999);
    await one.turn();
    expect((await state())?.heardAt).toBe(first);
    clock.turn(1);
    await one.turn();
    expect((await state())?.heardAt).toBe(first + 10_000);
  });
});

describe('of two instances', () => {
  test('one hears; the other takes over when the first is gone, and the first one’s late work does not count', async () => {
    const { one, make, writes, heard, clock, telegram } = await aPoller();
    await one.turn();
    const two = make('two');
    const calls = await telegram.duringWindow(() => two.turn());
    expect([await two.turn(), calls]).toEqual([5_000, []]);
    expect(telegram.callsOf('getUpdates')).toHaveLength(1);

    writes('tap');
    const frozen = telegram.faults.stall({ method: 'getUpdates' });
    const late = one.turn();
    await telegram.until(() => telegram.callsOf('getUpdates').length === 2);
    clock.turn(51_000);
    await two.turn();
    expect(heard).toEqual(['tap']);
    frozen.end();
    await late;
    expect(heard).toEqual(['tap']);
    expect(await one.turn()).toBe(5_000);
  });

  test('one that is overtaken between fetching and carrying out carries nothing out, and keeps nothing', async () => {
    const { one, make, writes, heard, clock, meanwhile, world, reported } = await aPoller();
    writes('tap');
    meanwhile(async () => {
      clock.turn(51_000);
      await claimHearing(world.app, 'two');
    });
    await one.turn();
    expect(heard).toEqual([]);
    expect(reported).toEqual([expect.stringContaining('no longer held')]);
    meanwhile(async () => undefined);
    await make('two').turn();
    expect(heard).toEqual(['tap']);
  });

  test('the first gives its turn back when it stops', async () => {
    const { one, make, writes, heard } = await aPoller();
    await one.turn();
    await one.stop();
    writes('tap');
    await make('two').turn();
    expect(heard).toEqual(['tap']);
  });
});
