import type { Head } from '../core/audit/event.ts';
import { unavailable } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';
import { append } from './append.ts';
import type { Tx } from './database.ts';
import { patiently } from './patience.ts';
import type { Signals } from './signals.ts';
import { type Connection, connect, handleOf } from './sqlite-connection.ts';
import { isIoError, noticeDamage, plainError } from './sqlite-errors.ts';
import { CommitUnknown } from './store-error.ts';
import { type Inside, mayRun, strayed, Work } from './work.ts';

/** How long works may follow each other before they are committed, and timers and sockets get their turn, in milliseconds. */
const turnAfterMs = 5;
/** Works that share a commit. */
const togetherMax = 64;

export interface WriterParts {
  path: string;
  now: () => number;
  reach: Reach;
  connection: Connection;
  inside: Inside;
  signals: Signals;
  /** the instant of the last committed event */
  lastAt: number;
  /** how to wait while another process writes */
  held: Parameters<typeof patiently>[1];
}

interface Job {
  work: (tx: Tx) => Promise<unknown>;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** What became of one work before the commit. */
type Outcome =
  | { result: unknown; head: Head | undefined; now: number }
  /** `isAllLost`: the works before it in its transaction are gone as well */
  | { error: unknown; isAllLost: boolean };
type Done = Extract<Outcome, { result: unknown }> & { job: Job };

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The one writing connection and the works that queue for it. */
export class Writer {
  /** the latest instant known to be committed */
  lastAt: number;
  readonly #parts: WriterParts;
  readonly #control: Record<'begin' | 'commit' | 'rollback' | 'save' | 'release' | 'rollbackToSave', () => void>;
  readonly #waiting: Job[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.lastAt = parts.lastAt;
    const control = (text: string) => {
      const statement = parts.connection.raw.prepare(text);
      return () => void statement.run();
    };
    this.#control = {
      begin: control('BEGIN IMMEDIATE'),
      commit: control('COMMIT'),
      rollback: control('ROLLBACK'),
      save: control('SAVEPOINT work'),
      release: control('RELEASE work'),
      rollbackToSave: control('ROLLBACK TO work'),
    };
  }

  add<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw unavailable('The store is closed.');
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as Job['resolve'], reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#drained = this.#drain();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#drained;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await aTurn(); // whoever is ready meanwhile shares the sync to the disk, which takes most of the time
      await this.#commitTogether();
    }
    this.#isDraining = false;
  }

  /**
   * One transaction for the works that wait: each sees what those before it did, each but the first can be rolled back
   * alone, and none is answered before the commit that they share.
   */
  async #commitTogether(): Promise<void> {
    try {
      if (this.#parts.signals.stopped) throw this.#parts.signals.stopped;
      await patiently(this.#control.begin, this.#parts.held);
    } catch (error) {
      this.#waiting.shift()?.reject(noticeDamage(this.#parts.signals, plainError(error, 'begin', this.#parts.path)));
      return;
    }
    const since = performance.now();
    const done: Done[] = [];
    let at = this.lastAt;
    while (done.length < togetherMax && (done.length === 0 || performance.now() - since < turnAfterMs)) {
      const job = this.#waiting.shift();
      if (job === undefined) break;
      const before = done.length;
      const outcome = await this.#perform(job, { at, isFirst: before === 0 });
      if ('result' in outcome) {
        done.push({ ...outcome, job });
        at = Math.max(at, outcome.now);
      } else {
        job.reject(outcome.error);
        if (outcome.isAllLost) {
          for (const each of done) each.job.reject(outcome.error);
          return;
        }
      }
    }
    if (done.length > 0) this.#finish(done, at);
  }

  /** Commits what was done and answers it. */
  #finish(done: readonly Done[], at: number): void {
    try {
      this.#commit();
    } catch (error) {
      for (const { job } of done) job.reject(error);
      return;
    }
    const head = done.findLast((each) => each.head)?.head;
    this.lastAt = Math.max(this.lastAt, at, head?.at ?? 0);
    if (head) this.#parts.signals.appended(head);
    for (const { job, result } of done) job.resolve(result);
  }

  /** One work, within the transaction under way. Resolves when the connection is free again. */
  async #perform({ work }: Job, { at, isFirst }: { at: number; isFirst: boolean }): Promise<Outcome> {
    try {
      if (!isFirst) this.#control.save();
    } catch (error) {
      this.#rollback();
      const path = this.#parts.path;
      return { error: noticeDamage(this.#parts.signals, plainError(error, 'begin', path)), isAllLost: true };
    }
    const me = new Work(Math.max(this.#parts.now(), at));
    const tx = me.handle(handleOf(this.#parts.connection));
    return new Promise((resolve) => {
      const end = (finish: () => Outcome) => {
        if (!me.live) return;
        me.live = false;
        clearImmediate(tripwire);
        try {
          resolve(finish());
        } catch (error) {
          resolve(this.#undo(error, isFirst));
        }
      };
      // A work that touches only the database never lets the event loop turn.
      const tripwire = setImmediate(() => end(() => this.#undo(strayed(), isFirst)));
      const go = async () => {
        this.#parts.reach('store.begin.after');
        const result = await work(tx);
        const head = me.events.length > 0 && !me.failed ? await append(tx, me.events, me.now) : undefined;
        if (me.failed) throw me.failed;
        return { result, head };
      };
      this.#parts.inside.run(me, go).then(
        ({ result, head }) =>
          end(() => {
            if (!isFirst) this.#control.release();
            return { result, head, now: me.now };
          }),
        (error: unknown) => end(() => this.#undo(error, isFirst)),
      );
    });
  }

  /** Takes back what one work did; everything, where it was the first or SQLite already gave up the transaction. */
  #undo(error: unknown, isFirst: boolean): Outcome {
    const noticed = error instanceof Error ? noticeDamage(this.#parts.signals, error) : error;
    if (!isFirst && this.#parts.connection.raw.inTransaction) {
      try {
        this.#control.rollbackToSave();
        this.#control.release();
        return { error: noticed, isAllLost: false };
      } catch (failure) {
        this.#parts.signals.fatal(plainError(failure, 'rollback', this.#parts.path));
      }
    }
    this.#rollback();
    return { error: noticed, isAllLost: true };
  }

  /**
   * An I/O error here leaves the outcome unknown. A full disk does not: the commit frame is the last one written, and a
   * frame cut short fails its checksum, so the transaction is gone for certain.
   */
  #commit(): void {
    let committed = false;
    try {
      this.#parts.reach('store.commit.before');
      this.#control.commit();
      committed = true;
      this.#parts.reach('store.commit.after');
    } catch (error) {
      if (committed || isIoError(error)) {
        const unknown = new CommitUnknown(error instanceof Error ? error.message : 'the commit failed');
        this.#parts.signals.fatal(unknown);
        this.#rollback();
        throw unknown;
      }
      this.#rollback();
      throw noticeDamage(this.#parts.signals, plainError(error, 'commit', this.#parts.path));
    }
  }

  #rollback(): void {
    if (!this.#parts.connection.raw.inTransaction) return; // some errors roll back by themselves
    try {
      this.#control.rollback();
    } catch (error) {
      this.#parts.signals.fatal(plainError(error, 'rollback', this.#parts.path));
    }
  }
}

/** Opens the writing connection behind a gate that only the current work passes, one statement at a time. */
export function openWriter(path: string, inside: Inside): Connection {
  return connect(path, {
    readonly: false,
    gate: {
      enter() {
        const work = mayRun(inside);
        work.busy = true;
        // Over before the caller's `await` goes on, but not before a sibling of the same Promise.all comes by.
        queueMicrotask(() => {
          work.busy = false;
        });
      },
      failed(error) {
        const work = inside.getStore();
        if (work?.live) work.failed ??= error;
        return error;
      },
    },
  });
}
