import type { PgDatabase, PgQueryResultHKT, PgSelect } from 'drizzle-orm/pg-core';
import type { Head, NewEvent } from '../core/audit/event.ts';
import type { Statement } from './statement.ts';
import type { Tables } from './tables.ts';

/** The part of drizzle that both engines speak. */
export type Query = Pick<
  PgDatabase<PgQueryResultHKT, Record<string, never>>,
  'select' | 'insert' | 'update' | 'delete'
>;

/** A place where statements execute: prepared ones by `run`, rare ones by drizzle's builders. */
export interface Handle extends Query {
  readonly t: Tables;
  run<Values extends object, Result>(statement: Statement<Values, Result>, values: Values): Promise<Result>;
  /** Holds the selected rows to the end of the work; `skip` passes over rows that another work holds. */
  hold<Select extends PgSelect>(select: Select, how?: 'wait' | 'skip'): Select;
}

/** The handle of one work: one transaction. */
export interface Tx extends Handle {
  /** The instant of this work, in milliseconds; never before an instant already committed. */
  readonly now: number;
  /** Notes a fact; it is appended to the log as the last statements of this transaction, or nothing is. */
  record(event: NewEvent): void;
}

/** A place to read, or to do several things as one. SQLite and PostgreSQL differ only behind this. */
export interface Database {
  readonly engine: 'sqlite' | 'postgres';
  readonly t: Tables;
  /** Reads outside any transaction, on connections that cannot write; never sees uncommitted work. */
  readonly read: Handle;
  /** All of it or nothing. Inside, only the database: no network, no files, no timers. */
  write<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Told after a commit that appended to the log (in this process), and when another process's events are noticed. */
  onAppended(listener: (head: Head) => void): () => void;
  /** Told once, when a commit's outcome is unknown or the store is damaged: stop and look again at start. */
  onFatal(listener: (error: Error) => void): () => void;
  close(): Promise<void>;
}
