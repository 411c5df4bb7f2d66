import type { CallbackQuery, ChatMemberUpdated, Message, Update } from 'grammy/types';
import type { App } from '../actions/app.ts';
import { takeCommand, takeWords } from '../actions/commands.ts';
import { reply } from '../actions/replies.ts';
import { tap } from '../actions/taps.ts';
import { noteChat, type Turn, takeChatNews } from '../actions/updates.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import type { HeldLease } from '../store/lease.ts';
import { isAnonymous, meaningOf, senderOf, topicOf } from './handlers-message.ts';
import type { Names } from './texts/names.ts';
import { readReply } from './texts/reply.ts';
import { answerToTap } from './texts/taps.ts';

/** What somebody who tapped is told; an empty text only ends their waiting. */
export interface Answer {
  queryId: string;
  text: string;
  alert: boolean;
}

/** Carries out one update, in one transaction. Throws where it was not carried out. */
export type HandleUpdate = (update: Update, lease?: HeldLease) => Promise<Answer | undefined>;

export interface HandlerPorts {
  app: App;
  me: { id: number; username: string };
  look: (requestId: string) => Promise<RequestAnswer>;
  /** what people are called, by id */
  names: () => Promise<Names>;
  now: () => number;
  /** IANA name */
  timeZone: string;
}

/** Words in a private chat are answered at most this often. */
const helpEveryMs = 60_000;

export function updateHandler(ports: HandlerPorts): HandleUpdate {
  const { app, me } = ports;
  const helpedAt = new Map<string, number>();

  return async (update, lease) => {
    const turn: Turn = { updateId: update.update_id, ...(lease ? { lease } : {}) };
    if (update.callback_query) return carryOutTap(update.callback_query, turn);
    if (update.message) await carryOutMessage(update.message, turn);
    if (update.my_chat_member) await takeOwnPlace(update.my_chat_member, turn);
    return undefined;
  };

  async function carryOutTap(query: CallbackQuery, turn: Turn): Promise<Answer> {
    const { message, data = '', from } = query;
    const outcome = await tap(app, {
      ...turn,
      ref: data,
      chat: message ? String(message.chat.id) : '',
      messageId: message?.message_id ?? 0,
      from: senderOf(from),
      isForwarded: message !== undefined && 'forward_origin' in message && message.forward_origin !== undefined,
    });
    const missing = outcome.kind === 'decided' ? (await ports.look(outcome.decided.request.id)).approvals?.missing : '';
    const facts = { names: await ports.names(), now: ports.now(), timeZone: ports.timeZone };
    return { queryId: query.id, ...answerToTap(outcome, { ...facts, ...(missing ? { missing } : {}) }) };
  }

  async function carryOutMessage(message: Message, turn: Turn): Promise<void> {
    const meant = meaningOf(message, me);
    if (meant.kind === 'moved') return takeChatNews(app, turn, meant);
    const { from } = message;
    if (meant.kind === 'nothing' || from === undefined) return;
    const isPrivate = message.chat.type === 'private';
    const written = {
      ...turn,
      chat: String(message.chat.id),
      topic: topicOf(message),
      from: senderOf(from),
      isAnonymous: isAnonymous(message),
    };
    if (isPrivate) await noteChat(app, { kind: 'opened', chat: written.chat });
    if (meant.kind === 'command') {
      return takeCommand(app, { ...written, name: meant.name, words: meant.words, isPrivate });
    }
    if (meant.kind === 'reply') {
      const said = { messageId: meant.messageId, sentAt: message.date * 1_000, says: readReply(meant.text) };
      if ((await reply(app, { ...written, ...said })).kind !== 'ignored') return;
    }
    if (isPrivate && mayHelp(written.chat)) await takeWords(app, written);
  }

  /** The bot was added to a chat, or taken out of it. */
  function takeOwnPlace({ chat, new_chat_member: place }: ChatMemberUpdated, turn: Turn): Promise<void> {
    const id = String(chat.id);
    const isOut = place.status === 'left' || place.status === 'kicked';
    if (!isOut) return takeChatNews(app, turn, { kind: 'opened', chat: id });
    const why = chat.type === 'private' ? 'The bot was blocked there.' : 'The bot was removed from it.';
    return takeChatNews(app, turn, { kind: 'closed', chat: id, why });
  }

  function mayHelp(chat: string): boolean {
    const now = ports.now();
    for (const [each, at] of helpedAt) if (now - at >= helpEveryMs) helpedAt.delete(each);
    if (helpedAt.has(chat)) return false;
    helpedAt.set(chat, now);
    return true;
  }
}
