import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generous } from '../proof/fixture.ts';
import { aHome, type GaiaProcess, startProcess } from '../proof/gaia-process.ts';
import { type CallHttp, caller } from '../proof/http.ts';
import type { Bench } from './bench.ts';
import { inTurn } from './in-turn.ts';

const connections = 4;

/** Asks over a few kept connections; answers how many a second were taken. */
async function asks(
  call: CallHttp,
  url: string,
  count: number,
  keys: readonly string[],
  round: string,
): Promise<number> {
  let next = 0;
  const since = performance.now();
  const one = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const answer = await call(`${url}/v1/requests`, {
        method: 'POST',
        body: { kind: 'command', reason: 'to measure', command: { argv: ['/bin/true', round, String(n)], cwd: '/' } },
        headers: { authorization: `Bearer ${keys[n % keys.length]}` },
      });
      if (answer.status !== 201) throw new Error(`it was answered ${answer.status} ${answer.text}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return (count * 1000) / (performance.now() - since);
}

export const submitBench: Bench = {
  name: 'submit',
  async run({ gaia, quick, say }) {
    const home = aHome();
    const directory = mkdtempSync(join(tmpdir(), 'gaia-bench-'));
    const { call, close } = caller(connections);
    writeFileSync(join(home.path, 'policy.yaml'), generous, { mode: 0o600 });
    const running = await startProcess(gaia.root, home, call);
    const bare = spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('./bare-server.ts', import.meta.url)), join(directory, 'bare.db')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      if (running === undefined) throw new Error(`Gaia did not start: ${home.printed.join('')}`);
      const bareUrl = await new Promise<string>((resolve, reject) => {
        bare.once('exit', () => reject(new Error('the bare server ended')));
        bare.stdout.on('data', (text: Buffer) => resolve(/ready at (\S+)/.exec(text.toString('utf8'))?.[1] ?? ''));
      });
      const keys = await keysOf(call, running, home.adminKey());
      const count = quick ? 200 : 600;
      say(`${connections} connections, ${count} submissions a run, each process on its own, the client in this one`);
      await asks(call, running.url, 60, keys, 'warm');
      await asks(call, bareUrl, 60, keys, 'warm');
      let round = 0;
      const facts = {
        what: 'submit over HTTP',
        baseline: 'a hono route with one durable insert',
        unit: '/s',
        aim: { atLeast: 0.6 },
      };
      return [
        await inTurn(
          facts,
          quick ? 3 : 7,
          () => asks(call, running.url, count, keys, `round ${++round}`),
          () => asks(call, bareUrl, count, keys, ''),
        ),
      ];
    } finally {
      close();
      bare.kill('SIGKILL');
      await running?.stop();
      await home.remove();
      rmSync(directory, { recursive: true });
    }
  },
};

/** Enough agents and keys that nobody's limits are what is measured. */
export async function keysOf(call: CallHttp, { url }: GaiaProcess, adminKey: string): Promise<string[]> {
  const keys: string[] = [];
  for (let n = 0; n < 16; n++) {
    const made = await call(`${url}/v1/keys`, {
      method: 'POST',
      body: { name: `agent-${n}`, scopes: ['submit:command'] },
      headers: { authorization: `Bearer ${adminKey}` },
    });
    keys.push(made.json?.secret as string);
  }
  return keys;
}

export const coldStartBench: Bench = {
  name: 'cold-start',
  async run({ gaia, quick }) {
    const home = aHome();
    const { call, close } = caller(2);
    const running = await startProcess(gaia.root, home, call);
    const env = { PATH: '/usr/bin:/bin', GAIA_HOME: home.path, GAIA_URL: running?.url ?? '' };
    const timed = (args: string[]) => async (): Promise<number> => {
      const since = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { env, cwd: home.path, encoding: 'utf8' });
      if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
      return performance.now() - since;
    };
    const cli = join(gaia.root, 'dist/cli/main.js');
    const facts = { baseline: 'node -e 0', unit: 'ms', aim: { atMost: 3 } };
    try {
      const repetitions = quick ? 7 : 25;
      return [
        await inTurn({ what: 'gaia --version', ...facts }, repetitions, timed([cli, '--version']), timed(['-e', '0'])),
        await inTurn({ what: 'gaia status', ...facts }, repetitions, timed([cli, 'status']), timed(['-e', '0'])),
      ];
    } finally {
      close();
      await running?.stop();
      await home.remove();
    }
  },
};
