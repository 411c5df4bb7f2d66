import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandInput } from '../../src/core/command/command.ts';
import { conflict, invalid } from '../../src/core/errors.ts';
import { hashFiles } from '../../src/executor/hash-files.ts';
import { type ResolveOptions, resolveCommand } from '../../src/executor/resolve.ts';

let dir: string;
beforeEach(async () => {
  dir = await realpath(await mkdtemp(join(tmpdir(), 'gaia-resolve-')));
});
afterEach(() => rm(dir, { recursive: true }));

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const at = (name: string) => join(dir, name);

const makePipe = (name: string) => execFileSync('/usr/bin/mkfifo', ['-m', '755', at(name)]);

async function write(name: string, text: string, mode = 0o644) {
  await mkdir(join(at(name), '..'), { recursive: true });
  await writeFile(at(name), text);
  await chmod(at(name), mode);
}

const resolve = (input: Partial<CommandInput>, options: Partial<ResolveOptions> = {}) =>
  resolveCommand(
    { argv: ['env'], cwd: dir, ...input },
    {
      path: '/usr/bin:/bin',
      bind: [],
      mode: 'dry_run',
      ownUid: process.getuid?.() ?? 0,
      hash: hashFiles(),
      ...options,
    },
  );

async function resolved(input: Partial<CommandInput>, options: Partial<ResolveOptions> = {}) {
  const resolution = await resolve(input, options);
  if ('blockers' in resolution) throw new Error(JSON.stringify(resolution.blockers));
  return resolution;
}

async function blockersOf(input: Partial<CommandInput>, options: Partial<ResolveOptions> = {}) {
  const resolution = await resolve(input, options);
  return 'blockers' in resolution ? resolution.blockers : [];
}

describe('a command', () => {
  test('is resolved with all it states, and the defaults for what it does not', async () => {
    const { dev, ino } = await stat(dir, { bigint: true });
    const { command, remarks } = await resolved({ argv: ['env', '-0'] });

    expect(command).toMatchObject({
      argv: ['env', '-0'],
      executable: { path: await realpath('/usr/bin/env'), binding: 'fixed' },
      cwd: { path: dir, device: String(dev), inode: String(ino) },
      env: {},
      files: [],
      timeoutSeconds: 600,
      mode: 'dry_run',
      sandbox: 'none',
      host: hostname(),
    });
    expect(command).not.toHaveProperty('stdin');
    expect(remarks).toEqual([]);
  });

  test('keeps its own time-out, environment and input, an empty input too, in the mode it is given', async () => {
    const { command } = await resolved({ timeoutSeconds: 5, env: { A: 'b' }, stdin: '' }, { mode: 'real' });
    expect(command).toMatchObject({ mode: 'real', timeoutSeconds: 5, env: { A: 'b' }, stdin: '' });
  });

  test('always says that the network, files opened by itself and programs started are not bound', async () => {
    const { unbound } = await resolved({});
    expect(unbound.map(({ name }) => name)).toEqual(['network', 'files it opens by itself', 'programs it starts']);
  });

  test('says everything that blocks it at once', async () => {
    const blockers = await blockersOf({ argv: ['no-such-program'], cwd: at('none') });
    expect(blockers.map(({ code }) => code)).toEqual(['cwd_not_found', 'executable_not_found']);
    expect(blockers.every(({ phase, remedy }) => phase === 'submit' && remedy !== '')).toBe(true);
  });
});

describe('the working directory', () => {
  test('is its real path', async () => {
    await mkdir(at('real'));
    await symlink('real', at('link'));
    expect((await resolved({ cwd: at('link') })).command.cwd.path).toBe(at('real'));
  });

  test.each([
    ['none', 'it does not exist'],
    ['file', 'it is not a directory'],
    ['file/below', 'a part of its path is not a directory'],
    ['circle', 'its links lead in a circle'],
  ])('that is %s blocks: %s', async (name, why) => {
    await write('file', '');
    await symlink('circle', at('circle'));
    const blockers = await blockersOf({ cwd: at(name) });
    expect(blockers).toEqual([
      expect.objectContaining({ code: 'cwd_not_found', message: expect.stringContaining(why) }),
    ]);
  });

  test('that is missing leaves a relative program unjudged', async () => {
    expect(await blockersOf({ argv: ['./tool'], cwd: at('none') })).toHaveLength(1);
  });
});

