import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unfailing } from '../../src/core/fail-point.ts';
import { openExecutor } from '../../src/executor/executor.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { type AnExecutor, anExecutor, execUser, isRoot, newId, nothingSecret, waitFor } from './an-executor.ts';

describe("a sandbox keeps Gaia's own from a command", () => {
  let it: AnExecutor;
  let home: string;
  const before = process.env.HOME;
  const readOnly = { writable: [] };
  beforeAll(async () => {
    it = await anExecutor();
    home = join(it.cwd, 'me');
    await mkdir(join(home, '.ssh'), { recursive: true });
    await mkdir(join(home, 'work', 'deep'), { recursive: true });
    await writeFile(join(home, '.ssh', 'id'), 'PLANTED-KEY\n');
    await writeFile(join(home, 'letter'), 'PLANTED-LETTER\n');
    await writeFile(join(home, 'work', 'file'), 'shown\n');
    await writeFile(join(it.cwd, 'token'), 'PLANTED-TOKEN\n');
    execFileSync('chmod', ['-R', 'a+rwX', it.cwd]); // nothing but the sandbox keeps it
    process.env.HOME = home;
    await it.executor.setMasks([]);
  });
  afterAll(async () => {
    process.env.HOME = before;
    await it.close();
  });

  test('files that are named while it runs, from the next start on, also where they come later', async () => {
    const token = join(it.cwd, 'token');
    const later = join(it.cwd, 'later');
    expect((await it.run(['sh', '-c', 'cat token'], { sandbox: readOnly })).stdout).toBe('PLANTED-TOKEN\n');
    await it.executor.setMasks([token, later]);
    await writeFile(later, 'PLANTED-LATER\n', { mode: 0o644 });
    const { stdout } = await it.run(['sh', '-c', 'cat token later'], { sandbox: readOnly });
    expect(stdout).toBe('');
    expect(await refusalOf(it.run(['true']))).toMatchObject({ message: expect.stringContaining("Gaia's own") });
    await it.executor.setMasks([]);
    await rm(later);
    expect((await it.run(['sh', '-c', 'cat token'], { sandbox: readOnly })).stdout).toBe('PLANTED-TOKEN\n');
  });

  test('the home of its user, seen from above, from below, and as itself', async () => {
    const above = await it.run(['sh', '-c', 'cat me/letter me/.ssh/id me/work/file; ls -A me'], { sandbox: readOnly });
    expect(above).toMatchObject({ how: 'exited', stdout: '' });
    const script = 'cat ../letter ../.ssh/id file; ls -A ..; echo new > made; cat made';
    const below = await it.run(['sh', '-c', script], { cwd: join(home, 'work') });
    expect(below).toMatchObject({ how: 'exited', stdout: 'shown\nwork\nnew\n' });
    expect(await refusalOf(it.run(['true'], { cwd: home, sandbox: readOnly }))).toMatchObject({
      message: expect.stringContaining('the home of the user that runs Gaia'),
    });
    for (const place of [join(home, '.ssh'), it.cwd]) {
      expect(await reasonOf(it.run(['true'], { sandbox: { writable: [place] } }))).toBe('effect_changed');
    }
  });

  test('its program, which nobody may write', async () => {
    const sandbox = { isolation: 'bwrap' as const, profile: 'default', network: false, path: [], env: {} };
    const program = process.cwd();
    for (const writable of [['.'], [join(program, 'dist')]]) {
      const cwd = writable[0] === '.' ? join(program, 'src') : it.cwd;
      expect(await it.executor.directoryFault(cwd, { ...sandbox, writable })).toContain("Gaia's own program");
    }
    // what lies around a clone may hold more than the program, which is then named first: this data directory, secrets of a home
    const around = await it.executor.directoryFault(it.cwd, { ...sandbox, writable: [join(program, '..')] });
    expect(around).toMatch(/Gaia's own|where the user that runs Gaia keeps secrets/);
    // where a clone lies in a home that the user of commands may not enter, that is what is wrong with it
    const alone = await it.executor.directoryFault(program, { ...sandbox, writable: [] });
    expect(alone ?? '').not.toContain("Gaia's own");
  });

  test.each([
    ['a directory to write', (trap: string) => ({ writable: [trap] })],
    ['a directory to read', (trap: string) => ({ writable: [], path: [trap] })],
    ['its home', (trap: string) => ({ writable: [], home: trap })],
  ])('swapped after everybody looked, %s leads nowhere', async (_, how) => {
    const harmless = join(it.cwd, 'harmless');
    const trap = join(it.home, '..', 'trap');
    await mkdir(harmless, { recursive: true });
    await rm(trap, { force: true });
    await symlink(harmless, trap);
    expect(await it.run(['true'], { sandbox: how(trap) })).toMatchObject({ how: 'exited', exitCode: 0 });
    const swap = () => execFileSync('ln', ['-sfn', it.home, trap]);
    const options = { allow: true, home: it.home, masks: [], sandbox: 'auto', ...execUser } as const;
    const executor = await openExecutor({
      ...options,
      reach: (point) => point === 'executor.start.before' && swap(),
    });
    const id = newId();
    await executor.start(
      await executor.hold(id, await it.command({ argv: ['true'] }, { sandbox: how(trap) })),
      nothingSecret,
    );
    const ended = await it.ended(id);
    expect(ended).toMatchObject({
      how: 'not_startable',
      error: expect.stringContaining('is not the one that was approved'),
    });
    await executor.forget(id);
  });
});

describe('where commands run as another user', () => {
  test.runIf(isRoot)('copies are theirs to read, and nobody else’s', async () => {
    const it = await anExecutor();
    const tool = join(it.cwd, 'tool');
    await writeFile(tool, '#!/bin/sh\necho up; sleep 300\n', { mode: 0o755 });
    const id = newId();
    await it.begin(id, await it.command({ argv: ['./tool'] }));
    await waitFor(async () => ((await it.executor.live(id))?.stdout.text.includes('up') ? true : undefined));
    const { scratch } = JSON.parse(await readFile(join(it.home, 'executions', id, 'places.json'), 'utf8'));
    const copy = `${scratch}/held${tool}`;
    expect((await stat(copy)).mode & 0o777).toBe(0o550);
    for (let at = join(copy, '..'); at.startsWith(scratch); at = join(at, '..'))
      expect((await stat(at)).mode & 0o777).toBe(0o750);
    const read = (uid: number) =>
      spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'cat', copy]);
    expect(read(4321).status).not.toBe(0);
    expect(read(65_534).status).toBe(0);
    await it.executor.stop(id);
    await it.ended(id);
    await it.close();
  });

  test.runIf(isRoot)(
    'what their user may not read is not copied for them, nor what lies where they may not go',
    async () => {
      const it = await anExecutor();
      const closed = join(it.cwd, 'closed');
      await mkdir(closed);
      for (const [name, mode] of [
        ['key', 0o600],
        ['open', 0o644],
      ] as const) {
        await writeFile(join(closed, name), 'alice\n', { mode });
        await chown(join(closed, name), 1234, 1234);
      }
      await chown(closed, 1234, 1234);
      for (const [name, mode] of [
        ['key', 0o755],
        ['open', 0o700],
      ] as const) {
        await chmod(closed, mode);
        const refusal = await refusalOf(
          it.executor.hold(newId(), await it.command({ argv: ['sh', join(closed, name)] })),
        );
        expect(refusal).toMatchObject({ message: expect.stringContaining('may not read it') });
      }
      expect(await it.executor.list()).toEqual([]);
      await it.close();
    },
  );

  test.runIf(isRoot)('no secret is handed over where nothing but the user keeps commands apart', async () => {
    const it = await anExecutor({ sandbox: 'off' });
    const commands = [
      await it.command({ argv: ['true'], env: { KEY: 'secret:DEPLOY' } }),
      await it.command({ argv: ['true'] }),
    ];
    const options = { allow: true, home: it.home, masks: [], sandbox: 'off', ...execUser };
    const script = `
      import { openExecutor } from ${JSON.stringify(join(process.cwd(), 'dist/executor/executor.js'))};
      const executor = await openExecutor({ ...${JSON.stringify(options)}, reach: () => undefined });
      for (const [at, command] of ${JSON.stringify(commands)}.entries()) {
        await executor.hold('try-' + at, command).then(() => console.log('held'), (error) => console.log(error.message));
      }`;
    // as in a container: root, but not of the whole machine
    const without = ['--bounding-set=-sys_admin', '--inh-caps=-sys_admin', process.execPath];
    const said = execFileSync('setpriv', [...without, '--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(said).toBe('KEY names a secret, and other commands of the same user could read it here.\nheld\n');
    await it.close();
  });
});

describe('a command of the user that Gaia runs as', () => {
  const uid = 23_456;

  test.runIf(isRoot)('cannot rewrite what another was approved with', async () => {
    const it = await anExecutor();
    execFileSync('chown', ['-R', `${uid}:${uid}`, join(it.home, '..')]);
    const place = await mkdtemp(join(tmpdir(), 'gaia-ordinary-'));
    await chmod(place, 0o755);
    await cp('dist', join(place, 'dist'), { recursive: true });
    await cp(process.execPath, join(place, 'node'));
    await writeFile(join(place, 'package.json'), '{"type":"module"}');
    execFileSync('chmod', ['-R', 'a+rX', place]);
    const cwd = await mkdtemp('/var/lib/gaia-cwd-'); // nobody but root and this user may write on the way there
    await chmod(cwd, 0o755);
    await chown(cwd, uid, uid);
    await writeFile(join(cwd, 's.sh'), 'echo GOOD\n', { mode: 0o644 });
    await chown(join(cwd, 's.sh'), uid, uid);
    const script = `
      import { openExecutor } from './dist/executor/executor.js';
      import { resolveCommand } from './dist/executor/resolve.js';
      import { hashFiles } from './dist/executor/hash-files.js';
      const options = ${JSON.stringify({ allow: true, home: it.home, masks: [], sandbox: 'required' })};
      const executor = await openExecutor({ ...options, reach: () => undefined });
      const command = async (argv, ownUid = -1) => {
        const { command } = await resolveCommand({ argv, cwd: ${JSON.stringify(cwd)} }, { path: '/usr/bin:/bin', bind: [], mode: 'real', ownUid, hash: hashFiles() });
        return { ...command, sandbox: { isolation: 'bwrap', profile: 'default', network: false, writable: ['.'], path: [], env: {} } };
      };
      const ended = async (id) => { for (;;) { const seen = await executor.look(id); if (seen.kind === 'ended') return seen.ended; await new Promise((next) => setTimeout(next, 20)); } };
      const none = { secrets: {}, patterns: [] };
      const approved = await executor.hold('first', await command(['sh', 's.sh']));
      const trusting = await executor.hold('third', await command(['sh', 's.sh'], process.getuid())).then(() => 'held', () => 'refused');
      await executor.start(await executor.hold('second', await command(['sh', '-c', 'echo "echo EVIL" > s.sh'])), none);
      await ended('second');
      await executor.start(approved, none);
      process.stdout.write(JSON.stringify([(await ended('first')).stdout, trusting]));`;
    const said = execFileSync(
      'setpriv',
      [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', join(place, 'node'), '--input-type=module', '-e', script],
      { cwd: place, env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' },
    );
    expect(JSON.parse(said)).toEqual(['GOOD\n', 'refused']);
    expect(await readFile(join(cwd, 's.sh'), 'utf8')).toBe('echo EVIL\n');
    await it.close();
    await rm(place, { recursive: true });
    await rm(cwd, { recursive: true });
  });
});

describe('what an execution leaves', () => {
  test.each([{}, { sandbox: 'off' }] as const)(
    'a home made hard to remove is removed, or else named and left: nobody is kept from starting (%j)',
    async (options) => {
      const it = await anExecutor(options);
      const id = newId();
      const script = `cd; mkdir -p go/pkg/mod deep; touch go/pkg/mod/f .hidden; for n in $(seq 3000); do : > "a-rather-long-name-of-a-file-that-fills-the-arguments-of-a-program-$n"; done; chmod -R a-w go; chmod 000 deep; chmod 500 .; echo ok`;
      await it.begin(id, await it.command({ argv: ['sh', '-c', script] }));
      expect((await it.ended(id)).stdout).toBe('ok\n');
      const places = await readFile(join(it.home, 'executions', id, 'places.json'), 'utf8').catch(() => '{}');
      await it.executor.forget(id);
      expect(await readdir(join(it.home, 'executions'))).toEqual(['place']);
      const { scratch } = JSON.parse(places);
      if (scratch) await expect(stat(scratch)).rejects.toMatchObject({ code: 'ENOENT' });
      await it.close();
    },
  );

  test('and cannot be removed is reported, and removed when it can be', async () => {
    const it = await anExecutor();
    const gone = join(it.home, 'executions', '.gone-it-x');
    await mkdir(gone);
    await writeFile(join(gone, 'places.json'), '{"scratch"');
    const reports: string[] = [];
    const open = () =>
      openExecutor({
        ...{ allow: true, home: it.home, masks: [], sandbox: 'auto', reach: unfailing, ...execUser },
        report: (_, what) => reports.push(what),
      } as const);
    await open();
    expect(reports).toEqual([expect.stringContaining('.gone-it-x could not be removed')]);
    await writeFile(join(gone, 'places.json'), '{}');
    await open();
    expect(reports).toHaveLength(1);
    expect(await readdir(join(it.home, 'executions'))).toEqual(['place']);
    await it.close();
  });
});

describe('a directory of executions', () => {
  test('has a name of its own that stays, and is told from an execution', async () => {
    const it = await anExecutor();
    const path = join(it.home, 'executions', 'place');
    expect(it.executor.place).toMatch(/^[0-9a-f]{32}$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const again = await anExecutor({ home: it.home });
    expect(again.executor.place).toBe(it.executor.place);
    expect(await it.executor.list()).toEqual([]);
    expect(await reasonOf(it.executor.look('place'))).toBe('execution_id');
    await again.close();
    await it.close();
  });

  test('tells an execution that vanished from one that never began', async () => {
    const it = await anExecutor();
    const held = await it.executor.hold('one', await it.command({}));
    expect(await it.executor.look('one')).toEqual({ kind: 'absent' });
    await rename(join(it.home, 'executions', 'one'), join(it.home, 'away'));
    expect(await it.executor.look('one')).toEqual({ kind: 'gone' });
    await rename(join(it.home, 'away'), join(it.home, 'executions', 'one'));
    await it.executor.release(held);
    await it.close();
  });

  test('whose supervisor was killed has nothing alive when it is called lost', async () => {
    const it = await anExecutor({ sandbox: 'off', execUser: undefined } as object);
    const id = newId();
    await it.begin(id, await it.command({ argv: ['sh', '-c', 'setsid sh -c "echo up; exec sleep 300"'] }));
    await waitFor(async () => ((await it.executor.live(id))?.stdout.text.includes('up') ? true : undefined));
    const marked = () =>
      execFileSync('sh', ['-c', `grep -lsaF "GAIA_EXECUTION=${id}" /proc/[0-9]*/environ || true`], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .filter(Boolean);
    const { pid } = JSON.parse(await readFile(join(it.home, 'executions', id, 'started'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    expect(marked().length).toBeGreaterThan(0);
    await waitFor(async () => ((await it.executor.look(id)).kind === 'lost' ? true : undefined));
    expect(marked()).toEqual([]);
    await it.close();
  });
});
