import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GaiaClient } from '../../client/client.ts';
import { type Config, readConfig } from '../../config.ts';
import { readSecretFile } from '../../home/secret-file.ts';
import { processLog } from '../../log.ts';
import { type RunningGaia, startGaia } from '../../main.ts';
import { version } from '../../version.ts';
import { startDetached } from './detach.ts';

/** `gaia start`: runs Gaia until a signal ends it; with `detach`, in the background. */
export async function start({ detach = false }: { detach?: boolean } = {}): Promise<void> {
  const config = readConfig(process.env, { cwd: process.cwd() });
  if (detach) return startInBackground(config);

  const secrets = [config.github.token, config.telegram?.token].flatMap((secret) => secret?.reveal() ?? []);
  const log = processLog(config.logLevel, { stream: process.stderr, isTerminal: process.stderr.isTTY, secrets });
  for (const warning of config.warnings) log.warn(warning);
  // a terminal that goes away must not take Gaia with it; what cannot be said is retried as any other delivery
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => log.debug({ error }, 'the terminal is gone'));
  const gaia = await startGaia(config, { log, write: writeLine, isTerminal: process.stdout.isTTY });
  await greet(gaia, config.home);
  await untilStopped(gaia, (error) => log.fatal({ error }, 'Gaia cannot go on, and looks again at its next start'));
}

const writeLine = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => (error ? reject(error) : resolve()));
  });

async function greet(gaia: RunningGaia, home: string): Promise<void> {
  const link = await gaia.signInLink();
  await writeLine(
    [
      `Gaia ${version} is ready at ${gaia.url}`,
      ...(await standstill(home, gaia.url)),
      `Commands: ${gaia.execution}.`,
      link === undefined
        ? 'Approvers decide in Telegram; for the console they send /console to the bot.'
        : process.stdout.isTTY
          ? `Sign in (works once, for 5 minutes): ${link}`
          : 'To sign in: npx gaia console (a link is only printed on a terminal, never into a file)',
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

async function startInBackground(config: Config): Promise<void> {
  const { pid, url, log } = await startDetached(config.home, [process.argv[1] as string, 'start']);
  await writeLine(
    [
      `Gaia runs in the background (process ${pid}) at ${url}`,
      ...(await standstill(config.home, url)),
      `Its output goes to ${log}`,
      'A sign-in link: gaia console',
    ].join('\n'),
  );
}

/** Why nothing starts, as Gaia itself says it: after a restore an operator has to accept the store. */
async function standstill(home: string, url: string): Promise<string[]> {
  const key = (await readSecretFile(join(home, 'admin.key')))?.trim() ?? '';
  const { acceptance, paused } = await new GaiaClient({ url, key }).status();
  if (acceptance !== null)
    return [
      `Nothing starts until an operator accepts the store: ${acceptance}`,
      'If you restored it on purpose: gaia resume --accept-generation',
    ];
  return paused === null ? [] : ['Gaia is paused: nothing new starts. When it may again: gaia resume'];
}
