import { unavailable } from '../core/errors.ts';
import { StoreError } from './store-error.ts';

/** An error as the server sent it. */
interface ServerError extends Error {
  code: string;
  severity?: string;
  constraint?: string;
  routine?: string;
}

/** Whether the server answered with an error; otherwise the connection is what failed. */
export const isServerError = (error: unknown): error is ServerError =>
  error instanceof Error && 'code' in error && /^[0-9A-Z]{5}$/.test(String(error.code)) && 'severity' in error;

/** The transaction is over for certain and the connection lives. FATAL and PANIC end the connection as well. */
export const isDefinite = (error: unknown): boolean => isServerError(error) && error.severity === 'ERROR';

/** Nothing was committed, and the same work may well succeed: serialization failure, deadlock. */
export const mayRunAgain = (error: unknown): boolean =>
  error instanceof StoreError &&
  (error.engineCode === '40001' || error.engineCode === '40P01' || error.engineCode === stalePlan);

/** A prepared statement that a migration under a running Gaia made stale; a new connection prepares it anew. */
export const stalePlan = 'stale_plan';

/** Classes whose messages name only identifiers. Others (22 foremost) quote values, as `detail` and `where` do. */
const speakable = /^(08|0A|0Z|21|23|25|26|3D|3F|40|42|53|54|55|57|P0)/;

/** What callers see of an error of pg: its code, the statement's name, the violated key; no values. */
export function plainError(error: unknown, statement: string): Error {
  if (!(error instanceof Error)) return new Error('something other than an error was thrown');
  if (isServerError(error)) {
    if (/^(08|57P)/.test(error.code)) return connectionLost(error.message);
    if (/^(53|28|3D)/.test(error.code)) return refusedByServer(error.message);
    const code = error.code === '0A000' && error.routine === 'RevalidateCachedQuery' ? stalePlan : error.code;
    const message = speakable.test(error.code) ? error.message : 'the server refused a value';
    return new StoreError(statement, code, message, error.constraint);
  }
  if (isConnectionError(error)) return connectionLost(error.message);
  return error;
}

/** Errors of sockets carry a system code; pg's own are told by the few texts it has for them. */
const isConnectionError = (error: Error): boolean =>
  ('code' in error && /^E[A-Z]+$/.test(String(error.code))) ||
  error instanceof AggregateError ||
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|Query read timeout|Connection ended)/.test(
    error.message,
  );

const connectionLost = (why: string) =>
  unavailable(`The connection to PostgreSQL failed; nothing was changed (${why}).`, {
    reason: 'store_unreachable',
    remedy: 'Look whether PostgreSQL runs and can be reached, and try again.',
    retryAfterSeconds: 5,
  });

const refusedByServer = (why: string) =>
  unavailable(`PostgreSQL refused: ${why}.`, {
    reason: 'store_refused',
    remedy: 'Look at the server: its connections, its disk, its users.',
  });
