import { Api } from 'grammy';
import type { App } from '../actions/app.ts';
import { noteChat } from '../actions/updates.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import { failureOf } from './api-errors.ts';
import { type HandleUpdate, updateHandler } from './handlers.ts';
import { setMenus } from './menus.ts';
import { type Poller, poller } from './poller.ts';
import type { Names } from './texts/names.ts';

export interface HearingPorts {
  app: App;
  token: string;
  /** an origin, for instance https://api.telegram.org */
  apiRoot: string;
  /** where requests and notices go: looked at when hearing begins */
  chats: readonly string[];
  look: (requestId: string) => Promise<RequestAnswer>;
  names: () => Promise<Names>;
  /** names this installation, and stays the same over its restarts */
  holder: string;
  now: () => number;
  elapsed: () => number;
  timeZone: string;
  report: (error: unknown, what: string) => void;
  say: (trouble: string) => void;
  /** of one look; default 30 */
  pollSeconds?: number;
}

/** Seconds after which a look is given up: longer than the longest poll (30 s). */
const lookTimeout = 45;
/** Seconds; nobody waits longer for the answer to a tap. */
const answerTimeout = 5;

/** Gaia's ear in Telegram. */
export function hearing(ports: HearingPorts): Poller {
  const { app, token, apiRoot, chats, report } = ports;
  const api = new Api(token, { apiRoot, timeoutSeconds: lookTimeout });
  const answering = new Api(token, { apiRoot, timeoutSeconds: answerTimeout });

  const prepare = async (signal: AbortSignal): Promise<HandleUpdate> => {
    const until = signal as NonNullable<Parameters<Api['getMe']>[0]>;
    await api.deleteWebhook({ drop_pending_updates: false }, until);
    const { id, username } = await api.getMe(until);
    for (const chat of new Set(chats)) await lookAt(chat);
    await setMenus(api, chats, report);
    return updateHandler({ ...ports, me: { id, username } });
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
      } else throw error;
    }
  };

  return poller({ ...ports, api, answering, prepare });
}
