import type { Message, User } from 'grammy/types';
import type { Sender } from '../actions/updates.ts';
import { visible } from '../core/text/visible.ts';

/** What Gaia can do with a message. */
export type Meant =
  | { kind: 'moved'; from: string; to: string }
  | { kind: 'command'; name: string; words: string }
  /** an answer to one of Gaia's own messages */
  | { kind: 'reply'; messageId: number; text: string }
  | { kind: 'words' }
  | { kind: 'nothing' };

/** The longest name of a person that is kept, in characters. */
const nameLength = 64;

export const senderOf = ({ id, first_name, last_name }: User): Sender => ({
  id: String(id),
  name: visible([...[first_name, last_name].filter(Boolean).join(' ').trim()].slice(0, nameLength).join('')),
});

/** Whether nobody can tell who wrote it: an administrator behind the group, or a channel. */
export const isAnonymous = ({ sender_chat }: Message): boolean => sender_chat !== undefined;

/** The topic a message stands in; what Telegram calls a thread outside forums is none. */
export const topicOf = ({ is_topic_message, message_thread_id }: Message): number | null =>
  is_topic_message ? (message_thread_id ?? null) : null;

/** What a message means. What was sent on, or written by way of another bot, is never more than words. */
export function meaningOf(message: Message, me: { id: number; username: string }): Meant {
  const { chat, migrate_to_chat_id: to, migrate_from_chat_id: from, text } = message;
  if (to !== undefined) return { kind: 'moved', from: String(chat.id), to: String(to) };
  if (from !== undefined) return { kind: 'moved', from: String(from), to: String(chat.id) };
  if (text === undefined || message.from === undefined) return { kind: 'nothing' };
  if (message.from.is_bot && !isAnonymous(message)) return { kind: 'nothing' };
  if (message.is_automatic_forward || chat.type === 'channel') return { kind: 'nothing' };
  if (message.forward_origin || message.via_bot) return { kind: 'words' };
  const command = commandOf(message, text, me.username);
  if (command) return command;
  const replied = message.reply_to_message;
  return replied?.from?.id === me.id ? { kind: 'reply', messageId: replied.message_id, text } : { kind: 'words' };
}

/** A command at the very beginning. In a group only what names this bot, or is none of another's. */
function commandOf(message: Message, text: string, username: string): Meant | undefined {
  const first = message.entities?.find(({ type, offset }) => type === 'bot_command' && offset === 0);
  if (first === undefined) return undefined;
  const [name = '', bot] = text.slice(1, first.length).toLowerCase().split('@');
  if (bot !== undefined && bot !== username.toLowerCase()) return { kind: 'nothing' };
  return { kind: 'command', name, words: text.slice(first.length).trim() };
}
