import { checkThread, readableChat, writableChat } from '../access.ts';
import { badRequest } from '../bot-api-error.ts';
import type { Chat } from '../chat.ts';
import { readMarkup } from '../keyboards.ts';
import { apiMessage, type StoredDocument } from '../message.ts';
import { readFormattedText } from '../text.ts';
import type { Context, Methods } from './method.ts';

/** UTF-16 units, after markup is read. */
export const longestText = 4_096;
export const longestCaption = 1_024;
const largestDocumentBytes = 50 * 1024 * 1024;

const chatActions = ['typing', 'upload_photo', 'record_video', 'upload_video', 'record_voice', 'upload_voice'].concat([
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
]);

let documents = 0;

export const sending: Methods = {
  sendMessage(context) {
    const { telegram, bot, parameters } = context;
    const chat = writableChat(telegram, bot, parameters, 'text messages');
    const content = readFormattedText(parameters, ['text', 'entities']);
    if (content.text === '') throw badRequest('message text is empty');
    if (content.text.length > longestText) throw badRequest('message is too long');
    return apiMessage(telegram.post({ ...envelope(context, chat), content }));
  },

  sendDocument(context) {
    const { telegram, bot, parameters } = context;
    const chat = writableChat(telegram, bot, parameters, 'documents');
    const content = readFormattedText(parameters, ['caption', 'caption_entities']);
    if (content.text.length > longestCaption) throw badRequest('message caption is too long');
    return apiMessage(telegram.post({ ...envelope(context, chat), content, document: readDocument(context) }));
  },

  sendChatAction({ telegram, bot, parameters }) {
    const chat = writableChat(telegram, bot, parameters, 'text messages');
    checkThread(chat, parameters.integer('message_thread_id'));
    if (!chatActions.includes(parameters.text('action') ?? '')) {
      throw badRequest('wrong parameter action in request');
    }
    return true;
  },

  getFile({ telegram, bot, parameters }) {
    const id = parameters.text('file_id') ?? '';
    const messages = [...telegram.chats.values(), ...[...telegram.users.values()].map((user) => user.privately(bot))];
    const found = messages
      .flatMap((chat) => [...chat.messages.values()])
      .find(({ document }) => document?.fileId === id);
    if (found?.document === undefined) throw badRequest('wrong file_id or the file is temporarily unavailable');
    const { name, content } = found.document;
    return { file_id: id, file_unique_id: `unique-${id}`, file_size: content.length, file_path: `documents/${name}` };
  },
};

/** Everything of a message but its content. */
function envelope(context: Context, chat: Chat) {
  const { bot, parameters } = context;
  const markup = readMarkup(parameters.object('reply_markup'));
  const replyTo = readReply(context, chat);
  const replied = replyTo === undefined ? undefined : chat.messages.get(replyTo);
  const asked = parameters.integer('message_thread_id');
  checkThread(chat, asked);
  const thread = asked ?? (replied?.isTopicMessage ? replied.threadId : undefined);
  return {
    chat,
    bot,
    ...(chat.kind === 'channel' ? { senderChat: chat } : { from: bot.user }),
    ...(markup.inline === undefined ? {} : { keyboard: markup.inline }),
    ...(markup.forceReply === undefined ? {} : { asksForReply: true }),
    hasFixedMarkup: markup.forceReply !== undefined || markup.hasReplyKeyboard,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { threadId: thread, isTopicMessage: true }),
    ...(parameters.flag('disable_notification') ? { isSilent: true } : {}),
    ...(parameters.flag('protect_content') ? { isProtected: true } : {}),
  };
}

function readReply({ telegram, bot, parameters }: Context, chat: Chat): number | undefined {
  const given = (parameters.object('reply_parameters') ?? {}) as {
    message_id?: number;
    chat_id?: number;
    allow_sending_without_reply?: boolean;
  };
  const id = given.message_id ?? parameters.integer('reply_to_message_id');
  if (id === undefined) return undefined;
  if (given.chat_id !== undefined && given.chat_id !== chat.id) {
    readableChat(telegram, bot, parameters);
    throw badRequest('the double knows no replies across chats');
  }
  const replied = chat.messages.get(id);
  if (replied !== undefined && !replied.deletedBy) return id;
  if (given.allow_sending_without_reply || parameters.flag('allow_sending_without_reply')) return undefined;
  throw badRequest('message to be replied not found');
}

function readDocument({ telegram, bot, parameters }: Context): StoredDocument {
  const uploaded = parameters.file('document');
  if (uploaded === undefined) {
    const known = findDocument(telegram.chats.values(), parameters.text('document'));
    if (known !== undefined) return known;
    throw badRequest(
      parameters.object('document') === undefined
        ? 'there is no document in the request'
        : 'wrong remote file identifier specified: Wrong string length',
    );
  }
  if (uploaded.content.length === 0) throw badRequest('file must be non-empty');
  if (uploaded.content.length > largestDocumentBytes) throw badRequest('file is too big');
  documents += 1;
  return { ...uploaded, fileId: `BQACAgIAAx-${bot.id}-${documents}` };
}

function findDocument(chats: Iterable<Chat>, fileId: string | undefined): StoredDocument | undefined {
  for (const chat of chats) {
    for (const { document } of chat.messages.values()) if (document?.fileId === fileId) return document;
  }
  return undefined;
}
