import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnvironment } from '../../src/core/command/sandbox.ts';
import type { ExecutorOptions } from '../../src/executor/executor.ts';
import { findTools } from '../../src/executor/probe.ts';
import { ordersText, processesMax, starter, whyNoStarter } from '../../src/executor/starter.ts';
import { type AnExecutor, anExecutor, isRoot, newId, waitFor } from './an-executor.ts';

const compiler = ['/usr/bin/cc', '/usr/bin/gcc'].find((path) => existsSync(path));

/** Says on descriptor 1 that it was loaded, and leaves a line where only what runs outside a sandbox may write. */
const library = `
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
unsigned int la_version(unsigned int version) { return version; }
__attribute__((constructor)) static void loaded(void) {
  char exe[4096]; ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
  exe[length < 0 ? 0 : length] = 0;
  dprintf(1, "LOADED %d %s\\n", getuid(), exe);
  FILE *out = fopen(WITNESS, "a");
  if (out) { fprintf(out, "%d %s\\n", getuid(), exe); fclose(out); }
}`;

describe.each([
  ['in a sandbox', {}, isRoot ? 65_534 : process.getuid?.()],
  ['as another user', { sandbox: 'off' }, 65_534],
  ['not isolated', { sandbox: 'off', execUser: undefined }, process.getuid?.()],
] as [string, Partial<ExecutorOptions>, number][])('the environment of a request %s', (name, options, uid) => {
  let it: AnExecutor;
  let outside: string;
  const runs = isRoot || name !== 'as another user';
  const boxed = name === 'in a sandbox';
  beforeAll(async () => {
    it = await anExecutor(options as Partial<ExecutorOptions>);
    outside = join(it.home, '..', 'outside');
    mkdirSync(outside);
    chmodSync(outside, 0o777);
  });
  afterAll(() => it.close());
  const witnesses = () => readdirSync(outside).filter((file) => file.startsWith('debug'));

  test.runIf(runs && compiler !== undefined)('loads code into its program alone, and nowhere else', async () => {
    const witness = join(outside, 'loaded');
    const object = join(it.cwd, 'evil.so');
    writeFileSync(`${object}.c`, library);
    execFileSync(compiler ?? '', ['-shared', '-fPIC', `-DWITNESS="${witness}"`, '-o', object, `${object}.c`]);
    for (const variable of ['LD_PRELOAD', 'LD_AUDIT']) {
      const ended = await it.run(['true'], { env: { [variable]: object } });
      expect(ended.stdout.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`^LOADED ${uid} .*/true$`))]);
    }
    const lines = existsSync(witness) ? readFileSync(witness, 'utf8').trim().split('\n') : [];
    expect(lines).toHaveLength(boxed ? 0 : 2);
    for (const line of lines) expect(line).toMatch(new RegExp(`^${uid} .*/true$`));
  });

  test.runIf(runs)('writes by the loader where its program may, as its user, and nowhere else', async () => {
    const env = { LD_DEBUG: 'libs', LD_DEBUG_OUTPUT: join(outside, 'debug'), GLIBC_TUNABLES: 'glibc.malloc.check=3' };
    expect(await it.run(['true'], { env })).toMatchObject({ how: 'exited', exitCode: 0 });
    expect(witnesses()).toHaveLength(boxed ? 0 : 1);
    for (const file of witnesses()) expect(statSync(join(outside, file)).uid).toBe(uid);
  });

  test.runIf(runs)('is exactly the one approved, whatever a shell would make of its names', async () => {
    const asked = {
      ...{
        PWD: '/elsewhere',
        OLDPWD: '/before',
        SHLVL: '7',
        _: 'x',
        UID: '5',
        GROUPS: 'g',
        SECONDS: '60',
        RANDOM: '1',
      },
      ...{ BASH: 'b', BASH_ENV: '/nowhere', PPID: '9', LINENO: '3', OPTIND: '4', POSIXLY_CORRECT: '1', IFS: 'i' },
      ...{
        PERL5OPT: '-Mnothing',
        PERL5LIB: '/nowhere',
        NODE_OPTIONS: '--nothing',
        'a.b-c': 'd',
        EMPTY: '',
        LINES: 'a\nb',
      },
    };
    const { stdout } = await it.run(['env', '-0'], { env: asked });
    const { HOME, GAIA_EXECUTION, ...got } = Object.fromEntries(
      stdout
        .split('␀')
        .flatMap((line) =>
          line === '' ? [] : [[line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]],
        ),
    );
    expect(got).toEqual({ ...cleanEnvironment, ...asked });
    expect(HOME).toMatch(boxed ? /^\/home\/gaia$/ : /\/home$/);
    expect(GAIA_EXECUTION === undefined).toBe(name !== 'not isolated');
    const bare = await it.run(['env']);
    expect(bare.stdout).not.toMatch(/^(SHLVL|_|PWD|OLDPWD)=/m);
  });

  test.runIf(runs)('ends with the number it exits with, and only a signal is one', async () => {
    expect(await it.run(['sh', '-c', 'exit 143'])).toMatchObject({ how: 'exited', exitCode: 143, signal: null });
    expect(await it.run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({
      how: 'exited',
      exitCode: null,
      signal: 'SIGKILL',
    });
    expect(await it.run(['sh', '-c', 'kill -FPE $$; exit 3'])).toMatchObject({ signal: 'SIGFPE' });
  });

  test.runIf(runs)('comes with limits: no core file, and so many processes', async () => {
    const { stdout } = await it.run(['bash', '-c', 'ulimit -c; ulimit -Hc; ulimit -u']);
    const [core, coreMax, processes] = stdout.trim().split('\n');
    expect([core, coreMax]).toEqual(['0', '0']);
    if (name !== 'not isolated') expect(Number(processes)).toBeLessThanOrEqual(processesMax);
  });

  test.runIf(runs)('is nothing that another process sees, nor are its arguments before it runs', async () => {
    const id = newId();
    const value = `planted-${id}`;
    await it.begin(id, await it.command({ argv: ['sh', '-c', 'echo up; sleep 300'], env: { KEY: value } }));
    await waitFor(async () => ((await it.executor.live(id))?.stdout.text.includes('up') ? true : undefined));
    const { pid } = JSON.parse(readFileSync(join(it.home, 'executions', id, 'started'), 'utf8'));
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], { encoding: 'utf8' });
    const [wrapper] = children.trim().split(/\s+/);
    const environment = readFileSync(`/proc/${wrapper}/environ`, 'utf8');
    if (name !== 'not isolated') expect(environment).not.toContain(value);
    expect(children).not.toContain(value);
    await it.executor.stop(id);
    await it.ended(id);
  });
});

