import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { formatSeal, keyIdOf, makeSeal, readSeal, type Seal, sealHolds } from '../../../src/core/audit/seal.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const other = generateKeyPairSync('ed25519');
const head = { generation: 1, seq: 42, at: Date.UTC(2026, 10, 21, 9), hash: 'a'.repeat(64) };
const seal = makeSeal(head, privateKey);

describe('a seal', () => {
  test('states the head it was made of, under the name of its key', () =>
    expect(seal).toMatchObject({ ...head, keyId: keyIdOf(publicKey) }));
  test('holds for its own key only', () => {
    expect(sealHolds(seal, publicKey)).toBe(true);
    expect(sealHolds(seal, other.publicKey)).toBe(false);
    expect(sealHolds({ ...seal, keyId: keyIdOf(other.publicKey) }, other.publicKey)).toBe(false);
  });
  test.each<[string, Partial<Seal>]>([
    ['generation', { generation: 2 }],
    ['number', { seq: 41 }],
    ['instant', { at: head.at + 1 }],
    ['hash', { hash: 'b'.repeat(64) }],
    ['signature', { signature: makeSeal({ ...head, seq: 1 }, privateKey).signature }],
    ['empty signature', { signature: '' }],
  ])('does not hold with another %s', (_, changed) =>
    expect(sealHolds({ ...seal, ...changed }, publicKey)).toBe(false),
  );

  test('is one line that can be kept anywhere and read again', () => {
    const line = formatSeal(seal);
    expect(line).not.toContain('\n');
    expect(readSeal(line)).toEqual(seal);
  });
  test('is read out of what a chat makes of it', () =>
    expect(readSeal(`Sealed today:\n> ${formatSeal(seal).replaceAll(' ', '\n  ')}\nkeep it`)).toEqual(seal));
  test.each([
    '',
    'gaia-seal 1',
    formatSeal(seal).replace(/at=\S+/, 'at=yesterday'),
    formatSeal(seal).replace('seal 1', 'seal 2'),
  ])('is not read from what is none', (text) => expect(readSeal(text)).toBeUndefined());
});
