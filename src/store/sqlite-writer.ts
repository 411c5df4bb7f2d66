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

/** How long works may follow each other before timers and sockets get their turn, in milliseconds. */
const turnAfterMs = 5;

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

/** The one writing connection and the works that queue for it. */
export class Writer {
  /** the latest instant known to be committed */
  lastAt: number;
  readonly #parts: WriterParts;
  readonly #control: Record<'begin' | 'commit' | 'rollback', () => void>;
  readonly #waiting: Job[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #closed = false;
  /** since when the event loop has not turned; 0: it just did */
  #since = 0;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    this.lastAt = parts.lastAt;
    const control = (text: string) => {
      const statement = parts.connection.raw.prepare(text);
      return () => void statement.run();
    };
    this.#control = { begin: control('BEGIN IMMEDIATE'), commit: control('COMMIT'), rollback: control('ROLLBACK') };
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
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      if (this.#since === 0) {
        this.#since = performance.now();
        setImmediate(() => {
          this.#since = 0;
        });
      } else if (performance.now() - this.#since > turnAfterMs) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      try {
        if (this.#parts.signals.stopped) throw this.#parts.signals.stopped;
        await patiently(this.#control.begin, this.#parts.held);
      } catch (error) {
        job.reject(noticeDamage(this.#parts.signals, plainError(error, 'begin', this.#parts.path)));
        continue;
      }
      await this.#perform(job);
    }
    this.#isDraining = false;
  }

  /** One transaction, from after its BEGIN to its end. Resolves when the connection is free again. */
  #perform({ work, resolve, reject }: Job): Promise<void> {
    const me = new Work(Math.max(this.#parts.now(), this.lastAt));
    const tx = me.handle(handleOf(this.#parts.connection));
    return new Promise((free) => {
      const end = (finish: () => void) => {
        if (!me.live) return;
        me.live = false;
        clearImmediate(tripwire);
        try {
          finish();
        } catch (error) {
          reject(error);
        }
        free();
      };
      const abandon = (error: unknown) => {
        this.#rollback();
        throw error instanceof Error ? noticeDamage(this.#parts.signals, error) : error;
      };
      // A work that touches only the database never lets the event loop turn.
      const tripwire = setImmediate(() => end(() => abandon(strayed())));
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
            this.#commit();
            this.#committed(me, head);
            resolve(result);
          }),
        (error: unknown) => end(() => abandon(error)),
      );
    });
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

  #committed(work: Work, head: Head | undefined): void {
    this.lastAt = Math.max(this.lastAt, work.now, head?.at ?? 0);
    if (head) this.#parts.signals.appended(head);
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
