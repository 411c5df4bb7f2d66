import { describe, expect, test } from 'vitest';
import { GaiaError } from '../../src/core/errors.ts';
import { rateLimiter } from '../../src/http/rate-limit.ts';
import { aClock } from '../support/store.ts';

describe('a rate limit', () => {
  test('lets so many through in a minute, each name for itself', () => {
    const clock = aClock();
    const limiter = rateLimiter({ perMinute: 2, now: clock.now });
    for (const name of ['a', 'b', 'a', 'b']) limiter.spend(name, 'Too often.');
    expect(() => limiter.spend('a', 'Too often.')).toThrow('Too often.');
    clock.turn(59_999);
    expect(() => limiter.spend('a', 'Too often.')).toThrow(GaiaError);
    clock.turn(1);
    limiter.spend('a', 'Too often.');
  });

  test('says after how many seconds it lets through again', () => {
    const clock = aClock();
    const limiter = rateLimiter({ perMinute: 1, now: clock.now });
    limiter.spend('a', '');
    clock.turn(45_500);
    expect(() => limiter.spend('a', '')).toThrow(
      expect.objectContaining({
        extras: { reason: 'rate_limited', remedy: 'Try again in 15 seconds.', retryAfterSeconds: 15 },
      }),
    );
  });

  test('is not spent by what it refused', () => {
    const clock = aClock();
    const limiter = rateLimiter({ perMinute: 1, now: clock.now });
    limiter.spend('a', '');
    for (let n = 0; n < 5; n++) expect(() => limiter.spend('a', '')).toThrow();
    clock.turn(60_000);
    limiter.spend('a', '');
  });
});
