import type { MessageEntity } from 'grammy/types';
import type { Chat } from './chat.ts';
import type { MessageRef, StoredMessage } from './message.ts';

/** A message as a person sees it now. */
export interface SeenMessage extends MessageRef {
  /** the name shown above it */
  from: string;
  isFromBot: boolean;
  /** the text, or the document's caption */
  text: string;
  entities: MessageEntity[];
  /** labels, row by row; those that are shown but dead are in brackets */
  buttons: string[][];
  document: { name: string; content: string } | undefined;
  replyTo: number | undefined;
  topic: number | undefined;
  isEdited: boolean;
  isSilent: boolean;
  isPinned: boolean;
  /** the client opens a reply to it by itself */
  asksForReply: boolean;
  reactions: string[];
  /** seconds since the epoch */
  date: number;
}

/** What stands in a chat now, the oldest first; service messages and what was deleted are left out. */
export const seenMessages = (chat: Chat): SeenMessage[] =>
  [...chat.messages.values()].filter(({ deletedBy, service }) => !deletedBy && !service).map(seen);

function seen(message: StoredMessage): SeenMessage {
  const { chat, id, content, document } = message;
  return {
    chat,
    id,
    from: message.senderChat?.title ?? message.from?.first_name ?? chat.title,
    isFromBot: message.bot !== undefined,
    text: content.text,
    entities: content.entities,
    buttons: (message.keyboard?.inline_keyboard ?? []).map((row) =>
      row.map((button) => ('disabled' in button ? `[${button.text}]` : button.text)),
    ),
    document: document && { name: document.name, content: document.content.toString('utf8') },
    replyTo: message.replyTo,
    topic: message.isTopicMessage ? message.threadId : undefined,
    isEdited: message.editDate !== undefined,
    isSilent: message.isSilent ?? false,
    isPinned: chat.pinned.includes(id),
    asksForReply: message.asksForReply ?? false,
    reactions: message.reactions.map((reaction) => ('emoji' in reaction ? reaction.emoji : reaction.type)),
    date: message.date,
  };
}
