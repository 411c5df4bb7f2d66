import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, type TestContext, test, vi } from 'vitest';
import type { AlertAnswer } from '../../../src/core/wire/answers-operating.ts';
import { aHome, type GaiaProcess, startProcess } from '../../proof/gaia-process.ts';
import { type Answer, caller } from '../../proof/http.ts';
import { openTelegram } from '../../support/telegram/telegram-double.ts';

const policy = `version: 1
alerts:
  - { name: many_wait, metric: requests_pending, atLeast: 1, for: 1h, summary: Somebody waits. }
`;

/** Each starts several processes, a second or two each on a busy machine. */
const patienceMs = 120_000;

/** Gaia in a process of its own, by the clock of the machine, before a double of Telegram. */
async function aProcess({ onTestFinished }: TestContext) {
  const telegram = await openTelegram({ clock: { now: Date.now } });
  onTestFinished(() => telegram.close());
  const grace = telegram.user({ id: 111, firstName: 'Grace' });
  grace.starts();
  telegram.bot.queue.clear();
  const group = telegram.chat({ title: 'Approvals', members: [grace] });
  const home = aHome();
  onTestFinished(() => home.remove());
  writeFileSync(join(home.path, 'policy.yaml'), policy);
  const { call, close } = caller();
  onTestFinished(close);
  const env = {
    TELEGRAM_BOT_TOKEN: telegram.bot.token,
    TELEGRAM_API_ROOT: telegram.url,
    CHAT_ID: String(group.id),
    TELEGRAM_APPROVER_IDS: '111',
  };
  let gaia: GaiaProcess | undefined;
  const key = (name: string) => ({
    authorization: `Bearer ${readFileSync(join(home.path, name), 'utf8').trim()}`,
  });
  const ask = async (as: 'admin.key' | 'agent.key', path: string, body?: object): Promise<Answer> => {
    const answer = await call(`${gaia?.url}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: key(as),
      ...(body ? { body } : {}),
    });
    if (answer.status >= 300 || answer.status === 0) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const operator = async <T>(path: string, body?: object) => (await ask('admin.key', path, body)).json as T;
  return {
    home,
    telegram,
    group,
    operator,
    agent: async <T>(path: string, body?: object) => (await ask('agent.key', path, body)).json as T,
    starts: async (failPoint?: string) => {
      gaia = await startProcess(process.cwd(), home, call, {
        ...env,
        ...(failPoint ? { GAIA_FAIL_POINTS: failPoint } : {}),
      });
      return gaia;
    },
    /** the start in which it kills itself at a fail point: before or after it is ready */
    async startsAndDies(failPoint: string) {
      const ready = await this.starts(failPoint);
      expect(await ready?.gone).toEqual(ready && { code: null, signal: 'SIGKILL' });
    },
    kills: () => gaia?.kill(),
    stops: () => gaia?.stop(),
    /** asks again until it is so */
    until: (isSo: () => Promise<boolean>, timeout = 60_000) =>
      vi.waitFor(
        async () => {
          if (!(await isSo())) throw new Error(`still not so: ${isSo.toString()}\n${home.printed.join('')}`);
        },
        { timeout, interval: 50 },
      ),
    /** nothing is owed to anybody */
    isQuiet: async () =>
      (await operator<{ operations: { owed: { count: number } } }>('/v1/status')).operations.owed.count === 0,
    said: (about: string) => telegram.messagesIn(group).filter(({ text }) => text.includes(about)),
    events: async (begin: string) => {
      const { events } = await operator<{ events: { action: string }[] }>('/v1/events?limit=200');
      return events.map(({ action }) => action).filter((action) => action.startsWith(begin));
    },
  };
}
type Process = Awaited<ReturnType<typeof aProcess>>;

const inStore = (gaia: Process, statement: string, ...values: unknown[]): void => {
  const store = new Sqlite(join(gaia.home.path, 'gaia.db'));
  store.prepare(statement).run(...values);
  store.close();
};
/** It is due, as after a night in which Gaia did not run. */
const isDue = (gaia: Process, name: string): void =>
  inStore(gaia, 'update schedules set due_at = ? where name = ?', Date.now(), name);
/** What was noticed has lasted for two hours by now. */
const hasLasted = (gaia: Process, name: string): void =>
  inStore(gaia, 'update alerts set since = since - ? where name = ?', 7_200_000, name);
const rowOf = async (gaia: Process, name: string) => {
  const { operations } = await gaia.operator<{
    operations: { schedules: { name: string; endedAt: number | null; outcome: string | null; said: string }[] };
  }>('/v1/status');
  return operations.schedules.find((each) => each.name === name);
};
const backups = (gaia: Process) =>
  readdirSync(gaia.home.path, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /backups\/gaia-[^/]*Z$/.test(name),
  );

// Beside each other: what they take is mostly the start of a process.
describe.concurrent('kill -9', () => {
  test(
    'in each state of an alert, and an outage of Telegram: one message for each change',
    async (context) => {
      const gaia = await aProcess(context);
      const looks = async (): Promise<AlertAnswer['state'] | undefined> => {
        await gaia.operator('/v1/alerts/check', {});
        const { alerts } = await gaia.operator<{ alerts: AlertAnswer[] }>('/v1/alerts');
        return alerts.find(({ name }) => name === 'many_wait')?.state;
      };
      await gaia.starts();
      const { id } = await gaia.agent<{ id: string }>('/v1/requests', {
        kind: 'question',
        question: { text: 'Release?' },
      });

      expect(await looks()).toBe('pending');
      await gaia.kills();
      await gaia.starts();
      expect(await looks()).toBe('pending');
      await gaia.until(gaia.isQuiet);
      expect(gaia.said('many_wait')).toEqual([]);

      await gaia.telegram.breakDown();
      await gaia.kills();
      hasLasted(gaia, 'many_wait');
      await gaia.starts();
      expect(await looks()).toBe('firing');
      await gaia.kills(); // before anybody was told
      await gaia.starts();
      expect(await looks()).toBe('firing');
      await gaia.telegram.recover();
      await gaia.until(async () => gaia.said('many_wait').length > 0 && (await gaia.isQuiet()));
      await gaia.kills(); // after people were told
      await gaia.starts();
      expect(await looks()).toBe('firing');
      await gaia.until(gaia.isQuiet);
      expect(gaia.said('many_wait').map(({ text }) => /^.*many_wait/.exec(text)?.[0])).toEqual(['! Firing: many_wait']);

      await gaia.telegram.breakDown();
      await gaia.agent(`/v1/requests/${id}/withdraw`, {});
      expect(await looks()).toBe('resolved');
      await gaia.kills(); // before anybody was told
      await gaia.telegram.recover();
      await gaia.starts();
      await gaia.until(async () => gaia.said('many_wait').length > 1 && (await gaia.isQuiet()));
      await gaia.stops();
      await gaia.starts();
      expect(await looks()).toBe('resolved');
      await gaia.until(gaia.isQuiet);

      expect(gaia.said('many_wait').map(({ text }) => /^.*many_wait/.exec(text)?.[0])).toEqual([
        '✓ Resolved: many_wait',
        '✓ Resolved: many_wait',
      ]);
      expect((await gaia.events('alert.')).sort()).toEqual(['alert.firing', 'alert.pending', 'alert.resolved']);
    },
    patienceMs,
  );

  test(
    'while something runs by the clock: it is made up for until it was recorded, and nothing is done twice',
    async (context) => {
      const gaia = await aProcess(context);
      await gaia.starts();
      const fault = gaia.telegram.faults.refuse(
        { when: ({ text }) => String(text).includes('the weather is bad'), times: Number.POSITIVE_INFINITY },
        400,
        'Bad Request: message text is wrong',
      );
      await gaia.operator('/v1/pause', { reason: 'the weather is bad' });
      const dead = () => gaia.operator<{ deliveries: { id: string }[] }>('/v1/deliveries?state=dead');
      await gaia.until(async () => (await dead()).deliveries.length === 1);
      await gaia.stops();
      fault.end();
      isDue(gaia, 'auto_requeue');

      await gaia.startsAndDies('schedule.auto_requeue.after:kill');
      await gaia.starts();
      await gaia.until(async () => (await rowOf(gaia, 'auto_requeue'))?.outcome === 'done');
      await gaia.until(async () => gaia.said('the weather is bad').length > 0 && (await gaia.isQuiet()));
      await gaia.stops();

      isDue(gaia, 'backup');
      await gaia.startsAndDies('schedule.backup.before:kill');
      expect(backups(gaia)).toEqual([]);
      await gaia.startsAndDies('schedule.backup.after:kill');
      expect(backups(gaia)).toHaveLength(1);
      await gaia.starts();
      await gaia.until(async () => (await rowOf(gaia, 'backup'))?.outcome === 'done');
      expect(backups(gaia)).toHaveLength(2);
      await gaia.kills();
      await gaia.starts();
      await gaia.until(gaia.isQuiet);

      expect(backups(gaia)).toHaveLength(2);
      expect(gaia.said('the weather is bad')).toHaveLength(1);
      expect(gaia.said('1 message requeued')).toHaveLength(1);
      expect(await gaia.events('delivery.requeued')).toHaveLength(1);
      expect((await rowOf(gaia, 'auto_requeue'))?.said).toBe('0 requeued, 0 left');
    },
    patienceMs,
  );
});
