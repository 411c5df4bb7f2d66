import { type ResourceLimits, Worker } from 'node:worker_threads';
import { GaiaError, unavailable } from '../core/errors.ts';
import type { Question, Said } from './answering.ts';
import { TimeSpent } from './time-spent.ts';

export interface ThreadsOptions<Asked> {
  /** the threads' program: it calls `answerWith` */
  program: URL;
  /** what each thread is given when it starts, as plain values */
  workerData: unknown;
  /** of one thread; over them it ends, and what it was at fails */
  resourceLimits?: ResourceLimits;
  /** how long one question may be worked at, in milliseconds, and how long it may wait for its turn before that */
  limitMs: number;
  /** after how long in milliseconds the others stop waiting behind a question and go on in another thread; for one asker, much */
  slowMs: number;
  /** how long a thread waits for more to do, in milliseconds */
  idleMs: number;
  /** threads that work at once */
  threadsMax: number;
  /** what the asker is told when the time is over; `wasBegun`: a thread was at it, and was ended for it */
  overdue(asked: Asked, wasBegun: boolean): GaiaError;
}

interface Job<Asked, Answer> extends Question<Asked> {
  /** whose it is; of Gaia's own where nobody is named */
  asker: string | undefined;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  overdue: NodeJS.Timeout;
}

/**
 * Threads that answer questions, started at the first and ended when there was nothing to do for a while. One is enough
 * unless a question takes long: then the others go on in a second one. What takes too long loses its thread.
 *
 * Gaia's own questions go first. Then comes the asker for whom threads have worked least of late, and those who have had much
 * leave one thread to the others: however much one asks, nobody waits behind all of it.
 */
export class Threads<Asked, Answer> {
  readonly #options: ThreadsOptions<Asked>;
  readonly #threads = new Set<Thread<Asked, Answer>>();
  readonly #waiting = new Set<Job<Asked, Answer>>();
  readonly #spent = new TimeSpent();
  /** what threads are still at although it was given up: the kernel may hold them */
  readonly #hung = new Map<Thread<Asked, Answer>, Asked>();
  #lastId = 0;
  #closed = false;

  constructor(options: ThreadsOptions<Asked>) {
    this.#options = options;
  }

  /** @throws what the thread refused, as itself; an Error where it broke; `unavailable` (`not_ready`) while Gaia stops */
  ask(asked: Asked, asker?: string): Promise<Answer> {
    if (this.#closed) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(() => this.#giveUp(job), this.#options.limitMs);
      const job: Job<Asked, Answer> = { id: ++this.#lastId, asked, asker, resolve, reject, overdue };
      this.#waiting.add(job);
      this.#handOut();
    });
  }