describe('the executable', () => {
  test('is found along Gaia’s PATH; relative entries and what cannot run are passed over', async () => {
    await write('one/tool', '', 0o644);
    await write('two/tool', '#!/bin/sh\n', 0o755);
    const { command } = await resolved({ argv: ['tool'], cwd: at('two') }, { path: `.::${at('one')}:${at('two')}` });
    expect(command.executable).toMatchObject({
      path: at('two/tool'),
      sha256: sha256('#!/bin/sh\n'),
      bytes: 10,
      interpreter: '/bin/sh',
    });
    expect(await blockersOf({ argv: ['tool'], cwd: at('two') }, { path: '.:two' })).toHaveLength(1);
    expect(await blockersOf({ argv: ['env'] }, { path: 'x/usr/bin' })).toHaveLength(1);
  });

  test('is not looked up in the PATH of the request, and that is said', async () => {
    await write('evil/env', '#!/bin/sh\n', 0o755);
    const { command, remarks } = await resolved({ env: { PATH: at('evil') } });
    expect(command.executable.path).toBe(await realpath('/usr/bin/env'));
    expect(remarks).toEqual([expect.stringContaining('PATH does not change which program runs')]);
  });

  test('with a slash is found from the working directory, through links', async () => {
    await write('bin/tool', 'x', 0o755);
    await symlink('bin/tool', at('run'));
    const { command } = await resolved({ argv: ['./run'] });
    expect(command.argv[0]).toBe('./run');
    expect(command.executable).toMatchObject({ path: at('bin/tool'), binding: 'held' });
  });

  test('that is a script has its interpreter said to be unbound', async () => {
    await write('tool', '#!/usr/bin/env python3\n', 0o755);
    const { unbound } = await resolved({ argv: ['./tool'] });
    expect(unbound).toContainEqual({ name: '/usr/bin/env python3', why: expect.stringContaining('not bound') });
  });

  test.each([
    ['./none', 'it does not exist'],
    ['./plain', 'it is not executable'],
    ['./sub', 'it is a directory'],
    ['./broken', 'it is a link that leads nowhere'],
    ['./pipe', 'it is not a regular file'],
    ['plain', 'it is not executable'],
    ['nowhere', 'no file of that name'],
  ])('%s blocks: %s', async (name, why) => {
    await write('plain', '');
    await mkdir(at('sub'));
    await symlink('gone', at('broken'));
    makePipe('pipe');
    const blockers = await blockersOf({ argv: [name] }, { path: dir });
    expect(blockers).toEqual([
      expect.objectContaining({ code: 'executable_not_found', message: expect.stringContaining(why) }),
    ]);
  });

  test('that is written while it is read blocks, by name', async () => {
    const hash = () => Promise.reject(conflict('/bin/x was written while it was being read.', { remedy: 'Later.' }));
    expect(await blockersOf({}, { hash })).toEqual([
      expect.objectContaining({ message: expect.stringContaining('was written while'), remedy: 'Later.' }),
    ]);
  });
});

