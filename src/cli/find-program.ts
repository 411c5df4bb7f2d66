import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, resolve } from 'node:path';
import { GaiaProblem } from '../client/problem.ts';

/** Throws where a program could not be started: its directory or the program itself is missing or not for this user. */
export function mustBeStartable({
  argv: [name = ''],
  cwd,
  env,
}: {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
}): void {
  if (!isThere(cwd, (found) => found.isDirectory())) {
    throw new GaiaProblem({
      status: 400,
      code: 'cwd_not_found',
      detail: `${cwd} is no directory.`,
      remedy: 'Name one that is there: --cwd.',
    });
  }
  const places = name.includes('/')
    ? [resolve(cwd, name)]
    : (env.PATH ?? '/usr/bin:/bin').split(delimiter).map((directory) => resolve(cwd, directory, name));
  const files = name === '' ? [] : places.filter((path) => isThere(path, (found) => found.isFile()));
  if (files.some(isExecutable)) return;
  const [file] = files;
  throw file === undefined
    ? new GaiaProblem({
        status: 400,
        code: 'executable_not_found',
        detail: `There is no program ${name}${name.includes('/') ? '' : ' on the PATH'}.`,
        remedy: 'Correct the name. A line for a shell is no program: write -- sh -c "…" for one.',
      })
    : new GaiaProblem({
        status: 400,
        code: 'not_executable',
        detail: `${file} may not be executed by you.`,
        remedy: `Make it executable (chmod +x), or name the program that reads it.`,
      });
}

function isThere(path: string, holds: (found: NonNullable<ReturnType<typeof statSync>>) => boolean): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found !== undefined && holds(found);
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false; // not for this user
    throw error;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
