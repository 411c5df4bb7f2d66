import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Config, readConfig } from '../../config.ts';
import { GaiaError } from '../../core/errors.ts';
import { visible } from '../../core/text/visible.ts';
import { withoutTokens } from '../../telegram/api-errors.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { Progress } from '../progress.ts';
import { type Check, type Checked, failure, ok, runChecks, type Verdict, warn } from './doctor/check.ts';
import { gaiaChecks } from './doctor/gaia.ts';
import { githubChecks } from './doctor/github.ts';
import { homeChecks } from './doctor/home.ts';
import { machineChecks } from './doctor/machine.ts';
import { operatingChecks } from './doctor/operating.ts';
import { storeChecks } from './doctor/store.ts';
import { telegramChecks } from './doctor/telegram.ts';
import type { Place } from './place.ts';

/** `gaia doctor`: looks at everything Gaia needs and says what is wrong with what to do. Changes nothing. */
export async function doctor(cli: Cli): Promise<Exit> {
  const { terminal } = cli;
  const checks = checksFor(cli);
  const progress = new Progress(terminal);
  const show = (done: number) => {
    if (terminal.errIsTerminal) progress.show(`Looking: ${done} of ${checks.length}`);
  };
  show(0);
  const found = (await runChecks(checks, show)).map(safe);
  progress.end();
  const verdict = worst(found);
  cli.answer({ verdict, checks: found }, [...found.flatMap((each) => lines(cli, each)), '', summary(found)]);
  return verdict === 'fail' ? exits.failed : exits.done;
}

/** Without a usable configuration the rest is looked at as far as the environment says where it is. */
function checksFor({ terminal: { env, cwd, now } }: Cli): Check[] {
  const config = configOrRefusal(env, cwd);
  if (config instanceof GaiaError) {
    const home = resolve(cwd, env.GAIA_HOME?.trim() || '.gaia');
    const finding = failure(config);
    return [{ name: 'configuration', look: () => finding }, ...machineChecks({ place: nearest(home) })];
  }
  const { home, policyFile, envFile, telegram, github } = config;
  const place: Place = { home, ...(config.databaseUrl && { databaseUrl: config.databaseUrl.reveal() }) };
  return [
    { name: 'configuration', look: () => ofConfiguration(config) },
    ...gaiaChecks(config),
    ...homeChecks({ path: home, policyFile, envFile, holdsStore: place.databaseUrl === undefined, now: now() }),
    ...storeChecks(place),
    ...operatingChecks(config, place, now()),
    ...machineChecks({ place: nearest(home) }),
    ...(telegram
      ? telegramChecks(telegram, Date.now)
      : [{ name: 'token', look: () => ok('No bot is set: the console is the channel. gaia init sets one up.') }]),
    ...githubChecks(github, Date.now),
  ];
}

function configOrRefusal(env: Record<string, string | undefined>, cwd: string): Config | GaiaError {
  try {
    return readConfig(env, { cwd });
  } catch (error) {
    if (error instanceof GaiaError) return error;
    throw error;
  }
}

function ofConfiguration({ envFile, warnings }: Config) {
  const from = envFile
    ? `Read from the environment and ${envFile}.`
    : 'Read from the environment; there is no env file.';
  if (warnings.length === 0) return ok(from);
  return warn([from, ...warnings].join('\n'), 'env.example explains every setting.');
}

/** The directory itself, or what is there of the way to it. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

/** What comes from outside cannot steer the terminal, and no token is shown, whatever it stands in. */
function safe({ check, verdict, message, remedy }: Checked): Checked {
  const clean = (text: string) => withoutTokens(text).split('\n').map(visible).join('\n');
  return { check, verdict, message: clean(message), ...(remedy !== undefined && { remedy: clean(remedy) }) };
}

const worst = (found: readonly Checked[]): Verdict =>
  (['fail', 'warn'] as const).find((verdict) => found.some((each) => each.verdict === verdict)) ?? 'ok';

const marks = { ok: ['green', 'ok  '], warn: ['yellow', 'warn'], fail: ['red', 'FAIL'] } as const;

function lines({ paint }: Cli, { check, verdict, message, remedy }: Checked): string[] {
  const [colour, mark] = marks[verdict];
  const [first = '', ...rest] = message.split('\n');
  return [
    `${paint(colour, mark)}  ${check.replaceAll('_', ' ').padEnd(14)}  ${first}`,
    ...rest.map((line) => `${' '.repeat(22)}${line.trimStart()}`),
    ...(remedy === undefined ? [] : [`${' '.repeat(22)}→ ${remedy}`]),
  ];
}

function summary(found: readonly Checked[]): string {
  const count = (verdict: Verdict) => found.filter((each) => each.verdict === verdict).length;
  return `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`;
}
