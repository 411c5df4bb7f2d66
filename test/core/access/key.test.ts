import { describe, expect, test } from 'vitest';
import {
  adminKeyPattern,
  formatAdminKey,
  formatKey,
  hashOfSecret,
  keyPattern,
  sameSecret,
  scopes,
} from '../../../src/core/access/key.ts';

const secret = `${'aB3_-'.repeat(8)}xyz`;

describe('a key', () => {
  test('names its row and holds its secret', () =>
    expect(keyPattern.exec(formatKey('abcd1234', secret))?.slice(1)).toEqual(['abcd1234', secret]));
  test.each([
    '',
    'gaia_',
    `gaia_ABCD1234_${secret}`,
    `gaia_abcd1234_${secret}x`,
    ` gaia_abcd1234_${secret}`,
    `gaia_abcd1234_${secret}\n`,
    '0',
  ])('is not “%s”', (text) => expect(keyPattern.test(text)).toBe(false));
  test('of the administrator is told apart from every agent’s', () => {
    expect(adminKeyPattern.test(formatAdminKey(secret))).toBe(true);
    expect(keyPattern.test(formatAdminKey(secret))).toBe(false);
    expect(adminKeyPattern.test(formatKey('abcd1234', secret))).toBe(false);
  });
  test('can be given nothing that decides', () =>
    expect(scopes.filter((scope) => !/^(?:submit|gate):/.test(scope))).toEqual([]));
});

describe('a secret', () => {
  test('is kept as its SHA-256', () =>
    expect(hashOfSecret('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'));
  test('is the same only to itself, whatever the length of the other', () => {
    expect(sameSecret('abc', 'abc')).toBe(true);
    for (const other of ['abd', 'ab', 'abcd', '', 'ABC']) expect(sameSecret('abc', other)).toBe(false);
  });
});
