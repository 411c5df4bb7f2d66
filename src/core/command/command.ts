import { z } from 'zod';
import { text, visibleName } from '../wire/text.ts';
import { commandLimits, defaultTimeoutSeconds } from './limits.ts';
import type { Sandbox } from './sandbox.ts';

export const commandModes = ['dry_run', 'real', 'client'] as const;
export type CommandMode = (typeof commandModes)[number];

/** A command as an agent states it (section `command` of a request). Unknown members are refused. */
export const commandInput = z.strictObject({
  argv: z
    .array(text({ max: commandLimits.textLength }))
    .min(1, 'name the program to run as the first element')
    .max(commandLimits.args, `at most ${commandLimits.args} arguments`)
    .refine((argv) => argv[0] !== '', { path: [0], message: 'the program to run must not be empty' })
    .describe('program and arguments, never a shell string'),
  cwd: text({ max: 4_096 })
    .refine((path) => path.startsWith('/'), 'must be an absolute path')
    .describe('absolute path of the directory to run in'),
  env: z
    .record(
      visibleName('an environment name', /^[A-Za-z_][A-Za-z0-9_]*$/, 256),
      text({ max: commandLimits.textLength }),
    )
    .refine((env) => Object.keys(env).length <= commandLimits.envNames, `at most ${commandLimits.envNames} names`)
    .optional()
    .describe(
      'environment names and values the command gets on top of the clean default; `secret:NAME` gives one of the policy’s secrets',
    ),
  stdin: text({ max: commandLimits.textLength }).optional().describe('text given to it on standard input'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(commandLimits.timeoutSecondsMax)
    .optional()
    .describe('seconds until it is stopped; 600 unless told'),
  mode: z
    .enum(commandModes)
    .optional()
    .describe('`dry_run` (the default while execution is not enabled), `real` or `client`'),
});
export type CommandInput = z.output<typeof commandInput>;

/** How a file is tied to the approval: by place, by copy, by a look before and after, or by the agent's word alone. */
export type Binding = 'fixed' | 'held' | 'checked' | 'stated';

/** A file as it was when the command was resolved. */
export interface BoundFile {
  /** as the command names it (an argument, or the path a `bind:` pattern found) */
  name: string;
  /** its real path */
  path: string;
  sha256: string;
  bytes: number;
  binding: Binding;
  /** why it is bound: an argument, an interpreter's script, or a pattern of the policy */
  because: 'argument' | 'script' | 'policy';
}

/** Something the command may use that its digest does not cover, said plainly on the card. */
export interface Unbound {
  name: string;
  why: string;
}

/** `native`: ELF or Mach-O; `script`: a `#!` line names what reads it; `text`: neither, which execvp(3) hands to /bin/sh. */
export type ExecutableFormat = 'native' | 'script' | 'text';

/** A command with everything it refers to looked up: this is what people approve. */
export interface ResolvedCommand {
  argv: string[];
  executable: {
    path: string;
    sha256: string;
    bytes: number;
    binding: Binding;
    /** by its first bytes; absent where nobody looked */
    format?: ExecutableFormat;
    /** its `#!` line, where it is a script; `/bin/sh` for a `text` */
    interpreter?: string;
  };
  cwd: { path: string; device: string; inode: string };
  env: Record<string, string>;
  stdin?: string;
  files: BoundFile[];
  timeoutSeconds: number;
  mode: CommandMode;
  /** what it runs in; `none` where Gaia does not start it */
  sandbox: Sandbox | 'none';
  /** empty where the agent runs it, wherever that is */
  host: string;
}

/**
 * A command that its agent will run itself, perhaps on another machine: nothing is looked up, since what stands here says
 * nothing about what will run there. It is as stated, and cards say so.
 */
export const statedCommand = ({ argv, cwd, env, stdin, timeoutSeconds }: CommandInput): ResolvedCommand => ({
  argv: [...argv],
  executable: { path: argv[0] as string, sha256: '', bytes: 0, binding: 'stated' },
  cwd: { path: cwd, device: '', inode: '' },
  env: { ...env },
  ...(stdin !== undefined && { stdin }),
  files: [],
  timeoutSeconds: timeoutSeconds ?? defaultTimeoutSeconds,
  mode: 'client',
  sandbox: 'none',
  host: '',
});

/** The name of a secret that an environment value asks for: `secret:NPM_TOKEN`. */
export const secretNamed = (value: string): string | undefined => /^secret:([A-Z_][A-Z0-9_]{0,63})$/.exec(value)?.[1];
