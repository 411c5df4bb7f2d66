import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, link, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedCommand } from '../../src/core/command/command.ts';
import { copyHeld, heldFiles, programOf, watchedFiles } from '../../src/executor/held.ts';
import { reasonOf } from '../support/refusal.ts';
import { type AnExecutor, anExecutor, newId, nothingSecret } from './an-executor.ts';

let it: AnExecutor;
beforeAll(async () => {
  it = await anExecutor();
});
afterAll(() => it.close());

const place = (name: string) => join(it.cwd, name);
async function write(name: string, text: string, mode = 0o755) {
  await mkdir(join(place(name), '..'), { recursive: true });
  await writeFile(place(name), text);
  await chmod(place(name), mode);
}

const file = (name: string, binding: 'held' | 'checked' | 'fixed', because: 'argument' | 'script' | 'policy') => ({
  ...{ name, path: `/w/${name}`, sha256: 'x', bytes: 1 },
  binding,
  because,
});

describe('what is started', () => {
  const command = (argv: string[], files: ResolvedCommand['files'], executable = {}): ResolvedCommand => ({
    argv,
    executable: { path: '/usr/bin/dash', sha256: 'x', bytes: 1, binding: 'fixed', format: 'native', ...executable },
    files,
    cwd: { path: '/w', device: '1', inode: '1' },
    env: {},
    timeoutSeconds: 1,
    mode: 'real',
    sandbox: 'none',
    host: 'here',
  });

  test('is the real file by its asked name, with held scripts and files in their places and nothing else rewritten', () => {
    const files = [
      file('run.sh', 'held', 'script'),
      file('Makefile', 'held', 'policy'),
      file('data', 'checked', 'argument'),
    ];
    const argv = ['sh', 'run.sh', 'Makefile', 'run.sh', './Makefile', '--file=Makefile', 'data'];
    expect(programOf(command(argv, files), '/held')).toEqual({
      file: '/usr/bin/dash',
      args: ['/held/w/run.sh', '/held/w/Makefile', 'run.sh', './Makefile', '--file=Makefile', 'data'],
      argv0: 'sh',
    });
  });

  test('is a copy where others may replace the program, and the shell where it has no first line', () => {
    const held = { path: '/w/tool', binding: 'held' };
    expect(programOf(command(['./tool', 'a'], [], held), '/held')).toEqual({
      file: '/held/w/tool',
      args: ['a'],
      argv0: './tool',
    });
    expect(programOf(command(['./tool', 'a'], [], { ...held, format: 'text' }), '/held')).toEqual({
      file: '/bin/sh',
      args: ['/held/w/tool', 'a'],
      argv0: '/bin/sh',
    });
  });

  test('watches what is opened by its own path: checked files, and copies that no argument names', () => {
    const files = [
      file('run.sh', 'held', 'script'),
      file('Makefile', 'held', 'policy'),
      file('data', 'checked', 'argument'),
    ];
    expect(watchedFiles(command(['sh', 'run.sh', 'data'], files)).map(({ name }) => name)).toEqual([
      'Makefile',
      'data',
    ]);
    expect(watchedFiles(command(['sh', 'run.sh', 'Makefile'], files)).map(({ name }) => name)).toEqual(['data']);
    expect(heldFiles(command(['sh'], files)).map(({ name }) => name)).toEqual(['run.sh', 'Makefile']);
  });
});

