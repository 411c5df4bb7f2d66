import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Escape, escaped, escapeScript, escapes } from '../../executor/escapes.ts';
import { anExecutor, isolations } from '../an-executor.ts';
import type { Proof, ProofContext, Violation } from '../proof.ts';
import { aWorkshop, isRoot, type Workshop } from '../workshop.ts';

export const sandboxEscapes: Proof = {
  name: 'sandbox-escapes',
  shows: 'a command finds no way to Gaia’s data, its env file, other processes, the network or the host',
  async run(context) {
    const violations: Violation[] = [];
    const rounds = context.full ? 10 : 1;
    let tried = 0;
    for (let round = 0; round < rounds && !context.signal.aborted; round++) {
      for (const way of ['in a sandbox', ...(isRoot ? (['as another user'] as const) : [])] as const) {
        const some = way === 'in a sandbox' ? escapes : escapes.filter(({ heldBy }) => heldBy === 'user');
        for (const name of await attempt(context, way, some))
          violations.push({ invariant: 'sandbox-escapes', message: `${way}, a command ${name}` });
        tried += some.length;
      }
      context.progress(round + 1, rounds);
    }
    return { trials: tried, violations, figures: { 'kinds of attempts': escapes.length } };
  },
};

/** Names of the attempts that came to something, and of what was found outside that should not be there. */
async function attempt(
  { gaia }: ProofContext,
  way: 'in a sandbox' | 'as another user',
  some: readonly Escape[],
): Promise<string[]> {
  const workshop = aWorkshop();
  const undo = workshop.takeTemporaryFiles();
  const envFile = join(workshop.root, 'gaia.env');
  const secret = 'TOKEN=PLANTED-ENV-FILE\n';
  const named = join(workshop.root, 'named-secret');
  for (const file of [envFile, named]) writeFileSync(file, secret, { mode: 0o600 });
  const bait = await aBait(workshop);
  try {
    const it = await anExecutor(gaia, workshop, { ...isolations[way], masks: [envFile, named] });
    const id = it.newId();
    const env = { ...bait.env, DATA: it.home, ENVFILE: envFile, NAMED: named, PROGRAM: gaia.root };
    await it.begin(id, await it.command({ argv: ['sh', '-c', escapeScript(some)], env, timeoutSeconds: 300 }));
    const { how, stdout, error } = await it.ended(id);
    await delay(400); // one of them tries after its end
    await it.close();
    return [
      ...(how === 'exited' ? escaped(stdout, some) : [`was not tried out: ${how} ${error}`]),
      ...bait.traces(some).map((path) => `left ${path}`),
      ...(readFileSync(envFile, 'utf8') === secret ? [] : ['changed the env file']),
    ];
  } finally {
    await bait.takeAway();
    undo();
    workshop.remove();
  }
}

/** What the attempts are after, beside the data directory: a process in Gaia's place, files, sockets. */
async function aBait({ root }: Workshop) {
  const outside = join(root, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'PLANTED-OUTSIDE\n', { mode: 0o600 });
  const gaia: ChildProcess = spawn('sleep', ['3000'], {
    env: { TOKEN: 'PLANTED-ENV-OF-GAIA' },
    cwd: root,
    stdio: 'ignore',
  });
  const [abstract, socket] = [`gaia-${gaia.pid}`, join(outside, 'socket')];
  const servers: Server[] = [];
  for (const where of [{ port: 0, host: '127.0.0.1' }, { path: socket }, { path: `\0${abstract}` }]) {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(where, resolve));
  }
  chmodSync(socket, 0o777);
  const { port } = (servers[0] as Server).address() as { port: number };
  const numbers = { GAIA: String(gaia.pid), PORT: String(port) };
  const placesOf = (some: readonly Escape[]): string[] =>
    some
      .map(({ leaves = '' }) => (leaves.endsWith('-') ? `${leaves}${port}` : leaves))
      .filter((path) => path.startsWith('/'));
  return {
    env: { ...numbers, OUTSIDE: outside, SOCKET: socket, ABSTRACT: abstract },
    traces: (some: readonly Escape[]): string[] => [
      ...readdirSync(outside).filter((name) => !['secret', 'socket'].includes(name)),
      ...placesOf(some).filter((path) => existsSync(path)),
      ...(gaia.exitCode === null && gaia.signalCode === null ? [] : ['a Gaia that is gone']),
    ],
    async takeAway(): Promise<void> {
      gaia.kill('SIGKILL');
      for (const server of servers) await new Promise((resolve) => server.close(resolve));
      for (const path of placesOf(escapes)) rmSync(path, { force: true });
      if (existsSync(root)) execFileSync('chmod', ['-R', 'u+rwX', root]);
    },
  };
}
