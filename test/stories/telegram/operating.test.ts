import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { evaluateAlerts, keepSamples } from '../../../src/actions/alerts.ts';
import { notify } from '../../../src/actions/deliveries.ts';
import { runIfDue } from '../../../src/actions/schedules.ts';
import { deliveryPatienceMs } from '../../../src/core/delivery/delivery.ts';
import { unfailing } from '../../../src/core/fail-point.ts';
import { openHome } from '../../../src/home/home.ts';
import { takeHome } from '../../../src/home/running.ts';
import { close, httpRoutes, listen } from '../../../src/http/server.ts';
import { deliverDue } from '../../../src/loops/deliver.ts';
import { operatingJobs } from '../../../src/loops/jobs.ts';
import { terminalChannel } from '../../../src/terminal/channel.ts';
import { blindHost, type Host, measure } from '../../../src/views/metrics.ts';
import { gaia } from '../../cli/a-terminal.ts';
import { anApi } from '../../support/api.ts';
import { formsOf } from '../../support/html.ts';
import type { PlacedFault, Where } from '../../support/telegram/faults.ts';
import { aChat } from './a-chat.ts';

type Chat = Awaited<ReturnType<typeof aChat>>;

const monitorToken = 'm'.repeat(32);
const minute = 60_000;

type Fault = (faults: Chat['telegram']['faults'], where: Where) => PlacedFault;
const refused: Fault = (faults, where) => faults.refuse(where, 400, 'Bad Request: message text is wrong');
const kicked: Fault = (faults, where) => faults.refuse(where, 403, 'Forbidden: bot was kicked');

/** A chat in which one notice died, by default because it was refused for good: the message about the weather. */
async function aChatWithADead(kills: Fault = refused) {
  const trouble = 'the weather is bad';
  const chat = await aChat();
  await chat.settles();
  const fault = kills(chat.telegram.faults, {
    method: 'sendMessage',
    when: ({ text }) => String(text).includes(trouble),
    times: Number.POSITIVE_INFINITY,
  });
  await owes(chat, trouble);
  await chat.settles();
  if ((await chat.deliveries('dead')).length === 0) {
    chat.clock.turn(deliveryPatienceMs); // it was tried again and again
    await chat.settles();
  }
  const [dead] = await chat.deliveries('dead');
  if (!dead) throw new Error('nothing died');
  if (kills === refused) expect(dead.attempts).toBe(1); // refused for good: not tried again
  fault.end();
  if (kills === kicked) chat.grace.moves(chat.telegram.bot, chat.home, { status: 'member' }); // and taken in again
  return { chat, id: dead.id, stands: times(chat, trouble) };
}

const owes = (chat: Chat, trouble: string) =>
  chat.db.write((tx) => notify(chat.app, tx, 'system', { about: 'trouble', trouble }));

const times = (chat: Chat, said: string): number =>
  chat.telegram.messagesIn(chat.home).filter(({ text }) => text.includes(said)).length;

/** What the clock would do now. */
const jobOf = (chat: Chat, name: string, host: Host = blindHost(0, true)) => {
  const job = operatingJobs({ app: chat.gaia().app, host, now: chat.clock.now }).find((each) => each.name === name);
  if (!job) throw new Error(`no job ${name}`);
  return job;
};

/** `gaia` on the machine of a Gaia that listens. */
async function aCommandLine(chat: Chat) {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-ops-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const home = await openHome(join(directory, 'home'));
  const api = anApi(chat);
  writeFileSync(home.adminKey, api.adminKey, { mode: 0o600 });
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(server, 0));
  serve(httpRoutes(api.door, port));
  const tenancy = await takeHome(home, { startedAt: new Date() });
  onTestFinished(() => tenancy.release());
  await tenancy.announce(`http://127.0.0.1:${port}`);
  return (...argv: string[]) => gaia(argv, { env: { GAIA_HOME: home.path }, now: chat.clock.now() });
}

