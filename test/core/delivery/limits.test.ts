import { describe, expect, test } from 'vitest';
import { nextCallAtAll, nextCallTo, pace } from '../../../src/core/delivery/limits.ts';

/** Lets calls go as soon as they may. */
function asFastAsAllowed(chat: string, calls: number): number[] {
  const made: number[] = [];
  let now = 1_000_000;
  for (let n = 0; n < calls; n++) {
    const recent = made.filter((at) => at > now - pace.group.windowMs);
    now = Math.max(now, nextCallTo(chat, recent));
    made.push(now);
  }
  return made;
}

const most = (calls: number[], windowMs: number): number =>
  Math.max(...calls.map((from) => calls.filter((at) => at >= from && at < from + windowMs).length));

describe('the limits of a chat', () => {
  test('let two calls go at once after a rest, then about one a second', () => {
    const calls = asFastAsAllowed('111', 5);
    expect(calls.map((at) => at - (calls[0] as number))).toEqual([0, 0, 1_020, 2_040, 3_060]);
  });

  test('keep a private chat at more than 95 percent of a call a second, and never above it', () => {
    const calls = asFastAsAllowed('111', 600);
    const seconds = ((calls.at(-1) as number) - (calls[0] as number)) / 1_000;
    expect(599 / seconds).toBeGreaterThan(0.95);
    expect(599 / seconds).toBeLessThan(1);
  });

  test.each(['-1001', '-5', '@channel'])(
    'keep the group %s below 20 a minute, and above 95 percent of them',
    (chat) => {
      const calls = asFastAsAllowed(chat, 600);
      expect(most(calls, 60_000)).toBe(20);
      const minutes = ((calls.at(-1) as number) - (calls[0] as number)) / 60_000;
      expect(599 / minutes).toBeGreaterThan(19);
    },
  );

  test('do not count what was long ago', () => {
    expect(nextCallTo('-1001', [])).toBe(0);
    expect(nextCallTo('111', [1_000_000])).toBeLessThanOrEqual(1_000_000);
  });
});

describe('the limits of all chats together', () => {
  test('let 25 calls go in any second', () => {
    const calls = Array.from({ length: 25 }, (_, n) => 1_000 + n);
    expect(nextCallAtAll(calls.slice(1))).toBe(0);
    expect(nextCallAtAll(calls)).toBe(2_000);
  });
});
