import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { unfailing } from '../../src/core/fail-point.ts';
import { openExecutor } from '../../src/executor/executor.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import {
  type AnExecutor,
  anExecutor,
  execUser,
  isRoot,
  newId,
  nothingSecret,
  processesWith,
  sightingOf,
  waitFor,
  waitForEnd,
} from './an-executor.ts';

describe.each([
  ['in a sandbox', {}],
  ['without one', { sandbox: 'off' }],
] as const)('a command %s', (_, options) => {
  let it: AnExecutor;
  beforeAll(async () => {
    it = await anExecutor(options);
  });
  afterAll(() => it.close());

  test('runs as it was asked, with its own name, directory, input, and a clean environment', async () => {
    process.env.GAIA_TEST_LEAK = 'PLANTED-LEAK';
    const script =
      'echo "$0 $1"; pwd; cat; env; echo on-out >/dev/stdout; echo on-err >/dev/stderr; cat /dev/stdin; exit 7';
    const ended = await it.run(['sh', '-c', script, 'name', ''], { stdin: 'typed\n', env: { MINE: 'a b' } });
    delete process.env.GAIA_TEST_LEAK;

    expect(ended).toMatchObject({ how: 'exited', exitCode: 7, signal: null, error: null, truncated: false });
    expect(ended.stdout).toContain(`name \n${it.cwd}\ntyped\n`);
    expect(ended.stdout).toContain('MINE=a b\n');
    expect(ended.stdout).toContain('LANG=C.UTF-8\n');
    expect(ended.stdout).toContain('on-out\n');
    expect(ended.stderr).toBe('on-err\n');
    expect(JSON.stringify(ended)).not.toContain('PLANTED-LEAK');
    const names = ended.stdout.match(/^[A-Z_]+(?==)/gm) ?? [];
    expect(names.filter((name) => !['PATH', 'LANG', 'HOME', 'MINE', 'PWD', 'GAIA_EXECUTION'].includes(name))).toEqual(
      [],
    );
  });

  test('ends with all it started, however far that went away', async () => {
    const word = `stray-${newId()}`;
    const stray = `exec -a ${word} sleep 300`;
    const script = [
      `bash -c '${stray}' &`,
      `setsid bash -c '${stray}' &`,
      `(setsid bash -c "nohup bash -c '${stray}' & " &) `,
      'sleep 0.1',
      'echo done',
    ].join('\n');
    const ended = await it.run(['bash', '-c', script]);

    expect(ended).toMatchObject({ how: 'exited', exitCode: 0, stdout: 'done\n' });
    expect(ended.durationMs).toBeLessThan(5_000);
    expect(await processesWith(word)).toEqual([]);
  });

  test('that takes too long is ended with a tree that ignores SIGTERM', async () => {
    const word = `deaf-${newId()}`;
    const deaf = `trap "" TERM; sh -c 'trap "" TERM; exec -a ${word} sleep 300' & setsid bash -c 'trap "" TERM; exec -a ${word} sleep 300' & sleep 300`;
    const ended = await it.run(['bash', '-c', deaf], { timeoutSeconds: 1 });

    expect(ended.how).toBe('timed_out');
    expect(ended.durationMs).toBeGreaterThanOrEqual(1_000);
    expect(await processesWith(word)).toEqual([]);
  });

  test('is stopped with its grace: its trap runs', async () => {
    const id = newId();
    await it.begin(
      id,
      await it.command({
        argv: ['bash', '-c', 'trap "echo cleaned; exit 9" TERM; echo up; while :; do sleep 0.05; done'],
      }),
    );
    await waitFor(async () => ((await it.executor.live(id))?.stdout.text.includes('up') ? true : undefined));
    await it.executor.stop(id);
    await it.executor.stop(id);

    expect(await it.ended(id)).toMatchObject({ how: 'stopped', exitCode: 9, stdout: 'up\ncleaned\n' });
    await it.executor.stop(id);
  });

  test('that a signal ends says which', async () => {
    expect(await it.run(['sh', '-c', 'kill -SEGV $$'])).toMatchObject({ how: 'exited', signal: 'SIGSEGV' });
  });

  test('whose arguments the kernel does not take never runs', async () => {
    const ended = await it.run(['echo', 'x'.repeat(140_000)]);
    expect(ended).toMatchObject({ how: 'not_startable', exitCode: null, stdout: '' });
    expect(ended.error).toContain('larger than the kernel takes');
    const near = await it.run(['echo', 'x'.repeat(120_000)]);
    expect(near).toMatchObject({ how: 'exited', exitCode: 0, truncated: false });
  });

  test('whose interpreter is missing never runs', async () => {
    await writeFile(join(it.cwd, 'odd'), '#!/nowhere/at-all\n', { mode: 0o755 });
    const ended = await it.run(['./odd']);
    expect(ended).toMatchObject({ how: 'not_startable', exitCode: null });
    expect(ended.error).toMatch(/not there|not found|No such file|bad interpreter/);
  });

  test('of a format no machine reads never runs', async () => {
    await writeFile(join(it.cwd, 'alien'), Buffer.from('7f454c4600000000', 'hex'), { mode: 0o755 });
    expect((await it.run(['./alien'])).how).toBe('not_startable');
  });

  test('without a first line is read by the shell', async () => {
    await writeFile(join(it.cwd, 'plain'), 'echo "read $1"\n', { mode: 0o755 });
    expect(await it.run(['./plain', 'it'])).toMatchObject({ how: 'exited', stdout: 'read it\n' });
  });

  test('keeps the first and the last of 100 MB', async () => {
    const script = 'echo first; head -c 100000000 /dev/zero | tr "\\0" x; echo; echo last';
    const ended = await it.run(['sh', '-c', script]);
    expect(ended).toMatchObject({ how: 'exited', truncated: true });
    expect(ended.stdout.length).toBeLessThan(140_000);
    expect(ended.stdout).toMatch(/^first\nx/);
    expect(ended.stdout).toMatch(/x\nlast\n$/);
    expect(ended.stdout).toContain(`⟨${100_000_012 - 131_072} bytes left out⟩`);
  });

  test('shows no secret it was given, whole or in pieces, and no argument holds it', async () => {
    const value = 'correct-horse battery/staple';
    const script =
      'printf "%s" "$KEY" | cut -c1-9 | tr -d "\\n"; sleep 0.1; printf "%s\\n" "$KEY" | cut -c10-; printf %s "$KEY" | base64; tr "\\0" " " < /proc/1/cmdline | grep -cF "$KEY"; head -c 300 /dev/urandom; echo "$KEY" >&2';
    const handover = { secrets: { DEPLOY: value }, patterns: [{ name: 'house', pattern: 'HOUSE-[0-9]{6}' }] };
    const ended = await it.run(['sh', '-c', `${script}; echo HOUSE-123456`], {
      env: { KEY: 'secret:DEPLOY' },
      handover,
    });

    expect(ended.stdout).toMatch(/^⟨redacted: DEPLOY⟩\n⟨redacted: DEPLOY⟩\n0\n/);
    expect(ended.stderr).toBe('⟨redacted: DEPLOY⟩\n');
    expect(ended.stdout).toContain('⟨redacted: house⟩');
    expect(JSON.stringify(ended)).not.toContain('battery');
    expect(ended.stdout.isWellFormed() && !ended.stdout.includes('\0')).toBe(true);
  });

  test('whose secret nobody handed over is not started', async () => {
    const id = newId();
    const held = await it.executor.hold(id, await it.command({ env: { KEY: 'secret:GONE' } }));
    expect(await reasonOf(it.executor.start(held, nothingSecret))).toBe('effect_changed');
    expect(await sightingOf(it.executor, id)).toBe('absent');
    expect(await it.executor.claim(id)).toBe(true);
  });

  test('leaves nothing behind once it is forgotten', async () => {
    const place = await mkdtemp(join(tmpdir(), 'gaia-forgotten-')); // what other tests make is none of its business
    await chmod(place, 0o755);
    vi.stubEnv('TMPDIR', place);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(place, { recursive: true });
    });
    await writeFile(join(it.cwd, 'tool'), '#!/bin/sh\necho x > ~/made; mkdir ~/.hidden; ls -A ~\n', { mode: 0o755 });
    const id = newId();
    await it.begin(id, await it.command({ argv: ['./tool'] }));
    expect((await it.ended(id)).stdout).toBe('.hidden\nmade\n');
    expect(await readdir(place)).toEqual([expect.stringMatching(/^gaia-run-/)]);
    await it.executor.forget(id);
    await it.executor.forget(id);
    expect(await readdir(place)).toEqual([]);
    expect(await it.executor.list()).not.toContain(id);
    expect(await sightingOf(it.executor, id)).toBe('gone');
  });
});

