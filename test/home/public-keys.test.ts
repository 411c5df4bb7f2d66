import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { keyIdOf } from '../../src/core/audit/seal.ts';
import { isPublicKey, keepPublicKey, readPublicKeys } from '../../src/home/public-keys.ts';

function aHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'gaia-keys-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  return home;
}
const aKey = (): string => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;
const idOf = (pem: string) => keyIdOf(createPublicKey(pem));

describe('public keys of seals', () => {
  test('are kept under their ids, the present one as seal.pub too', async () => {
    const home = aHome();
    const [first, second] = [aKey(), aKey()];
    expect(await keepPublicKey(home, first)).toEqual([]);
    expect(new Set(await keepPublicKey(home, second))).toEqual(new Set([idOf(first)]));
    expect(readdirSync(home).sort()).toEqual(
      [`seal-${idOf(first)}.pub`, `seal-${idOf(second)}.pub`, 'seal.pub'].sort(),
    );
    expect(readFileSync(join(home, 'seal.pub'), 'utf8')).toBe(second);
    expect(readPublicKeys(home).map(({ pem }) => pem)).toContain(first);
  });

  test('of a directory that knew only seal.pub are kept when another key takes over', async () => {
    const home = aHome();
    const [first, second] = [aKey(), aKey()];
    writeFileSync(join(home, 'seal.pub'), first);
    await keepPublicKey(home, second);
    expect(readFileSync(join(home, `seal-${idOf(first)}.pub`), 'utf8')).toBe(first);
  });

  test('are only what is named and written like one: never a private key', () => {
    const home = aHome();
    const secret = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    writeFileSync(join(home, `seal-${'0'.repeat(16)}.pub`), secret);
    writeFileSync(join(home, 'seal.pub'), 'nonsense');
    writeFileSync(join(home, 'other.pub'), aKey());
    expect(readPublicKeys(home)).toEqual([]);
    expect([isPublicKey(secret), isPublicKey('')]).toEqual([false, false]);
    expect(readPublicKeys(join(home, 'nowhere'))).toEqual([]);
  });
});
