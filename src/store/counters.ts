import { eq, sql } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

/** What is counted where it happens, in the transaction that makes it so. The rest is read from the tables themselves. */
export const counterNames = [
  'delivery_send_errors',
  'delivery_moved_dead',
  'delivery_duplicate_skipped',
  'updates_duplicate_skipped',
  'alert_send_errors',
  'auth_query_token',
] as const;
export type CounterName = (typeof counterNames)[number];

const begin = statement('counters.begin', (q, $: { name: string }, { t }) =>
  q.insert(t.counters).values({ name: $.name, value: 0 }).onConflictDoNothing(),
);

const one = sql`1`;
const countUp = statement('counters.count', (q, $: { name: string }, { t }) =>
  q
    .update(t.counters)
    .set({ value: sql`${t.counters.value} + ${one}` })
    .where(eq(t.counters.name, $.name)),
);

/** Counts one more. */
export async function countOne(tx: Tx, name: CounterName): Promise<void> {
  await tx.run(begin, { name });
  await tx.run(countUp, { name });
}

export async function readCounters(q: Handle): Promise<Record<CounterName, number>> {
  const known = new Map((await q.select().from(q.t.counters)).map(({ name, value }) => [name, value]));
  return Object.fromEntries(counterNames.map((name) => [name, known.get(name) ?? 0])) as Record<CounterName, number>;
}