describe('a file named by an argument', () => {
  test('is bound by its content, as stated, checked only', async () => {
    await write('a.txt', 'a');
    await write('b.txt', 'b');
    await symlink('b.txt', at('link'));
    const { command, unbound } = await resolved({
      argv: ['cat', 'a.txt', '--file=./link', '--none=', 'no-such-file', ''],
    });
    expect(command.files).toEqual([
      { name: 'a.txt', path: at('a.txt'), sha256: sha256('a'), bytes: 1, binding: 'checked', because: 'argument' },
      { name: './link', path: at('b.txt'), sha256: sha256('b'), bytes: 1, binding: 'checked', because: 'argument' },
    ]);
    expect(unbound).toHaveLength(3);
  });

  test('is fixed where only root or Gaia could replace it', async () => {
    const { command } = await resolved({ argv: ['cat', '/etc/passwd'] });
    expect(command.files).toMatchObject([{ name: '/etc/passwd', binding: 'fixed' }]);
  });

  test('is held when it is an interpreter’s script, the data beside it is not', async () => {
    await write('run.sh', 'echo');
    await write('data', 'd');
    const { command } = await resolved({ argv: ['env', 'A=b', 'sh', '-e', 'run.sh', 'data'] });
    expect(command.files).toMatchObject([
      { name: 'run.sh', binding: 'held', because: 'script' },
      { name: 'data', binding: 'checked', because: 'argument' },
    ]);
  });

  test('that is a script which is not there yet is said, not passed over', async () => {
    const { command, unbound } = await resolved({ argv: ['sh', 'later.sh'] });
    expect(command.files).toEqual([]);
    expect(unbound).toContainEqual({ name: 'later.sh', why: 'not bound: it does not exist' });
  });

  test('is said to be unbound when it is too large, unreadable, a directory or a device', async () => {
    await write('large', 'x'.repeat(1024 * 1024 + 1));
    await write('secret', 's');
    await mkdir(at('sub'));
    const real = hashFiles();
    const hash: typeof real = (path, limits) =>
      path === at('secret')
        ? Promise.reject(invalid('no', { reason: 'file_unreadable', facts: { why: 'EACCES' } }))
        : real(path, limits);

    const { command, unbound } = await resolved(
      { argv: ['cat', 'large', 'secret', 'sub', '/dev/zero', '/proc/self/environ', '/dev/stdin'] },
      { hash },
    );

    expect(command.files).toEqual([]);
    expect(unbound.slice(0, 6)).toEqual([
      { name: 'large', why: expect.stringContaining('larger than 1 MiB') },
      { name: 'secret', why: expect.stringContaining('could not read (EACCES)') },
      { name: 'sub', why: 'a directory: its contents are not bound' },
      { name: '/dev/zero', why: expect.stringContaining('kernel') },
      { name: '/proc/self/environ', why: expect.stringContaining('kernel') },
      { name: '/dev/stdin', why: expect.stringContaining('kernel') },
    ]);
  });

  test('is never opened when it is a named pipe or a socket', async () => {
    makePipe('pipe');
    const server = createServer();
    await new Promise<void>((listening) => server.listen(at('socket'), listening));
    const opened: string[] = [];
    const real = hashFiles();
    const hash: typeof real = (path, limits) => {
      opened.push(path);
      return real(path, limits);
    };

    const { unbound } = await resolved({ argv: ['cat', 'pipe', '--in=socket'] }, { hash });
    server.close();

    expect(unbound).toContainEqual({ name: 'pipe', why: 'a named pipe: never opened' });
    expect(unbound).toContainEqual({ name: 'socket', why: 'a socket: never opened' });
    expect(opened).toEqual([await realpath('/usr/bin/cat')]);
  });

  test('does not hang the look-up when a named pipe takes its place', async () => {
    makePipe('pipe');
    await expect(hashFiles()(at('pipe'))).rejects.toMatchObject({ extras: { reason: 'file_unreadable' } });
  });

  test('that is written while it is read refuses the command', async () => {
    await write('busy', 'b');
    const real = hashFiles();
    const hash: typeof real = (path) =>
      path === at('busy') ? Promise.reject(conflict('busy', { reason: 'file_changing' })) : real(path);
    await expect(resolve({ argv: ['cat', 'busy'] }, { hash })).rejects.toMatchObject({
      extras: { reason: 'file_changing' },
    });
  });
});

describe('a request that names too much', () => {
  test('has sixty-four MiB read, and the rest said to be unbound', async () => {
    const names = Array.from({ length: 66 }, (_, n) => `f${n}`);
    for (const name of names) await write(name, '');
    const hash = async (path: string) => ({ sha256: sha256(path), bytes: 1024 * 1024 });
    const { command, unbound } = await resolved({ argv: ['cat', ...names] }, { hash });
    expect(command.files).toHaveLength(64);
    expect(unbound.filter(({ why }) => why.startsWith('too much to read')).map(({ name }) => name)).toEqual([
      'f64',
      'f65',
    ]);
  });
});

