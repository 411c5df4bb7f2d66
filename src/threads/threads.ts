import { type ResourceLimits, Worker } from 'node:worker_threads';
import { GaiaError, unavailable } from '../core/errors.ts';
import type { Question, Said } from './answering.ts';

export interface ThreadsOptions<Asked> {
  /** the threads' program: it calls `answerWith` */
  program: URL;
  /** what each thread is given when it starts, as plain values */
  workerData: unknown;
  /** of one thread; over them it ends, and what it was at fails */
  resourceLimits?: ResourceLimits;
  /** how long one question may be worked at, in milliseconds, and how long it may wait for its turn before */
  limitMs: number;
  /** after how long in milliseconds the others stop waiting behind a question and go on in another thread */
  slowMs: number;
  /** how long a thread waits for more to do, in milliseconds */
  idleMs: number;
  /** threads that work at once */
  threadsMax: number;
  /** what the asker is told when the time is over; `wasBegun`: a thread was at it, and was ended for it */
  overdue(asked: Asked, wasBegun: boolean): GaiaError;
}

interface Job<Asked, Answer> extends Question<Asked> {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  overdue: NodeJS.Timeout;
}

/**
 * Threads that answer questions, started at the first and ended when there was nothing to do for a while. One is enough
 * unless a question takes long: then the others go on in a second one. What takes too long loses its thread.
 */
export class Threads<Asked, Answer> {
  readonly #options: ThreadsOptions<Asked>;
  readonly #threads = new Set<Thread<Asked, Answer>>();
  /** what threads are still at although it was given up: the kernel may hold them */
  readonly #hung = new Map<Thread<Asked, Answer>, Asked>();
  #lastId = 0;
  #closed = false;

  constructor(options: ThreadsOptions<Asked>) {
    this.#options = options;
  }

  /** @throws what the thread refused, as itself; an Error where it broke; `unavailable` (`not_ready`) while Gaia stops */
  ask(asked: Asked): Promise<Answer> {
    if (this.#closed) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      const overdue = setTimeout(() => this.#giveUp(id), this.#options.limitMs);
      this.#hand({ id, asked, resolve, reject, overdue });
    });
  }

  /** What was given up while its thread could not be ended yet. */
  hung(): Asked[] {
    return [...this.#hung.values()];
  }

  /** Ends the threads; what is still asked is refused. */
  close(): void {
    this.#closed = true;
    for (const thread of this.#threads) thread.end(stopping());
  }

  /** Hands a job to the thread that has the least to do, or to a fresh one where all that there are are slow. */
  #hand(job: Job<Asked, Answer>): void {
    const usable = [...this.#threads].filter((thread) => !thread.isEnded);
    const quick = usable.filter((thread) => !thread.isSlow);
    const among = quick.length > 0 || usable.length < this.#options.threadsMax ? quick : usable;
    const [thread = this.#start()] = among.sort((a, b) => a.jobs.size - b.jobs.size);
    thread.ask(job);
  }

  #start(): Thread<Asked, Answer> {
    const thread: Thread<Asked, Answer> = new Thread(this.#options, {
      slow: () => {
        // the one that takes long stays; the others would wait behind it
        for (const job of [...thread.jobs.values()].slice(1)) {
          thread.jobs.delete(job.id);
          this.#hand(job);
        }
      },
      gone: () => {
        this.#threads.delete(thread);
        this.#hung.delete(thread);
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  #giveUp(id: number): void {
    for (const thread of this.#threads) {
      const job = thread.jobs.get(id);
      if (job === undefined) continue;
      const wasBegun = thread.jobs.keys().next().value === id;
      thread.jobs.delete(id);
      job.reject(this.#options.overdue(job.asked, wasBegun));
      if (!wasBegun) continue;
      this.#hung.set(thread, job.asked);
      const waiting = [...thread.jobs.values()];
      thread.jobs.clear();
      thread.end();
      for (const one of waiting) this.#hand(one);
      return;
    }
  }
}

interface ThreadParts {
  /** told once when its present job takes long */
  slow(): void;
  gone(): void;
}

/** One thread and what it was asked, in order. */
class Thread<Asked, Answer> {
  readonly jobs = new Map<number, Job<Asked, Answer>>();
  isSlow = false;
  /** it takes no more */
  isEnded = false;
  readonly #worker: Worker;
  readonly #options: Pick<ThreadsOptions<Asked>, 'slowMs' | 'idleMs'>;
  readonly #parts: ThreadParts;
  #slow: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ThreadsOptions<Asked>, parts: ThreadParts) {
    this.#options = options;
    this.#parts = parts;
    const { program, workerData, resourceLimits } = options;
    // without Gaia's own environment and loaders: the thread needs neither
    this.#worker = new Worker(program, {
      workerData,
      env: {},
      execArgv: [],
      ...(resourceLimits && { resourceLimits }),
    });
    this.#worker.unref();
    this.#worker.on('message', (said: Said<Answer>) => this.#hear(said));
    let cause: unknown;
    this.#worker.on('error', (error) => {
      cause = error;
    });
    this.#worker.on('exit', (code) => {
      this.isEnded = true;
      this.#settle(cause ?? new Error(`a thread of ${program.pathname} ended early (${code})`));
      parts.gone();
    });
  }

  ask(job: Job<Asked, Answer>): void {
    this.jobs.set(job.id, job);
    if (this.jobs.size === 1) this.#begin();
  }

  /** Ends it as soon as the kernel lets go of it. What it was asked is refused with `error`. */
  end(error?: GaiaError): void {
    this.isEnded = true;
    this.#settle(error);
    void this.#worker.terminate();
    this.#worker.unref(); // terminate() holds the process until the thread is gone, and the kernel may keep it
  }

  #hear(said: Said<Answer>): void {
    this.isSlow = false;
    const job = this.jobs.get(said.id);
    if (job !== undefined) {
      this.jobs.delete(said.id);
      clearTimeout(job.overdue);
      if ('answer' in said) job.resolve(said.answer);
      else if ('refused' in said)
        job.reject(new GaiaError(said.refused.code, said.refused.message, said.refused.extras));
      else job.reject(Object.assign(new Error('what a thread was asked broke it'), { stack: said.failed }));
    }
    this.#begin();
  }

  /** Puts the next job to it, and looks whether that takes long; or whether there is nothing more to do. */
  #begin(): void {
    clearTimeout(this.#slow);
    clearTimeout(this.#idle);
    const [job] = this.jobs.values();
    if (job === undefined) {
      this.#idle = setTimeout(() => this.end(), this.#options.idleMs).unref();
      return;
    }
    const { id, asked } = job;
    this.#worker.postMessage({ id, asked } satisfies Question<Asked>);
    job.overdue.refresh(); // its turn has come, and with it the time it has
    this.#slow = setTimeout(() => {
      this.isSlow = true;
      this.#parts.slow();
    }, this.#options.slowMs);
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

const stopping = () => unavailable('Gaia is stopping.', { reason: 'not_ready' });
