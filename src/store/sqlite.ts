import { invalid, unavailable } from '../core/errors.ts';
import { type Reach, unfailing } from '../core/fail-point.ts';
import { currentHead } from './append.ts';
import type { Database } from './database.ts';
import { patiently } from './patience.ts';
import { Signals } from './signals.ts';
import { connect, handleOf, sqliteTables } from './sqlite-connection.ts';
import { isBusy, noticeDamage, plainError } from './sqlite-errors.ts';
import { openWriter, Writer } from './sqlite-writer.ts';
import { isMissingTable } from './store-error.ts';
import { type Inside, mayRead, mayWrite, newInside } from './work.ts';

export interface SqliteOptions {
  /** a migrated file */
  path: string;
  now: () => number;
  reach?: Reach;
  /** reads only: `write` is refused */
  readonly?: boolean;
  /** how long a write waits for another process's, in milliseconds */
  patienceMs?: number;
}

/** How often the head is looked at for events of other processes, in milliseconds. */
const pollMs = 1_000;

/**
 * Opens a migrated SQLite database: one connection that writes, one work after another, and one that only reads.
 * @throws GaiaError `unavailable` when the file is missing, damaged, not migrated, or SQLite is not as Gaia needs it
 */
export async function openSqlite(options: SqliteOptions): Promise<Database> {
  const { path, now, reach = unfailing, readonly = false, patienceMs = 5_000 } = options;
  const inside: Inside = newInside();
  const held = { isBusy, patienceMs, tired: () => heldByAnother(path) };
  const readGate = { enter: () => mayRead(inside), failed: (error: Error) => error };
  const open = <Opened>(go: () => Opened) =>
    patiently(go, held).catch((error: unknown) => {
      throw plainError(error, 'open', path);
    });

  const writer = readonly ? undefined : await open(() => openWriter(path, inside));
  const reader = await open(() => connect(path, { readonly: true, gate: readGate })).catch((error: unknown) => {
    writer?.raw.close();
    throw error;
  });
  const head = await currentHead(reader).catch((error: unknown) => {
    reader.raw.close();
    writer?.raw.close();
    throw isMissingTable(error) ? notMigrated(path) : error;
  });
  const signals = new Signals(head.seq);
  readGate.failed = (error) => noticeDamage(signals, error);
  const writes = writer && new Writer({ path, now, reach, connection: writer, inside, signals, lastAt: head.at, held });

  const read = handleOf(reader);
  const poll = setInterval(() => {
    currentHead(reader).then(
      (found) => {
        if (writes) writes.lastAt = Math.max(writes.lastAt, found.at);
        signals.appended(found);
      },
      // what is wrong with the store is said by the read or write that people wait for
      () => undefined,
    );
  }, pollMs).unref();

  let closed: Promise<void> | undefined;
  return {
    engine: 'sqlite',
    t: sqliteTables,
    read,
    write: async (work) => {
      mayWrite(inside);
      if (!writes) throw invalid('This store was opened to read only.');
      return writes.add(work);
    },
    onAppended: signals.onAppended,
    onFatal: signals.onFatal,
    close: () => {
      closed ??= (async () => {
        clearInterval(poll);
        await writes?.close();
        reader.raw.close();
        writer?.raw.close();
      })();
      return closed;
    },
  };
}

const heldByAnother = (path: string) =>
  unavailable(`Another process holds the database ${path}.`, {
    reason: 'store_held',
    remedy: 'Try again; if it goes on, look which other Gaia, backup or SQLite tool has the file open.',
    retryAfterSeconds: 5,
  });

const notMigrated = (path: string) =>
  unavailable(`The database ${path} was not made by Gaia, or not yet brought up to date.`, {
    reason: 'store_not_migrated',
    remedy: 'Start Gaia once: it migrates its database at start.',
  });
