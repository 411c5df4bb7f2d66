import { describe, expect, test } from 'vitest';
import { absoluteTime, duration, relativeTime } from '../../../src/core/text/times.ts';

const now = Date.UTC(2026, 10, 21, 9, 0, 0);

describe('a relative time', () => {
  test.each([
    [0, 'now'],
    [-999, 'now'],
    [-1_000, '1 s ago'],
    [59_000, 'in 59 s'],
    [60_000, 'in 1 min'],
    [-3_599_999, '59 min ago'],
    [3_600_000, 'in 1 h'],
    [-2.5 * 86_400_000, '2 d ago'],
  ])('%d ms away reads %s', (distance, words) => expect(relativeTime(now + distance, now)).toBe(words));
});

describe('an absolute time', () => {
  test('names its zone', () => expect(absoluteTime(now)).toBe('2026-11-21 09:00:00 UTC'));
  test('is told in the zone of its readers', () =>
    expect(absoluteTime(now, 'America/New_York')).toBe('2026-11-21 04:00:00 GMT-5'));
});

test('a duration is told by its two largest units', () => {
  expect(duration(5_445_000)).toBe('1 h 30 min');
  expect(duration(45_000)).toBe('45 s');
  expect(duration(0)).toBe('0 s');
});
