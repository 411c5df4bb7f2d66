import type {
  Chat as ApiChat,
  User as ApiUser,
  InlineKeyboardMarkup,
  Message,
  MessageOrigin,
  ReactionType,
} from 'grammy/types';
import type { Bot } from './bot.ts';
import type { Chat } from './chat.ts';
import type { UploadedFile } from './multipart.ts';
import type { FormattedText } from './text.ts';

/** Where a message is. */
export interface MessageRef {
  chat: Chat;
  id: number;
}

export interface StoredDocument extends UploadedFile {
  fileId: string;
}

/** A message as Telegram keeps it. */
export interface StoredMessage extends MessageRef {
  /** seconds since the epoch */
  date: number;
  editDate?: number;
  from?: ApiUser;
  /** channels and anonymous administrators */
  senderChat?: Chat;
  /** the bot that sent it */
  bot?: Bot;
  /** the text, or the document's caption */
  content: FormattedText;
  document?: StoredDocument;
  keyboard?: InlineKeyboardMarkup;
  /** those it had before, the newest last */
  earlierKeyboards: InlineKeyboardMarkup[];
  /** it asks for a reply, or carries an old-style keyboard: such messages cannot be edited */
  hasFixedMarkup?: boolean;
  asksForReply?: boolean;
  replyTo?: number;
  threadId?: number;
  isTopicMessage?: boolean;
  forwardedFrom?: MessageOrigin;
  isAutomaticForward?: boolean;
  isSilent?: boolean;
  isProtected?: boolean;
  /** members who joined, a migration, … as the Bot API names them */
  service?: Partial<Message>;
  reactions: ReactionType[];
  deletedBy?: 'bot' | 'person';
}

/** The message as the Bot API shows it now. */
export function apiMessage(message: StoredMessage): Message {
  const { chat, content, document } = message;
  const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
  const text = { ...(content.text === '' ? {} : { text: content.text }), ...listed('entities', content.entities) };
  const caption = {
    ...(content.text === '' ? {} : { caption: content.text }),
    ...listed('caption_entities', content.entities),
  };
  return defined({
    message_id: message.id,
    message_thread_id: message.threadId,
    from: message.from,
    sender_chat: message.senderChat && apiChat(message.senderChat),
    chat: apiChat(chat),
    date: message.date,
    edit_date: message.editDate,
    is_topic_message: message.isTopicMessage,
    is_automatic_forward: message.isAutomaticForward,
    has_protected_content: message.isProtected,
    forward_origin: message.forwardedFrom,
    reply_to_message: replied && !replied.deletedBy ? apiMessage(withoutReply(replied)) : undefined,
    ...(document ? { document: apiDocument(document), ...caption } : text),
    reply_markup: message.keyboard,
    ...message.service,
  }) as unknown as Message;
}

export function apiChat(chat: Chat): ApiChat {
  if (chat.kind === 'private') return { id: chat.id, type: 'private', first_name: chat.title };
  return defined({
    id: chat.id,
    type: chat.kind,
    title: chat.title,
    username: chat.username,
    is_forum: chat.isForum || undefined,
  }) as unknown as ApiChat;
}

export const apiDocument = ({ fileId, name, content }: StoredDocument): Record<string, unknown> => ({
  file_id: fileId,
  file_unique_id: `unique-${fileId}`,
  file_name: name,
  file_size: content.length,
});

/** Drops what is undefined, as JSON does. */
export const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T;

function withoutReply({ replyTo: _, ...message }: StoredMessage): StoredMessage {
  return message;
}

const listed = (name: string, values: readonly unknown[]): Record<string, unknown> =>
  values.length === 0 ? {} : { [name]: values };
