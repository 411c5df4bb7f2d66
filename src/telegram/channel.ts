import { Api } from 'grammy';
import type { App } from '../actions/app.ts';
import { placeOf } from '../actions/deliveries.ts';
import { noteChat } from '../actions/updates.ts';
import type { Reach } from '../core/fail-point.ts';
import type { StatusAnswer } from '../core/wire/answers-status.ts';
import { nameLookup } from '../views/cards.ts';
import { getRequestAnswer, type Viewer } from '../views/requests.ts';
import { failureOf } from './api-errors.ts';
import { noticeWriter } from './channel-notices.ts';
import { type HandleUpdate, updateHandler } from './handlers.ts';
import { setMenus } from './menus.ts';
import { keepPolling, type Poller, poller } from './poller.ts';
import { senderApi } from './sender/api.ts';
import { type Sender, telegramSender } from './sender/sender.ts';

export interface ChannelPorts {
  app: App;
  viewer: Viewer;
  token: string;
  /** an origin, for instance https://api.telegram.org */
  apiRoot: string;
  /** where requests go, and notices: `-100123`, or `-100123:45` for a topic */
  chat: string;
  noticeChat: string;
  escalationChat?: string;
  status: () => Promise<StatusAnswer>;
  seal?: () => Promise<string | null>;
  now: () => number;
  /** IANA name */
  timeZone: string;
  /** names this installation, and stays the same over its restarts: what an earlier process was doing is taken up at once */
  installation: string;
  /** unique to this process */
  holder: string;
  reach: Reach;
  report: (error: unknown, what: string) => void;
  /** tells whoever looks at the terminal */
  say: (trouble: string) => void;
  /** told after updates were carried out: something may be owed */
  heard: () => void;
}

export interface TelegramChannel {
  sender: Sender;
  /** tries again what came in and could not be carried out */
  retry(): Promise<void>;
  /** hears nothing more; what is owed is still sent until the sender stops */
  stop(): Promise<void>;
  /** settles when there is no use in going on */
  gaveUp: Promise<Error>;
}

/** The bot, which listens from now on. Nothing here throws for what Telegram does. */
export function telegramChannel(ports: ChannelPorts): TelegramChannel {
  const { app, viewer, token, apiRoot, timeZone, now } = ports;
  const poller = hearing({ ...ports, elapsed: () => performance.now() });
  const sender = telegramSender({
    app,
    viewer,
    api: senderApi({ token, apiRoot }),
    timeZone,
    now,
    notice: noticeWriter(ports),
    holder: ports.holder,
    isAlone: app.db.engine === 'sqlite',
    reach: ports.reach,
    random: Math.random,
  });
  const polling = keepPolling(poller);
  return {
    sender,
    retry: () => poller.retry(),
    stop: () => polling.stop(),
    gaveUp: poller.gaveUp,
  };
}

type HearingPorts = Omit<ChannelPorts, 'status' | 'seal' | 'holder' | 'reach'> & {
  /** milliseconds of a clock that only goes forward */
  elapsed: () => number;
  /** of one look; default 30 */
  pollSeconds?: number;
};

/** Seconds after which a look is given up: longer than the longest poll (30 s). */
const lookTimeout = 45;
/** Seconds; nobody waits longer for the answer to a tap. */
const answerTimeout = 5;

/** Gaia's ear in Telegram. */
export function hearing(ports: HearingPorts): Poller {
  const { app, viewer, token, apiRoot, report } = ports;
  const chats = new Set(
    [ports.chat, ports.noticeChat, ports.escalationChat]
      .filter((place) => place !== undefined)
      .map((place) => placeOf(place).chat),
  );
  const api = new Api(token, { apiRoot, timeoutSeconds: lookTimeout });
  const answering = new Api(token, { apiRoot, timeoutSeconds: answerTimeout });

  const prepare = async (signal: AbortSignal): Promise<HandleUpdate> => {
    const until = signal as NonNullable<Parameters<Api['getMe']>[0]>;
    await api.deleteWebhook({ drop_pending_updates: false }, until);
    const { id, username } = await api.getMe(until);
    for (const chat of chats) await lookAt(chat);
    await setMenus(api, [...chats], report);
    const look = (requestId: string) => getRequestAnswer(viewer, requestId);
    return updateHandler({ ...ports, me: { id, username }, look, names: () => nameLookup(viewer) });
  };

  /** A chat that cannot be reached is known as such from the start, not only when something is to be sent there. */
  const lookAt = async (chat: string): Promise<void> => {
    try {
      await api.getChat(chat);
      await noteChat(app, { kind: 'opened', chat });
    } catch (error) {
      const { class: found, description, migrateTo } = failureOf(error);
      if (found === 'migrated' && migrateTo !== undefined) {
        await noteChat(app, { kind: 'moved', from: chat, to: migrateTo });
      } else if (found === 'chat_closed') {
        await noteChat(app, { kind: 'closed', chat, why: `Telegram says “${description}”.` });
      } else if (found === 'refused') report(error, 'a chat could not be looked at');
      else throw error;
    }
  };

  return poller({ ...ports, holder: ports.installation, api, answering, prepare });
}
