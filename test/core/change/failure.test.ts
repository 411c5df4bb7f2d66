import { expect, test } from 'vitest';
import { failureOf } from '../../../src/core/change/failure.ts';

test.each([
  ['a wait', { 'retry-after': '30' }, 30_000],
  ['a wait without end', { 'retry-after': '1e15' }, 3_600_000],
  ['the instant of a limit', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1090' }, 90_000],
  ['an instant far away', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999999' }, 3_600_000],
])('%s is kept to, for an hour at most', (_, headers, ms) =>
  expect(failureOf({ status: 403, headers, route: 'POST /x' }, 1_000_000).retryAfter).toBe(1_000_000 + ms),
);
