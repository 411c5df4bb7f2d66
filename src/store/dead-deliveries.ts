import { and, asc, count, eq, gt, lt, sql } from 'drizzle-orm';
import type { Delivery } from '../core/delivery/delivery.ts';
import type { Handle, Tx } from './database.ts';
import { deliveryOfRow } from './deliveries.ts';

/** What could not be delivered, the oldest first: the order that indices count. */
export async function listDead(q: Handle, limit: number): Promise<Delivery[]> {
  const { deliveries } = q.t;
  const rows = await q
    .select()
    .from(deliveries)
    .where(eq(deliveries.state, 'dead'))
    .orderBy(asc(deliveries.seq))
    .limit(limit);
  return rows.map(deliveryOfRow);
}

/** Which dead deliveries may have another life, as far as the store can tell. */
export interface Requeueable {
  /** requeued less often */
  retriesBelow: number;
  /** first owed later */
  createdAfter?: number;
  /** sent less often without an answer */
  ambiguousBelow?: number;
}

/** The same, held to the end of the work: all of them, or those after another that may have another life. */
export async function holdDead(
  tx: Tx,
  { limit, offset = 0, after = 0, which }: { limit: number; offset?: number; after?: number; which?: Requeueable },
): Promise<(Delivery & { seq: number })[]> {
  const { deliveries: t } = tx.t;
  const rows = await tx.hold(
    tx
      .select()
      .from(t)
      .where(
        and(
          eq(t.state, 'dead'),
          gt(t.seq, after),
          ...(which ? [lt(t.retries, which.retriesBelow)] : []),
          ...(which?.createdAfter === undefined ? [] : [gt(t.createdAt, which.createdAfter)]),
          ...(which?.ambiguousBelow === undefined ? [] : [lt(t.ambiguous, which.ambiguousBelow)]),
        ),
      )
      .orderBy(asc(t.seq))
      .limit(limit)
      .offset(offset)
      .$dynamic(),
  );
  return rows.map((row) => ({ ...deliveryOfRow(row), seq: row.seq }));
}

/** How many are dead, and how many of them were requeued less often than `retriesBelow`. */
export async function countDead(q: Handle, retriesBelow = 0): Promise<{ dead: number; mayLive: number }> {
  const { deliveries: t } = q.t;
  const [row] = await q
    .select({ dead: count(), mayLive: count(sql`case when ${t.retries} < ${retriesBelow} then 1 end`) })
    .from(t)
    .where(eq(t.state, 'dead'));
  return row ?? { dead: 0, mayLive: 0 };
}

export async function findDelivery(q: Handle, id: string): Promise<Delivery | undefined> {
  const [row] = await q.select().from(q.t.deliveries).where(eq(q.t.deliveries.id, id));
  return row && deliveryOfRow(row);
}

export async function holdDelivery(tx: Tx, id: string): Promise<Delivery | undefined> {
  const [row] = await tx.hold(tx.select().from(tx.t.deliveries).where(eq(tx.t.deliveries.id, id)).$dynamic());
  return row && deliveryOfRow(row);
}

/** Writes what became of a dead delivery; false where it is dead no more. */
export async function saveFromDead(tx: Tx, delivery: Delivery): Promise<boolean> {
  const { deliveries } = tx.t;
  const { state, retries, attempts, ambiguous, dueAt, requeuedAt, settledAt } = delivery;
  const saved = await tx
    .update(deliveries)
    .set({ state, retries, attempts, ambiguous, dueAt, requeuedAt, settledAt })
    .where(and(eq(deliveries.id, delivery.id), eq(deliveries.state, 'dead'), eq(deliveries.fence, delivery.fence)))
    .returning({ id: deliveries.id });
  return saved.length === 1;
}
