import { tooMany } from '../core/errors.ts';

export interface RateLimiter {
  /** counts one call, or throws `too_many` */
  spend(who: string, message: string): void;
  /** throws `too_many` when nothing is left, without counting */
  mayTry(who: string, message: string): void;
  count(who: string): void;
}

/** Counts calls by name within a window of a minute. Forgets everyone who has been quiet for one. */
export function rateLimiter({ perMinute, now }: { perMinute: number; now: () => number }): RateLimiter {
  const windows = new Map<string, { since: number; calls: number }>();
  const windowOf = (who: string) => {
    const at = now();
    const kept = windows.get(who);
    if (kept && at - kept.since < 60_000) return kept;
    if (windows.size > 10_000)
      for (const [name, window] of windows) if (at - window.since >= 60_000) windows.delete(name);
    const fresh = { since: at, calls: 0 };
    windows.set(who, fresh);
    return fresh;
  };
  const mayTry = (who: string, message: string) => {
    const window = windowOf(who);
    if (window.calls < perMinute) return;
    const seconds = Math.max(1, Math.ceil((window.since + 60_000 - now()) / 1000));
    throw tooMany(message, {
      reason: 'rate_limited',
      remedy: `Try again in ${seconds} seconds.`,
      retryAfterSeconds: seconds,
    });
  };
  const count = (who: string) => {
    windowOf(who).calls++;
  };
  return {
    mayTry,
    count,
    spend(who, message) {
      mayTry(who, message);
      count(who);
    },
  };
}
