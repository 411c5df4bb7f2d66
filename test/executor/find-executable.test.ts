import { chmod, copyFile, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findExecutable } from '../../src/executor/find-executable.ts';
import { hashFiles } from '../../src/executor/hash-files.ts';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'gaia-find-')));
});
afterEach(() => rm(dir, { recursive: true }));

const find = (asked: string) =>
  findExecutable(asked, {
    cwd: dir,
    path: '/usr/bin:/bin',
    ownUid: process.getuid?.() ?? 0,
    isOwn: () => false,
    hash: hashFiles(),
  });

async function written(content: string | Buffer) {
  await writeFile(join(dir, 'tool'), content);
  await chmod(join(dir, 'tool'), 0o755);
  return find('./tool');
}

describe('an executable', () => {
  test('that the kernel starts itself is native, and nothing reads it', async () => {
    const found = await find('env');
    expect(found).toMatchObject({ format: 'native' });
    expect(found).not.toHaveProperty('interpreter');
  });

  test('that is a copy of a shell under another name is native and can be replaced', async () => {
    await copyFile('/bin/sh', join(dir, 'copy'));
    expect(await find('./copy')).toMatchObject({ format: 'native', binding: 'held' });
  });

  test('with a #! line is a script, read by what the line names', async () => {
    expect(await written('#! /usr/bin/env -S perl\n')).toMatchObject({
      format: 'script',
      interpreter: '/usr/bin/env -S perl',
    });
  });

  test.each([
    ['without a #! line', 'touch x\n'],
    ['with an empty #! line', '#!\ntouch x\n'],
    ['with a #! line of blanks', '#!  \t \ntouch x\n'],
    ['with a #! after its first byte', ' #!/bin/true\n'],
    ['of no bytes', ''],
    ['of three bytes of a native one', '\x7fEL'],
  ])('%s is a text that /bin/sh reads', async (_, content) => {
    expect(await written(content)).toMatchObject({ format: 'text', interpreter: '/bin/sh' });
  });

  test('of macOS is native', async () => {
    expect(await written(Buffer.from('cffaedfe07000001', 'hex'))).toMatchObject({ format: 'native' });
  });
});
