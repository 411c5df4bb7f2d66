import { knownMessage, readableChat, writableChat } from '../access.ts';
import { badRequest, notModified } from '../bot-api-error.ts';
import { readMarkup, sameKeyboard } from '../keyboards.ts';
import { apiMessage, type StoredMessage } from '../message.ts';
import { type FormattedText, readFormattedText, sameText } from '../text.ts';
import type { Context, Methods } from './method.ts';
import { longestCaption, longestText } from './sending.ts';

/** Bots may delete messages for two days. */
const deletableSeconds = 48 * 3_600;

/** Those that a bot may set without being premium; enough to tell one from a wrong text. */
const reactions = [
  '👍',
  '👎',
  '❤',
  '🔥',
  '👏',
  '🎉',
  '🤔',
  '🤯',
  '👀',
  '🙏',
  '👌',
  '💯',
  '⚡',
  '🏆',
  '✍',
  '🤝',
  '🫡',
  '🆒',
  '😢',
  '😱',
];

export const editing: Methods = {
  editMessageText(context) {
    const message = editable(context);
    const content = readFormattedText(context.parameters, ['text', 'entities']);
    if (content.text === '') throw badRequest('message text is empty');
    if (message.document !== undefined) throw badRequest('there is no text in the message to edit');
    if (content.text.length > longestText) throw badRequest('MESSAGE_TOO_LONG');
    return edit(context, message, content);
  },

  editMessageCaption(context) {
    const message = editable(context);
    const content = readFormattedText(context.parameters, ['caption', 'caption_entities']);
    if (message.document === undefined) throw badRequest('there is no caption in the message to edit');
    if (content.text.length > longestCaption) throw badRequest('message caption is too long');
    return edit(context, message, content);
  },

  editMessageReplyMarkup: (context) => {
    const message = editable(context);
    return edit(context, message, message.content);
  },

  deleteMessage({ telegram, bot, parameters }) {
    const chat = readableChat(telegram, bot, parameters);
    const message = knownMessage(chat, parameters, 'message to delete');
    const { mayDelete = true } = chat.memberOf(bot.id);
    const mayDeleteAll = chat.kind === 'private' || (chat.isAdministeredBy(bot.id) && mayDelete);
    if (message.bot !== bot && !mayDeleteAll) throw badRequest("message can't be deleted");
    if (telegram.now() - message.date > deletableSeconds) throw badRequest("message can't be deleted for everyone");
    message.deletedBy = 'bot';
    return true;
  },

  setMessageReaction({ telegram, bot, parameters }) {
    const chat = readableChat(telegram, bot, parameters);
    const message = knownMessage(chat, parameters, 'message to react');
    const chosen = (parameters.object('reaction') ?? []) as StoredMessage['reactions'];
    const isKnown = chosen.every((each) => each.type === 'emoji' && reactions.includes(each.emoji));
    if (!isKnown || chosen.length > 1) throw badRequest('REACTION_INVALID');
    message.reactions = chosen;
    return true;
  },

  pinChatMessage(context) {
    const { chat, message } = pinnable(context, 'message to pin');
    if (!chat.pinned.includes(message.id)) chat.pinned.push(message.id);
    return true;
  },

  unpinChatMessage(context) {
    const { telegram, bot, parameters } = context;
    const { pinned } = readableChat(telegram, bot, parameters);
    const at = pinned.lastIndexOf(parameters.integer('message_id') ?? pinned.at(-1) ?? 0);
    if (at === -1) throw badRequest('message to unpin not found');
    checkPinRight(context);
    pinned.splice(at, 1);
    return true;
  },
};

function editable({ telegram, bot, parameters }: Context): StoredMessage {
  const chat = writableChat(telegram, bot, parameters, 'text messages');
  const message = knownMessage(chat, parameters, 'message to edit');
  if (message.bot !== bot || message.hasFixedMarkup) throw badRequest("message can't be edited");
  return message;
}

/** An edit without `reply_markup` takes the keyboard away. */
function edit({ telegram, parameters }: Context, message: StoredMessage, content: FormattedText): unknown {
  const { keyboard, ...bare } = message;
  const { inline } = readMarkup(parameters.object('reply_markup'));
  if (sameText(content, message.content) && sameKeyboard(inline, keyboard)) throw notModified();
  const edited: StoredMessage = { ...bare, content, editDate: telegram.now() };
  if (inline !== undefined) edited.keyboard = inline;
  if (keyboard !== undefined && !sameKeyboard(inline, keyboard)) {
    edited.earlierKeyboards = [...message.earlierKeyboards, keyboard];
  }
  message.chat.messages.set(message.id, edited);
  return apiMessage(edited);
}

function pinnable(context: Context, what: string) {
  const { telegram, bot, parameters } = context;
  const chat = readableChat(telegram, bot, parameters);
  const message = knownMessage(chat, parameters, what);
  checkPinRight(context);
  return { chat, message };
}

function checkPinRight({ telegram, bot, parameters }: Context): void {
  const chat = readableChat(telegram, bot, parameters);
  if (chat.kind === 'private') return;
  if (!chat.isAdministeredBy(bot.id) || chat.memberOf(bot.id).mayPin === false) {
    throw badRequest('not enough rights to manage pinned messages in the chat');
  }
}