describe('a latch', () => {
  let it: AnExecutor;
  beforeAll(async () => {
    it = await anExecutor();
  });
  afterAll(() => it.close());
  const witness = () => readFile(join(it.cwd, 'witness'), 'utf8').catch(() => '');

  test('taken by a claim keeps its command from ever starting', async () => {
    const id = newId();
    const held = await it.executor.hold(id, await it.command({ argv: ['sh', '-c', 'echo ran >> witness'] }));
    expect(await it.executor.claim(id)).toBe(true);
    expect(await it.executor.claim(id)).toBe(true);
    expect(await reasonOf(it.executor.start(held, nothingSecret))).toBe('supervisor_ended');
    expect(await sightingOf(it.executor, id)).toBe('never_started');
    expect(await reasonOf(it.executor.hold(id, await it.command({})))).toBe('already_started');
    expect(await witness()).toBe('');
  });

  test('belongs to exactly one, however close the race', async () => {
    const races = Array.from({ length: 12 }, async (_, at) => {
      const id = newId();
      const held = await it.executor.hold(id, await it.command({ argv: ['sh', '-c', `echo ${id} >> witness`] }));
      const started = it.executor.start(held, nothingSecret).then(
        () => true,
        () => false,
      );
      await new Promise((resolve) => setTimeout(resolve, at * 12));
      const claimed = await it.executor.claim(id);
      const ran = await started;
      if (ran) await it.ended(id);
      return { id, claimed, ran };
    });
    for (const { id, claimed, ran } of await Promise.all(races)) {
      expect(claimed).toBe(!ran);
      expect((await witness()).split('\n').filter((line) => line === id)).toHaveLength(ran ? 1 : 0);
      expect(await sightingOf(it.executor, id)).toBe(ran ? 'ended' : 'never_started');
    }
  });

  test('is found by another Gaia, which sees the command through, stops it, and learns its outcome', async () => {
    const id = newId();
    await it.begin(id, await it.command({ argv: ['sh', '-c', 'echo up; sleep 300'] }));
    const other = await openExecutor({
      allow: true,
      home: it.home,
      masks: [],
      sandbox: 'auto',
      reach: unfailing,
      ...execUser,
    });
    expect(await other.list()).toContain(id);
    const seen = await other.look(id);
    expect(seen.kind === 'running' && Math.abs(seen.startedAt - Date.now()) < 60_000).toBe(true);
    expect(await other.claim(id)).toBe(false);
    await other.stop(id);
    expect(await waitForEnd(other, id)).toMatchObject({ how: 'stopped', signal: 'SIGTERM' });
  });

  test('of a supervisor that was killed reads lost, and nothing of its command is left', async () => {
    const id = newId();
    const word = `orphan-${id}`;
    await it.begin(id, await it.command({ argv: ['bash', '-c', `exec -a ${word} sleep 300`] }));
    await waitFor(async () => ((await processesWith(word)).length > 0 ? true : undefined));
    const { pid } = JSON.parse(await readFile(join(it.home, 'executions', id, 'started'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => ((await sightingOf(it.executor, id)) === 'lost' ? true : undefined));
    await waitFor(async () => ((await processesWith(word)).length === 0 ? true : undefined));
  });

  test('of another boot, or of a process with the same number, is nobody to signal', async () => {
    const id = newId();
    const bystander = spawn('sleep', ['300']);
    const ended = new Promise((resolve) => bystander.once('exit', resolve));
    await mkdir(join(it.home, 'executions', id));
    const latch = { by: 'supervisor', at: 1, pid: bystander.pid, startTime: '1', bootId: 'another' };
    for (const boot of ['another', (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()]) {
      await writeFile(join(it.home, 'executions', id, 'started'), JSON.stringify({ ...latch, bootId: boot }));
      expect(await sightingOf(it.executor, id)).toBe('lost');
      await it.executor.stop(id);
    }
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill();
    await ended;
  });
});

describe('a Gaia that is killed', () => {
  let it: AnExecutor;
  beforeAll(async () => {
    it = await anExecutor();
  });
  afterAll(() => it.close());

  test.each([
    ['before it starts a supervisor', 'executor.start.before', 'absent'],
    ['after the latch', 'executor.start.after', 'ended'],
  ] as const)('%s leaves a definite end', async (_, point, kind) => {
    const id = newId();
    const command = await it.command({ argv: ['sh', '-c', `sleep 0.2; echo ${id} >> witness-${kind}`] });
    const gaia = startGaia(
      it,
      id,
      command,
      `(point) => { if (point === '${point}') process.kill(process.pid, 'SIGKILL'); }`,
    );
    await new Promise((resolve) => gaia.once('exit', resolve));
    if (kind === 'ended') expect(await it.ended(id)).toMatchObject({ how: 'exited', exitCode: 0 });
    expect(await sightingOf(it.executor, id)).toBe(kind);
    expect(await it.executor.claim(id)).toBe(kind === 'absent');
    const ran = await readFile(join(it.cwd, `witness-${kind}`), 'utf8').catch(() => '');
    expect(ran).toBe(kind === 'ended' ? `${id}\n` : '');
  });

  test('while it hands the plan over starts nothing', async () => {
    const id = newId();
    const execution = join(it.home, 'executions', id);
    await mkdir(execution);
    const supervisor = spawn(process.execPath, [join('dist', 'executor', 'supervisor.js'), execution], {
      stdio: ['pipe', 'ignore', 'pipe', 'ignore'],
    });
    supervisor.stdin?.end('{"file":"/bin/sh","args":["-c","touch /tmp/never"],"secrets":[{"value":"PLANTED');
    let said = '';
    supervisor.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    expect(await new Promise((resolve) => supervisor.once('close', resolve))).toBe(4);
    expect(said).toBe('the plan was cut short\n');
    expect(await sightingOf(it.executor, id)).toBe('absent');
  });
});

describe('what cannot be held', () => {
  let it: AnExecutor;
  beforeAll(async () => {
    it = await anExecutor();
  });
  afterAll(() => it.close());

  test('is refused by the name of what differs: another isolation, user, host, or a rehearsal', async () => {
    const command = await it.command({});
    const other = { ...command, sandbox: { ...(command.sandbox as object), isolation: 'none' } } as typeof command;
    for (const each of [other, { ...command, host: 'elsewhere' }, { ...command, mode: 'dry_run' as const }]) {
      expect(await reasonOf(it.executor.hold(newId(), each))).toBe('effect_changed');
    }
    expect(await it.executor.list()).toEqual([]);
  });

  test.each([
    ['a working directory inside it', (home: string) => ({ cwd: home })],
    ['a directory to write inside it', (home: string) => ({ writable: [home] })],
    ['a directory to write above it', (home: string) => ({ writable: [join(home, '..')] })],
    ['a link to write that leads there', (_: string, cwd: string) => ({ writable: [join(cwd, 'trap')] })],
    ['a path to read inside it', (home: string) => ({ path: [join(home, 'executions')] })],
    ['the whole host to write', () => ({ writable: ['/'] })],
    ['the whole host to read', () => ({ writable: [], path: ['/'] })],
    ['the sockets of the host', () => ({ writable: ['/run'] })],
    ['the processes of the host', () => ({ path: ['/proc/1'] })],
  ])("of Gaia's own: %s", async (_, how) => {
    await symlink(it.home, join(it.cwd, 'trap')).catch(() => undefined); // it stands there after the first
    const { cwd, ...sandbox } = { cwd: it.cwd, ...how(it.home, it.cwd) } as { cwd: string };
    const command = await it.command({}, { sandbox });
    const refusal = await refusalOf(it.executor.hold(newId(), { ...command, cwd: { ...command.cwd, path: cwd } }));
    expect(refusal.message).toMatch(/would open/);
    expect(await it.executor.list()).toEqual([]);
  });

  test('a working directory that was replaced, removed or became a link', async () => {
    const place = join(it.cwd, 'place');
    await mkdir(place);
    const command = await it.command({ cwd: place });
    await rename(place, `${place}.old`);
    expect(await reasonOf(it.executor.hold(newId(), command))).toBe('effect_changed');
    await mkdir(place);
    expect(await reasonOf(it.executor.hold(newId(), command))).toBe('effect_changed');
    await rm(place, { recursive: true });
    await symlink(`${place}.old`, place);
    expect(await reasonOf(it.executor.hold(newId(), command))).toBe('effect_changed');
  });

  test('swapped after it was held, the directory is still the one approved or none', async () => {
    const place = join(it.cwd, 'swapped');
    await mkdir(place);
    await chmod(place, 0o777);
    const id = newId();
    const held = await it.executor.hold(id, await it.command({ argv: ['sh', '-c', 'touch here'], cwd: place }));
    await rename(place, `${place}.moved`);
    await mkdir(place);
    await chmod(place, 0o777);
    await it.executor.start(held, nothingSecret);
    const ended = await it.ended(id);
    expect(ended).toMatchObject({ how: 'not_startable' });
    expect(ended.error).toContain('not the one that was approved');
    expect(await readdir(place)).toEqual([]);
  });

  test.runIf(isRoot)('a disk that fills up while it runs does not lose its outcome', async () => {
    const disk = join(it.home, '..', 'disk');
    await mkdir(disk);
    const { execFileSync } = await import('node:child_process');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=700', 'gaia-test', disk]);
    try {
      const executor = await openExecutor({
        allow: true,
        home: disk,
        masks: [],
        sandbox: 'auto',
        reach: unfailing,
        ...execUser,
      });
      const id = newId();
      await executor.start(
        await executor.hold(id, await it.command({ argv: ['sh', '-c', 'sleep 0.5; echo told; exit 3'] })),
        nothingSecret,
      );
      await writeFile(join(disk, 'full'), Buffer.alloc(16 * 1024 * 1024)).catch((error) =>
        expect(error.code).toBe('ENOSPC'),
      );
      expect(await waitForEnd(executor, id)).toMatchObject({ how: 'exited', exitCode: 3, stdout: 'told\n' });

      const next = await executor.hold(newId(), await it.command({})).catch((error) => error);
      const refused = 'command' in next ? await refusalOf(executor.start(next, nothingSecret)) : next;
      expect(refused.code).toBe('unavailable');
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('a user nobody knows, and a Gaia that runs nothing', async () => {
    const options = { home: it.home, masks: [], sandbox: 'auto', reach: unfailing } as const;
    const open = openExecutor({ ...options, allow: true, execUser: 'no-such-user-here' });
    expect(await reasonOf(open)).toBe(isRoot ? 'exec_user_unknown' : 'exec_user_needs_root');
    const closed = await openExecutor({ ...options, allow: false });
    expect(closed.isolation).toBe('none');
    expect(await reasonOf(closed.hold(newId(), await it.command({})))).toBe('effect_changed');
  });
});

/** A Gaia of its own that holds and starts one command, and comes by its end at the named point. */
function startGaia(it: AnExecutor, id: string, command: object, reach: string): ChildProcess {
  const options = { allow: true, home: it.home, masks: [], sandbox: 'auto', ...execUser };
  const script = `
    import { openExecutor } from ${JSON.stringify(join(process.cwd(), 'dist/executor/executor.js'))};
    const executor = await openExecutor({ ...${JSON.stringify(options)}, reach: ${reach} });
    await executor.start(await executor.hold(${JSON.stringify(id)}, ${JSON.stringify(command)}), { secrets: {}, patterns: [] });`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
}

test('the probe of the sandbox says why where it does not work', async () => {
  const { probeSandbox } = await import('../../src/executor/probe.ts');
  expect(await probeSandbox(undefined, {})).toEqual({ works: false, said: expect.stringContaining('bubblewrap') });
  const failing = await probeSandbox(undefined, { bwrap: '/bin/false' });
  expect(failing.works).toBe(false);
  expect((await stat('/bin/false')).isFile()).toBe(true);
});
