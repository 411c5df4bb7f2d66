import { Worker } from 'node:worker_threads';
import type { CommandInput } from '../core/command/command.ts';
import { type ErrorCode, type ErrorExtras, GaiaError, unavailable } from '../core/errors.ts';
import { mayBlock } from './files.ts';
import type { Resolution, ResolveOptions } from './resolve.ts';
import { workerUrl } from './worker-url.ts';

type Options = Omit<ResolveOptions, 'hash'>;

/** What a thread is asked, and what it answers: plain values, they are copied between threads. */
export interface Asked {
  id: number;
  input: CommandInput;
  options: Options;
}
export type LookedUp = { id: number } & (
  | { resolution: Resolution }
  | { refused: { code: ErrorCode; message: string; extras: ErrorExtras } }
  /** a bug, with its stack */
  | { failed: string }
);

export interface LookUps {
  /** As `resolveCommand`. Throws `unavailable` (`look_up_stuck`) where the file system does not answer in time. */
  resolve(input: CommandInput, options: Options): Promise<Resolution>;
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
const stuckMax = 16;

/**
 * Looks up commands in threads of their own, with calls that wait for the file system: a look-up makes dozens, and each
 * costs ten times as much when it must not hold up anyone. Where one hangs, only those who ask for the same directory
 * have to do without: the others go on in another thread, and after `limitMs` the asker is told.
 */
export function lookUps({ program, ...limits }: LookUpLimits = {}): LookUps {
  return new Threads(program ?? workerUrl('look-up.worker', import.meta.url), limits);
}

interface Job extends Asked {
  resolve(resolution: Resolution): void;
  reject(error: unknown): void;
  overdue: NodeJS.Timeout;
}

class Threads implements LookUps {
  readonly #program: URL;
  readonly #limits: Required<Omit<LookUpLimits, 'program'>>;
  readonly #threads = new Set<Thread>();
  /** directories of look-ups that were given up while their thread still hangs in them */
  readonly #stuck = new Map<Thread, string>();
  #lastId = 0;
  #closed = false;

  constructor(program: URL, { limitMs = 15_000, slowMs = 300, idleMs = 60_000 }: Omit<LookUpLimits, 'program'>) {
    this.#program = program;
    this.#limits = { limitMs, slowMs, idleMs };
  }

  resolve(input: CommandInput, options: Options): Promise<Resolution> {
    if (this.#closed) return Promise.reject(unavailable('Gaia is stopping.', { reason: 'not_ready' }));
    if (this.#stuck.size >= stuckMax || [...this.#stuck.values()].includes(input.cwd)) {
      return Promise.reject(stuck(input.cwd));
    }
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const overdue = setTimeout(() => this.#giveUp(id), this.#limits.limitMs);
      this.#ask({ id, input, options, resolve, reject, overdue });
    });
  }

