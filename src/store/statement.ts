import { sql } from 'drizzle-orm';
import type { Handle, Query } from './database.ts';
import type { Tables } from './tables.ts';

/** What a statement is built from besides the query builders. */
export interface Shape {
  readonly t: Tables;
  readonly hold: Handle['hold'];
}

/** A statement declared once: built and prepared once per connection, then only filled in. */
export interface Statement<Values extends object, Result> {
  /** Unique and constant: PostgreSQL keeps prepared statements by it, errors and metrics are labelled with it. */
  readonly name: string;
  build(query: Query, shape: Shape): PromiseLike<Result>;
  /** For the type alone: which values fill the holes. */
  readonly filledBy?: (values: Values) => void;
}

/** For statements without holes. */
export type NoValues = Record<never, never>;

/**
 * Declares a statement. `$.id` reads as the value it will be and is the hole for it, so columns and values are checked
 * against each other.
 *
 * A hole in `.values()` and `.set()` is encoded by its column; a hole in `eq` and its kin is not: a flag there reaches
 * SQLite raw and is refused, so write the constant. `in (…)` lists cannot be holes, nor can arithmetic be done on one
 * (`$.version + 1`): pass the next value. A hole in `eq` filled with null matches nothing.
 *
 * @throws Error when the name is taken or longer than PostgreSQL keeps (63 bytes)
 */
export function statement<Values extends object, Result>(
  name: string,
  build: (query: Query, $: Values, shape: Shape) => PromiseLike<Result>,
): Statement<Values, Result> {
  if (taken.has(name)) throw new Error(`two statements are named ${name}`);
  if (Buffer.byteLength(name) > 63) throw new Error(`the statement name ${name} is longer than 63 bytes`);
  taken.add(name);
  return { name, build: (query, shape) => build(query, holes as Values, shape) };
}

const taken = new Set<string>();

const holes: unknown = new Proxy({}, { get: (_, name) => sql.placeholder(String(name)) });
