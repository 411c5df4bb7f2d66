import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Head } from '../core/audit/event.ts';
import type { Reach } from '../core/fail-point.ts';
import { append } from './append.ts';
import type { Handle, Tx } from './database.ts';
import { isDefinite, isServerError, mayRunAgain, plainError, stalePlan } from './postgres-errors.ts';
import type { Pool } from './postgres-pool.ts';
import { askOn, handleOver } from './postgres-query.ts';
import type { Signals } from './signals.ts';
import { CommitUnknown, StoreError } from './store-error.ts';
import { type Inside, Misuse, mayRun, strayed, Work } from './work.ts';

/** How often a work is run again after a deadlock or a serialization failure. */
const runsAgain = 5;

/** A work and the one connection it runs on. */
export class PostgresWork extends Work {
  readonly client: pg.PoolClient;
  /** the query that runs, or the last one */
  asking: Promise<unknown> | undefined;

  constructor(now: number, client: pg.PoolClient) {
    super(now);
    this.client = client;
  }
}

export interface PostgresWriterParts {
  now: () => number;
  reach: Reach;
  pool: Pool;
  inside: Inside<PostgresWork>;
  signals: Signals;
  /** the instant of the last committed event */
  lastAt: number;
}

/** Performs works, each in one transaction (read committed, with held rows) on a connection of its own. */
export class PostgresWriter {
  /** the latest instant known to be committed */
  lastAt: number;
  readonly #parts: PostgresWriterParts;
  readonly #handle: Handle;

  constructor(parts: PostgresWriterParts) {
    this.#parts = parts;
    this.lastAt = parts.lastAt;
    this.#handle = handleOver(async (config, name) => {
      const work = mayRun(parts.inside);
      work.busy = true;
      try {
        const asking = askOn(work.client, config, name);
        work.asking = asking;
        return await asking;
      } catch (error) {
        if (error instanceof Error) work.failed ??= error;
        throw error;
      } finally {
        work.busy = false;
      }
    });
  }

  async perform<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    for (let left = runsAgain; ; left--) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (left === 0 || !mayRunAgain(error)) throw error;
      }
      await sleep(Math.random() * 10 * 2 ** (runsAgain - left));
    }
  }

  async #attempt<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> {
    const { pool, reach, now, signals } = this.#parts;
    if (signals.stopped) throw signals.stopped;
    const client = await pool.borrow();
    let broken = true;
    try {
      await askOn(client, { text: 'begin isolation level read committed' }, 'begin');
      const me = new PostgresWork(Math.max(now(), this.lastAt), client);
      let done: { result: Result; head: Head | undefined };
      try {
        reach('store.begin.after');
        done = await this.#untilCut(
          me,
          this.#parts.inside.run(me, () => this.#go(me, work)),
        );
      } catch (error) {
        me.live = false;
        broken = !(await rolledBack(me));
        throw error;
      }
      me.live = false;
      await this.#commit(client);
      broken = false;
      this.lastAt = Math.max(this.lastAt, me.now, done.head?.at ?? 0);
      if (done.head) signals.appended(done.head);
      return done.result;
    } finally {
      pool.giveBack(client, broken);
    }
  }

  async #go<Result>(
    me: PostgresWork,
    work: (tx: Tx) => Promise<Result>,
  ): Promise<{ result: Result; head: Head | undefined }> {
    const tx = me.handle(this.#handle);
    const result = await work(tx);
    if (me.busy) throw new Misuse('a query was still running when its work ended: await it');
    const head = me.events.length > 0 && !me.failed ? await append(tx, me.events, me.now) : undefined;
    if (me.failed) throw me.failed;
    return { result, head };
  }

  /** The work, or the loss of its connection: a work that waits for something else would never notice. */
  async #untilCut<Result>(me: PostgresWork, work: Promise<Result>): Promise<Result> {
    let cut: (error: Error) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => {
      cut = (error) => {
        me.live = false;
        reject(isServerError(error) && error.code === '25P03' ? strayed() : plainError(error, 'work'));
      };
    });
    me.client.on('error', cut);
    try {
      return await Promise.race([work, lost]);
    } finally {
      me.client.off('error', cut);
      lost.catch(() => undefined); // where the work ended first, nobody waits for this one
    }
  }

  async #commit(client: pg.PoolClient): Promise<void> {
    let answer: pg.QueryResult;
    try {
      this.#parts.reach('store.commit.before');
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
    try {
      answer = await client.query('commit');
      this.#parts.reach('store.commit.after');
    } catch (error) {
      if (isDefinite(error)) throw plainError(error, 'commit');
      const unknown = new CommitUnknown('the connection to PostgreSQL was lost at the commit.');
      this.#parts.signals.fatal(unknown);
      throw unknown;
    }
    // PostgreSQL answers ROLLBACK, without an error, where a statement of the transaction had failed.
    if (answer.command !== 'COMMIT') throw new Error('PostgreSQL rolled the transaction back instead of committing it');
  }
}

/** Rolls back, after the query that may still run (a sibling of a failed one). Answers whether the connection is good. */
async function rolledBack(work: PostgresWork): Promise<boolean> {
  await work.asking?.catch(() => undefined); // told to whoever asked
  if (work.failed instanceof StoreError && work.failed.engineCode === stalePlan) return false;
  // a connection that cannot roll back is closed, and the server rolls back
  return work.client.query('rollback').then(
    () => true,
    () => false,
  );
}