describe('the starter', () => {
  const order = (more: Partial<Parameters<typeof ordersText>[0]> = {}) =>
    ordersText({
      program: { file: '/bin/echo', args: ['ran'], argv0: 'echo' },
      ...{ env: {}, pinned: [], isInit: false, noNewPrivs: false },
      ...more,
    });
  const start = async (text: Buffer) => {
    const [perl, ...args] = starter(await findTools());
    const child = spawn(perl, args, { env: {}, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const said = ['', '', '', ''];
    for (const at of [1, 2, 3]) child.stdio[at]?.on('data', (chunk) => (said[at] += chunk));
    (child.stdio[3] as NodeJS.WritableStream).end(text);
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, out: said[1], answers: said[3] };
  };

  test('starts what it is told', async () => {
    expect(await start(order())).toEqual({ code: 0, out: 'ran\n', answers: 'ready\n' });
    expect(await start(order({ isInit: true }))).toEqual({ code: 0, out: 'ran\n', answers: 'ready\nended 0\n' });
  });

  test('starts nothing where its orders were cut short, at any place', async () => {
    const whole = order({ env: { A: 'b' } });
    for (const length of [0, 1, 3, 20, whole.length - 6, whole.length - 1]) {
      expect(await start(whole.subarray(0, length))).toEqual({ code: 125, out: '', answers: '' });
    }
  });

  test('starts nothing where a place is another, or not there', async () => {
    for (const path of ['/etc', '/nowhere']) {
      const pinned = [{ path, device: '1', inode: '2' }];
      expect(await start(order({ pinned }))).toEqual({ code: 125, out: '', answers: `place ${path}\n` });
    }
  });

  test('says by number why a program could not be started', async () => {
    const program = { file: '/nowhere', args: [], argv0: 'x' };
    expect(await start(order({ program }))).toMatchObject({ code: 126, answers: 'ready\nfailed 2\n' });
  });

  test('is told nothing that would shift what follows', () => {
    expect(() => order({ env: { A: 'b\0C=d' } })).toThrow(/NUL/);
  });

  test('is missing without perl, in words', () => {
    expect(whyNoStarter({})).toContain('perl');
    expect(whyNoStarter({ perl: '/usr/bin/perl' })).toBeUndefined();
  });
});
