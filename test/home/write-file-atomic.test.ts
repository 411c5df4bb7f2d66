import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/home/write-file-atomic.ts';

let dir: string;
let file: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gaia-files-'));
  file = join(dir, 'file');
});
afterEach(() => rm(dir, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('a file written whole', () => {
  test('has the new text, the mode asked for, and nothing beside it', async () => {
    await writeFileAtomic(file, 'one');
    expect(await modeOf(file)).toBe(0o600);
    await writeFileAtomic(file, 'two', { mode: 0o664 });
    expect(await readFile(file, 'utf8')).toBe('two');
    expect(await modeOf(file)).toBe(0o664);
    expect(await readdir(dir)).toEqual(['file']);
  });

  test('replaces a link, not what it leads to', async () => {
    await writeFile(join(dir, 'target'), 'kept');
    await symlink('target', file);
    await writeFileAtomic(file, 'new');
    expect(await readFile(join(dir, 'target'), 'utf8')).toBe('kept');
    expect(await readFile(file, 'utf8')).toBe('new');
  });

  test('leaves nothing behind when it cannot take its place', async () => {
    await mkdir(file);
    await writeFile(join(file, 'in the way'), '');
    await expect(writeFileAtomic(file, 'x')).rejects.toThrow();
    expect(await readdir(dir)).toEqual(['file']);
  });
});
