import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { GaiaProblem } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { mustBeStartable } from '../find-program.ts';
import { ownSecrets } from '../own-secrets.ts';
import { runProgram } from '../run-program.ts';
import { readOwnEnvFile } from '../settings.ts';

/** Runs a command with the variables of a file over the caller's own, and without any secret of Gaia. */
export async function envRun(cli: Cli, argv: readonly string[], { file }: { file: string }): Promise<number> {
  const { terminal } = cli;
  const path = resolve(terminal.cwd, file);
  const given = variablesOf(path);
  const own = readOwnEnvFile(terminal);
  const home = resolve(terminal.cwd, terminal.env.GAIA_HOME?.trim() || own.GAIA_HOME?.trim() || '.gaia');
  const secrets = ownSecrets({ sources: [terminal.env, own, given], home });

  const named = Object.keys(given).filter(secrets.isNamed);
  if (named.length > 0)
    throw refused(
      'own_secret',
      `${path} sets ${named.join(', ')}: Gaia's own secrets are not handed to a command.`,
      'Give the command a file of its own, with what it needs and nothing of Gaia.',
    );
  const holding = Object.entries(given).flatMap(([name, value]) => (secrets.isHeldBy(value) ? [name] : []));
  if (holding.length > 0)
    throw refused(
      'own_secret',
      `${path} gives ${holding.join(', ')} the value of one of Gaia's own secrets, which is not handed to a command.`,
      'Give the command a secret of its own.',
    );

  const inherited = Object.entries(terminal.env).filter(
    ([name, value]) => value !== undefined && !secrets.isNamed(name) && !secrets.isHeldBy(value),
  );
  const program = { argv, cwd: terminal.cwd, env: { ...Object.fromEntries(inherited), ...given } };
  mustBeStartable(program);
  const ran = await runProgram(terminal, program);
  if (ran.notStarted !== undefined)
    cli.note(`gaia: ${visible(argv[0] ?? '')} could not be started (${ran.notStarted}).`);
  return ran.exit;
}

function variablesOf(path: string): Record<string, string> {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const found = fstatSync(file);
    if (!found.isFile()) throw refused('env_file_unusual', `${path} is not a regular file.`, 'Name a file: --file.');
    if ((found.mode & 0o077) !== 0)
      throw refused('env_file_open', `Others may use ${path}, which may hold secrets.`, `Close it: chmod 600 ${path}`);
    const self = process.getuid?.();
    if (self !== undefined && found.uid !== self && found.uid !== 0)
      throw refused(
        'env_file_foreign',
        `${path} belongs to another user, who could have anything run.`,
        'Name a file of yours.',
      );
    return { ...parseEnv(readFileSync(file, 'utf8')) } as Record<string, string>;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string') || error instanceof GaiaProblem)
      throw error;
    throw refused(
      'env_file_unreadable',
      `${path} cannot be read (${error.code}).`,
      'Name a file that you may read: --file.',
    );
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const refused = (code: string, detail: string, remedy: string) =>
  new GaiaProblem({ status: 400, code, detail, remedy });