describe('a message that could not be delivered', () => {
  const doors: [string, (chat: Chat, id: string) => Promise<unknown>][] = [
    [
      'a command in Telegram',
      async (chat, id) => {
        chat.grace.writes(chat.home, `/requeue ${id}`);
        chat.grace.writes(chat.home, `/requeue ${id}`);
      },
    ],
    [
      'a button in Telegram',
      async (chat, id) => {
        chat.grace.writes(chat.home, '/failed');
        await chat.settles();
        const list = chat.telegram.messageWith(chat.home, id);
        chat.grace.taps(list, `↻ Requeue ${id}`);
        chat.grace.taps(list, `↻ Requeue ${id}`);
      },
    ],
    [
      'the command line',
      async (chat, id) => {
        const run = await aCommandLine(chat);
        expect((await run('failed')).stdout).toContain(id);
        expect(await run('requeue', '0')).toMatchObject({ exit: 0, stdout: expect.stringContaining(id) });
        expect(await run('requeue', id)).toMatchObject({ exit: 7, stderr: expect.stringContaining(`${id} is `) });
      },
    ],
    [
      'HTTP with the monitor token',
      async (chat, id) => {
        chat.appoints({ monitor: 'monitor-12345678' });
        const api = anApi(chat, { monitorToken });
        const post = () => api.nobody.post('/admin/requeue', { id }, { headers: { 'x-admin-token': monitorToken } });
        expect(await post()).toMatchObject({ status: 200, body: { requeued: true, ids: [id] } });
        expect(await post()).toMatchObject({ status: 409, body: { code: 'not_dead' } });
      },
    ],
    [
      'the console',
      async (chat, id) => {
        const browser = await anApi(chat).browser('111');
        const page = await (await browser.raw('GET', '/operations')).text();
        const form = formsOf(page).find(({ buttons }) => buttons.includes(`Requeue ${id}`));
        if (!form) throw new Error('the page has no button');
        const press = () =>
          browser.raw('POST', form.action, {
            body: new URLSearchParams(form.hidden).toString(),
            headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://127.0.0.1:8080' },
          });
        expect((await press()).status).toBe(303);
        expect((await press()).status).toBe(409);
      },
    ],
    [
      'the schedule',
      async (chat) => {
        const job = jobOf(chat, 'auto_requeue');
        const how = { holder: 'one', timeZone: 'UTC' };
        await runIfDue(chat.app, job, how);
        chat.clock.turn(10 * minute);
        expect(await runIfDue(chat.app, job, how)).toBe(true);
        expect(await runIfDue(chat.app, job, how)).toBe(false);
      },
    ],
  ];
  test.each(doors)('is requeued by %s exactly once, arrives, and the notice says so', async (_, door) => {
    const { chat, id } = await aChatWithADead();
    await door(chat, id);
    await chat.settles();
    expect(times(chat, 'the weather is bad')).toBe(1);
    expect(times(chat, '1 message requeued')).toBe(1);
    expect(await chat.deliveries('dead')).toEqual([]);
    const events = (await chat.allEvents()).filter(({ action }) => action === 'delivery.requeued');
    expect(events.map(({ subject }) => subject)).toEqual([`delivery:${id}`]);
    expect(chat.gaia().reported).toEqual([]);
  });

  const deaths: [string, Fault][] = [
    ['its chat answered 403', kicked],
    ['Telegram answered 502 for a day', (faults, where) => faults.breakDown(where)],
    ['its replies were lost', (faults, where) => faults.loseReply(where)],
  ];
  const byPeople = doors.filter(([door]) => door !== 'the schedule');
  test.each(deaths.flatMap(([why, kills]) => byPeople.map(([name, door]) => [why, name, kills, door] as const)))(
    'that died because %s is requeued by %s exactly once, and arrives once more, through a 429 and a dropped connection',
    async (_, __, kills, door) => {
      const { chat, id, stands } = await aChatWithADead(kills);
      const again = { when: ({ text }: { text?: unknown }) => String(text).includes('the weather is bad') };
      const { faults } = chat.telegram;
      const onItsWay = [faults.flood(again, 7), faults.dropBefore({ ...again, nth: 2 })];
      await door(chat, id);
      await chat.settles();
      expect(onItsWay.map(({ hits }) => hits)).toEqual([1, 1]);
      await chat.settles();
      expect(times(chat, 'the weather is bad')).toBe(stands + 1);
      expect(times(chat, '1 message requeued')).toBe(1);
      expect(await chat.deliveries('dead')).toEqual([]);
      const events = (await chat.allEvents()).filter(({ action }) => action === 'delivery.requeued');
      expect(events.map(({ subject }) => subject)).toEqual([`delivery:${id}`]);
    },
  );

  test('is requeued by nobody who may not, and the log says who tried', async () => {
    const { chat, id } = await aChatWithADead();
    chat.grace.writes(chat.home, '/failed');
    await chat.settles();
    const list = chat.telegram.messageWith(chat.home, id);
    chat.alan.writes(chat.home, `/requeue ${id}`);
    chat.mallory.writes(chat.home, '/failed');
    chat.alan.taps(list, `↻ Requeue ${id}`);
    chat.mallory.taps(list, `✕ Discard ${id}`);
    await chat.settles();
    expect((await chat.deliveries('dead')).map((each) => each.id)).toEqual([id]);
    expect((await chat.allEvents()).filter(({ action }) => action === 'command.refused')).toHaveLength(4);
    expect((await chat.answersTo(chat.alan))[0]).toMatchObject({
      text: 'Only an operator may do this.',
      isAlert: true,
    });
  });

  test('is closed for good by two presses of the same person, or by a command with a reason', async () => {
    const { chat, id } = await aChatWithADead();
    chat.grace.writes(chat.home, '/failed');
    await chat.settles();
    const list = chat.telegram.messageWith(chat.home, id);
    chat.grace.taps(list, `✕ Discard ${id}`);
    await chat.settles();
    expect(await chat.deliveries('dead')).toHaveLength(1);
    chat.clock.turn(minute);
    chat.grace.taps(list, `✕ Discard ${id}`); // too late: that is a first one again
    await chat.settles();
    expect(await chat.deliveries('dead')).toHaveLength(1);
    chat.grace.taps(list, `✕ Discard ${id}`);
    await chat.settles();
    expect((await chat.deliveries('discarded')).map((each) => each.id)).toEqual([id]);
    expect(times(chat, 'Closed for good')).toBe(1);
    chat.grace.taps(list, `↻ Requeue ${id}`);
    await chat.settles();
    expect(times(chat, 'the weather is bad')).toBe(0);
  });

  test.each([
    ['/requeue d-AAAAAA', 'There is no delivery d-AAAAAA.'],
    ['/requeue 7', 'The index 7 is out of range: the list has 0 to 0.'],
    ['/requeue nonsense', 'Name a message by its id.'],
    ['/discard', 'Name a message by its id.'],
    ['/silence', 'Name the alert.'],
    ['/silence backup_old', 'A silence needs an end.'],
    ['/silence backup_old forever', 'That is no length for a silence.'],
    ['/silence backup 1h', 'There is no alert backup.'],
  ])('%s is answered with what is wrong, and nothing is lost', async (written, answer) => {
    const { chat, id } = await aChatWithADead();
    chat.grace.writes(chat.home, written);
    await chat.settles();
    expect(chat.said()).toContain(answer);
    expect((await chat.deliveries('dead')).map((each) => each.id)).toEqual([id]);
  });

  test.each([
    ['429', (chat: Chat) => chat.telegram.faults.flood({ method: 'sendMessage', chat: chat.home }, 7), 0],
    ['502', (chat: Chat) => chat.telegram.faults.breakDown({ method: 'sendMessage', chat: chat.home }), 1],
    [
      'a connection that drops',
      (chat: Chat) => chat.telegram.faults.dropBefore({ method: 'sendMessage', chat: chat.home }),
      1,
    ],
  ])(
    'is not what %s makes: the message is tried again by itself, and only a failed call counts',
    async (_, place, errors) => {
      const chat = await aChat();
      await chat.settles();
      place(chat);
      await owes(chat, 'the weather is fine');
      await chat.settles();
      expect(times(chat, 'the weather is fine')).toBe(1);
      expect(await chat.deliveries('dead')).toEqual([]);
      expect((await measure(chat.viewer, blindHost(0, true), chat.clock.now())).delivery_send_errors).toBe(errors);
    },
  );

  test('in a chat that blocked the bot is tried again when somebody requeues it', async () => {
    const chat = await aChat();
    await chat.settles();
    const fault = chat.telegram.faults.refuse(
      { method: 'sendMessage', chat: chat.home },
      403,
      'Forbidden: bot was kicked from the supergroup chat',
    );
    await owes(chat, 'nobody hears this');
    await chat.settles();
    const [dead] = await chat.deliveries('dead');
    fault.end();
    const left = await anApi(chat).admin.post('/v1/requeues', { auto: true });
    expect(left.body.left).toMatchObject([{ id: dead?.id, because: 'nothing can be sent to its chat' }]);
    await anApi(chat).admin.post('/v1/requeues', { all: true });
    await chat.settles();
    expect(times(chat, 'nobody hears this')).toBe(1);
  });
});

