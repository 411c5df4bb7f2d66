import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallHttp, cookieOf } from './http.ts';

/** A Gaia in a process of its own, as its users start it. */
export interface GaiaProcess {
  url: string;
  pid: number;
  /** from the start of the process to its first answer, in milliseconds */
  readyMs: number;
  /** settles when it is gone */
  gone: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** ends it at once, as a power cut ends a process */
  kill(): Promise<void>;
  /** ends it in order; answers its exit code */
  stop(): Promise<number | null>;
}

/** A data directory of its own, and all that was printed by the processes on it. */
export function aHome() {
  const path = mkdtempSync(join(tmpdir(), 'gaia-home-'));
  const running = new Set<ChildProcess>();
  return {
    path,
    printed: [] as string[],
    running,
    adminKey: () => readFileSync(join(path, 'admin.key'), 'utf8').trim(),
    async remove(): Promise<void> {
      for (const child of running) child.kill('SIGKILL');
      rmSync(path, { recursive: true, force: true });
    },
  };
}
export type AHome = ReturnType<typeof aHome>;

/** A Gaia that says nothing for so long hangs, and is ended. */
const startsWithinMs = 60_000;

/** Starts a build's Gaia on a home and waits until it is ready, or is gone: then undefined. */
export async function startProcess(
  root: string,
  home: AHome,
  call: CallHttp,
  env: Record<string, string> = {},
): Promise<GaiaProcess | undefined> {
  const since = performance.now();
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'start'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: home.path,
    env: {
      PATH: '/usr/bin:/bin',
      TZ: 'UTC',
      GAIA_HOME: home.path,
      GAIA_PORT: '0',
      GAIA_ENV_FILE: '',
      LOG_LEVEL: 'info',
      ...env,
    },
  });
  home.running.add(child);
  const gone = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      home.running.delete(child);
      resolve({ code, signal });
    });
  });
  let said = '';
  const url = await new Promise<string | undefined>((resolve) => {
    const silent = setTimeout(() => child.kill('SIGKILL'), startsWithinMs);
    const hear = (text: Buffer): void => {
      home.printed.push(text.toString('utf8'));
      said += text.toString('utf8');
      const found = /is ready at (http:\/\/\S+)/.exec(said)?.[1];
      if (found) {
        clearTimeout(silent);
        resolve(found);
      }
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    void gone.then(() => {
      clearTimeout(silent);
      resolve(undefined);
    });
  });
  if (url === undefined) return undefined;
  if ((await call(`${url}/readyz`)).status !== 200) {
    // it may have died on its way, and then that is the answer
    child.kill('SIGKILL');
    await gone;
    return undefined;
  }
  return {
    url,
    pid: child.pid as number,
    readyMs: performance.now() - since,
    gone,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async stop() {
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const { code } = await gone;
      clearTimeout(cut);
      return code;
    },
  };
}

/** Signs a person in through a one-time link, as a browser does. Answers the session's token; undefined where Gaia was lost on the way. */
export async function signInOver(
  call: CallHttp,
  url: string,
  adminKey: string,
  person = 'local',
): Promise<{ token: string; name: string } | undefined> {
  const link = await call(`${url}/v1/sign-in-links`, {
    method: 'POST',
    body: { person },
    headers: { authorization: `Bearer ${adminKey}` },
  });
  if (typeof link.json?.url !== 'string') return undefined;
  const { hostname: name, pathname } = new URL(link.json.url);
  const opened = await call(`${url}/sign-in`, {
    method: 'POST',
    body: `token=${pathname.split('/').at(-1)}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded', host: name },
  });
  const token = cookieOf(opened);
  return token === undefined ? undefined : { token, name };
}

/** What a signed-in browser sends with a change; `name` is the console's own, where it has one. */
export const asBrowser = (session: string, csrf: string, name?: string): Record<string, string> => ({
  ...(name === undefined ? {} : { host: name }),
  cookie: `gaia_session=${session}`,
  'x-csrf-token': csrf,
});