describe('Gaia’s own files', () => {
  const opened: string[] = [];
  const hash: ResolveOptions['hash'] = (path, how) => {
    opened.push(path);
    return hashFiles()(path, how);
  };
  beforeEach(async () => {
    opened.length = 0;
    await write('home/admin.key', 'k', 0o700);
    await write('gaia.env', 'e');
    await write('home-too/file', 'f');
    await symlink('home', at('link'));
    await symlink('home/admin.key', at('innocent'));
  });
  const own = () => [at('link'), at('gaia.env')];

  test('are never read, whatever they are named by', async () => {
    const names = ['home/admin.key', './link/admin.key', 'innocent', at('gaia.env'), 'home', 'home/none'];
    const { command, unbound } = await resolved({ argv: ['cat', ...names, 'home-too/file'] }, { own: own(), hash });
    expect(command.files.map(({ name }) => name)).toEqual(['home-too/file']);
    expect(unbound.slice(0, names.length)).toEqual(
      names.map((name) => ({ name, why: "Gaia's own file: never read for anyone" })),
    );
    expect(opened).toEqual([await realpath('/usr/bin/cat'), at('home-too/file')]);
  });

  test('are not bound by the policy either, from above or from within', async () => {
    const above = await resolved({}, { own: own(), hash, bind: ['**/*.key', 'gaia.env'] });
    const within = await resolved({ cwd: at('home') }, { own: own(), hash, bind: ['*'] });
    expect([above.command.files, within.command.files]).toEqual([[], []]);
    expect(above.unbound).toContainEqual({ name: 'home/admin.key', why: expect.stringContaining('own file') });
    expect(within.unbound).toContainEqual({ name: '*', why: expect.stringContaining('own file') });
    expect(opened.filter((path) => path.startsWith(dir))).toEqual([]);
  });

  test.each(['./home/admin.key', './innocent', 'admin.key'])('are not started as %s', async (program) => {
    const blockers = await blockersOf({ argv: [program] }, { own: own(), hash, path: at('link') });
    expect(blockers).toEqual([
      expect.objectContaining({ code: 'executable_not_found', message: expect.stringContaining('own file') }),
    ]);
    expect(opened).toEqual([]);
  });
});

describe('a file that the policy binds', () => {
  test('is checked where it lies, dot files and those below too, but not what was installed', async () => {
    await write('Makefile', 'all:');
    await write('.env.build', 'x');
    await write('sub/Makefile', 'sub:');
    await write('node_modules/p/Makefile', 'no');
    await write('.git/Makefile', 'no');
    const { command } = await resolved({}, { bind: ['**/Makefile', '*.build'] });
    expect(command.files.map(({ name, binding, because }) => [name, binding, because])).toEqual([
      ['.env.build', 'checked', 'policy'],
      ['Makefile', 'checked', 'policy'],
      ['sub/Makefile', 'checked', 'policy'],
    ]);
  });

  test('may be one that was installed when the pattern names it', async () => {
    await write('node_modules/p/package.json', '{}');
    const { command } = await resolved({}, { bind: ['node_modules/*/package.json'] });
    expect(command.files).toHaveLength(1);
  });

  test('counts once, and as held, when an argument names it too', async () => {
    await write('Makefile', 'all:');
    const { command } = await resolved({ argv: ['cat', './Makefile'] }, { bind: ['Makefile'] });
    expect(command.files).toMatchObject([{ name: './Makefile', binding: 'held', because: 'policy' }]);
  });

  test('never lies outside the working directory, by pattern or by link', async () => {
    await write('outside/Makefile', 'no');
    await mkdir(at('in'));
    await symlink('../outside/Makefile', at('in/Makefile'));
    await symlink('../outside', at('in/out'));
    const bind = ['**/Makefile', 'out/Makefile', '../outside/Makefile', at('outside/*'), '{a,..}/outside/Makefile'];

    const { command, unbound } = await resolved({ cwd: at('in') }, { bind });

    expect(command.files).toEqual([]);
    expect(unbound.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'Makefile',
        'out/Makefile',
        '../outside/Makefile',
        at('outside/*'),
        '{a,..}/outside/Makefile',
      ]),
    );
  });

  test('does not escape by becoming a link', async () => {
    await write('real', 'all:');
    await write('d/real.mk', 'x');
    await symlink('real', at('Makefile'));
    await symlink('d', at('e'));
    const { command, unbound } = await resolved({}, { bind: ['M*', '**/*.mk'] });
    expect(command.files).toMatchObject([
      { name: 'Makefile', path: at('real'), binding: 'checked' },
      { name: 'd/real.mk', binding: 'checked' },
    ]);
    expect(unbound).toContainEqual({ name: 'e', why: expect.stringContaining('not searched') });
  });

  test('is one of at most five hundred; the others are said to be unbound', async () => {
    for (let n = 0; n < 503; n += 1) await write(`f/${String(n).padStart(3, '0')}.mk`, '');
    const { command, unbound } = await resolved({}, { bind: ['f/*.mk'] });
    expect(command.files).toHaveLength(500);
    expect(unbound).toContainEqual({ name: 'f/*.mk', why: expect.stringContaining('3 more files') });
  });
});
