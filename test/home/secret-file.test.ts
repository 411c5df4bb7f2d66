import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readOrCreateSecretFile, readSecretFile } from '../../src/home/secret-file.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gaia-files-'));
  file = join(dir, 'file');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('a secret file', () => {
  test('is made once, for Gaia alone, and read ever after', async () => {
    expect(await readOrCreateSecretFile(file, () => 'first')).toBe('first');
    expect(await readOrCreateSecretFile(file, () => 'second')).toBe('first');
    expect(await modeOf(file)).toBe(0o600);
    expect(await readdir(dir)).toEqual(['file']);
  });

  test('has one text for all who make it at once', async () => {
    const texts = await Promise.all(
      Array.from({ length: 20 }, (_, n) => readOrCreateSecretFile(file, () => `secret ${n}`)),
    );
    expect(new Set(texts).size).toBe(1);
    expect(await readdir(dir)).toEqual(['file']);
  });

  test('is refused when others may use it, with what to type', async () => {
    await writeFile(file, 'secret');
    for (const mode of [0o644, 0o620, 0o604]) {
      await chmod(file, mode);
      await expect(readOrCreateSecretFile(file, () => 'new')).rejects.toMatchObject({
        code: 'forbidden',
        extras: { remedy: expect.stringContaining(`chmod 600 ${file}`) },
      });
    }
    expect(await readFile(file, 'utf8')).toBe('secret');
  });

  test('is refused when it is empty, a link or a directory', async () => {
    await writeFile(file, '\n', { mode: 0o600 });
    await expect(readOrCreateSecretFile(file, () => 'new')).rejects.toThrow('it is empty');
    await symlink('file', join(dir, 'link'));
    await expect(readSecretFile(join(dir, 'link'))).rejects.toThrow('it is a link');
    await mkdir(join(dir, 'sub'), { mode: 0o700 });
    await expect(readSecretFile(join(dir, 'sub'))).rejects.toThrow('not a regular file');
  });

  test('is refused when another user owns it', async () => {
    await writeFile(file, 'secret', { mode: 0o600 });
    // root can give it away; anyone else can only pretend to be someone else
    if (process.getuid?.() === 0) await chown(file, 12_345, 12_345);
    else vi.spyOn(process, 'geteuid').mockReturnValue(12_345);
    await expect(readSecretFile(file)).rejects.toThrow('another user');
  });

  test('that is not there is nothing to read', async () => {
    expect(await readSecretFile(file)).toBeUndefined();
    expect(await readdir(dir)).toEqual([]);
  });
});
