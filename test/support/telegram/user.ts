import type {
  User as ApiUser,
  CallbackQuery,
  InlineKeyboardButton,
  InlineKeyboardMarkup,
  MessageEntity,
  MessageOrigin,
} from 'grammy/types';
import type { Bot } from './bot.ts';
import type { Answer, Tap } from './callback-queries.ts';
import type { Chat, Member } from './chat.ts';
import { findButton } from './keyboards.ts';
import { apiChat, apiMessage, type MessageRef, type StoredMessage } from './message.ts';
import { channelBot, groupAnonymousBot, telegramItself } from './special-accounts.ts';
import type { Telegram } from './telegram.ts';
import { tidy } from './text.ts';

export interface UserOptions {
  id: number;
  firstName: string;
  lastName?: string;
  username?: string;
  languageCode?: string;
}

export interface WriteOptions {
  replyTo?: MessageRef;
  /** message_thread_id of a topic */
  topic?: number;
  entities?: MessageEntity[];
}

/** A person with a Telegram client; a test speaks through it. */
export class User {
  readonly id: number;
  readonly firstName: string;
  readonly api: ApiUser;
  isDeactivated = false;
  readonly #telegram: Telegram;
  readonly #met = new Set<Bot>();
  readonly #blocked = new Set<Bot>();

  constructor(telegram: Telegram, { id, firstName, lastName, username, languageCode }: UserOptions) {
    this.#telegram = telegram;
    this.id = id;
    this.firstName = firstName;
    this.api = {
      id,
      is_bot: false,
      first_name: firstName,
      ...(lastName === undefined ? {} : { last_name: lastName }),
      ...(username === undefined ? {} : { username }),
      ...(languageCode === undefined ? {} : { language_code: languageCode }),
    };
  }

  hasMet = (bot: Bot): boolean => this.#met.has(bot);
  hasBlocked = (bot: Bot): boolean => this.#blocked.has(bot);

  /** The private chat with a bot. Reading it starts nothing. */
  privately(bot: Bot = this.#anyBot()): Chat {
    return this.#telegram.privateChat(bot, this);
  }

  /** Presses Start in the private chat. */
  starts(bot: Bot = this.#anyBot(), payload = ''): StoredMessage {
    return this.writes(this.privately(bot), `/start ${payload}`.trim());
  }

  /** Writes a message; in a private chat that also starts the bot. */
  writes(chat: Chat, text: string, options: WriteOptions = {}): StoredMessage {
    this.#meet(chat);
    return this.#telegram.post({ chat, from: this.api, ...this.#draft(chat, text, options) });
  }

