import { resolve } from 'node:path';
import { z } from 'zod';
import { faultOfOrigin, isHost, isLoopback, isNotTilde, isPostgres, isTimeZone, parseUrl } from './config-checks.ts';
import { type Environment, readEnvFile } from './config-file.ts';
import { type GitHubConfig, githubFaultsTogether, githubOf, githubVariables } from './config-github.ts';
import { type OperatingConfig, operatingOf, operatingVariables } from './config-operating.ts';
import { Secret } from './config-secret.ts';
import {
  type TelegramConfig,
  telegramFaultsTogether,
  telegramOf,
  telegramVariables,
  telegramWarnings,
} from './config-telegram.ts';
import { type SandboxSetting, sandboxSettings } from './core/command/isolation.ts';
import { type Fault, invalid } from './core/errors.ts';
import { failPointsRemedy, parseFailPoints } from './core/fail-point-list.ts';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** What this version reads; everything is optional. Empty values count as unset. */
const variables = z.object({
  GAIA_HOST: z
    .string()
    .default('127.0.0.1')
    .refine(isHost, 'is not an address or host name: write for example 127.0.0.1'),
  GAIA_PORT: z
    .string()
    .default('8080')
    .refine(
      (port) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535,
      'is not a port: write 0 (any free one) to 65535',
    )
    .transform(Number),
  GAIA_PUBLIC_URL: z
    .string()
    .superRefine((url, context) => {
      const fault = faultOfOrigin(url);
      if (fault) context.addIssue(fault);
    })
    .transform((url) => new URL(url).origin)
    .optional(),
  GAIA_HOME: z
    .string()
    .default('.gaia')
    .refine(isNotTilde, 'starts with ~, which only a shell expands: write the path in full'),
  DATABASE_URL: z
    .string()
    .refine(
      isPostgres,
      'is not a PostgreSQL address: write postgres://USER:PASSWORD@HOST:5432/NAME, or unset it for SQLite',
    )
    .transform((url) => new Secret(url))
    .optional(),
  POLICY_FILE: z
    .string()
    .refine(isNotTilde, 'starts with ~, which only a shell expands: write the path in full')
    .optional(),
  GAIA_TIME_ZONE: z
    .string()
    .refine(isTimeZone, 'is not a time zone that this system knows: write an IANA name such as Europe/Berlin, or UTC')
    .optional(),
  LOG_LEVEL: z.enum(logLevels, `is not a log level: write one of ${logLevels.join(', ')}`).default('info'),
  ALLOW_COMMAND_EXECUTION: z
    .enum(['0', '1'], 'is neither 0 nor 1: set it to 1 to run approved commands, to 0 (or unset it) to rehearse them')
    .default('0')
    .transform((value) => value === '1'),
  SANDBOX: z
    .enum(sandboxSettings, `is no way to run commands: write one of ${sandboxSettings.join(', ')}`)
    .default('auto'),
  EXEC_USER: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'is no user name of this system: write for example gaia-exec')
    .optional(),
  GAIA_FAIL_POINTS: z
    .string()
    .refine((spec) => parseFailPoints(spec) !== undefined, `is no list of fail points: ${failPointsRemedy}`)
    .optional(),
  ...telegramVariables,
  ...operatingVariables,
  ...githubVariables,
});

/** Names this version knows without reading them here: clients' ones, and the one that says where the others stand. */
const readElsewhere = ['GAIA_URL', 'GAIA_API_KEY', 'GAIA_ENV_FILE'];

export interface Config {
  host: string;
  /** 0: any free port */
  port: number;
  /** an origin; base of links and allowed as Host and Origin */
  publicUrl?: string;
  /** absolute path of the data directory */
  home: string;
  /** PostgreSQL; absent: SQLite in the data directory */
  databaseUrl?: Secret;
  /** absolute path */
  policyFile: string;
  /** whether POLICY_FILE named it; then it must be there */
  policyFileIsNamed: boolean;
  /** absent: the console is the channel */
  telegram?: TelegramConfig;
  github: GitHubConfig;
  /** whether the person at this machine may decide beside those of Telegram; without Telegram they may anyway */
  localApprover: boolean;
  /** whether approved commands are run, and how they are kept apart from Gaia */
  execution: { allow: boolean; sandbox: SandboxSetting; user?: string };
  operating: OperatingConfig;
  /** IANA name */
  timeZone: string;
  logLevel: (typeof logLevels)[number];
  /** armed for proofs */
  failPoints?: string;
  /** absolute path of the env file that was read */
  envFile?: string;
  /** said at start; never holding a value of a secret */
  warnings: string[];
}

