import type { SecretPattern } from '../core/secrets/recognise.ts';

/** A file whose content is looked at again after the end. */
export interface WatchedFile {
  name: string;
  path: string;
  sha256: string;
  bytes: number;
}

/** What a supervisor is told on its standard input; never written to a disk. */
export interface Plan {
  /** the file started first: the program itself, or the sandbox around it */
  file: string;
  args: string[];
  /** what it is called (argv[0]) where it is started directly */
  argv0?: string;
  /**
   * `direct`: its own process group. `wrapped`: inside a pid namespace, whose first two processes (the wrapper and its
   * init) end everything when they get SIGTERM, and which answers on descriptor 3 (`startScript`).
   */
  kind: 'direct' | 'wrapped';
  /** the user to start `file` as; absent: the supervisor's own */
  ids?: { uid: number; gid: number };
  env: Record<string, string>;
  stdin: string;
  /** what descriptor 3 of the supervisor must be */
  cwd: { device: string; inode: string };
  /** whether `file` starts in descriptor 3; a sandbox finds its directory by path and checks it inside */
  startsInCwd: boolean;
  /** a value in the environment by which stray processes are found where there is no namespace */
  mark: string;
  timeoutMs: number;
  graceMs: number;
  watched: WatchedFile[];
  secrets: { name: string; value: string }[];
  patterns: SecretPattern[];
  /** completes "it could not be started: …" where the sandbox hides what was to run */
  hint?: string;
}

/** How a supervisor that never took its latch ends. */
export const supervisorExits = { latchTaken: 3, planUnreadable: 4, noRoom: 5, wrongDirectory: 6 } as const;

/** The environment name that marks processes which no namespace holds together. */
export const markName = 'GAIA_EXECUTION';
