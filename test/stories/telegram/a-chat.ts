import { onTestFinished } from 'vitest';
import type { App } from '../../../src/actions/app.ts';
import { lookAfterExecutions } from '../../../src/actions/executions.ts';
import { expireDue } from '../../../src/actions/expiries.ts';
import { endGrantsThatAreOver } from '../../../src/actions/grants.ts';
import { publishDue } from '../../../src/actions/publishing.ts';
import { remindDue } from '../../../src/actions/reminders.ts';
import { beginApproved } from '../../../src/actions/starts.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import { type Reach, unfailing } from '../../../src/core/fail-point.ts';
import { listVotes } from '../../../src/store/decisions.ts';
import { hearing } from '../../../src/telegram/channel.ts';
import { noticeWriter } from '../../../src/telegram/channel-notices.ts';
import { senderApi } from '../../../src/telegram/sender/api.ts';
import { telegramSender } from '../../../src/telegram/sender/sender.ts';
import { getStatus } from '../../../src/views/status.ts';
import type { SideOptions } from '../../support/github-side.ts';
import type { Clock } from '../../support/store.ts';
import { aTelegram } from '../../support/telegram/a-telegram.ts';
import type { Chat } from '../../support/telegram/chat.ts';
import type { SeenMessage } from '../../support/telegram/seen.ts';
import type { User } from '../../support/telegram/user.ts';
import { alsoOn, aWorld } from '../../support/world.ts';

/** A day in the approvers' group: longer than anything waits there, shorter than a request lives. */
const patienceMs = 600_000;

interface Options {
  policy?: string;
  kind?: 'group' | 'supergroup';
  /** its only approver's private chat is where requests go */
  inPrivate?: boolean;
  people?: { approvers: string[]; operators: string[] };
  /** commands are started, by a double */
  executes?: boolean;
  /** GitHub's side, by the clock of the chat; Gaia's own world unless told */
  github?: (clock: Clock) => Promise<SideOptions>;
}

/**
 * A whole Gaia behind a bot: real store, real calls over loopback, a double of Telegram with people in it. Grace and Alan
 * approve, Mallory does not; nothing runs by itself: `settles` does what the loops would do, until nothing is left to do.
 */
export async function aChat({
  policy,
  kind = 'supergroup',
  inPrivate = false,
  people,
  executes = false,
  github,
}: Options = {}) {
  const telegram = await aTelegram();
  const { clock } = telegram;
  const grace = telegram.user({ id: 111, firstName: 'Grace', lastName: 'Hopper' });
  const alan = telegram.user({ id: 222, firstName: 'Alan' });
  const mallory = telegram.user({ id: 666, firstName: 'Mallory' });
  for (const user of [grace, alan, mallory]) user.starts();
  telegram.bot.queue.clear();
  const group = telegram.chat({ kind, title: 'Approvals', members: [grace, alan, mallory] });
  const home = inPrivate ? grace.privately() : group;
  const { approvers = ['111', '222'], operators = ['111'] } = people ?? {};
  const world = await aWorld({
    clock,
    approvers,
    operators,
    executes,
    ...(policy ? { policy } : {}),
    ...(github ? { github: await github(clock) } : {}),
  });
  world.app.audience = { kind: 'telegram', chat: String(home.id), noticeChat: String(home.id) };

  let processes = 0;
  const open = (app: App, reach: Reach = unfailing) => {
    processes += 1;
    const viewer = { ...world.viewer, db: app.db };
    const status = () =>
      getStatus(
        { ...viewer, policy: { digest: 'd', rules: 0 }, version: '1', startedAt: 0, hasTelegram: true },
        clock.now(),
      );
    const shared = {
      app,
      viewer,
      status,
      now: clock.now,
      timeZone: 'UTC',
      token: telegram.bot.token,
      apiRoot: telegram.url,
    };
    const reported: string[] = [];
    const poller = hearing({
      ...shared,
      chat: String(home.id),
      noticeChat: String(home.id),
      installation: 'this one',
      elapsed: clock.now,
      pollSeconds: 0,
      report: (error, what) => reported.push(`${what}: ${(error as Error).message}`),
      say: () => undefined,
      heard: () => undefined,
    });
    const sender = telegramSender({
      ...shared,
      api: senderApi(shared),
      notice: noticeWriter(shared),
      holder: `process ${processes}`,
      isAlone: true,
      reach,
      random: () => 0.5,
    });
    return { app, poller, sender, reported };
  };
  let gaia = open(world.app);
  onTestFinished(() => gaia.poller.stop());

  /** One round of every loop; answers when something may be left to do. */
  const round = async (): Promise<number | undefined> => {
    await gaia.poller.turn();
    await gaia.poller.retry();
    await expireDue(gaia.app, clock.now());
    await endGrantsThatAreOver(gaia.app, clock.now());
    await remindDue(gaia.app, clock.now());
    await beginApproved(gaia.app);
    await lookAfterExecutions(gaia.app);
    while ((await publishDue(gaia.app, clock.now())) > 0);
    const { nextAt } = await gaia.sender.tick();
    if (telegram.bot.queue.size > 0) return clock.now();
    return nextAt ?? undefined;
  };

  return {
    ...world,
    telegram,
    grace,
    alan,
    mallory,
    group,
    home,
    round,
    builder: await world.agent('builder', { owner: '222' }),
    /** the present process */
    gaia: () => gaia,
    async settles(): Promise<void> {
      const until = clock.now() + patienceMs;
      for (let rounds = 0; rounds < 500; rounds++) {
        const before = telegram.callsOf().length;
        const at = await round();
        if (at === undefined || at > until) {
          if (telegram.callsOf().length === before) return;
        } else if (at > clock.now()) clock.turn(at - clock.now());
      }
      throw new Error('there is always something left to do');
    },
    /** what the person was told to their taps, once the newest one was answered */
    async answersTo(user: User, count = 1): Promise<{ text: string; isAlert: boolean }[]> {
      await telegram.until(() => user.answers.length >= count);
      return user.answers.map(({ text, isAlert }) => ({ text, isAlert }));
    },
    /** the newest message that carries the request, where it can be decided */
    cardOf: (request: Request, chat: Chat = home): SeenMessage => telegram.messageWith(chat, request.id),
    said: (chat: Chat = home): string =>
      telegram
        .messagesIn(chat)
        .map(({ text }) => text)
        .join('\n---\n'),
    votes: async (request: Request) =>
      (await listVotes(world.db.read, request.id)).map(({ personId, verdict, source }) => [personId, verdict, source]),
    /** ends this process, orderly or not, and starts another one on the same store */
    async restarts({ awayMs = 0, orderly = true } = {}): Promise<void> {
      if (orderly) await gaia.poller.stop();
      gaia.sender.stop();
      clock.turn(awayMs);
      gaia = open(alsoOn(world, await world.store.again()));
    },
  };
}
