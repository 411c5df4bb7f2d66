import * as lite from 'drizzle-orm/sqlite-core';
import type { Words } from './words-postgres.ts';

/** The words as SQLite reads them. */
export const sqliteWords = {
  table: lite.sqliteTable,
  index: lite.index,
  unique: lite.uniqueIndex,
  text: (name: string) => lite.text(name),
  oneOf: (name: string, values: readonly [string, ...string[]]) =>
    lite.text(name, { enum: values as [string, ...string[]] }),
  int: (name: string) => lite.integer(name),
  big: (name: string) => lite.integer(name),
  flag: (name: string) => lite.integer(name, { mode: 'boolean' }),
  serial: (name: string) => lite.integer(name),
} as unknown as Words;
