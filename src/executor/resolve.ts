import { hostname } from 'node:os';
import type { Blocker } from '../core/approval/blocker.ts';
import type { CommandInput, CommandMode, ResolvedCommand, Unbound } from '../core/command/command.ts';
import { defaultTimeoutSeconds } from '../core/command/limits.ts';
import { neverBound } from '../core/command/never-bound.ts';
import { bindByPolicy, bindOperands, mergeFiles } from './bind-files.ts';
import { withinBudget } from './budget.ts';
import { findDirectory } from './find-directory.ts';
import { findExecutable } from './find-executable.ts';
import type { HashFile } from './hash-files.ts';
import { ownFiles } from './own-files.ts';
import { scriptOperand } from './script-operand.ts';

export interface ResolveOptions {
  /** Gaia's own PATH; the request's does not change the look-up */
  path: string;
  /** patterns of files below cwd that the policy binds by content */
  bind: readonly string[];
  /** what the command will be: looked up alike, and part of what is approved */
  mode: CommandMode;
  /** the uid Gaia runs as */
  ownUid: number;
  /** Gaia's own places: its data directory, its env file; nothing there is ever read for a request */
  own?: readonly string[];
  hash: HashFile;
}

export type Resolution =
  | {
      command: ResolvedCommand;
      /** what its digest does not cover */
      unbound: Unbound[];
      /** what the reader should know about the look-up */
      remarks: string[];
    }
  | { blockers: Blocker[] };

/** True of every command: no digest covers these. */
/**
 * Looks up everything a command refers to on this host, so that people approve what will really run.
 * Says all that blocks it, not only the first. Throws `file_changing` where a file is written while it is read.
 */
export async function resolveCommand(input: CommandInput, options: ResolveOptions): Promise<Resolution> {
  const isOwn = await ownFiles(options.own ?? []);
  const directory = await findDirectory(input.cwd);
  const cwd = 'code' in directory ? undefined : directory;
  const asked = input.argv[0] ?? '';
  const executable = await findExecutable(asked, { ...options, isOwn, ...(cwd && { cwd: cwd.path }) });
  if (cwd === undefined || executable === undefined || 'code' in executable) {
    return { blockers: [directory, executable].filter((found) => found !== undefined && 'code' in found) };
  }

  const where = { ...options, isOwn, cwd: cwd.path, hash: withinBudget(options.hash) };
  const operands = await bindOperands(input.argv, scriptOperand(input.argv, executable.path), where);
  const byPolicy = await bindByPolicy(options.bind, where);
  const command: ResolvedCommand = {
    argv: [...input.argv],
    executable,
    cwd,
    env: { ...input.env },
    ...(input.stdin !== undefined && { stdin: input.stdin }),
    files: mergeFiles(operands.files, byPolicy.files, input.argv),
    timeoutSeconds: input.timeoutSeconds ?? defaultTimeoutSeconds,
    mode: options.mode,
    sandbox: 'none',
    host: hostname(),
  };
  const unbound = [...operands.unbound, ...byPolicy.unbound, ...interpreterOf(executable), ...neverBound];
  return { command, unbound, remarks: remarksOn(input, executable.path) };
}

function interpreterOf({ interpreter }: ResolvedCommand['executable']): Unbound[] {
  return interpreter === undefined
    ? []
    : [{ name: interpreter, why: 'the interpreter that its first line names is not bound' }];
}

function remarksOn({ argv, env }: CommandInput, executable: string): string[] {
  if (env?.PATH === undefined || argv[0]?.includes('/')) return [];
  return [
    `The request's PATH does not change which program runs: ${argv[0]} was looked up in Gaia's own PATH and is ${executable}.`,
  ];
}
