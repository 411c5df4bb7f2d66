import { describe, expect, test } from 'vitest';
import { nextDueAt, parseCron } from '../../../src/core/schedule/cron.ts';

const next = (expression: string, zone: string, after: string) => {
  const at = nextDueAt(expression, zone, Date.parse(after));
  return at === undefined ? undefined : new Date(at).toISOString();
};

describe('a schedule', () => {
  test.each([
    ['*/10 * * * *', 'UTC', '2026-11-21T09:00:00Z', '2026-11-21T09:10:00.000Z'],
    ['* * * * *', 'UTC', '2026-11-21T09:00:30Z', '2026-11-21T09:01:00.000Z'],
    ['17 3 * * *', 'Europe/Berlin', '2026-11-21T03:00:00Z', '2026-11-22T02:17:00.000Z'],
    ['0 9 * * 1-5', 'UTC', '2026-11-20T09:00:00Z', '2026-11-23T09:00:00.000Z'],
    ['0 0 1 1 *', 'UTC', '2026-11-21T00:00:00Z', '2027-01-01T00:00:00.000Z'],
    ['0 0 29 2 *', 'UTC', '2026-11-21T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['30 5 * * *', 'Asia/Kolkata', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00.000Z'],
    ['0 12 13 * 5', 'UTC', '2026-11-21T00:00:00Z', '2026-11-27T12:00:00.000Z'],
  ])('%s in %s after %s is %s', (expression, zone, after, expected) => {
    expect(next(expression, zone, after)).toBe(expected);
  });

  test('goes by the clock of people when that is put forward and back', () => {
    expect(next('17 3 * * *', 'Europe/Berlin', '2026-10-24T20:00:00Z')).toBe('2026-10-25T02:17:00.000Z');
    // 02:30 is skipped: it comes at the instant after, and the next day as ever
    expect(next('30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00:00Z')).toBe('2027-03-28T01:00:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2027-03-28T01:00:00Z')).toBe('2027-03-29T00:30:00.000Z');
    // midnight is skipped
    expect(next('30 0 * * *', 'America/Santiago', '2027-09-04T12:00:00Z')).toBe('2027-09-05T04:00:00.000Z');
    expect(next('0 0 * * *', 'America/Santiago', '2027-09-05T04:00:00Z')).toBe('2027-09-06T03:00:00.000Z');
    expect(next('30 0 * * 1', 'America/Santiago', '2027-09-04T12:00:00Z')).toBe('2027-09-06T03:30:00.000Z');
    // 02:30 comes twice: it counts once
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z')).toBe('2026-10-25T00:30:00.000Z');
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z')).toBe('2026-10-26T01:30:00.000Z');
    expect(next('*/10 * * * *', 'Europe/Berlin', '2026-10-25T00:59:00Z')).toBe('2026-10-25T01:00:00.000Z');
  });

  test('that never comes has no next time', () => {
    expect(nextDueAt('0 0 31 2 *', 'UTC', 0)).toBeUndefined();
  });

  test.each(['', '* * * *', '60 * * * *', '*/0 * * * *', '5-1 * * * *', 'a * * * *', '* * * * * *'])(
    'is not %s',
    (expression) => {
      expect(() => parseCron(expression)).toThrow(RangeError);
    },
  );
});