describe('a command whose files changed after the approval', () => {
  const good = '#!/bin/sh\necho GOOD\n';
  const evil = '#!/bin/sh\necho EVIL\n';

  test.each([
    ['its content', () => writeFile(place('tool'), evil)],
    ['its length', () => writeFile(place('tool'), `${good}# more\n`)],
    ['to nothing', () => truncate(place('tool'), 0)],
    ['its name to another file', () => write('other', evil).then(() => rename(place('other'), place('tool')))],
    ['to a link', () => rm(place('tool')).then(() => symlink('/bin/sh', place('tool')))],
    ['to a link that leads nowhere', () => rm(place('tool')).then(() => symlink('/nowhere', place('tool')))],
    ['to a directory', () => rm(place('tool')).then(() => mkdir(place('tool')))],
    ['to a pipe', () => rm(place('tool')).then(() => void execFileSync('mkfifo', [place('tool')]))],
    ['by going away', () => rm(place('tool'))],
  ])('is refused: a program that changed %s', async (_, change) => {
    await rm(place('tool'), { recursive: true, force: true });
    await write('tool', good);
    const command = await it.command({ argv: ['./tool'] });
    expect(command.executable.binding).toBe('held');
    await change();
    expect(await reasonOf(it.executor.hold(newId(), command))).toBe('effect_changed');
    expect(await it.executor.list()).toEqual([]);
  });

  test('is refused for a script, a file of the policy, and a checked file', async () => {
    for (const [name, argv, bind] of [
      ['script.sh', ['sh', 'script.sh'], []],
      ['Makefile', ['true'], ['Makefile']],
      ['data.txt', ['cat', 'data.txt'], []],
    ] as [string, string[], string[]][]) {
      await write(name, good, 0o644);
      const command = await it.command({ argv }, { bind });
      await write(name, evil, 0o644);
      expect(await reasonOf(it.executor.hold(newId(), command))).toBe('effect_changed');
    }
    expect(await it.executor.list()).toEqual([]);
  });

  test('is refused where a fixed file became anyone’s to replace', async () => {
    const command = await it.command({ argv: ['true'] });
    await write('true', good);
    const loose = { ...command, executable: { ...command.executable, path: place('true') } };
    expect(await reasonOf(it.executor.hold(newId(), loose))).toBe('effect_changed');
  });

  test('runs what was approved where they change after they were held', async () => {
    await write('deep/er/tool', good);
    await write('part.sh', 'echo "part $1"\n', 0o644);
    const ids = [newId(), newId()];
    const tool = await it.executor.hold(ids[0]!, await it.command({ argv: ['deep/er/tool'] }));
    const script = await it.executor.hold(ids[1]!, await it.command({ argv: ['sh', 'part.sh', 'part.sh'] }));
    await write('deep/er/tool', evil);
    await write('part.sh', 'echo EVIL\n', 0o644);
    await Promise.all([it.executor.start(tool, nothingSecret), it.executor.start(script, nothingSecret)]);
    expect((await it.ended(ids[0]!)).stdout).toBe('GOOD\n');
    expect((await it.ended(ids[1]!)).stdout).toBe('part part.sh\n');
  });

  test('is refused where a checked file changes between the hold and the start', async () => {
    await write('late.txt', 'one', 0o644);
    const id = newId();
    const held = await it.executor.hold(id, await it.command({ argv: ['cat', 'late.txt'] }));
    await write('late.txt', 'two', 0o644);
    expect(await reasonOf(it.executor.start(held, nothingSecret))).toBe('effect_changed');
    expect((await it.executor.look(id)).kind).toBe('absent');
    await it.executor.release(held);
    expect(await it.executor.list()).not.toContain(id);
  });

  test('says which checked files it changed itself', async () => {
    await write('kept.txt', 'kept', 0o666);
    await write('formatted.txt', 'before', 0o666);
    const ended = await it.run(['sh', '-c', 'echo after > "$2"', 'x', 'kept.txt', 'formatted.txt']);
    expect(ended).toMatchObject({ exitCode: 0, changedDuringRun: ['formatted.txt'] });
  });

  test('with two names for one file has one copy', async () => {
    await write('one', good);
    await link(place('one'), place('two'));
    expect((await it.run(['./one'])).stdout).toBe('GOOD\n');
  });
});

describe('a race against somebody who swaps the program all the time', () => {
  const good = '#!/bin/sh\necho GOOD\n';
  let swapper: ChildProcess;
  let path: string;
  beforeAll(async () => {
    await write('raced', good);
    path = place('raced');
    const script = `
      const fs = require('node:fs'); const path = ${JSON.stringify(path)};
      for (let i = 0; ; i += 1) {
        const text = i % 2 ? '#!/bin/sh\\necho GOOD\\n' : '#!/bin/sh\\necho EVIL\\n';
        try {
          if (i % 4 < 2) fs.writeFileSync(path, text);
          else { fs.writeFileSync(path + '.n', text, { mode: 0o755 }); fs.renameSync(path + '.n', path); }
        } catch (error) { if (error.code !== 'ETXTBSY') throw error; }
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Math.random() * 2);
      }`;
    swapper = spawn(process.execPath, ['-e', script], { stdio: 'inherit' });
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => swapper.once('exit', resolve));
    swapper.kill('SIGKILL');
    await ended;
  });

  test('is won by a copy every time, and lost by its path', async () => {
    const approved = createHash('sha256').update(good).digest('hex');
    const root = join(it.home, 'copies');
    const said = { copy: new Set<string>(), path: new Set<string>() };
    let held = 0;
    for (let round = 0; round < 400 && (held < 20 || !said.path.has('EVIL')); round += 1) {
      const copies = join(root, String(round));
      await mkdir(copies, { recursive: true });
      const file = { name: 'raced', path, sha256: approved, bytes: good.length };
      const verdict = await copyHeld(copies, file, { ids: undefined, perl: '/usr/bin/perl' }).then(
        () => 'held',
        (error) => error.extras?.reason,
      );
      expect(['held', 'effect_changed']).toContain(verdict);
      if (verdict !== 'held') continue;
      held += 1;
      said.copy.add(output(`${copies}${path}`));
      said.path.add(output(path));
    }
    expect(held).toBeGreaterThanOrEqual(20);
    expect([...said.copy]).toEqual(['GOOD']);
    expect([...said.path]).toContain('EVIL');
  });
});

/** What a script says; `torn` where it could not be run at that instant. */
function output(path: string): string {
  try {
    return execFileSync(path, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'torn';
  }
}
