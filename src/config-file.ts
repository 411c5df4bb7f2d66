import { readFileSync, type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { Fault } from './core/errors.ts';

/** The environment of a process, or of an env file. */
export type Environment = Record<string, string | undefined>;

export interface EnvFile {
  /** absolute; absent where no file was read */
  path?: string;
  values: Environment;
  faults: Fault[];
}

/** Read where GAIA_ENV_FILE is not set: the first that exists. */
const defaultFiles = ['.env', '.tmp/telegram.env'];

/** Reads the env file. One that others may read or write, that is no file, or that was named and is missing is a fault. */
export function readEnvFile(named: string | undefined, cwd: string): EnvFile {
  for (const name of named === undefined ? defaultFiles : [named]) {
    const path = resolve(cwd, name);
    try {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found !== undefined) return readExisting(path, found);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (typeof code !== 'string') throw error;
      return refused(`${path} could not be read (${code}): give it to the user that Gaia runs as`);
    }
  }
  if (named === undefined) return { values: {}, faults: [] };
  return refused(`${resolve(cwd, named)} does not exist: correct the name, or unset it`);
}

function readExisting(path: string, found: Stats): EnvFile {
  if (!found.isFile()) return refused(`${path} is not a regular file: point it at a file, or move this away`);
  if ((found.mode & 0o066) !== 0)
    return refused(`others may read or write ${path}, which may hold secrets: chmod 600 ${path}`);
  return { path, values: parseEnv(readFileSync(path, 'utf8')), faults: [] };
}

const refused = (message: string): EnvFile => ({
  values: {},
  faults: [{ field: 'GAIA_ENV_FILE', message: `(the env file): ${message}` }],
});
