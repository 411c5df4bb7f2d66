import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isFixed, isOnlyTheirs, tracePath } from '../../src/executor/trace-path.ts';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'gaia-trace-')));
});
afterEach(() => rm(dir, { recursive: true }));

const step = (uid: number, mode: number, isLink = false) => ({
  stat: { uid, mode, isSymbolicLink: () => isLink } as never,
});

describe('a step on the way to a file', () => {
  test('is safe when root or Gaia owns it and only its owner may write it', () => {
    expect(isOnlyTheirs(step(0, 0o100755), 1000)).toBe(true);
    expect(isOnlyTheirs(step(1000, 0o100700), 1000)).toBe(true);
  });

  test('is not safe when another user owns it', () => {
    expect(isOnlyTheirs(step(1001, 0o100755), 1000)).toBe(false);
    expect(isOnlyTheirs(step(1001, 0o120777, true), 1000)).toBe(false);
  });

  test('is not safe when its group or others may write it, sticky or not', () => {
    expect(isOnlyTheirs(step(0, 0o100775), 1000)).toBe(false);
    expect(isOnlyTheirs(step(0, 0o100757), 1000)).toBe(false);
    expect(isOnlyTheirs(step(0, 0o041777), 1000)).toBe(false);
  });

  test('may be a link, whose mode says nothing', () => {
    expect(isOnlyTheirs(step(0, 0o120777, true), 1000)).toBe(true);
  });
});

describe('a path', () => {
  test('is traced through every directory and link, the file last', async () => {
    await mkdir(join(dir, 'real/deep'), { recursive: true });
    await writeFile(join(dir, 'real/deep/tool'), '');
    await symlink('real', join(dir, 'link'));
    await symlink(join(dir, 'link/deep/tool'), join(dir, 'tool'));

    const { real, steps } = await tracePath(join(dir, 'tool'));

    expect(real).toBe(join(dir, 'real/deep/tool'));
    const passed = steps.map(({ path }) => path);
    expect(passed).toEqual(expect.arrayContaining(['/', dir, join(dir, 'tool'), join(dir, 'link'), join(dir, 'real')]));
    expect(passed.at(-1)).toBe(real);
  });

  test('goes up from where a link leads, as the kernel does', async () => {
    await mkdir(join(dir, 'elsewhere/inner'), { recursive: true });
    await writeFile(join(dir, 'elsewhere/tool'), 'right');
    await writeFile(join(dir, 'tool'), 'wrong');
    await symlink('elsewhere/inner', join(dir, 'link'));

    const { real } = await tracePath(`${dir}/link/../tool`);

    expect(real).toBe(await realpath(`${dir}/link/../tool`));
    expect(real).toBe(join(dir, 'elsewhere/tool'));
  });

  test('fails with the system’s words: missing, through a file, in a circle', async () => {
    await writeFile(join(dir, 'file'), '');
    await symlink('b', join(dir, 'a'));
    await symlink('a', join(dir, 'b'));

    await expect(tracePath(join(dir, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(tracePath(`${dir}/file/x`)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(tracePath(`${dir}/file/`)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(tracePath(join(dir, 'a'))).rejects.toMatchObject({ code: 'ELOOP' });
  });

  test('is fixed in the system’s directories, and never below /tmp', async () => {
    const ownUid = process.getuid?.() ?? 0;
    await writeFile(join(dir, 'tool'), '');

    expect(isFixed(await tracePath('/usr/bin/env'), ownUid)).toBe(true);
    expect(isFixed(await tracePath(join(dir, 'tool')), ownUid)).toBe(false);
  });

  test('is not fixed when only a link on the way stands where others may write', async () => {
    await symlink('/usr/bin/env', join(dir, 'env'));

    expect(isFixed(await tracePath(join(dir, 'env')), process.getuid?.() ?? 0)).toBe(false);
  });
});
