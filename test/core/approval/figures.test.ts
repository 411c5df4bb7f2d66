import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/core/approval/figures.ts';

const timing = (personId: string, tookMs: number, shownAfterMs: number | null = 0) => ({
  personId,
  askedAt: 1_000,
  shownAt: shownAfterMs === null ? null : 1_000 + shownAfterMs,
  decidedAt: 1_000 + tookMs,
});

describe('figures', () => {
  test('of nothing are none', () =>
    expect(figuresOf([])).toEqual({ decisions: 0, medianMs: null, hastyShare: null, people: [] }));
  test('tell the median, of an even number the mean of the middle two', () => {
    expect(figuresOf([timing('1', 9_000), timing('1', 1_000), timing('1', 5_000)]).medianMs).toBe(5_000);
    expect(figuresOf([timing('1', 1_000), timing('1', 4_000)]).medianMs).toBe(2_500);
  });
  test('count as hasty what came within three seconds of being shown, not of being asked', () => {
    expect(figuresOf([timing('1', 2_999)]).hastyShare).toBe(1);
    expect(figuresOf([timing('1', 3_000)]).hastyShare).toBe(0);
    expect(figuresOf([timing('1', 60_000, 59_000)]).hastyShare).toBe(1);
    expect(figuresOf([timing('1', 2_000, null)]).hastyShare).toBe(1);
  });
  test('name who decides most first', () =>
    expect(figuresOf([timing('2', 10_000), timing('1', 1_000), timing('2', 1_000)]).people).toEqual([
      { personId: '2', decisions: 2, medianMs: 5_500, hastyShare: 0.5 },
      { personId: '1', decisions: 1, medianMs: 1_000, hastyShare: 1 },
    ]));
});
