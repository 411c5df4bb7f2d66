import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyIdOf } from '../core/audit/seal.ts';
import { errnoOf } from './file-errors.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** A public key that seals are checked with, and the file it stands in. */
export interface PublicKeyFile {
  name: string;
  pem: string;
}

/** `seal.pub` is the present key; every key that ever was keeps a `seal-KEYID.pub`, so that its seals can be checked. */
const isKeyFile = (name: string): boolean => name === 'seal.pub' || /^seal-[0-9a-f]{16}\.pub$/.test(name);

/** The keys that a data directory trusts: the present one and those before it. Files that hold none are passed over. */
export function readPublicKeys(home: string): PublicKeyFile[] {
  return namesIn(home)
    .filter(isKeyFile)
    .sort()
    .map((name) => ({ name, pem: readFileSync(join(home, name), 'utf8') }))
    .filter(({ pem }) => isPublicKey(pem));
}

/** Whether a text is the PEM of an Ed25519 public key; a private key is none, although Node would derive one from it. */
export function isPublicKey(text: string): boolean {
  try {
    return createPublicKey(text).asymmetricKeyType === 'ed25519' && !text.includes('PRIVATE KEY');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

/**
 * Makes `pem` the present key of the data directory. The one before it, and this one, stay under their own names.
 * Returns the ids of all keys the directory knew before.
 */
export async function keepPublicKey(home: string, pem: string): Promise<string[]> {
  const known = readPublicKeys(home).map((file) => ({ ...file, id: keyIdOf(createPublicKey(file.pem)) }));
  for (const { id, pem: text } of [...known, { id: keyIdOf(createPublicKey(pem)), pem }]) {
    await writeUnlessSame(join(home, `seal-${id}.pub`), text);
  }
  await writeUnlessSame(join(home, 'seal.pub'), pem);
  return known.map(({ id }) => id);
}

async function writeUnlessSame(path: string, text: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (found !== text) await writeFileAtomic(path, text, { mode: 0o644 });
}

function namesIn(home: string): string[] {
  try {
    return readdirSync(home);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
