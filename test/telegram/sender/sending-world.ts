import type { Api } from 'grammy';
import { tap } from '../../../src/actions/taps.ts';
import type { Delivery } from '../../../src/core/delivery/delivery.ts';
import { type Reach, unfailing } from '../../../src/core/fail-point.ts';
import { findChat } from '../../../src/store/channels.ts';
import type { Database } from '../../../src/store/database.ts';
import type { Engine } from '../../../src/store/migrations.ts';
import { senderApi } from '../../../src/telegram/sender/api.ts';
import type { Speech } from '../../../src/telegram/sender/calls.ts';
import { type Sender, telegramSender } from '../../../src/telegram/sender/sender.ts';
import { aTelegram, type TelegramWorld } from '../../support/telegram/a-telegram.ts';
import type { Chat } from '../../support/telegram/chat.ts';
import type { SeenMessage } from '../../support/telegram/seen.ts';
import { alsoOn, aWorld } from '../../support/world.ts';

export interface SendingOptions {
  engine?: Engine;
  kind?: 'group' | 'supergroup' | 'private';
  /** a chat of its own for notices */
  noticeChat?: boolean;
  topics?: Record<number, string>;
  topic?: number;
  policy?: string;
}

export type SendingWorld = Awaited<ReturnType<typeof aSendingWorld>>;

/** A Gaia whose audience is a chat of the double, and senders that bring it what is owed, driven by the test. */
export async function aSendingWorld(options: SendingOptions = {}) {
  const { engine = 'sqlite', kind = 'supergroup', policy = '' } = options;
  const telegram: TelegramWorld = await aTelegram();
  const grace = telegram.user({ id: 111, firstName: 'Grace' });
  grace.starts(telegram.bot);
  const chat: Chat =
    kind === 'private'
      ? grace.privately(telegram.bot)
      : telegram.chat({ kind, members: [grace], ...(options.topics ? { topics: options.topics } : {}) });
  const notices = options.noticeChat ? telegram.chat({ title: 'Notices', members: [grace] }) : chat;
  const world = await aWorld({ engine, clock: telegram.clock, approvers: ['111', '222'], policy });
  const place = options.topic === undefined ? `${chat.id}` : `${chat.id}:${options.topic}`;
  world.app.audience = { kind: 'telegram', chat: place, noticeChat: `${notices.id}` };
  const builder = await world.agent('builder');
  let updates = 0;

  const senderOn = (
    { reach = unfailing, holder = 'one', db = world.db, timeoutSeconds = 5, isAlone = false } = {} as {
      reach?: Reach;
      holder?: string;
      db?: Database;
      timeoutSeconds?: number;
      isAlone?: boolean;
    },
  ): Sender & { api: Api } => {
    const api = senderApi({ token: telegram.bot.token, apiRoot: telegram.url, timeoutSeconds });
    const sender = telegramSender({
      app: alsoOn(world, db),
      viewer: { ...world.viewer, db },
      api,
      timeZone: 'UTC',
      now: telegram.clock.now,
      notice: async ({ body }) => words(body),
      holder,
      isAlone,
      reach,
      random: () => 0.5,
    });
    return Object.assign(sender, { api });
  };
  const sender = senderOn();

  /** Turns the clock to when something may go next, and lets it go, until all is quiet. Answers the time it took. */
  const sendsAll = async (senders: Sender[] = [sender], atMostMs = 3_600_000): Promise<number> => {
    const began = telegram.clock.now();
    for (;;) {
      const ticks = await Promise.all(senders.map((each) => each.tick()));
      const times = ticks.flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]));
      if (times.length === 0) return telegram.clock.now() - began;
      const next = Math.min(...times);
      if (next - began > atMostMs) return telegram.clock.now() - began;
      telegram.clock.turn(Math.max(0, next - telegram.clock.now()));
    }
  };

  return {
    ...world,
    telegram,
    chat,
    notices,
    grace,
    builder,
    sender,
    senderOn,
    sendsAll,
    /** one look, without turning the clock */
    sends: () => sender.tick(),
    seen: (where: Chat = chat): SeenMessage[] => telegram.messagesIn(where),
    /** the newest message about a request */
    cardOf: ({ id }: { id: string }, where: Chat = chat): SeenMessage => telegram.messageWith(where, id),
    /** presses a button by its label, as the poller would hear of it */
    presses: async (label: string, message: SeenMessage, by = '111') => {
      const stored = message.chat.messages.get(message.id);
      const button = stored?.keyboard?.inline_keyboard.flat().find(({ text }) => text.includes(label));
      if (!button || !('callback_data' in button)) throw new Error(`no button ${label} on: ${message.text}`);
      return tap(world.app, {
        updateId: ++updates,
        ref: button.callback_data,
        chat: `${message.chat.id}`,
        messageId: message.id,
        from: { id: by, name: by === '111' ? 'Grace' : 'Alan' },
      } as Parameters<typeof tap>[1]);
    },
    chatRow: (of: Chat = chat) => findChat(world.db.read, `${of.id}`),
    delivery: async (about: string): Promise<Delivery> => {
      const found = (await world.deliveries()).findLast(({ subject }) => subject === about);
      if (!found) throw new Error(`no delivery about ${about}`);
      return found;
    },
  };
}

function words(body: Delivery['body']): Speech {
  if (body.about === 'status') throw new Error('no words for status');
  if (body.about === 'trouble') return { text: `Trouble: ${body.trouble.slice(0, 300)}`, entities: [] };
  return { text: body.about === 'resumed' ? `goes on ${body.reason ?? ''}`.trim() : body.about, entities: [] };
}

/** Fails at the n-th arrival at a point, once, as a process that dies there. */
export function dyingAt(point: string, nth = 1): Reach {
  let arrivals = 0;
  return (name) => {
    if (name !== point) return;
    arrivals += 1;
    if (arrivals === nth) throw new Error(`died at ${point}`);
  };
}
