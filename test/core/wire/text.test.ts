import { describe, expect, test } from 'vitest';
import { text } from '../../../src/core/wire/text.ts';

const faults = (value: unknown, of: Parameters<typeof text>[0]) =>
  text(of)
    .safeParse(value)
    .error?.issues.map(({ message }) => message) ?? [];

describe('a text from outside', () => {
  test.each(['', 'hello', 'a\nb\tc', '👩‍👩‍👧', '\u202e'])('may be %j', (value) =>
    expect(faults(value, { max: 20 })).toEqual([]),
  );
  test('may not hold NUL, which neither argv nor PostgreSQL can', () =>
    expect(faults('a\0', { max: 5 })).toEqual(['must not contain NUL bytes']));
  test('may not hold half a character', () =>
    expect(faults('\udc00', { max: 5 })).toEqual(['must be well-formed Unicode (it contains a lone surrogate)']));
  test('is counted in UTF-16 code units, up to and including its limit', () => {
    expect(faults('👩👩', { max: 4 })).toEqual([]);
    expect(faults('👩👩a', { max: 4 })).toEqual(['at most 4 characters']);
  });
  test('may have to say something', () => {
    expect(faults('', { max: 5, min: 1 })).toEqual(['must not be empty']);
    expect(faults('a', { max: 5, min: 2 })).toEqual(['at least 2 characters']);
  });
});
