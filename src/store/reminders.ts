import { and, eq, gt, isNull, lt, lte, or, sql } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Reminders = Tables['reminders']['$inferSelect'];

/** Half, and nine tenths, of a request's time as instants: whole numbers on both engines. */
const halfOf = ({ createdAt, expiresAt }: Tables['requests']) =>
  sql<number>`${createdAt} + (${expiresAt} - ${createdAt}) / 2`;
const lateOf = ({ createdAt, expiresAt }: Tables['requests']) =>
  sql<number>`${expiresAt} - (${expiresAt} - ${createdAt}) / 10`;

const due = statement('reminders.due', (q, $: { now: number }, { t }) => {
  const { requests, reminders } = t;
  const [half, late] = [halfOf(requests), lateOf(requests)];
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

const snoozedAndLate = statement('reminders.snoozedAndLate', (q, $: { now: number; chat: string }, { t }) => {
  const { requests, reminders, cards } = t;
  return q
    .select({ id: requests.id })
    .from(requests)
    .innerJoin(reminders, eq(reminders.requestId, requests.id))
    .leftJoin(cards, and(eq(cards.requestId, requests.id), eq(cards.chat, $.chat)))
    .where(
      and(
        eq(requests.state, 'pending'),
        gt(requests.expiresAt, $.now),
        gt(reminders.snoozedUntil, $.now),
        lte(lateOf(requests), $.now),
        isNull(cards.id),
      ),
    )
    .limit(100);
});

/** Ids of snoozed requests with little time left that a chat does not show yet, at most 100. */
export const listSnoozedAndLate = async (q: Handle, now: number, chat: string): Promise<string[]> =>
  (await q.run(snoozedAndLate, { now, chat })).map(({ id }) => id);

export async function findReminders(q: Handle, requestId: string): Promise<Reminders> {
  const [row] = await q.select().from(q.t.reminders).where(eq(q.t.reminders.requestId, requestId));
  return row ?? { requestId, sent: 0, snoozedUntil: null, snoozedBy: null };
}

export async function saveReminders(tx: Tx, reminders: Reminders): Promise<void> {
  const { requestId: target } = tx.t.reminders;
  await tx.insert(tx.t.reminders).values(reminders).onConflictDoUpdate({ target, set: reminders });
}