  /** What was given up while its thread could not be ended yet. */
  hung(): Asked[] {
    return [...this.#hung.values()];
  }

  /** Ends the threads; what is still asked is refused. */
  close(): void {
    this.#closed = true;
    for (const job of this.#waiting) {
      clearTimeout(job.overdue);
      job.reject(stopping());
    }
    this.#waiting.clear();
    for (const thread of this.#threads) thread.end(stopping());
  }

  /** Hands what waits to threads that have nothing to do, or to a fresh one where all that there are are slow. */
  #handOut(): void {
    for (let job = this.#nextJob(); job !== undefined; job = this.#nextJob()) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      this.#waiting.delete(job);
      thread.begin(job);
    }
  }

  #nextJob(): Job<Asked, Answer> | undefined {
    let [next, least]: [Job<Asked, Answer> | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (const job of this.#waiting) {
      if (job.asker === undefined) return job;
      const spent = this.#spentFor(job.asker);
      if (spent < least && this.#mayBegin(job.asker)) [next, least] = [job, spent];
    }
    return next;
  }

  /** Whether there is a thread for an asker: all but one, for those together who have had much and what they have at work. */
  #mayBegin(asker: string): boolean {
    const atWork = this.#usable().flatMap(({ job }) => job?.asker ?? []);
    const much = (one: string) => this.#spentFor(one) >= this.#options.slowMs;
    if (!atWork.includes(asker) && !much(asker)) return true;
    const theirs = atWork.filter((one) => one === asker || much(one)).length;
    return theirs < Math.max(1, this.#options.threadsMax - 1);
  }

  #spentFor(asker: string): number {
    const now = this.#usable().map(({ job, begunAt }) => (job?.asker === asker ? performance.now() - begunAt : 0));
    return this.#spent.by(asker) + Math.max(0, ...now);
  }

  #usable(): Thread<Asked, Answer>[] {
    return [...this.#threads].filter((thread) => !thread.isEnded);
  }

  #freeThread(): Thread<Asked, Answer> | undefined {
    const usable = this.#usable();
    const idle = usable.find(({ job }) => job === undefined);
    const mayStart = usable.length < this.#options.threadsMax && usable.every(({ isSlow }) => isSlow);
    return idle ?? (mayStart ? this.#start() : undefined);
  }

  #start(): Thread<Asked, Answer> {
    const thread: Thread<Asked, Answer> = new Thread(this.#options, {
      slow: () => this.#handOut(),
      settled: ({ asker }) => {
        if (asker !== undefined) this.#spent.add(asker, performance.now() - thread.begunAt);
        this.#handOut();
      },
      gone: () => {
        this.#threads.delete(thread);
        this.#hung.delete(thread);
        this.#handOut();
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  #giveUp(job: Job<Asked, Answer>): void {
    const wasBegun = !this.#waiting.delete(job);
    const error = this.#options.overdue(job.asked, wasBegun);
    if (!wasBegun) job.reject(error);
    const thread = this.#usable().find((one) => one.job === job);
    if (thread === undefined) return;
    this.#hung.set(thread, job.asked);
    thread.end(error);
  }
}

interface ThreadParts<Asked, Answer> {
  /** told once when its present job takes long */
  slow(): void;
  /** told when a job is over, whatever became of it */
  settled(job: Job<Asked, Answer>): void;
  gone(): void;
}

/** One thread and what it is at. */
class Thread<Asked, Answer> {
  job: Job<Asked, Answer> | undefined;
  /** when it began with its job, or with the last one */
  begunAt = 0;
  isSlow = false;
  /** it takes no more */
  isEnded = false;
  readonly #worker: Worker;
  readonly #options: Pick<ThreadsOptions<Asked>, 'slowMs' | 'idleMs'>;
  readonly #parts: ThreadParts<Asked, Answer>;
  #slow: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ThreadsOptions<Asked>, parts: ThreadParts<Asked, Answer>) {
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
      this.#settle(({ reject }) => reject(cause ?? new Error(`a thread of ${program.pathname} ended early (${code})`)));
      parts.gone();
    });
  }

  begin(job: Job<Asked, Answer>): void {
    clearTimeout(this.#idle);
    this.job = job;
    this.begunAt = performance.now();
    const { id, asked } = job;
    this.#worker.postMessage({ id, asked } satisfies Question<Asked>);
    job.overdue.refresh(); // its turn has come, and with it the time it has
    this.#slow = setTimeout(() => {
      this.isSlow = true;
      this.#parts.slow();
    }, this.#options.slowMs);
  }

  /** Ends it as soon as the kernel lets go of it. What it is at is refused with `error`. */
  end(error?: GaiaError): void {
    this.isEnded = true;
    void this.#worker.terminate();
    this.#worker.unref(); // terminate() holds the process until the thread is gone, and the kernel may keep it
    this.#settle(({ reject }) => reject(error));
  }

  #hear(said: Said<Answer>): void {
    if (this.job?.id !== said.id) return;
    this.#settle(({ resolve, reject }) => {
      if ('answer' in said) resolve(said.answer);
      else if ('refused' in said) reject(new GaiaError(said.refused.code, said.refused.message, said.refused.extras));
      else reject(Object.assign(new Error('what a thread was asked broke it'), { stack: said.failed }));
    });
    if (this.job === undefined && !this.isEnded)
      this.#idle = setTimeout(() => this.end(), this.#options.idleMs).unref();
  }

  #settle(tell: (job: Job<Asked, Answer>) => void): void {
    clearTimeout(this.#slow);
    clearTimeout(this.#idle);
    const { job } = this;
    if (job === undefined) return;
    this.job = undefined;
    this.isSlow = false;
    clearTimeout(job.overdue);
    tell(job);
    this.#parts.settled(job);
  }
}

const stopping = () => unavailable('Gaia is stopping.', { reason: 'not_ready' });
