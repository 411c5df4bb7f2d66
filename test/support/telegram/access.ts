import type { Bot } from './bot.ts';
import { badRequest, forbidden, upgraded } from './bot-api-error.ts';
import type { Chat } from './chat.ts';
import type { StoredMessage } from './message.ts';
import type { Parameters } from './parameters.ts';
import type { Telegram } from './telegram.ts';

/** The chat a call names, as far as its bot knows it. */
export function findChat(telegram: Telegram, bot: Bot, parameters: Parameters): Chat | undefined {
  const id = parameters.object('chat_id');
  if (typeof id === 'string' && id.startsWith('@')) {
    return [...telegram.chats.values()].find((chat) => chat.username?.toLowerCase() === id.slice(1).toLowerCase());
  }
  const number = Number(id);
  if (number < 0) return telegram.chats.get(number);
  const user = telegram.users.get(number);
  const knows = user && (user.hasMet(bot) || [...telegram.chats.values()].some(({ members }) => members.has(user.id)));
  return user && knows ? telegram.privateChat(bot, user) : undefined;
}

/** The chat a call names, readable by its bot, or the refusal Telegram gives. */
export function readableChat(telegram: Telegram, bot: Bot, parameters: Parameters): Chat {
  const id = parameters.object('chat_id');
  if (id === undefined || id === '') throw badRequest('chat_id is empty');
  const chat = findChat(telegram, bot, parameters);
  if (chat === undefined || (chat.kind !== 'private' && !chat.members.has(bot.id))) throw badRequest('chat not found');
  if (chat.kind === 'private') return chat;
  if (chat.migratedTo !== undefined) throw upgraded(chat.migratedTo.id);
  const { status } = chat.memberOf(bot.id);
  if (status === 'kicked') throw forbidden(`bot was kicked from the ${chat.kind} chat`);
  if (status === 'left') throw forbidden(`bot is not a member of the ${chat.kind} chat`);
  return chat;
}

/** The same, and writable: nobody blocked the bot, and it has the right. */
export function writableChat(
  telegram: Telegram,
  bot: Bot,
  parameters: Parameters,
  what: 'text messages' | 'documents',
): Chat {
  const chat = readableChat(telegram, bot, parameters);
  if (chat.kind === 'private') {
    const user = telegram.users.get(chat.id);
    if (user?.isDeactivated) throw forbidden('user is deactivated');
    if (user?.hasBlocked(bot)) throw forbidden('bot was blocked by the user');
    if (!user?.hasMet(bot)) throw forbidden("bot can't initiate conversation with a user");
    return chat;
  }
  const member = chat.memberOf(bot.id);
  if (chat.kind === 'channel' && !(chat.isAdministeredBy(bot.id) && member.mayPost !== false)) {
    throw badRequest('need administrator rights in the channel chat');
  }
  const may = what === 'documents' ? member.maySendDocuments : member.maySend;
  if (member.status === 'restricted' && !may) throw badRequest(`not enough rights to send ${what} to the chat`);
  return chat;
}

/** Refuses what is not an open topic of the chat. The General topic is named by leaving the thread out. */
export function checkThread(chat: Chat, threadId: number | undefined): void {
  if (threadId === undefined) return;
  const topic = chat.topics.get(threadId);
  if (topic === undefined) throw badRequest('message thread not found');
  if (topic.isClosed) throw badRequest('TOPIC_CLOSED');
}

/** @param what in Telegram's words, "message to edit" */
export function knownMessage(chat: Chat, parameters: Parameters, what: string): StoredMessage {
  const id = parameters.integer('message_id');
  if (id === undefined || id <= 0) throw badRequest('message identifier is not specified');
  const message = chat.messages.get(id);
  if (message === undefined || message.deletedBy === 'bot') throw badRequest(`${what} not found`);
  // What a person deleted the server finds out only when it tries.
  if (message.deletedBy === 'person') throw badRequest('MESSAGE_ID_INVALID');
  return message;
}