describe('an alert', () => {
  /** The minute turns, the alerts are looked at, and everything owed is sent. */
  const passes = async (chat: Chat, host: Host): Promise<void> => {
    const { app } = chat.gaia();
    const measured = await measure({ db: app.db }, host, chat.clock.now());
    await keepSamples(app, measured);
    await evaluateAlerts(app, measured);
    await chat.settles();
    await deliverDue(app, terminalOf(chat), 'terminal', unfailing);
    chat.clock.turn(minute);
  };
  const terminalOf = (chat: Chat) =>
    terminalChannel({
      write: async (line) => void chat.lines.push(line),
      look: () => Promise.reject(new Error('not asked')),
      findGrant: async () => undefined,
      now: chat.clock.now,
    });
  const aDisk = (freePercent: () => number): Host => ({
    ...blindHost(0, false),
    disk: async () => ({ freeBytes: freePercent() * 1e9, totalBytes: 100e9 }),
  });
  const stateOf = async (chat: Chat) =>
    (await anApi(chat).admin.get('/v1/alerts')).body.alerts.find(({ name }: { name: string }) => name === 'disk_low')
      .state;

  test.each([
    ['without interruption', async () => undefined],
    ['through a restart after every look', (chat: Chat) => chat.restarts()],
    ['through a kill after every look', (chat: Chat) => chat.restarts({ orderly: false })],
  ])('goes pending, firing, resolved with one message per change, %s', async (_, between) => {
    const chat = await aChat();
    let free = 50;
    const host = aDisk(() => free);
    const seen: string[] = [];
    for (const next of [50, 8, 8, 8, 7, 12, 16, 16]) {
      free = next;
      await passes(chat, host);
      seen.push(await stateOf(chat));
      await between(chat);
    }
    expect(seen).toEqual(['inactive', 'pending', 'pending', 'firing', 'firing', 'firing', 'resolved', 'resolved']);
    const messages = chat.telegram.messagesIn(chat.home).filter(({ text }) => text.includes('disk_low'));
    expect(messages).toHaveLength(2);
    expect(messages[1]?.text).toContain('✓ Resolved: disk_low');
    // the first message was edited while it fired, and says now that it is over, without a button
    expect(messages[0]?.text).toContain('✓ Resolved: disk_low');
    expect(messages[0]?.buttons).toEqual([]);
    const events = (await chat.allEvents())
      .filter(({ action }) => action.startsWith('alert.'))
      .map(({ action }) => action);
    expect(events).toEqual(['alert.pending', 'alert.firing', 'alert.resolved']);
  });

  test('is told in the terminal while Telegram is out, saying so, and each change once in the chat afterwards', async () => {
    const chat = await aChat();
    let free = 50;
    const host = aDisk(() => free);
    await passes(chat, host);
    await chat.telegram.breakDown();
    free = 5;
    for (let n = 0; n < 8; n++) {
      const { app } = chat.gaia();
      await evaluateAlerts(app, await measure({ db: app.db }, host, chat.clock.now()));
      await chat.round();
      await deliverDue(app, terminalOf(chat), 'terminal', unfailing);
      chat.clock.turn(minute);
    }
    const told = chat.lines.filter((line) => line.includes('disk_low'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^ALERT FIRING disk_low .*Told here because the chat .* did not take it/);
    await chat.telegram.recover();
    free = 60;
    for (let n = 0; n < 2; n++) await passes(chat, host);
    const messages = chat.telegram.messagesIn(chat.home).filter(({ text }) => text.includes('disk_low'));
    expect(messages.map(({ text }) => /^.*disk_low/.exec(text)?.[0])).toEqual([
      '✓ Fired, over by now: disk_low',
      '✓ Resolved: disk_low',
    ]);
  });

  test('can be silenced by its button for an hour, and speaks again after it', async () => {
    const chat = await aChat();
    const host = aDisk(() => 5);
    for (let n = 0; n < 3; n++) await passes(chat, host);
    const message = chat.telegram.messageWith(chat.home, 'disk_low');
    expect(message.text).toContain('runbooks/alerts/disk_low.md');
    chat.alan.taps(message, '🔕 Silence 1 h');
    chat.grace.taps(message, '🔕 Silence 1 h');
    await chat.settles();
    expect(times(chat, 'disk_low is silenced')).toBe(1);
    chat.clock.turn(5 * 3_600_000);
    await passes(chat, host);
    expect(times(chat, 'Still firing: disk_low')).toBe(1);
    chat.grace.writes(chat.home, '/silence disk_low 1h the disk is on its way');
    await chat.settles();
    chat.clock.turn(50 * minute);
    await passes(chat, host);
    expect(times(chat, 'Still firing')).toBe(1);
    chat.grace.writes(chat.home, '/alerts');
    await chat.settles();
    expect(chat.said()).toContain('silenced until');
  });

  test('about messages fires for those that died, and never for its own', async () => {
    const chat = await aChat();
    await passes(chat, blindHost(0, false));
    chat.telegram.faults.refuse(
      {
        method: 'sendMessage',
        when: ({ text }) => /weather|ALERT|Firing/.test(String(text)),
        times: Number.POSITIVE_INFINITY,
      },
      400,
      'Bad Request: message text is wrong',
    );
    await owes(chat, 'the weather is bad');
    await chat.settles();
    for (let n = 0; n < 4; n++) await passes(chat, blindHost(0, false));
    const measured = await measure(chat.viewer, blindHost(0, true), chat.clock.now());
    expect(measured).toMatchObject({ delivery_moved_dead: 1, alert_send_errors: expect.any(Number) });
    expect(chat.lines.filter((line) => line.startsWith('ALERT FIRING deliveries_dead'))).toHaveLength(1);
  });
});

describe('the day of an operator', () => {
  test('/status says it all and leads on by buttons', async () => {
    const { chat, id } = await aChatWithADead();
    await chat.builder.asksToRun(['echo', 'hello']);
    await chat.settles();
    chat.grace.writes(chat.home, '/status');
    await chat.settles();
    const status = chat.telegram.messageWith(chat.home, 'Gaia works');
    expect(status.text).toContain('1 request waiting');
    expect(status.text).toContain('1 could not be delivered');
    chat.alan.taps(status, '✕ Failed');
    await chat.settles();
    expect(chat.telegram.messageWith(chat.home, id).text).toContain('could not be delivered');
    chat.grace.taps(status, '❚❚ Pause');
    await chat.settles();
    chat.grace.writes(chat.home, '/status');
    await chat.settles();
    chat.grace.taps(chat.telegram.messageWith(chat.home, 'Gaia is paused'), '▶ Resume');
    await chat.settles();
    expect((await chat.allEvents()).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['system.paused', 'system.resumed']),
    );
  });

  test('ends with the seal in the chat, once a day', async () => {
    const chat = await aChat();
    await chat.settles();
    const job = jobOf(chat, 'seal_post');
    const how = { holder: 'one', timeZone: 'UTC' };
    for (let hours = 0; hours < 49; hours++) {
      await runIfDue(chat.app, job, how);
      chat.clock.turn(60 * minute);
    }
    await chat.settles();
    expect(times(chat, 'The log')).toBe(2);
  });
});
