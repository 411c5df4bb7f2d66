import { setTimeout as after } from 'node:timers/promises';
import type { User as ApiUser, BotCommand, Update, UserFromGetMe } from 'grammy/types';
import { otherPoller, unauthorized } from './bot-api-error.ts';
import type { Clock } from './telegram.ts';
import { type UpdateKind, UpdateQueue } from './update-queue.ts';

export interface BotOptions {
  /** default: a token of its own */
  token?: string;
  username?: string;
  name?: string;
  /** privacy mode off: it sees every message of its groups */
  seesAllMessages?: boolean;
}

export interface Poll {
  offset: number;
  limit: number;
  /** 0: answers at once */
  timeoutSeconds: number;
  /** aborted when its client has gone, or the server closes */
  gone: AbortSignal;
}

/** How the server treats pollers that come too fast; off by default, since tests would wait for it. */
export interface PollingRules {
  /** a second conflict within 3 s is told only after 3 s */
  conflictSpacing: boolean;
  /** the same offset within 3 s waits at most 3 s, within 0.5 s brings one update */
  fastRepeats: boolean;
}

interface Waiting {
  poll: Poll;
  serve(): void;
  refuse(reason: () => Promise<Error>): void;
}

const spacingMs = 3_000;

/** A bot's account: who it is, its updates and its menus. */
export class Bot {
  readonly id: number;
  readonly token: string;
  readonly user: ApiUser & { username: string };
  readonly seesAllMessages: boolean;
  readonly queue: UpdateQueue;
  /** by scope and language, as JSON */
  readonly commands = new Map<string, BotCommand[]>();
  readonly rules: PollingRules;
  #isRevoked = false;
  webhookUrl = '';
  #waiting: Waiting | undefined;
  #nextConflictAt = 0;
  #last = { offset: Number.NaN, at: 0 };

  constructor(id: number, options: BotOptions, clock: Clock, rules: PollingRules) {
    this.id = id;
    this.token = options.token ?? `${id}:AAF-double-of-telegram-0123456789abcdef`;
    this.user = {
      id,
      is_bot: true,
      first_name: options.name ?? 'Gaia',
      username: options.username ?? `gaia_${id}_bot`,
    };
    this.seesAllMessages = options.seesAllMessages ?? false;
    this.queue = new UpdateQueue(clock);
    this.rules = rules;
  }

  get me(): UserFromGetMe {
    return {
      ...this.user,
      is_bot: true,
      can_join_groups: true,
      can_read_all_group_messages: this.seesAllMessages,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
    } as UserFromGetMe;
  }

  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** Its token is refused from now on, also to the poll that waits. */
  revoke(): void {
    this.#isRevoked = true;
    this.#waiting?.refuse(async () => unauthorized());
  }

  /** Whether a long poll waits now. */
  get isPolled(): boolean {
    return this.#waiting !== undefined;
  }

  /** Queues an update and wakes the long poll at once. */
  receive<K extends UpdateKind>(kind: K, content: NonNullable<Update[K]>): void {
    if (this.queue.push(kind, content)) this.#waiting?.serve();
  }

  /** Waits in real time, since its client does. Only a poll that waits is refused by a newer one (409). */
  poll(poll: Poll): Promise<Update[]> {
    const { offset, limit, timeoutSeconds } = this.#slowed(poll);
    const ready = this.queue.take(offset, limit);
    if (ready.length > 0 || timeoutSeconds === 0) return Promise.resolve(ready);
    this.#waiting?.refuse(() => this.#conflict());
    return new Promise((resolve, reject) => {
      const end = (answer: () => void) => {
        if (this.#waiting === waiting) this.#waiting = undefined;
        clearTimeout(timer);
        poll.gone.removeEventListener('abort', serve);
        answer();
      };
      const serve = () => end(() => resolve(this.queue.take(offset, limit)));
      const timer = setTimeout(serve, timeoutSeconds * 1_000);
      const waiting: Waiting = {
        poll,
        serve,
        refuse: (reason) => end(() => void reason().then(reject)),
      };
      this.#waiting = waiting;
      poll.gone.addEventListener('abort', serve);
      if (poll.gone.aborted) serve();
    });
  }

  async #conflict(): Promise<Error> {
    const now = performance.now();
    if (this.rules.conflictSpacing && now < this.#nextConflictAt) await after(spacingMs);
    else this.#nextConflictAt = now + spacingMs;
    return otherPoller();
  }

  #slowed(poll: Poll): Poll {
    const { offset } = poll;
    const since = performance.now() - this.#last.at;
    const repeats = this.rules.fastRepeats && this.#last.offset === offset;
    this.#last = { offset, at: performance.now() };
    if (!repeats || since > spacingMs) return poll;
    return { ...poll, timeoutSeconds: Math.min(3, poll.timeoutSeconds), limit: since < 500 ? 1 : poll.limit };
  }
}
