import pg from 'pg';
import { plainError } from './postgres-errors.ts';

export interface PoolOptions {
  url: string;
  max: number;
  /** connections that cannot write */
  readonly: boolean;
  /** after how long the server cuts a work that waits for something other than the database, in milliseconds */
  idleInTransactionMs: number;
}

/** How long a statement may run, by the server's clock; by ours a little longer, for a server that fell silent. */
const statementMs = 30_000;
const silentServerMs = 40_000;
/** How long to wait for a connection, whether a free one or a new one. */
const connectMs = 5_000;

export interface Pool {
  /** Lends a connection. */
  borrow(): Promise<pg.PoolClient>;
  /** Gives it back; a broken one is closed. */
  giveBack(client: pg.PoolClient, broken?: boolean): void;
  close(): Promise<void>;
}

/** Connections with the settings Gaia relies on. An idle one that breaks is dropped and must not end the process. */
export function openPool({ url, max, readonly, idleInTransactionMs }: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: 'gaia',
    connectionTimeoutMillis: connectMs,
    query_timeout: silentServerMs,
    keepAlive: true,
  });
  // The pool drops the broken connection itself; whoever asks next gets a new one, or is told that there is none.
  pool.on('error', ignore);
  const settings = [
    `set idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
    `set statement_timeout = ${statementMs}`,
    'set synchronous_commit = on', // `off` would lose acknowledged commits at a crash of the server
    ...(readonly ? ['set default_transaction_read_only = on'] : []),
  ].join('; ');
  const configured = new WeakSet<pg.PoolClient>();

  return {
    async borrow() {
      try {
        const client = await pool.connect();
        if (!configured.has(client)) {
          // Kept for good: an error without a listener, between two queries or after the last, would end the process.
          // The query that follows fails with it.
          client.on('error', ignore);
          await client.query(settings).catch((error: unknown) => {
            client.release(true);
            throw error;
          });
          configured.add(client);
        }
        return client;
      } catch (error) {
        throw plainError(error, 'connect');
      }
    },
    giveBack(client, broken = false) {
      client.release(broken);
    },
    close: () => pool.end(),
  };
}

const ignore = () => undefined;
