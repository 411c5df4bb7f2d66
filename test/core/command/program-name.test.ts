import { expect, test } from 'vitest';
import { programName } from '../../../src/core/command/program-name.ts';

test.each([
  ['/usr/bin/Python3.11', 'python'],
  ['C:\\x\\PWSH.EXE', 'pwsh'],
  ['-bash', 'bash'],
  ['lua5.4', 'lua'],
  ['gcc-12', 'gcc'],
  ['x86_64-linux-gnu-gcc-12', 'gcc'],
  ['x86_64-w64-mingw32-g++', 'g++'],
  ['arm-none-eabi-gdb', 'gdb'],
  ['aarch64-linux-gnu-cpp', 'cpp'],
  ['perl5.36-x86_64-linux-gnu', 'perl'],
  ['python3.12-dbg', 'python'],
  ['vim.gtk3', 'vim'],
  ['emacs-nox', 'emacs'],
  ['pdb.py', 'pdb'],
  ['busyboxx', 'busybox'],
  ['sqlite3', 'sqlite3'],
])('the plain name of %s is %s', (path, name) => {
  expect(programName(path)).toBe(name);
});

test.each([
  'node-gyp',
  'python3-config',
  'x86_64-linux-gnu-python3.11-config',
  'x86_64',
  '7z',
  'base64',
  'gitk',
  'shred',
  'ls',
])('the plain name of %s is all of it', (name) => {
  expect(programName(name)).toBe(name);
});

test('a name longer than any file name is left alone, at once', () => {
  const name = `bash${'-x86_64'.repeat(10_000)}`;
  expect(programName(name)).toBe(name);
});
