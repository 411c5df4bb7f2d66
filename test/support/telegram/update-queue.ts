import type { Update } from 'grammy/types';
import type { Clock } from './telegram.ts';

export type UpdateKind = Exclude<keyof Update, 'update_id'>;

/** How long an update waits to be fetched (the official server's source). */
const lifetimesMs: Partial<Record<UpdateKind, number>> = { callback_query: 150_000, inline_query: 30_000 };
const usualLifetimeMs = 24 * 3_600_000;

/** Not sent unless asked for by name. */
const onlyOnRequest: readonly UpdateKind[] = ['chat_member', 'message_reaction', 'message_reaction_count'];

interface Queued {
  update: Update;
  expiresAt: number;
}

/** One bot's updates until it confirms them by an offset, or until they are too old. */
export class UpdateQueue {
  readonly #clock: Clock;
  #queued: Queued[] = [];
  #nextId = 700_000_001;
  #allowed: ReadonlySet<string> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Remembered until the next list; an empty one means the usual kinds. Does not touch what is queued already. */
  allow(kinds: readonly string[]): void {
    this.#allowed = kinds.length === 0 ? undefined : new Set(kinds);
  }

  get allowed(): string[] | undefined {
    return this.#allowed && [...this.#allowed];
  }

  /** Whether it was queued: updates that are not allowed never are. */
  push<K extends UpdateKind>(kind: K, content: NonNullable<Update[K]>): boolean {
    if (!(this.#allowed?.has(kind) ?? !onlyOnRequest.includes(kind))) return false;
    const update = { update_id: this.#nextId++, [kind]: content } as Update;
    this.#queued.push({ update, expiresAt: this.#clock.now() + (lifetimesMs[kind] ?? usualLifetimeMs) });
    return true;
  }

  /** Sets the number of the next update, as after a week of silence when Telegram takes a random one. */
  continueAt(updateId: number): void {
    this.#nextId = updateId;
  }

  /** Confirms everything below `offset` (a negative one keeps that many of the newest) and shows what is next. */
  take(offset: number, limit: number): Update[] {
    this.#dropExpired();
    if (offset < 0) this.#queued = this.#queued.slice(offset);
    else if (offset > 0) this.#queued = this.#queued.filter(({ update }) => update.update_id >= offset);
    return this.#queued.slice(0, limit).map(({ update }) => update);
  }

  get size(): number {
    this.#dropExpired();
    return this.#queued.length;
  }

  clear(): void {
    this.#queued = [];
  }

  #dropExpired(): void {
    const now = this.#clock.now();
    this.#queued = this.#queued.filter(({ expiresAt }) => expiresAt > now);
  }
}
