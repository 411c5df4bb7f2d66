import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ExecutorOptions } from '../../src/executor/executor.ts';
import { type AnExecutor, anExecutor, isRoot } from './an-executor.ts';
import { type Escape, escaped, escapeScript, escapes } from './escapes.ts';

/** What the attempts are after, for a Gaia that runs as `uid`. */
async function bait(it: AnExecutor, uid: number, program = process.cwd()) {
  // outside of what every sandbox hides, where the tests may write there
  const ownHome = await mkdtemp(join(isRoot ? '/var/lib' : tmpdir(), 'gaia-home-'));
  const outside = join(it.home, '..', 'outside');
  const { envFile } = it;
  const socket = join(outside, 'socket');
  await mkdir(outside, { recursive: true });
  await writeFile(join(outside, 'secret'), 'PLANTED-OUTSIDE\n', { mode: 0o600 });
  const named = join(it.home, '..', 'deploy-token');
  await writeFile(named, 'PLANTED-NAMED-SECRET\n', { mode: 0o600 });
  await mkdir(join(ownHome, '.ssh'), { recursive: true, mode: 0o700 });
  await writeFile(join(ownHome, '.ssh', 'id'), 'PLANTED-SSH-KEY\n', { mode: 0o600 });
  const { HOME } = process.env;
  process.env.HOME = ownHome;
  await it.executor.setMasks([named]);
  if (isRoot) execFileSync('chown', ['-R', `${uid}:${uid}`, outside, named, ownHome]);
  const ids = isRoot ? { uid, gid: uid } : {};
  await chmod(it.cwd, 0o777);
  const gaia = spawn('sleep', ['300'], { env: { TOKEN: 'PLANTED-ENV-OF-GAIA' }, cwd: it.home, ...ids });
  const abstract = `gaia-${gaia.pid}`;
  const servers = [createServer(), createServer(), createServer()] as const;
  const listening = servers.map((server) => new Promise<void>((resolve) => server.once('listening', resolve)));
  servers[0].listen(0, '127.0.0.1');
  servers[1].listen(socket);
  servers[2].listen(`\0${abstract}`);
  await Promise.all(listening);
  await chmod(socket, 0o777);
  const { port } = servers[0].address() as { port: number };
  const env = {
    DATA: it.home,
    ENVFILE: envFile,
    OUTSIDE: outside,
    SOCKET: socket,
    ABSTRACT: abstract,
    PORT: String(port),
    GAIA: String(gaia.pid),
    NAMED: named,
    OWNHOME: ownHome,
    PROGRAM: program,
  };
  return { env, outside, envFile, named, ownHome, HOME, port, gaia, servers };
}
type Bait = Awaited<ReturnType<typeof bait>>;

async function takeAway({ gaia, servers, port, ownHome, HOME }: Bait) {
  process.env.HOME = HOME;
  await ended(gaia, () => gaia.kill('SIGKILL'));
  for (const server of servers) await new Promise((resolve) => (server as Server).close(resolve));
  for (const path of left(port)) await rm(path, { force: true });
  await rm(ownHome, { recursive: true });
}

const ended = (child: ChildProcess, act: () => void) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    act();
  });

const placeOf = ({ leaves = '' }: Escape, port: number) => (leaves.endsWith('-') ? `${leaves}${port}` : leaves);
const left = (port: number) =>
  escapes.map((each) => placeOf(each, port)).filter((path) => path.startsWith('/') && existsSync(path));

/** What the host sees that should not have happened. */
async function traces({ outside, envFile, port, gaia }: Bait): Promise<string[]> {
  return [
    ...(await readdir(outside)).filter((name) => !['secret', 'socket'].includes(name)),
    ...left(port),
    ...((await readFile(envFile, 'utf8')) === 'TOKEN=PLANTED-ENV-FILE\n' ? [] : ['the env file']),
    ...(gaia.exitCode === null && gaia.signalCode === null ? [] : ['Gaia is gone']),
  ];
}

