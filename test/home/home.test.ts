import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openHome } from '../../src/home/home.ts';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'gaia-home-')));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

describe('the data directory', () => {
  test('is made for Gaia alone, with what is above it', async () => {
    const home = await openHome(join(dir, 'a/.gaia'));
    expect(home).toMatchObject({ path: join(dir, 'a/.gaia'), adminKey: join(dir, 'a/.gaia/admin.key') });
    expect(await modeOf(home.path)).toBe(0o700);
  });

  test('is opened again as it is', async () => {
    await openHome(join(dir, 'h'));
    await writeFile(join(dir, 'h/kept'), '');
    await openHome(join(dir, 'h'));
    await expect(stat(join(dir, 'h/kept'))).resolves.toBeDefined();
  });

  test('is refused when others may read, write or enter it, with what to type; it is not changed', async () => {
    const path = join(dir, 'h');
    await mkdir(path);
    for (const mode of [0o755, 0o720, 0o701, 0o740]) {
      await chmod(path, mode);
      await expect(openHome(path)).rejects.toMatchObject({
        code: 'forbidden',
        extras: { reason: 'home_open', remedy: `Close it: chmod 700 ${path}` },
      });
      expect(await modeOf(path)).toBe(mode);
    }
  });

  test('may be a link; the directory behind it is judged', async () => {
    await mkdir(join(dir, 'real'), { mode: 0o700 });
    await symlink('real', join(dir, 'link'));
    expect((await openHome(join(dir, 'link'))).path).toBe(join(dir, 'real'));
    await chmod(join(dir, 'real'), 0o755);
    await expect(openHome(join(dir, 'link'))).rejects.toMatchObject({ extras: { reason: 'home_open' } });
  });

  test('is refused when a file is in the way', async () => {
    await writeFile(join(dir, 'file'), '');
    for (const path of ['file', 'file/home']) {
      await expect(openHome(join(dir, path))).rejects.toMatchObject({
        code: 'invalid',
        extras: { reason: 'home_not_a_directory' },
      });
    }
  });

  test('is refused when another user owns it', async () => {
    await mkdir(join(dir, 'h'), { mode: 0o700 });
    vi.spyOn(process, 'geteuid').mockReturnValue((process.getuid?.() ?? 0) + 12_345);
    await expect(openHome(join(dir, 'h'))).rejects.toMatchObject({ extras: { reason: 'home_of_another_user' } });
  });
});