  close(): void {
    this.#closed = true;
    for (const thread of this.#threads) thread.end(unavailable('Gaia is stopping.', { reason: 'not_ready' }));
    // Such a thread cannot be ended, and node would wait for it at its own end for ever.
    if (this.#stuck.size > 0) process.once('exit', () => process.kill(process.pid, 'SIGKILL'));
  }

  /** Hands a job to the thread that has the least to do, or to a fresh one where all that there are are slow. */
  #ask(job: Job): void {
    const usable = [...this.#threads].filter((thread) => !thread.isEnded);
    const quick = usable.filter((thread) => !thread.isSlow);
    const among = quick.length > 0 || usable.length < threadsMax ? quick : usable;
    const [thread = this.#start()] = among.sort((a, b) => a.jobs.size - b.jobs.size);
    thread.ask(job);
  }

  #start(): Thread {
    const thread: Thread = new Thread(this.#program, {
      ...this.#limits,
      slow: () => {
        // the one that takes long stays; the others would wait behind it
        for (const job of [...thread.jobs.values()].slice(1)) {
          thread.jobs.delete(job.id);
          this.#ask(job);
        }
      },
      gone: () => {
        this.#threads.delete(thread);
        this.#stuck.delete(thread);
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  #giveUp(id: number): void {
    for (const thread of this.#threads) {
      const job = thread.jobs.get(id);
      if (job === undefined) continue;
      const isFirst = thread.jobs.keys().next().value === id;
      thread.jobs.delete(id);
      job.reject(stuck(job.input.cwd));
      if (!isFirst) continue; // it only waited
      this.#stuck.set(thread, job.input.cwd);
      for (const waiting of thread.jobs.values()) this.#ask(waiting);
      thread.jobs.clear();
      thread.end();
      return;
    }
  }
}

interface ThreadParts {
  slowMs: number;
  idleMs: number;
  /** told once when its present job takes long */
  slow(): void;
  gone(): void;
}

/** One thread and what it was asked, in order. */
class Thread {
  readonly jobs = new Map<number, Job>();
  isSlow = false;
  /** it takes no more */
  isEnded = false;
  readonly #worker: Worker;
  readonly #parts: ThreadParts;
  #slow: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(program: URL, parts: ThreadParts) {
    this.#parts = parts;
    // without Gaia's own environment and loaders: the thread needs neither
    this.#worker = new Worker(program, { workerData: mayBlock, env: {}, execArgv: [] });
    this.#worker.unref();
    this.#worker.on('message', (answer: LookedUp) => this.#hear(answer));
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#worker.on('exit', (code) => {
      this.isEnded = true;
      this.#settle(cause ?? new Error(`the thread that looks up commands ended early (${code})`));
      parts.gone();
    });
  }

  ask(job: Job): void {
    clearTimeout(this.#idle);
    this.jobs.set(job.id, job);
    const { id, input, options } = job;
    this.#worker.postMessage({ id, input, options } satisfies Asked);
    if (this.jobs.size === 1) this.#watch();
  }

  /** Ends it as soon as the kernel lets go of it. What it was asked is refused with `error`. */
  end(error?: GaiaError): void {
    this.isEnded = true;
    this.#settle(error);
    void this.#worker.terminate();
    this.#worker.unref(); // terminate() holds the process until the thread is gone, and the kernel may keep it
  }

  #hear(answer: LookedUp): void {
    this.isSlow = false;
    const job = this.jobs.get(answer.id);
    if (job !== undefined) {
      this.jobs.delete(answer.id);
      clearTimeout(job.overdue);
      if ('resolution' in answer) job.resolve(answer.resolution);
      else if ('refused' in answer)
        job.reject(new GaiaError(answer.refused.code, answer.refused.message, answer.refused.extras));
      else job.reject(Object.assign(new Error('a command could not be looked up'), { stack: answer.failed }));
    }
    this.#watch();
  }

  /** Looks whether the job at hand takes long, or whether there is nothing more to do. */
  #watch(): void {
    clearTimeout(this.#slow);
    clearTimeout(this.#idle);
    if (this.jobs.size === 0) {
      this.#idle = setTimeout(() => this.end(), this.#parts.idleMs).unref();
      return;
    }
    this.#slow = setTimeout(() => {
      this.isSlow = true;
      this.#parts.slow();
    }, this.#parts.slowMs);
  }

  #settle(error: unknown): void {
    clearTimeout(this.#slow);
    clearTimeout(this.#idle);
    for (const job of this.jobs.values()) {
      clearTimeout(job.overdue);
      job.reject(error);
    }
    this.jobs.clear();
  }
}

const stuck = (cwd: string) =>
  unavailable(`The command could not be looked up in time: a file system that it refers to does not answer.`, {
    reason: 'look_up_stuck',
    remedy: `Look whether ${cwd} and the files that the command names can be read on Gaia's host (a network mount may hang), then ask again. Nothing was stored.`,
    retryAfterSeconds: 30,
    facts: { cwd },
  });
