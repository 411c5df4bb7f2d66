import type { SecretPattern } from '../core/secrets/recognise.ts';
import type { Orders } from './starter.ts';

/** A file whose content is looked at again after the end. */
export interface WatchedFile {
  name: string;
  path: string;
  sha256: string;
  bytes: number;
}

/** What a supervisor is told on its standard input; never written to a disk. */
export interface Plan {
  /** the file started first: the starter itself, or the sandbox around it; neither learns anything of the request */
  file: string;
  args: string[];
  /**
   * `direct`: becomes the program, in its own process group. `wrapped`: inside a pid namespace, whose first two processes
   * (the wrapper and the starter as its init) end everything when they get SIGKILL.
   */
  kind: 'direct' | 'wrapped';
  /** the user to start `file` as; absent: the supervisor's own */
  ids?: { uid: number; gid: number };
  /** what the starter is told */
  orders: Orders;
  stdin: string;
  /** what descriptor 3 of the supervisor must be */
  cwd: { device: string; inode: string };
  /** whether `file` starts in descriptor 3; a sandbox finds its directory by path and checks it inside */
  startsInCwd: boolean;
  /** a value in the environment of the first process by which strays are found */
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

/** The environment name that marks the first processes of an execution, and all of it where no namespace holds them together. */
export const markName = 'GAIA_EXECUTION';
