import { describe, expect, test } from 'vitest';
import { readShortId, shortId } from '../../../src/core/approval/short-id.ts';

describe('a short id', () => {
  test('is a letter and six characters that survive being read aloud', () => {
    expect(shortId('r', new Uint8Array([7, 15, 3, 19, 2, 23]))).toBe('r-7F3K2Q');
    for (let byte = 0; byte < 256; byte++)
      expect(shortId('r', new Uint8Array(6).fill(byte))).toMatch(/^r-[0-9A-HJKMNP-TV-Z]{6}$/);
  });

  test.each([['r-7F3K2Q'], ['r-7f3k2q'], ['R-7F3K2Q'], ['  r-7F3K2Q ']])('is read as it was meant from “%s”', (typed) =>
    expect(readShortId('r', typed)).toBe('r-7F3K2Q'),
  );

  test('is read where O was typed for 0, and I or L for 1', () =>
    expect(readShortId('r', 'r-oOiIlL')).toBe('r-001111'));

  test.each(['0', '7', '', 'r-', 'r-7F3K2', 'r-7F3K2QQ', 'd-7F3K2Q', 'r-7F3K2U', 'r-7F3K2*', 'r_7F3K2Q', '7F3K2Q'])(
    'is not read from “%s”: an index or a guess is no id',
    (typed) => expect(readShortId('r', typed)).toBeUndefined(),
  );
});
