import type { Message } from 'grammy/types';
import { Bot, type BotOptions, type PollingRules } from './bot.ts';
import type { CallbackQueries } from './callback-queries.ts';
import { Chat, type ChatKind } from './chat.ts';
import { apiChat, apiMessage, type StoredMessage } from './message.ts';
import type { User } from './user.ts';

/** Milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

/** Everything Telegram knows, without any transport: accounts, chats, messages, and who is told of what. */
export class Telegram {
  readonly clock: Clock;
  readonly rules: PollingRules;
  readonly bots: Bot[] = [];
  readonly users = new Map<number, User>();
  readonly chats = new Map<number, Chat>();
  readonly queries: CallbackQueries;
  readonly #privateChats = new Map<string, Chat>();
  readonly #listeners = new Set<() => void>();
  /** private chats and groups share one sequence of message ids; supergroups and channels have their own */
  #sharedMessageId = 0;
  #nextChatId = 1;

  constructor(clock: Clock, queries: CallbackQueries, rules: PollingRules) {
    this.clock = clock;
    this.queries = queries;
    this.rules = rules;
  }

  addBot(options: BotOptions = {}): Bot {
    const id = Number(/^\d+(?=:)/.exec(options.token ?? '')?.[0] ?? 8_000_000_001 + this.bots.length);
    const bot = new Bot(id, options, this.clock, this.rules);
    this.bots.push(bot);
    return bot;
  }

  addChat(kind: Exclude<ChatKind, 'private'>, title: string, id?: number): Chat {
    const number = this.#nextChatId++;
    const chat = new Chat(id ?? (kind === 'group' ? -4_000_000 - number : -1_002_000_000_000 - number), kind, title);
    this.chats.set(chat.id, chat);
    return chat;
  }

  /** The private chat of a person with a bot, made at its first use. */
  privateChat(bot: Bot, user: User): Chat {
    const key = `${bot.id} ${user.id}`;
    const chat = this.#privateChats.get(key) ?? new Chat(user.id, 'private', user.firstName);
    chat.members.set(bot.id, { status: 'member' });
    chat.members.set(user.id, { status: 'member' });
    this.#privateChats.set(key, chat);
    return chat;
  }

  /** Seconds since the epoch. */
  now(): number {
    return Math.floor(this.clock.now() / 1_000);
  }

  /** Puts a message into its chat, and tells the bots that may see it. */
  post(draft: Omit<StoredMessage, 'id' | 'date' | 'reactions' | 'earlierKeyboards'>): StoredMessage {
    const { chat } = draft;
    const ownIds = chat.kind === 'supergroup' || chat.kind === 'channel';
    const id = ownIds ? ++chat.lastMessageId : ++this.#sharedMessageId;
    const message: StoredMessage = { ...draft, id, date: this.now(), reactions: [], earlierKeyboards: [] };
    chat.messages.set(id, message);
    if (message.bot === undefined) this.tell(message, chat.kind === 'channel' ? 'channel_post' : 'message');
    this.changed();
    return message;
  }

  /** Sends a message's update to every bot that sees it. */
  tell(message: StoredMessage, kind: 'message' | 'edited_message' | 'channel_post' | 'edited_channel_post'): void {
    for (const bot of this.bots) {
      if (message.chat.has(bot.id) && this.#sees(bot, message)) bot.receive(kind, apiMessage(message) as never);
    }
  }

  /** Tells a bot that its own place in a chat has changed. */
  tellOfOwnPlace(bot: Bot, chat: Chat, by: User, before: string, after: string): void {
    const member = (status: string) => ({ status, user: bot.user, ...(status === 'kicked' ? { until_date: 0 } : {}) });
    bot.receive('my_chat_member', {
      chat: apiChat(chat),
      from: by.api,
      date: this.now(),
      old_chat_member: member(before),
      new_chat_member: member(after),
    } as never);
    this.changed();
  }

  /** A group becomes a supergroup: a new chat, in which message ids start anew. */
  upgrade(group: Chat): Chat {
    const supergroup = this.addChat('supergroup', group.title);
    for (const [id, member] of group.members) supergroup.members.set(id, member);
    group.migratedTo = supergroup;
    const notice = (service: Partial<Message>) => ({ content: { text: '', entities: [] }, service });
    this.post({ chat: group, ...notice({ migrate_to_chat_id: supergroup.id } as Partial<Message>) });
    this.post({ chat: supergroup, ...notice({ migrate_from_chat_id: group.id } as Partial<Message>) });
    return supergroup;
  }

  /** Wakes everyone who waits for something to happen. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** @returns how to stop listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Privacy mode: in groups a bot sees commands, replies to itself, its name, and what everyone is told. */
  #sees(bot: Bot, message: StoredMessage): boolean {
    const { chat, content } = message;
    if (chat.kind === 'private' || chat.kind === 'channel') return true;
    const addressed = /^\/\w+@(\w+)/.exec(content.text)?.[1];
    if (addressed !== undefined && addressed.toLowerCase() !== bot.user.username.toLowerCase()) return false;
    const replied = message.replyTo === undefined ? undefined : chat.messages.get(message.replyTo);
    return (
      bot.seesAllMessages ||
      chat.isAdministeredBy(bot.id) ||
      message.service !== undefined ||
      content.text.startsWith('/') ||
      replied?.bot === bot ||
      content.text.toLowerCase().includes(`@${bot.user.username.toLowerCase()}`)
    );
  }
}
