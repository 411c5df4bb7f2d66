import type { Chat } from './chat.ts';
import type { Clock } from './telegram.ts';

/** Telegram's limits on what a bot sends and edits; the exact ones are not published. */
export interface FloodLimits {
  /** messages and edits a second in one chat, in the long run */
  perChatPerSecond: number;
  /** how many may come at once after a rest */
  chatBurst: number;
  /** in any 60 s, in groups, supergroups and channels */
  perGroupPerMinute: number;
  /** in any second, over all chats */
  perSecond: number;
}

export const telegramLimits: FloodLimits = {
  perChatPerSecond: 1,
  chatBurst: 3,
  perGroupPerMinute: 20,
  perSecond: 30,
};

interface Lane {
  tokens: number;
  refilledAt: number;
  /** calls of the last minute */
  taken: number[];
  blockedUntil: number;
}

/** Counts what one bot sends, on the double's clock; a refused lane stays refused until `retry_after` is over. */
export class FloodLimiter {
  limits: FloodLimits;
  /** calls refused so far */
  refusals = 0;
  readonly #clock: Clock;
  readonly #lanes = new Map<number, Lane>();
  #recent: number[] = [];

  constructor(clock: Clock, limits: FloodLimits) {
    this.#clock = clock;
    this.limits = limits;
  }

  /** Seconds to wait, or undefined when the call may pass; one that passes is counted. */
  retryAfter(chat: Chat): number | undefined {
    const now = this.#clock.now();
    const lane = this.#laneOf(chat, now);
    const waitMs = Math.max(lane.blockedUntil - now, this.#waitMs(chat, lane, now));
    if (waitMs > 0) {
      this.refusals += 1;
      const seconds = Math.ceil(waitMs / 1_000);
      lane.blockedUntil = Math.max(lane.blockedUntil, now + seconds * 1_000);
      return seconds;
    }
    lane.tokens -= 1;
    lane.taken.push(now);
    this.#recent.push(now);
    return undefined;
  }

  #laneOf(chat: Chat, now: number): Lane {
    const { perChatPerSecond, chatBurst } = this.limits;
    const lane = this.#lanes.get(chat.id) ?? { tokens: chatBurst, refilledAt: now, taken: [], blockedUntil: 0 };
    const refill = ((now - lane.refilledAt) / 1_000) * perChatPerSecond;
    lane.tokens = Math.min(chatBurst, lane.tokens + Math.max(0, refill));
    lane.refilledAt = now;
    lane.taken = lane.taken.filter((at) => at > now - 60_000);
    this.#lanes.set(chat.id, lane);
    return lane;
  }

  #waitMs(chat: Chat, lane: Lane, now: number): number {
    const { perChatPerSecond, perGroupPerMinute, perSecond } = this.limits;
    this.#recent = this.#recent.filter((at) => at > now - 1_000);
    // A thousandth of tolerance, for the sums of fractions.
    const forToken = Math.max(0, ((0.999 - lane.tokens) / perChatPerSecond) * 1_000);
    const forGroup = chat.kind === 'private' ? 0 : untilFree(lane.taken, perGroupPerMinute, 60_000, now);
    return Math.max(forToken, forGroup, untilFree(this.#recent, perSecond, 1_000, now));
  }
}

function untilFree(taken: readonly number[], most: number, windowMs: number, now: number): number {
  const oldest = taken[taken.length - most];
  return oldest === undefined ? 0 : oldest + windowMs - now;
}
