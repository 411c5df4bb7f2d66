import type { Bot, BotOptions, PollingRules } from './bot.ts';
import { BotApi } from './bot-api.ts';
import { CallbackQueries } from './callback-queries.ts';
import type { Chat, Member } from './chat.ts';
import { Faults } from './faults.ts';
import { type FloodLimits, telegramLimits } from './flood-limiter.ts';
import { type HttpReply, type HttpRequest, HttpServer } from './http-server.ts';
import { type Call, Journal } from './journal.ts';
import { type SeenMessage, seenMessages } from './seen.ts';
import { type Clock, Telegram } from './telegram.ts';
import { User, type UserOptions } from './user.ts';

export interface DoubleOptions {
  /** dates, queue lifetimes, limits and the age of taps follow it; waiting polls do not */
  clock: Clock;
  /** of the first bot */
  bot?: BotOptions;
  /** default: any free one */
  port?: number;
  limits?: Partial<FloodLimits>;
  /** how long a tap may wait for its answer; Telegram does not say (default 60 s) */
  answerWithinMs?: number;
  rules?: Partial<PollingRules>;
  /** answers what is not the Bot API */
  page?: (request: HttpRequest, double: TelegramDouble) => Promise<HttpReply>;
}

export interface ChatOptions {
  kind?: 'group' | 'supergroup' | 'channel';
  title?: string;
  id?: number;
  username?: string;
  members?: readonly User[];
  administrators?: readonly User[];
  /** names by message_thread_id; makes it a forum */
  topics?: Readonly<Record<number, string>>;
  /** what the first bot is here (default: a member; in channels an administrator); undefined: never was here */
  bot?: Member | undefined;
}

/** Telegram on loopback: the Bot API in front, people behind it, a clock that only the test turns. */
export class TelegramDouble {
  readonly telegram: Telegram;
  readonly faults = new Faults();
  readonly journal = new Journal();
  /** the first bot */
  readonly bot: Bot;
  readonly #api: BotApi;
  readonly #server: HttpServer;

  constructor({ clock, bot, port = 0, limits, answerWithinMs = 60_000, rules, page }: DoubleOptions) {
    const queries = new CallbackQueries(clock, answerWithinMs);
    this.telegram = new Telegram(clock, queries, { conflictSpacing: false, fastRepeats: false, ...rules });
    this.bot = this.telegram.addBot(bot);
    this.#api = new BotApi(this.telegram, this.faults, this.journal, { ...telegramLimits, ...limits });
    this.#server = new HttpServer(port, (request) =>
      page !== undefined && !/^\/(?:file\/)?bot/.test(request.url.pathname)
        ? page(request, this)
        : this.#api.answer(request),
    );
  }

  /** The value for TELEGRAM_API_ROOT. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  open = (): Promise<void> => this.#server.open();

  /** Lets go of what stalls and closes; polls that wait end at once. */
  async close(): Promise<void> {
    this.faults.clear();
    await this.#server.close();
  }

  /** Connections are refused, and those that are open break, until `recover`. */
  breakDown = (): Promise<void> => this.#server.close();

  /** Back on the same port, with everything as it was. */
  recover = (): Promise<void> => this.#server.open();

  addBot = (options?: BotOptions): Bot => this.telegram.addBot(options);

  user(options: UserOptions): User {
    const user = new User(this.telegram, options);
    this.telegram.users.set(user.id, user);
    return user;
  }

  chat(options: ChatOptions = {}): Chat {
    const { kind = 'supergroup', title = 'Approvals', members = [], administrators = [], topics } = options;
    const chat = this.telegram.addChat(kind, title, options.id);
    chat.username = options.username;
    for (const user of members) chat.members.set(user.id, { status: 'member' });
    for (const user of administrators) chat.members.set(user.id, { status: 'administrator', isAnonymous: true });
    const usual: Member = { status: kind === 'channel' ? 'administrator' : 'member' };
    const place = 'bot' in options ? options.bot : usual;
    if (place !== undefined) chat.members.set(this.bot.id, place);
    for (const [id, name] of Object.entries(topics ?? {})) chat.topics.set(Number(id), { name, isClosed: false });
    chat.isForum = topics !== undefined;
    return chat;
  }

  /** A group becomes a supergroup, which it answers; calls to the old id are told so. */
  upgrade = (group: Chat): Chat => this.telegram.upgrade(group);

  /** What people see in a chat now. */
  messagesIn = (chat: Chat): SeenMessage[] => seenMessages(chat);

  /** The newest message that contains the text; throws when there is none. */
  messageWith(chat: Chat, text: string): SeenMessage {
    const messages = seenMessages(chat);
    const found = messages.findLast((message) => message.text.includes(text));
    if (found !== undefined) return found;
    throw new Error(
      `no message in "${chat.title}" says "${text}"; there is:\n${messages.map((each) => each.text).join('\n---\n')}`,
    );
  }

  callsOf = (...methods: string[]): Call[] => this.journal.callsOf(...methods);

  duringWindow = (work: () => Promise<unknown>): Promise<Call[]> => this.journal.duringWindow(work);

  /** How often a limit was exceeded and answered with 429; faults do not count. */
  get floodRefusals(): number {
    return this.#api.floodRefusals;
  }

  /** From now on; `{ perChatPerSecond: Infinity, … }` takes a limit away. */
  setLimits(limits: Partial<FloodLimits>): void {
    this.#api.limits = { ...this.#api.limits, ...limits };
  }

  /**
   * Waits until something is so: looks whenever a call came or was answered or a person did something, and every 20 ms,
   * for what happens elsewhere. Rejects after `withinMs` of real time.
   */
  async until<T>(find: () => T | undefined | false, withinMs = 10_000): Promise<T> {
    const now = find();
    if (now !== undefined && now !== false) return now;
    return new Promise<T>((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        clearInterval(again);
        stop();
        settle();
      };
      const look = () => {
        try {
          const found = find();
          if (found !== undefined && found !== false) end(() => resolve(found));
        } catch (error) {
          end(() => reject(error));
        }
      };
      const late = () => new Error(`still not so after ${withinMs} ms: ${find.toString()}`);
      const timer = setTimeout(() => end(() => reject(late())), withinMs);
      const again = setInterval(look, 20);
      const stop = this.telegram.onChange(look);
    });
  }
}

/** Opens a double; the caller closes it. */
export async function openTelegram(options: DoubleOptions): Promise<TelegramDouble> {
  const double = new TelegramDouble(options);
  await double.open();
  return double;
}
