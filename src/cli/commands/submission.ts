import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import type { Submission } from '../../core/approval/submission.ts';
import { visible } from '../../core/text/visible.ts';
import type { AskOptions, CommandOptions } from '../program.ts';
import type { Terminal } from '../terminal.ts';

/** Standard input larger than this is refused before it is sent, in bytes; Gaia's own limit is lower and says why. */
const mostStdinBytes = 1024 * 1024;

/** The command as asked for, in the caller's directory. */
export async function commandSubmission(
  terminal: Terminal,
  argv: readonly string[],
  options: CommandOptions,
): Promise<Extract<Submission, { kind: 'command' }>> {
  const { cwd, env, stdin, timeout, mode } = options;
  const input = stdin === undefined ? undefined : await readInput(terminal, stdin);
  return {
    kind: 'command',
    ...common(options),
    command: {
      argv: [...argv],
      cwd: resolve(terminal.cwd, cwd ?? '.'),
      ...(env && { env: variables(env) }),
      ...(input !== undefined && { stdin: input }),
      ...(timeout !== undefined && { timeoutSeconds: timeout }),
      ...(mode && { mode }),
    },
  };
}

/** The members every kind has. */
export const common = ({ title, reason, ttl, test, idempotencyKey, supersedes }: AskOptions) => ({
  ...(title !== undefined && { title }),
  ...(reason !== undefined && { reason }),
  ...(ttl !== undefined && { ttlSeconds: ttl }),
  ...(test && { isTest: true }),
  ...(idempotencyKey !== undefined && { idempotencyKey }),
  ...(supersedes !== undefined && { supersedes }),
});

function variables(given: readonly string[]): Record<string, string> {
  const pairs = given.map(variable);
  const twice = pairs.find(([name], place) => pairs.findIndex(([other]) => other === name) !== place)?.[0];
  if (twice !== undefined) throw usage(`--env gives ${visible(twice)} twice.`, 'Give each variable once.');
  return Object.fromEntries(pairs);
}

function variable(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  // The text may hold a secret, so it is not repeated.
  if (at < 1) throw usage('--env takes NAME=VALUE.', 'Write for example --env TARGET=staging.');
  return [text.slice(0, at), text.slice(at + 1)];
}

async function readInput(terminal: Terminal, source: string): Promise<string> {
  const bytes = source === '-' ? await terminal.readAll() : readFile(resolve(terminal.cwd, source));
  if (bytes.byteLength > mostStdinBytes)
    throw usage('The standard input is longer than 1 MiB.', 'Put it into a file that the command names.');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usage('The standard input is not UTF-8 text.', 'Put it into a file that the command names.');
  }
}

function readFile(path: string): Uint8Array {
  try {
    if (statSync(path).isDirectory())
      throw usage(`${path} is a directory.`, 'Name a file, or - for your own standard input.');
    return readFileSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string') || error instanceof GaiaProblem)
      throw error;
    throw usage(
      `${path} cannot be read (${error.code}).`,
      'Name a file that you may read, or - for your own standard input.',
    );
  }
}

export const usage = (detail: string, remedy: string) =>
  new GaiaProblem({ status: 400, code: 'usage', detail, remedy });
