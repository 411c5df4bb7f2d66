import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, readConfig } from '../../config.ts';
import { unavailable } from '../../core/errors.ts';
import { openHome } from '../../home/home.ts';
import { runningGaia } from '../../home/running.ts';
import { processLog } from '../../log.ts';
import { type RunningGaia, startGaia } from '../../main.ts';
import { version } from '../../version.ts';

const readyWithinMs = 30_000;

/** `gaia start`: runs Gaia until a signal ends it; with `detach`, in the background. */
export async function start({ detach = false }: { detach?: boolean } = {}): Promise<void> {
  const config = readConfig(process.env, { cwd: process.cwd() });
  if (detach) return startDetached(config);

  const log = processLog(config.logLevel, { stream: process.stderr, isTerminal: process.stderr.isTTY });
  for (const warning of config.warnings) log.warn(warning);
  // a terminal that goes away must not take Gaia with it; what cannot be said is retried as any other delivery
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => log.debug({ error }, 'the terminal is gone'));
  const gaia = await startGaia(config, { log, write: writeLine });
  await greet(gaia);
  await untilStopped(gaia, (error) => log.fatal({ error }, 'Gaia cannot go on, and looks again at its next start'));
}

const writeLine = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });

async function greet(gaia: RunningGaia): Promise<void> {
  const link = await gaia.signInLink();
  await writeLine(
    [
      `Gaia ${version} is ready at ${gaia.url}`,
      'Commands are rehearsed, never run; nothing leaves this machine.',
      link === undefined
        ? 'Approvers decide in Telegram; for the console they send /console to the bot.'
        : `Sign in (works once, for 5 minutes): ${link}`,
      'Ask for something: npx gaia request command --wait -- echo hello',
      '',
    ].join('\n'),
  );
}

/** Settles after a signal and an orderly stop; ends the process where the store cannot be trusted any more. */
async function untilStopped(gaia: RunningGaia, tell: (error: Error) => void): Promise<void> {
  const signal = new Promise<'signal'>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve('signal'));
  });
  const ended = await Promise.race([signal, gaia.failed]);
  if (ended !== 'signal') {
    tell(ended);
    await delay(200); // calls under way get their 503
    process.exit(1);
  }
  const cut = setTimeout(() => process.exit(1), 10_000);
  await gaia.stop();
  clearTimeout(cut);
}

/** Starts the same program in the background and comes back when it is ready. */
async function startDetached(config: Config): Promise<void> {
  const home = await openHome(config.home);
  const path = join(home.path, 'gaia.log');
  const out = openSync(path, 'a', 0o600);
  const child = spawn(process.execPath, ['--enable-source-maps', process.argv[1] as string, 'start'], {
    detached: true,
    stdio: ['ignore', out, out],
  });
  const exited = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  const url = await Promise.race([announced(home.path, child.pid as number), exited]);
  if (typeof url === 'number') {
    throw unavailable('Gaia ended while it was starting.', {
      reason: 'start_failed',
      remedy: `Its last lines are in ${path}.`,
    });
  }
  child.unref();
  process.stdout.write(
    `Gaia runs in the background (process ${child.pid}) at ${url}\nIts output goes to ${path}\nA sign-in link: gaia console\n`,
  );
}

async function announced(home: string, pid: number): Promise<string> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const running = await runningGaia(home);
    if (running?.pid === pid && running.url) return running.url;
    if (performance.now() > deadline) {
      throw unavailable('Gaia was started but is not ready yet.', {
        reason: 'slow_start',
        remedy: `Look at ${join(home, 'gaia.log')}; gaia status tells when it answers.`,
      });
    }
    await delay(50);
  }
}
