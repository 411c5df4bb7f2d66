import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unavailable } from '../../core/errors.ts';
import { openHome } from '../../home/home.ts';
import { runningGaia } from '../../home/running.ts';

const readyWithinMs = 30_000;
/** Lines of a start that failed which are told at once. */
const lastLines = 12;

/** A Gaia that runs in the background. */
export interface Detached {
  pid: number;
  url: string;
  /** where its output goes */
  log: string;
}

/**
 * Starts a program (a script of node and its arguments) in the background and comes back when it has announced itself in
 * the data directory. Throws `unavailable` as soon as it ends before, with its last words; or when it takes too long.
 */
export async function startDetached(homePath: string, program: readonly string[]): Promise<Detached> {
  const home = await openHome(homePath);
  const log = join(home.path, 'gaia.log');
  const out = openSync(log, 'a', 0o600);
  const { size } = fstatSync(out);
  const child = spawn(process.execPath, ['--enable-source-maps', ...program], {
    detached: true,
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  const pid = child.pid as number;
  const settled = new AbortController();
  const ended = new Promise<undefined>((resolve) => {
    child.once('error', () => resolve(undefined));
    child.once('exit', () => resolve(undefined));
  });
  try {
    const url = await Promise.race([announced(home.path, pid, settled.signal), ended]);
    if (url === undefined) throw failed(log, size);
    child.unref();
    return { pid, url, log };
  } finally {
    settled.abort();
  }
}

/** Waits for the address; the wait ends with the signal, so that nothing is left to hold the process. */
async function announced(home: string, pid: number, signal: AbortSignal): Promise<string | undefined> {
  const deadline = performance.now() + readyWithinMs;
  while (!signal.aborted) {
    const running = await runningGaia(home);
    if (running?.pid === pid && running.url) return running.url;
    if (performance.now() > deadline) {
      throw unavailable('Gaia was started but is not ready yet.', {
        reason: 'slow_start',
        remedy: `Look at ${join(home, 'gaia.log')}; gaia status tells when it answers.`,
      });
    }
    await delay(50, undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
  return undefined;
}

function failed(log: string, from: number) {
  const lines = readFileSync(log).subarray(from).toString('utf8').trimEnd().split('\n').slice(-lastLines);
  return unavailable(['Gaia ended while it was starting:', ...lines.map((line) => `  ${line}`)].join('\n'), {
    reason: 'start_failed',
    remedy: `All it said is in ${log}.`,
  });
}