  /** Writes as an administrator who hides behind the group. */
  writesAnonymously(chat: Chat, text: string, options: WriteOptions = {}): StoredMessage {
    if (!chat.isAdministeredBy(this.id)) throw new Error(`${this.firstName} does not administer "${chat.title}"`);
    return this.#telegram.post({
      chat,
      from: groupAnonymousBot,
      senderChat: chat,
      ...this.#draft(chat, text, options),
    });
  }

  /** Writes in a group in the name of a channel. */
  writesAsChannel(channel: Chat, chat: Chat, text: string, options: WriteOptions = {}): StoredMessage {
    return this.#telegram.post({ chat, from: channelBot, senderChat: channel, ...this.#draft(chat, text, options) });
  }

  /** Posts in a channel; its discussion group gets a copy by itself. */
  posts(channel: Chat, text: string): StoredMessage {
    const content = tidy({ text, entities: [] });
    const post = this.#telegram.post({ chat: channel, senderChat: channel, content });
    if (channel.linked !== undefined) {
      this.#telegram.post({
        chat: channel.linked,
        from: telegramItself,
        senderChat: channel,
        isAutomaticForward: true,
        content,
      });
    }
    return post;
  }

  /** Changes what they wrote. */
  edits(message: StoredMessage, text: string): void {
    message.content = tidy({ text, entities: [] });
    message.editDate = this.#telegram.now();
    this.#telegram.tell(message, message.chat.kind === 'channel' ? 'edited_channel_post' : 'edited_message');
    this.#telegram.changed();
  }

  /** Removes a message for everyone; bots are not told. */
  deletes({ chat, id }: MessageRef): void {
    this.#stored({ chat, id }).deletedBy = 'person';
    this.#telegram.changed();
  }

  /** Sends on what someone else wrote; buttons do not travel. */
  forwards(message: MessageRef, chat: Chat): StoredMessage {
    this.#meet(chat);
    const { content, document, from, date, forwardedFrom } = this.#stored(message);
    const origin: MessageOrigin = forwardedFrom ?? { type: 'user', sender_user: from ?? channelBot, date };
    const file = document === undefined ? {} : { document };
    return this.#telegram.post({ chat, from: this.api, content, forwardedFrom: origin, ...file });
  }

  /**
   * Presses a button that the message has now, named by its label or its data. Anonymous administrators too are
   * named in the tap.
   */
  taps(message: MessageRef, button: string): Tap {
    const stored = this.#stored(message);
    if (stored.deletedBy) throw new Error('the message is gone');
    return this.#press(stored, button, stored.keyboard === undefined ? [] : [stored.keyboard]);
  }

  /** Presses a button that the message had before, as a phone does that was offline; also after it was deleted. */
  tapsOld(message: MessageRef, button: string): Tap {
    const stored = this.#stored(message);
    const keyboards = stored.earlierKeyboards.toReversed();
    return this.#press(
      stored,
      button,
      stored.deletedBy && stored.keyboard ? [stored.keyboard, ...keyboards] : keyboards,
    );
  }

  /** Sends data that no button had, as a forged client can. */
  tapsForged(message: MessageRef, data: string): Tap {
    return this.#send(this.#stored(message), data);
  }

  blocks(bot: Bot = this.#anyBot()): void {
    this.#blocked.add(bot);
    this.#telegram.tellOfOwnPlace(bot, this.privately(bot), this, 'member', 'kicked');
  }

  unblocks(bot: Bot = this.#anyBot()): void {
    this.#blocked.delete(bot);
    this.#telegram.tellOfOwnPlace(bot, this.privately(bot), this, 'kicked', 'member');
  }

  /** Deletes the account. */
  deactivates(): void {
    this.isDeactivated = true;
  }

  /** Changes a bot's place in a group or channel, for instance `{ status: 'kicked' }`; the bot is told. */
  moves(bot: Bot, chat: Chat, to: Member): void {
    const before = chat.memberOf(bot.id).status;
    chat.members.set(bot.id, to);
    this.#telegram.tellOfOwnPlace(bot, chat, this, before, to.status);
  }

  /** What the bots answered to their taps, the oldest first. */
  get answers(): Answer[] {
    return this.#telegram.queries.taps.flatMap(({ user, answer }) => (user === this && answer ? [answer] : []));
  }

  #press(stored: StoredMessage, name: string, keyboards: readonly InlineKeyboardMarkup[]): Tap {
    const button = keyboards.map((keyboard) => findButton(keyboard, name)).find((found) => found !== undefined);
    if (button === undefined) {
      const labels = keyboards.flatMap((keyboard) => keyboard.inline_keyboard.flat().map(({ text }) => text));
      throw new Error(`no button "${name}" for ${this.firstName}; there is ${labels.join(', ') || 'none'}`);
    }
    return this.#send(stored, dataOf(button));
  }

  #send(stored: StoredMessage, data: string): Tap {
    const { bot, chat } = stored;
    if (bot === undefined) throw new Error('this message is not from a bot');
    const tap = this.#telegram.queries.open({ user: this, bot, message: { chat, id: stored.id }, data });
    const inaccessible = { chat: apiChat(chat), message_id: stored.id, date: 0 as const };
    bot.receive('callback_query', {
      id: tap.id,
      from: this.api,
      message: stored.deletedBy ? inaccessible : apiMessage(stored),
      chat_instance: String(chat.id * 7_919),
      data,
    } as CallbackQuery);
    this.#telegram.changed();
    return tap;
  }

  #draft(chat: Chat, text: string, { replyTo, topic, entities = [] }: WriteOptions) {
    const replied = replyTo && this.#stored(replyTo);
    if (replied !== undefined && replied.chat !== chat) throw new Error('a reply stands in the chat of its message');
    const thread = topic ?? (replied?.isTopicMessage ? replied.threadId : undefined);
    // Outside topics a reply carries its first message's id as a thread that cannot be written to.
    const loose = replied && chat.kind === 'supergroup' ? { threadId: replied.threadId ?? replied.id } : {};
    return {
      content: tidy({ text, entities }),
      ...(replied === undefined ? {} : { replyTo: replied.id }),
      ...(thread === undefined ? loose : { threadId: thread, isTopicMessage: true }),
    };
  }

  #meet(chat: Chat): void {
    if (chat.kind !== 'private') return;
    if (chat.id !== this.id) throw new Error(`${this.firstName} has no part in the private chat of ${chat.title}`);
    for (const bot of this.#telegram.bots) {
      if (!chat.has(bot.id)) continue;
      this.#met.add(bot);
      if (this.hasBlocked(bot)) this.unblocks(bot);
    }
  }

  #stored({ chat, id }: MessageRef): StoredMessage {
    const message = chat.messages.get(id);
    if (message === undefined) throw new Error(`there is no message ${id} in "${chat.title}"`);
    return message;
  }

  #anyBot(): Bot {
    const [bot] = this.#telegram.bots;
    if (bot === undefined) throw new Error('there is no bot');
    return bot;
  }
}

function dataOf(button: InlineKeyboardButton): string {
  if ('callback_data' in button) return button.callback_data;
  throw new Error(`the button "${button.text}" sends nothing to the bot`);
}