/** ms; each tries some seventy ways, one after the other */
const patience = 120_000;

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the ways out of a sandbox', () => {
  test('are at least forty, each with a name of its own, and their tools are here', () => {
    expect(escapes.length).toBeGreaterThanOrEqual(40);
    expect(new Set(escapes.map(({ name }) => name)).size).toBe(escapes.length);
    expect(
      ['perl', 'unshare', 'nsenter', 'prlimit', 'timeout'].filter((tool) => !existsSync(`/usr/bin/${tool}`)),
    ).toEqual([]);
  });
});

/** Everything of Gaia's belongs to the user it would run as. */
const giveTo = (it: AnExecutor, uid: number) => execFileSync('chown', ['-R', `${uid}:${uid}`, join(it.home, '..')]);

describe.each([
  ['in a sandbox', {}, escapes],
  ['as another user alone', { sandbox: 'off' }, escapes.filter(({ heldBy }) => heldBy === 'user')],
] as [string, Partial<ExecutorOptions>, Escape[]][])('a command %s', (name, options, some) => {
  test.runIf(isRoot || name === 'in a sandbox')(
    'finds no way out',
    async () => {
      const it = await anExecutor(options);
      const bits = await bait(it, process.getuid?.() ?? 0);
      try {
        const ran = await it.run(['sh', '-c', escapeScript(some)], { env: bits.env, timeoutSeconds: 120 });
        await later(300);
        expect(escaped(ran.stdout, some)).toEqual([]);
        expect(await traces(bits)).toEqual([]);
        expect(ran.how).toBe('exited');
      } finally {
        await takeAway(bits);
        await it.close();
      }
    },
    patience,
  );
});

describe('a command of a Gaia that is an ordinary user', () => {
  const uid = 23_456;

  test.runIf(isRoot)(
    'finds no way out of its sandbox, and many without one',
    async () => {
      const it = await anExecutor();
      giveTo(it, uid);
      const place = await mkdtemp('/var/lib/gaia-ordinary-');
      const bits = await bait(it, uid, place);
      try {
        await chmod(place, 0o755);
        await copyFile(process.execPath, join(place, 'node'));
        await cp('dist', join(place, 'dist'), { recursive: true });
        await writeFile(join(place, 'package.json'), '{"type":"module"}');
        execFileSync('chmod', ['-R', 'a+rX', place]);
        execFileSync('chown', ['-R', `${uid}:${uid}`, place]);
        const { sandbox, ...command } = await it.command({
          argv: ['sh', '-c', escapeScript()],
          env: bits.env,
          timeoutSeconds: 120,
        });
        const { user: _, ...ownSandbox } = sandbox as { user?: string };
        const script = `
        import { openExecutor } from './dist/executor/executor.js';
        const options = ${JSON.stringify({ allow: true, home: it.home, masks: [it.envFile, bits.named], sandbox: 'required' })};
        const executor = await openExecutor({ ...options, reach: () => undefined });
        await executor.start(await executor.hold('ordinary', ${JSON.stringify({ ...command, sandbox: ownSandbox })}), { secrets: {}, patterns: [] });
        let seen;
        do seen = await executor.look('ordinary'); while (seen.kind === 'running' && (await new Promise((next) => setTimeout(next, 20, true))));
        process.stdout.write(JSON.stringify(seen));`;
        const inSandbox = asOrdinaryUser(place, [join(place, 'node'), '--input-type=module', '-e', script], {
          HOME: bits.ownHome,
        });
        const seen = JSON.parse(inSandbox);
        expect(seen.ended?.error ?? null).toBeNull();
        await later(300);
        expect(escaped(seen.ended.stdout)).toEqual([]);
        expect(await traces(bits)).toEqual([]);

        const bare = asOrdinaryUser(it.cwd, ['sh', '-c', escapeScript()], bits.env);
        await rename(`${it.home}.away`, it.home); // one of them did that
        expect(escaped(bare).length).toBeGreaterThan(30); // the attempts are real ones
      } finally {
        await takeAway(bits);
        await it.close();
        await rm(place, { recursive: true });
      }
    },
    patience,
  );

  const asOrdinaryUser = (cwd: string, argv: string[], env: Record<string, string> = {}) =>
    execFileSync('setpriv', ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', ...argv], {
      cwd,
      env: { PATH: '/usr/bin:/bin', ...env },
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
});
