import { and, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Reminders = Tables['reminders']['$inferSelect'];

/** Half, and nine tenths, of a request's time as instants: whole numbers on both engines. */
const due = statement('reminders.due', (q, $: { now: number }, { t }) => {
  const { requests, reminders } = t;
  const half = sql<number>`${requests.createdAt} + (${requests.expiresAt} - ${requests.createdAt}) / 2`;
  const late = sql<number>`${requests.expiresAt} - (${requests.expiresAt} - ${requests.createdAt}) / 10`;
  return q
    .select({ id: requests.id })
    .from(requests)
    .leftJoin(reminders, eq(reminders.requestId, requests.id))
    .where(
      and(
        eq(requests.state, 'pending'),
        gt(requests.expiresAt, $.now),
        or(isNull(reminders.snoozedUntil), lte(reminders.snoozedUntil, $.now)),
        or(
          and(lte(half, $.now), isNull(reminders.sent)),
          and(lte(half, $.now), lt(reminders.sent, 1)),
          and(lte(late, $.now), lt(reminders.sent, 2)),
        ),
      ),
    )
    .limit(100);
});

/** Ids of waiting requests that people should be reminded of now, at most 100. */
export const listToRemind = async (q: Handle, now: number): Promise<string[]> =>
  (await q.run(due, { now })).map(({ id }) => id);

export async function findReminders(q: Handle, requestId: string): Promise<Reminders> {
  const [row] = await q.select().from(q.t.reminders).where(eq(q.t.reminders.requestId, requestId));
  return row ?? { requestId, sent: 0, snoozedUntil: null, snoozedBy: null };
}

export async function saveReminders(tx: Tx, reminders: Reminders): Promise<void> {
  const { requestId: target } = tx.t.reminders;
  await tx.insert(tx.t.reminders).values(reminders).onConflictDoUpdate({ target, set: reminders });
}
