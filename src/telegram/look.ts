import { Api } from 'grammy';
import type { Chat, ChatMember, Update } from 'grammy/types';
import { lookRefusal } from './look-refusal.ts';

export interface BotAccount {
  /** numeric */
  id: string;
  /** without @ */
  username: string;
  mayJoinGroups: boolean;
  /** privacy mode is off: it reads every message of its groups */
  readsAll: boolean;
}

export interface LookedChat {
  /** numeric */
  id: string;
  kind: Chat['type'];
  /** of a private chat the person's name */
  title: string;
  hasTopics: boolean;
}

/** What an account is in a chat, and what it may do there. */
export interface Membership {
  status: ChatMember['status'];
  isIn: boolean;
  mayWrite: boolean;
  maySendFiles: boolean;
}

export interface SeenPerson {
  /** numeric */
  id: string;
  name: string;
  /** without @ */
  username?: string;
}

/** One update, as far as it shows a place and a person. */
export interface Sighting {
  chat: LookedChat;
  topic?: number;
  /** who wrote there, or brought the bot there; absent for anonymous administrators and channels */
  person?: SeenPerson;
  /** the group that this chat was before it became a supergroup */
  wasChat?: string;
}

export interface Sightings {
  seen: Sighting[];
  /** where to go on, given only where there is more than Telegram shows at once: going on there confirms these */
  nextOffset?: number;
}

/** Looks at a bot and its chats; changes nothing. Every method throws a GaiaError with a remedy, never with the token. */
export interface TelegramLook {
  me(): Promise<BotAccount>;
  /** @returns where updates are pushed to: the host alone, since such addresses often hold the token */
  webhook(): Promise<{ host: string | null; pending: number }>;
  chat(id: string): Promise<LookedChat>;
  member(chat: string, id: string): Promise<Membership>;
  /** Throws where nothing could be written now: a blocked bot, a closed topic. Shows “typing…” there for a moment. */
  tryPlace(place: { chat: string; topic?: number }): Promise<void>;
  /** What came in, from `offset` on; nothing is confirmed without one. Waits up to `waitSeconds` for the first. */
  sightings(how: { offset?: number; waitSeconds: number; signal: AbortSignal }): Promise<Sightings>;
}

export interface LookOptions {
  token: string;
  apiRoot: string;
  /** of every call but `sightings`, which may wait longer; default 5 */
  timeoutSeconds?: number;
}

/** Those that Gaia takes, so that a tap that comes meanwhile is kept for it. */
const kinds = ['message', 'callback_query', 'my_chat_member'] as const;
/** Telegram gives at most so many at once. */
const mostUpdates = 100;

export function telegramLook({ token, apiRoot, timeoutSeconds = 5 }: LookOptions): TelegramLook {
  const api = new Api(token, { apiRoot, timeoutSeconds });
  return {
    async me() {
      const me = await explained(api.getMe());
      return {
        id: String(me.id),
        username: me.username,
        mayJoinGroups: me.can_join_groups,
        readsAll: me.can_read_all_group_messages,
      };
    },
    async webhook() {
      const { url = '', pending_update_count: pending } = await explained(api.getWebhookInfo());
      return { host: url === '' ? null : hostOf(url), pending };
    },
    chat: async (id) => looked(await explained(api.getChat(id))),
    async member(chat, id) {
      const [{ permissions, type }, member] = await Promise.all([
        explained(api.getChat(chat)),
        explained(api.getChatMember(chat, Number(id))),
      ]);
      return membership(type, member, permissions);
    },
    async tryPlace({ chat, topic }) {
      await explained(api.sendChatAction(chat, 'typing', topic === undefined ? {} : { message_thread_id: topic }));
    },
    async sightings({ offset, waitSeconds, signal }) {
      const waiting = new Api(token, { apiRoot, timeoutSeconds: waitSeconds + timeoutSeconds });
      const how = { limit: mostUpdates, timeout: waitSeconds, allowed_updates: kinds };
      const updates = waiting.getUpdates(
        { ...how, ...(offset === undefined ? {} : { offset }) },
        signal as Parameters<Api['getUpdates']>[1],
      );
      const found = await explained(updates, signal);
      const last = found.length === mostUpdates ? found.at(-1) : undefined;
      const seen = found.flatMap((update) => sightingOf(update) ?? []);
      return { seen, ...(last && { nextOffset: last.update_id + 1 }) };
    },
  };
}

async function explained<Result>(call: Promise<Result>, signal?: AbortSignal): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    signal?.throwIfAborted();
    throw lookRefusal(error);
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'an address that is none');

const looked = (chat: Chat): LookedChat => ({
  id: String(chat.id),
  kind: chat.type,
  title: 'title' in chat && chat.title !== undefined ? chat.title : nameOf(chat as { first_name?: string }),
  hasTopics: 'is_forum' in chat && chat.is_forum === true,
});

const nameOf = ({ first_name, last_name }: { first_name?: string; last_name?: string }): string =>
  [first_name, last_name].filter(Boolean).join(' ') || 'without a name';

interface Permissions {
  can_send_messages?: boolean;
  can_send_documents?: boolean;
}

/** `everyone`: what members without rights of their own may do in the chat. */
function membership(kind: Chat['type'], member: ChatMember, everyone: Permissions = {}): Membership {
  const { status } = member;
  const isIn = status === 'restricted' ? member.is_member : !['left', 'kicked'].includes(status);
  const may = (own: boolean | undefined, usual: boolean | undefined): boolean => {
    if (!isIn) return false;
    if (status === 'creator' || (status === 'administrator' && kind !== 'channel')) return true;
    if (status === 'administrator') return member.can_post_messages === true;
    if (status === 'restricted') return own === true;
    return kind !== 'channel' && usual !== false;
  };
  const own: Permissions = status === 'restricted' ? member : {};
  return {
    status,
    isIn,
    mayWrite: may(own.can_send_messages, everyone.can_send_messages),
    maySendFiles: may(own.can_send_documents, everyone.can_send_documents),
  };
}

function sightingOf({ message, my_chat_member: place }: Update): Sighting | undefined {
  if (place) return { chat: looked(place.chat), ...personIn(place.from) };
  if (message === undefined) return undefined;
  const { is_topic_message, message_thread_id: topic, migrate_from_chat_id: was } = message;
  return {
    chat: looked(message.chat),
    ...(is_topic_message && topic !== undefined && { topic }),
    ...(message.sender_chat === undefined && message.from && personIn(message.from)),
    ...(was !== undefined && { wasChat: String(was) }),
  };
}

type TelegramUser = NonNullable<NonNullable<Update['message']>['from']>;

function personIn(user: TelegramUser): { person?: SeenPerson } {
  if (user.is_bot) return {};
  return { person: { id: String(user.id), name: nameOf(user), ...(user.username && { username: user.username }) } };
}

/**
 * Telegram's clock, by the header of an answer that needs no token, in ms since the epoch; cut to whole seconds.
 * Undefined where the answer has none.
 */
export async function readTelegramClock(apiRoot: string, signal: AbortSignal): Promise<number | undefined> {
  const answer = await fetch(apiRoot, { method: 'HEAD', redirect: 'manual', signal });
  const at = Date.parse(answer.headers.get('date') ?? '');
  return Number.isNaN(at) ? undefined : at;
}