/**
 * Reads the configuration, once, from the environment over the env file. Refuses with all faults together, each with the
 * name of its variable and what to do; no fault repeats a value that may be secret.
 */
export function readConfig(env: Environment, { cwd }: { cwd: string }): Config {
  const own = withoutEmpty(env);
  const file = readEnvFile(own.GAIA_ENV_FILE, cwd);
  const values = { ...withoutEmpty(file.values), ...own };
  const parsed = variables.safeParse(values);
  const faults = [
    ...file.faults,
    ...faultsOf(parsed),
    ...faultsTogether(values),
    ...telegramFaultsTogether(values),
    ...githubFaultsTogether(values),
  ];
  if (!parsed.success || faults.length > 0) throw refusal(faults);

  const { GAIA_HOME, GAIA_PUBLIC_URL, DATABASE_URL, POLICY_FILE, GAIA_FAIL_POINTS, ...given } = parsed.data;
  const home = resolve(cwd, GAIA_HOME);
  const telegram = telegramOf(parsed.data);
  return {
    host: given.GAIA_HOST,
    port: given.GAIA_PORT,
    ...(GAIA_PUBLIC_URL && { publicUrl: GAIA_PUBLIC_URL }),
    home,
    ...(DATABASE_URL && { databaseUrl: DATABASE_URL }),
    policyFileIsNamed: POLICY_FILE !== undefined,
    policyFile: POLICY_FILE ? resolve(cwd, POLICY_FILE) : resolve(home, 'policy.yaml'),
    ...(telegram && { telegram }),
    github: githubOf(parsed.data),
    localApprover: given.GAIA_LOCAL_APPROVER,
    execution: {
      allow: given.ALLOW_COMMAND_EXECUTION,
      sandbox: given.SANDBOX,
      ...(given.EXEC_USER && { user: given.EXEC_USER }),
    },
    operating: operatingOf(parsed.data),
    timeZone: given.GAIA_TIME_ZONE ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    logLevel: given.LOG_LEVEL,
    ...(GAIA_FAIL_POINTS && { failPoints: GAIA_FAIL_POINTS }),
    ...(file.path && { envFile: file.path }),
    warnings: warningsOn(values),
  };
}

/** A configuration as logs may show it: of the database only where it is, of the bot only where it speaks and with whom. */
export function describeConfig({ databaseUrl, telegram, operating, github, ...rest }: Config): Record<string, unknown> {
  const { token: __, app, ...shownGithub } = github;
  const { token: _, ...shown } = telegram ?? {};
  return {
    ...rest,
    ...(telegram && { telegram: shown }),
    requeueLimits: operating.requeueLimits,
    github: { ...shownGithub, as: __ ? 'a token' : app ? `the App ${app.id}` : 'nobody' },
    database: databaseUrl === undefined ? 'sqlite' : placeOf(databaseUrl.reveal()),
  };
}

/** Without user, password and parameters, which may hold a password too. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}

function faultsOf(parsed: { success: boolean; error?: z.ZodError | undefined }): Fault[] {
  return (parsed.error?.issues ?? []).map(({ path, message }) => ({ field: path.map(String).join('.'), message }));
}

/** Faults of two variables together; said also where others are at fault. */
function faultsTogether({ GAIA_HOST: host, GAIA_PUBLIC_URL: publicUrl }: Environment): Fault[] {
  if (host === undefined || !isHost(host) || isLoopback(host)) return [];
  if (publicUrl !== undefined && parseUrl(publicUrl)?.protocol === 'https:') return [];
  return [
    {
      field: 'GAIA_HOST',
      message:
        'is not a loopback address, so keys and sessions would cross the network in the clear: put a TLS proxy in front ' +
        'and set GAIA_PUBLIC_URL to its https address, or set GAIA_HOST to 127.0.0.1',
    },
  ];
}

function refusal(faults: Fault[]): Error {
  const lines = faults.map(({ field, message }) => `  ${field} ${message}`);
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  return invalid(`The configuration has ${count}:\n${lines.join('\n')}`, {
    reason: 'configuration_invalid',
    remedy:
      'Correct the named variables in the environment or the env file, and start again; env.example explains each.',
    faults,
  });
}

function warningsOn(values: Environment): string[] {
  const warnings = telegramWarnings(values);
  const known = [...Object.keys(variables.shape), ...readElsewhere];
  for (const name of Object.keys(values).sort()) {
    if (/^(GAIA|TELEGRAM)_/.test(name) && !known.includes(name))
      warnings.push(`${name} is set, but this version does not read it.`);
  }
  return warnings;
}
