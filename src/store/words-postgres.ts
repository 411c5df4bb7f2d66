/**
 * One column vocabulary, two engines. The PostgreSQL reading is the typed one; the SQLite reading implements the same
 * words and is cast to it once, in a file of its own: a Gaia on SQLite never loads PostgreSQL's columns. Every word
 * decodes to the same TypeScript value on both (contract test `words`).
 */
import * as pg from 'drizzle-orm/pg-core';

export const postgresWords = {
  table: pg.pgTable,
  index: pg.index,
  unique: pg.uniqueIndex,
  text: (name: string) => pg.text(name),
  oneOf: <const V extends readonly [string, ...string[]]>(name: string, values: V) =>
    pg.text(name, { enum: values as unknown as [V[number], ...V[number][]] }),
  int: (name: string) => pg.integer(name),
  /** a whole number that may pass 2³¹: an instant in milliseconds since the epoch, a sequence number */
  big: (name: string) => pg.bigint(name, { mode: 'number' }),
  flag: (name: string) => pg.boolean(name),
  /** a number the database hands out, rising */
  serial: (name: string) => pg.bigserial(name, { mode: 'number' }),
};
export type Words = typeof postgresWords;
