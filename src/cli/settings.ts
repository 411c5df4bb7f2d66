import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { GaiaProblem } from '../client/problem.ts';
import { type ClientSettings, readClientConfig } from '../client/settings.ts';
import { livingUrl } from './living.ts';
import { readOrNothing } from './read-or-nothing.ts';
import type { Terminal } from './terminal.ts';

export interface CliSettings extends ClientSettings {
  /** IANA name, where one is set */
  timeZone?: string;
  /** whether the caller named the address, in the environment or by --url */
  urlIsTrusted: boolean;
  /** where the Gaia of the data directory listens, while it lives */
  livingUrl?: string;
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
  const file = named(readOwnEnvFile({ env, cwd }));
  const together = { ...file, ...own };
  const home = resolve(cwd, together.GAIA_HOME ?? '.gaia');
  const given = url ?? own.GAIA_URL;
  const living = livingUrl(home);
  const address = given ?? file.GAIA_URL ?? living;
  const settings = readClientConfig({ ...together, ...(address !== undefined && { GAIA_URL: address }) }, cwd);
  return {
    ...settings,
    ...(together.GAIA_TIME_ZONE && { timeZone: together.GAIA_TIME_ZONE }),
    urlIsTrusted: given !== undefined,
    ...(living !== undefined && { livingUrl: living }),
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

/** All that Gaia's env file sets. Throws where it is not to be trusted. */
export function readOwnEnvFile({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): NodeJS.Dict<string> {
  const file = env.GAIA_ENV_FILE?.trim() || undefined;
  for (const name of file === undefined ? ['.env', '.tmp/telegram.env'] : [file]) {
    const path = resolve(cwd, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found?.isFile()) continue;
    const uid = process.getuid?.();
    if (uid !== undefined && found.uid !== uid && found.uid !== 0) {
      throw refused(
        'env_file_foreign',
        `${path} belongs to another user, who could send you anywhere.`,
        'Run the command in a directory of yours, or set GAIA_ENV_FILE.',
      );
    }
    const text = readOrNothing(path);
    const values = text === undefined ? {} : parseEnv(text);
    if (values.GAIA_API_KEY?.trim() && (found.mode & 0o066) !== 0) {
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

const refused = (code: string, detail: string, remedy: string) =>
  new GaiaProblem({ status: 400, code, detail, remedy });
