import { unavailable } from '../core/errors.ts';
import { type Reach, unfailing } from '../core/fail-point.ts';
import { currentHead } from './append.ts';
import type { Database } from './database.ts';
import { mayRunAgain } from './postgres-errors.ts';
import { openPool, type Pool } from './postgres-pool.ts';
import { askOn, handleOver, postgresTables } from './postgres-query.ts';
import { type PostgresWork, PostgresWriter } from './postgres-writer.ts';
import { Signals } from './signals.ts';
import { isMissingTable, StoreError } from './store-error.ts';
import { type Inside, mayRead, mayWrite, newInside } from './work.ts';

export interface PostgresOptions {
  /** of a migrated database */
  url: string;
  now: () => number;
  reach?: Reach;
  /** how many works at once, and as many reads */
  max?: number;
  /** after how long a work that waits for something other than the database is cut, in milliseconds */
  idleInTransactionMs?: number;
}

/** How often the head is looked at for events of other processes, in milliseconds. */
const pollMs = 1_000;

/**
 * Opens a migrated PostgreSQL database: some connections that write and as many that can only read.
 * @throws GaiaError `unavailable` when the server cannot be reached or the database is not migrated
 */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, now, reach = unfailing, max = 8, idleInTransactionMs = 5_000 } = options;
  const inside: Inside<PostgresWork> = newInside();
  const writers = openPool({ url, max, readonly: false, idleInTransactionMs });
  const readers = openPool({ url, max, readonly: true, idleInTransactionMs });
  const closeAll = async () => {
    await Promise.all([writers.close(), readers.close()]);
  };

  const read = handleOver((config, name) => {
    mayRead(inside);
    return twice(() => lent(readers, (client) => askOn(client, config, name)));
  });
  const head = await currentHead(read).catch(async (error: unknown) => {
    await closeAll();
    throw isMissingTable(error) ? notMigrated() : error;
  });
  const signals = new Signals(head.seq);
  const writes = new PostgresWriter({ now, reach, pool: writers, inside, signals, lastAt: head.at });

  let polling = false;
  const poll = setInterval(() => {
    if (polling) return;
    polling = true;
    currentHead(read)
      .then(
        (found) => {
          writes.lastAt = Math.max(writes.lastAt, found.at);
          signals.appended(found);
        },
        // what is wrong with the store is said by the read or write that people wait for
        () => undefined,
      )
      .finally(() => {
        polling = false;
      });
  }, pollMs).unref();

  let closed: Promise<void> | undefined;
  return {
    engine: 'postgres',
    t: postgresTables,
    read,
    write: async (work) => {
      mayWrite(inside);
      if (closed) throw unavailable('The store is closed.');
      return writes.perform(work);
    },
    onAppended: signals.onAppended,
    onFatal: signals.onFatal,
    close: () => {
      clearInterval(poll);
      closed ??= closeAll();
      return closed;
    },
  };
}

/** A read changes nothing, so it may simply be done again where a new connection cures it. */
async function twice<Result>(go: () => Promise<Result>): Promise<Result> {
  try {
    return await go();
  } catch (error) {
    if (!mayRunAgain(error)) throw error;
    return go();
  }
}

async function lent<Result>(
  pool: Pool,
  go: (client: Awaited<ReturnType<Pool['borrow']>>) => Promise<Result>,
): Promise<Result> {
  const client = await pool.borrow();
  let broken = true;
  try {
    const result = await go(client);
    broken = false;
    return result;
  } catch (error) {
    broken = !(error instanceof StoreError) || mayRunAgain(error);
    throw error;
  } finally {
    pool.giveBack(client, broken);
  }
}

const notMigrated = () =>
  unavailable('The database was not made by Gaia, or not yet brought up to date.', {
    reason: 'store_not_migrated',
    remedy: 'Start Gaia once: it migrates its database at start.',
  });
