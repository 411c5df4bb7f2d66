import { describe, expect, test } from 'vitest';
import { unsafePattern } from '../../../src/core/secrets/safe-pattern.ts';

describe('a pattern of the policy', () => {
  test.each([
    'itk_[A-Za-z0-9]{20}',
    'itk_[A-Za-z0-9]{20,}',
    '\\bcorp-(?:live|test)-[\\w-]{20,64}\\b',
    'key=[^\\s\\]]{8,40}',
    '(?:ab|cd){3}xyz',
  ])('may be %j', (pattern) => {
    expect(unsafePattern(pattern)).toBeUndefined();
  });

  test.each([
    ['(?:a|a|a|a|a|a){3}[^b]{200}b', 'too many ways'],
    ['\\p{L}secret', 'not supported'],
    ['(a+)+$', 'repeats'],
    ['(a|a)*secret', 'repeats'],
    ['(\\w{1,30}){1,30}x{10}', 'too many ways'],
    ['(?:a|b|c){20}', 'too many ways'],
    ['.*secret', 'without an upper end'],
    ['\\w+-secret', 'without an upper end'],
    ['(\\w{8})\\1', 'refers back'],
    ['(?<=x)secret1', 'looks ahead or behind'],
    ['(?=x)secret1', 'looks ahead or behind'],
    ['(?<n>secret)', 'looks ahead or behind'],
    ['[a-', 'not a regular expression'],
    ['.', 'fewer than'],
    ['(?:secret)?', 'fewer than'],
    ['abc|secret1', 'fewer than'],
  ])('may not be %j', (pattern, why) => {
    expect(unsafePattern(pattern)).toContain(why);
  });
});
