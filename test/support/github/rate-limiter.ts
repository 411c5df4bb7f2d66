import type { Token } from './accounts.ts';
import { type GitHubError, limitExceeded, secondaryLimit } from './github-error.ts';
import type { Clock } from './site.ts';

/** GitHub's documented limits; Infinity takes one away. */
export interface Limits {
  /** requests of one token in an hour */
  perHour: number;
  /** of requests without a token */
  perHourAnonymous: number;
  /** what makes content, in a minute and in an hour */
  contentPerMinute: number;
  contentPerHour: number;
  /** a read is one point, a write five */
  pointsPerMinute: number;
  concurrent: number;
}

export const githubLimits: Readonly<Limits> = {
  perHour: 5_000,
  perHourAnonymous: 60,
  contentPerMinute: 80,
  contentPerHour: 500,
  pointsPerMinute: 900,
  concurrent: 100,
};

const minute = 60_000;
const hour = 60 * minute;

/** What one token has used, on the double's clock. */
export class RateLimiter {
  readonly #clock: Clock;
  limits: Limits;
  #windowEndsAt = 0;
  #used = 0;
  #recent: { at: number; isWrite: boolean }[] = [];
  inFlight = 0;

  constructor(clock: Clock, limits: Limits) {
    this.#clock = clock;
    this.limits = limits;
  }

  /** x-ratelimit-* as they stand. */
  headers(token: Token | undefined): Record<string, string> {
    const { limit, used, reset } = this.overview(token);
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(Math.max(0, limit - used)),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-used': String(used),
      'x-ratelimit-resource': 'core',
    };
  }

  overview(token: Token | undefined): { limit: number; used: number; remaining: number; reset: number } {
    this.#turn();
    const most = token === undefined ? this.limits.perHourAnonymous : this.limits.perHour;
    const limit = Math.min(most, 1_000_000_000);
    return {
      limit,
      used: this.#used,
      remaining: Math.max(0, limit - this.#used),
      reset: Math.ceil(this.#windowEndsAt / 1_000),
    };
  }

  /** The refusal of one request more, or nothing; then it is counted. */
  take(token: Token | undefined, isWrite: boolean): GitHubError | undefined {
    const { limit, used } = this.overview(token);
    if (used >= limit) return limitExceeded(token?.account.id ?? 0, this.headers(token));
    const now = this.#clock.now();
    this.#used += 1;
    this.#recent = this.#recent.filter(({ at }) => at > now - hour);
    const lastMinute = this.#recent.filter(({ at }) => at > now - minute);
    const writes = (taken: { isWrite: boolean }[]) => taken.filter((each) => each.isWrite).length;
    const points = lastMinute.length + 4 * writes(lastMinute) + (isWrite ? 5 : 1);
    const tooMany =
      this.inFlight > this.limits.concurrent ||
      points > this.limits.pointsPerMinute ||
      (isWrite && writes(lastMinute) >= this.limits.contentPerMinute) ||
      (isWrite && writes(this.#recent) >= this.limits.contentPerHour);
    if (tooMany) return secondaryLimit(60);
    this.#recent.push({ at: now, isWrite });
    return undefined;
  }

  /** A read that was answered with 304 does not count. */
  giveBack(): void {
    this.#used -= 1;
  }

  #turn(): void {
    const now = this.#clock.now();
    if (now < this.#windowEndsAt) return;
    this.#windowEndsAt = now + hour;
    this.#used = 0;
  }
}
