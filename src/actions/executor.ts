import type { ResolvedCommand } from '../core/command/command.ts';
import type { Isolation, Sandbox } from '../core/command/sandbox.ts';
import type { SecretPattern } from '../core/secrets/recognise.ts';

/** Everything a command is bound to, taken in hand: copies of what others may replace, its directory held open. */
export interface Held {
  id: string;
  command: ResolvedCommand;
}

/** What is handed to a supervisor beside the command, on its standard input; never written to a disk. */
export interface Handover {
  /** values of the secrets that the command's environment names, by name */
  secrets: Readonly<Record<string, string>>;
  /** shapes to take out of its output, beside the built-in ones and the values above */
  patterns: readonly SecretPattern[];
}

/** How a command ended, as its supervisor saw it. */
export interface Ended {
  /** `not_startable`: no process of it ever ran, `error` says why */
  how: 'exited' | 'timed_out' | 'stopped' | 'not_startable';
  exitCode: number | null;
  signal: string | null;
  error: string | null;
  /** redacted; the first and the last of it where there was too much */
  stdout: string;
  stderr: string;
  truncated: boolean;
  durationMs: number;
  /** names of files that were hashed before the start and were different at the end */
  changedDuringRun: string[];
}

/** What has become of an execution. */
export type Sighting =
  /** nobody has taken its latch: no supervisor has begun */
  | { kind: 'absent' }
  | { kind: 'running'; startedAt: number }
  | { kind: 'ended'; ended: Ended }
  /** its latch was taken so that it can never start */
  | { kind: 'never_started' }
  /** its supervisor is gone and left no outcome */
  | { kind: 'lost' }
  /** there is nothing of it on disk at all */
  | { kind: 'gone' };

/** The last of what a running command has written to one stream, redacted. */
export interface LiveStream {
  text: string;
  /** UTF-16 code units of the redacted stream up to the end of `text`: a reader who knows an earlier end tells what is new */
  end: number;
}

export interface Live {
  stdout: LiveStream;
  stderr: LiveStream;
}

/**
 * Starts commands on this host, each under a supervisor that outlives Gaia. An execution is known by the id of its request,
 * and starts at most once: whoever takes its latch, a supervisor or `claim`, decides whether it ever does.
 */
export interface Executor {
  /** decided at start, for every command */
  readonly isolation: Isolation;
  /** names the disk that its executions stand on: drawn once, kept beside them */
  readonly place: string;
  /** the user commands run as, where that is not Gaia's own */
  readonly user?: string;
  /**
   * Takes in hand what the command is bound to and compares it with what was approved. Throws conflict `effect_changed`
   * where anything differs, and unavailable where Gaia cannot tell; then nothing is left behind.
   */
  hold(id: string, command: ResolvedCommand): Promise<Held>;
  /** Lets go of what is not started after all. */
  release(held: Held): Promise<void>;
  /** Starts a supervisor; settles when it has taken the latch or cannot. Throws where no supervisor could be started. */
  start(held: Held, handover: Handover): Promise<void>;
  /** From now on no command that starts sees these files either, beside those that were named when it was opened. */
  setMasks(paths: readonly string[]): Promise<void>;
  /** Why no command may run in a directory; undefined where one may. Asked when a command is looked up. */
  directoryFault(cwd: string, sandbox: Sandbox): Promise<string | undefined>;
  look(id: string): Promise<Sighting>;
  /** Takes the latch so that the execution never starts; false where a supervisor was first. */
  claim(id: string): Promise<boolean>;
  /** Asks its supervisor to end it: SIGTERM to all of it, and SIGKILL after its grace. Repeating is harmless. */
  stop(id: string): Promise<void>;
  live(id: string): Promise<Live | undefined>;
  /** Removes what is left of it on disk, once its outcome is recorded. */
  forget(id: string): Promise<void>;
  /** ids with anything left on disk */
  list(): Promise<string[]>;
}
