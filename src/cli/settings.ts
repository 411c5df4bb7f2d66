import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { GaiaProblem } from '../client/problem.ts';
import { type ClientSettings, readClientConfig } from '../client/settings.ts';
import type { Terminal } from './terminal.ts';

export interface CliSettings extends ClientSettings {
  /** IANA name, where one is set */
  timeZone?: string;
  /** whether the caller named the address, in the environment or by --url */
  urlIsTrusted: boolean;
}

/** What a client reads from the env file; the rest of it is Gaia's. */
const clientNames = ['GAIA_URL', 'GAIA_API_KEY', 'GAIA_HOME', 'GAIA_TIME_ZONE'] as const;
type Settings = Partial<Record<(typeof clientNames)[number], string>>;

/** Where Gaia is and with which key: --url, then the environment, then the env file, then the Gaia of the data directory. */
export function readCliSettings(
  { env, cwd }: Pick<Terminal, 'env' | 'cwd'>,
  { url }: { url?: string | undefined },
): CliSettings {
  const own = named(env);
  const file = fromEnvFile(env.GAIA_ENV_FILE?.trim() || undefined, cwd);
  const together = { ...file, ...own };
  const home = resolve(cwd, together.GAIA_HOME ?? '.gaia');
  const given = url ?? own.GAIA_URL;
  const address = given ?? file.GAIA_URL ?? announced(home);
  const settings = readClientConfig({ ...together, ...(address !== undefined && { GAIA_URL: address }) }, cwd);
  return {
    ...settings,
    ...(together.GAIA_TIME_ZONE && { timeZone: together.GAIA_TIME_ZONE }),
    urlIsTrusted: given !== undefined || file.GAIA_URL === undefined,
  };
}

function named(env: Record<string, string | undefined>): Settings {
  const found: Settings = {};
  for (const name of clientNames) {
    const value = env[name]?.trim();
    if (value) found[name] = value;
  }
  return found;
}

function fromEnvFile(file: string | undefined, cwd: string): Settings {
  for (const name of file === undefined ? ['.env', '.tmp/telegram.env'] : [file]) {
    const path = resolve(cwd, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    const text = readOrNothing(path);
    const values = named(text === undefined ? {} : parseEnv(text));
    if (values.GAIA_API_KEY !== undefined && (found.mode & 0o066) !== 0) {
      throw refused(
        'env_file_open',
        `Others may read or write ${path}, which holds a key.`,
        `Close it: chmod 600 ${path}`,
      );
    }
    return values;
  }
  if (file === undefined) return {};
  throw refused(
    'configuration_invalid',
    `The env file ${resolve(cwd, file)} does not exist.`,
    'Correct GAIA_ENV_FILE, or unset it.',
  );
}

/** Where the Gaia of a data directory listens, as it noted itself. */
function announced(home: string): string | undefined {
  const text = readOrNothing(join(home, 'gaia.pid'));
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as { url?: unknown } | null;
    return typeof record?.url === 'string' ? record.url : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The text of a file, or nothing where there is none or it is not for this user. */
export function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (
      error instanceof Error &&
      'code' in error &&
      ['ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'EISDIR'].includes(String(error.code))
    )
      return undefined;
    throw error;
  }
}

const refused = (code: string, detail: string, remedy: string) =>
  new GaiaProblem({ status: 400, code, detail, remedy });
