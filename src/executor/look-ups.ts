import type { CommandInput } from '../core/command/command.ts';
import { unavailable } from '../core/errors.ts';
import { Threads } from '../threads/threads.ts';
import { workerUrl } from '../threads/worker-url.ts';
import { mayBlock } from './files.ts';
import type { Resolution, ResolveOptions } from './resolve.ts';

type Options = Omit<ResolveOptions, 'hash'>;

/** What a thread is asked: plain values, they are copied between threads. */
export interface Asked {
  input: CommandInput;
  options: Options;
}

export interface LookUps {
  /**
   * As `resolveCommand`. Throws `unavailable` (`look_up_stuck`) where the file system does not answer in time. Askers take
   * turns; what nobody is named for goes first.
   */
  resolve(input: CommandInput, options: Options, asker?: string): Promise<Resolution>;
  /** Ends the threads; what is still looked up is refused. */
  close(): void;
}

export interface LookUpLimits {
  /** how long one look-up may take, in milliseconds */
  limitMs?: number;
  /** after how long in milliseconds the others stop waiting behind a look-up and go on in another thread */
  slowMs?: number;
  /** how long a thread waits for more to do, in milliseconds; it holds some 10 MB */
  idleMs?: number;
  /** the threads' program; replaced in tests */
  program?: URL;
}

/** Threads that look up at once; one is enough unless the file system is slow or much is to be hashed. */
const threadsMax = 4;
/** Threads that the kernel may hold in calls that never end, as on a hung network mount, before nothing more is looked up. */
const hungMax = 16;

/**
 * Looks up commands in threads of their own, with calls that wait for the file system: a look-up makes dozens, and each
 * costs ten times as much when it must not hold up anyone. Where one hangs, only those who ask for the same directory
 * have to do without: the others go on in another thread, and after `limitMs` the asker is told.
 */
export function lookUps({
  program = workerUrl('look-up.worker', import.meta.url),
  limitMs = 15_000,
  slowMs = 300,
  idleMs = 60_000,
}: LookUpLimits = {}): LookUps {
  const overdue = ({ input: { cwd } }: Asked) => stuck(cwd);
  const limits = { limitMs, slowMs, idleMs, threadsMax };
  const threads = new Threads<Asked, Resolution>({ program, workerData: mayBlock, ...limits, overdue });
  return {
    async resolve(input, options, asker) {
      const hung = threads.hung();
      if (hung.length >= hungMax || hung.some((one) => one.input.cwd === input.cwd)) throw stuck(input.cwd);
      return threads.ask({ input, options }, asker);
    },
    close() {
      threads.close();
      // Such a thread cannot be ended, and node would wait for it at its own end for ever.
      if (threads.hung().length > 0) process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
    },
  };
}

const stuck = (cwd: string) =>
  unavailable(`The command could not be looked up in time: a file system that it refers to does not answer.`, {
    reason: 'look_up_stuck',
    remedy: `Look whether ${cwd} and the files that the command names can be read on Gaia's host (a network mount may hang), then ask again. Nothing was stored.`,
    retryAfterSeconds: 30,
    facts: { cwd },
  });
