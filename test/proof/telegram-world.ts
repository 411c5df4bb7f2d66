import type { App } from '../../src/actions/app.ts';
import type { Asker } from '../../src/actions/requests.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { type Reach, unfailing } from '../../src/core/fail-point.ts';
import type { Database } from '../../src/store/database.ts';
import type { FloodLimits } from '../support/telegram/flood-limiter.ts';
import type { SeenMessage } from '../support/telegram/seen.ts';
import { openTelegram } from '../support/telegram/telegram-double.ts';
import { type AGaia, aClock, aGaia, openEngine, type Templates } from './fixture.ts';
import type { Gaia } from './gaia.ts';

/** Five approvers, of whom the first operates too. */
export const approverIds = ['111', '222', '333', '444', '555'];
const names = ['Grace', 'Alan', 'Ada', 'Edsger', 'Barbara'];

export interface TelegramSetting {
  policy: string;
  kind?: 'group' | 'supergroup';
  limits?: Partial<FloodLimits>;
  /** of a call of the sender, in seconds; short where answers are made to hang */
  timeoutSeconds?: number;
}

/** How many rounds in a row may leave something to do. */
const roundsAtMost = 400;
/** Longer than anything waits for its turn in a chat, shorter than a request lives. */
const patienceMs = 600_000;

/** Gaia behind a bot on a store of its own, its loops turned by hand, and a double of Telegram with people in it. */
export async function aTelegramGaia(gaia: Gaia, from: Templates, setting: TelegramSetting) {
  const { policy, kind = 'supergroup', limits, timeoutSeconds = 14 } = setting;
  const clock = aClock();
  const world = await aGaia(gaia, from, { approvers: approverIds, policy, clock });
  const telegram = await openTelegram({ clock, ...(limits ? { limits } : {}) });
  const people = approverIds.map((id, at) => telegram.user({ id: Number(id), firstName: names[at] as string }));
  const mallory = telegram.user({ id: 666, firstName: 'Mallory' });
  const removed = telegram.user({ id: 777, firstName: 'Rose' });
  for (const user of [...people, mallory, removed]) user.starts();
  telegram.bot.queue.clear();
  const group = telegram.chat({ kind, title: 'Approvals', members: [...people, mallory, removed] });
  world.app.audience = { kind: 'telegram', chat: String(group.id), noticeChat: String(group.id) };
  const asker = await world.agent('builder');
  const opened: Database[] = [];
  const reported: string[] = [];
  let processes = 0;

  const open = (app: App, reach: Reach) => {
    processes += 1;
    const viewer = { db: app.db, people: app.people, publicUrl: 'http://gaia.proof' };
    const facts = { policy: { digest: 'd', rules: 0 }, version: '1', startedAt: 0, hasTelegram: true };
    const status = () => gaia.getStatus({ ...viewer, ...facts }, clock.now());
    const { token } = telegram.bot;
    const shared = { app, viewer, status, now: clock.now, timeZone: 'UTC', token, apiRoot: telegram.url };
    const poller = gaia.hearing({
      ...shared,
      chat: String(group.id),
      noticeChat: String(group.id),
      installation: 'this one',
      elapsed: clock.now,
      pollSeconds: 0,
      report: (error, what) => reported.push(`${what}: ${(error as Error).message}`),
      say: () => undefined,
      heard: () => undefined,
    });
    const sender = gaia.telegramSender({
      ...shared,
      api: gaia.senderApi({ token, apiRoot: telegram.url, timeoutSeconds }),
      notice: gaia.noticeWriter(shared),
      holder: `process ${processes}`,
      isAlone: true,
      reach,
      random: () => 0.5,
    });
    return { app, poller, sender };
  };
  let present = open(world.app, unfailing);

  const round = async (): Promise<number | undefined> => {
    const waitMs = await present.poller.turn();
    await present.poller.retry();
    await gaia.expireDue(present.app, clock.now());
    await gaia.beginApproved(present.app);
    const { nextAt } = await present.sender.tick();
    if (telegram.bot.queue.size > 0) return clock.now() + waitMs;
    return nextAt ?? undefined;
  };

  const telegramGaia = {
    ...world,
    gaia,
    clock,
    telegram,
    group,
    people,
    mallory,
    removed,
    reported,
    asker,
    round,
    present: () => present,
    submits: async (argv: string[], by: Asker = asker(), stdin?: string): Promise<Request> => {
      const command = { argv, cwd: '/', ...(stdin === undefined ? {} : { stdin }) };
      return (await gaia.submitRequest(present.app, { kind: 'command', command }, by)).request;
    },
    now: async (request: Request): Promise<Request> =>
      (await gaia.findRequest(present.app.db.read, request.id)) as Request,
    /** the newest message with the request where it can be decided, as people see it now */
    cardOf: (request: Request, chat = group): SeenMessage => telegram.messageWith(chat, request.id),
    async settles(): Promise<void> {
      const until = clock.now() + patienceMs;
      for (let rounds = 0; rounds < roundsAtMost; rounds++) {
        const before = telegram.callsOf().length;
        const at = await round();
        if (at === undefined || at > until) {
          if (telegram.callsOf().length === before) return;
        } else if (at > clock.now()) clock.turn(at - clock.now());
      }
      throw new Error('there is always something left to do');
    },
    /** Ends this process, orderly or as kill -9 does, and starts another one on the same store. */
    async restarts({ orderly = false, awayMs = 0, reach = unfailing as Reach } = {}): Promise<void> {
      if (orderly) await present.poller.stop();
      present.sender.stop();
      clock.turn(awayMs);
      const db = await openEngine(gaia, 'sqlite', world.where, clock.now);
      opened.push(db);
      present = open({ ...world.app, db }, reach);
    },
    /** From now on sends reach these fail points; what was under way is as a killed process left it. */
    arms: (reach: Reach): void => {
      present.sender.stop();
      present = { ...present, sender: open(present.app, reach).sender };
    },
    async close(): Promise<void> {
      await present.poller.stop();
      present.sender.stop();
      await telegram.close();
      for (const db of opened) await db.close();
      await world.close();
    },
  };
  return telegramGaia;
}
export type ATelegramGaia = Awaited<ReturnType<typeof aTelegramGaia>> & AGaia;
