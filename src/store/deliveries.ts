import { and, asc, count, eq, inArray, lte } from 'drizzle-orm';
import type { Delivery } from '../core/delivery/delivery.ts';
import type { ChannelName, DeliveryState } from '../core/delivery/states.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

type Row = Tables['deliveries']['$inferSelect'];

export const deliveryOfRow = ({ seq: _, ...row }: Row): Delivery => ({
  ...row,
  body: JSON.parse(row.body) as Delivery['body'],
});

type NewDelivery = Pick<
  Row,
  'id' | 'channel' | 'kind' | 'chat' | 'topic' | 'cardId' | 'subject' | 'body' | 'priority' | 'dueAt' | 'createdAt'
>;

const insert = statement('deliveries.insert', (q, $: NewDelivery, { t }) =>
  q
    .insert(t.deliveries)
    .values({
      id: $.id,
      channel: $.channel,
      kind: $.kind,
      chat: $.chat,
      topic: $.topic,
      cardId: $.cardId,
      subject: $.subject,
      body: $.body,
      priority: $.priority,
      state: 'queued',
      attempts: 0,
      ambiguous: 0,
      retries: 0,
      dueAt: $.dueAt,
      fence: 0,
      createdAt: $.createdAt,
    })
    .onConflictDoNothing()
    .returning({ id: t.deliveries.id }),
);

/** False where the id is taken: ids are short, so the caller draws another. */
export const insertDelivery = async (
  tx: Tx,
  { body, ...delivery }: Omit<NewDelivery, 'body'> & { body: Delivery['body'] },
): Promise<boolean> => (await tx.run(insert, { ...delivery, body: JSON.stringify(body) })).length === 1;

const waitingForCard = statement('deliveries.waitingForCard', (q, $: { cardId: string }, { t, hold }) =>
  hold(
    q
      .select()
      .from(t.deliveries)
      .where(and(eq(t.deliveries.cardId, $.cardId), inArray(t.deliveries.state, ['queued', 'retrying'])))
      .limit(1)
      .$dynamic(),
  ),
);

/** The delivery that will bring this card up to date anyway, held. */
export async function findWaitingForCard(tx: Tx, cardId: string): Promise<Delivery | undefined> {
  const [row] = await tx.run(waitingForCard, { cardId });
  return row && deliveryOfRow(row);
}

/** What a chat is still to be told about one subject, and nobody is sending, held. */
export async function listQueuedNotices(
  tx: Tx,
  { chat, subject }: Pick<Delivery, 'chat' | 'subject'>,
): Promise<Delivery[]> {
  const { deliveries } = tx.t;
  const rows = await tx.hold(
    tx
      .select()
      .from(deliveries)
      .where(
        and(
          eq(deliveries.subject, subject),
          eq(deliveries.chat, chat),
          eq(deliveries.kind, 'notice'),
          eq(deliveries.state, 'queued'),
        ),
      )
      .$dynamic(),
  );
  return rows.map(deliveryOfRow);
}

const hasten = statement(
  'deliveries.hasten',
  (q, $: { id: string; dueAt: number; priority: number; body: string }, { t }) =>
    q.update(t.deliveries).set({ dueAt: $.dueAt, priority: $.priority, body: $.body }).where(eq(t.deliveries.id, $.id)),
);

/** Lets a waiting delivery say something newer, sooner or more urgently. */
export const hastenDelivery = (tx: Tx, of: { id: string; dueAt: number; priority: number; body: Delivery['body'] }) =>
  tx.run(hasten, { ...of, body: JSON.stringify(of.body) });

const dueHeld = statement(
  'deliveries.dueHeld',
  (q, $: { channel: ChannelName; now: number; limit: number }, { t, hold }) =>
    hold(
      q
        .select()
        .from(t.deliveries)
        .where(
          and(
            eq(t.deliveries.channel, $.channel),
            inArray(t.deliveries.state, ['queued', 'retrying', 'sending']),
            lte(t.deliveries.dueAt, $.now),
          ),
        )
        .orderBy(asc(t.deliveries.priority), asc(t.deliveries.dueAt), asc(t.deliveries.seq))
        .limit($.limit)
        .$dynamic(),
      'skip',
    ),
);

/**
 * Deliveries of a channel whose time has come, or whose lease has run out, the most urgent first, held; those that
 * others hold are passed over.
 */
export const listDueHeld = async (tx: Tx, channel: ChannelName, limit: number): Promise<Delivery[]> =>
  (await tx.run(dueHeld, { channel, now: tx.now, limit })).map(deliveryOfRow);

const lease = statement(
  'deliveries.lease',
  (q, $: { id: string; from: number; fence: number; leasedBy: string; until: number; attempts: number }, { t }) =>
    q
      .update(t.deliveries)
      .set({ state: 'sending', fence: $.fence, leasedBy: $.leasedBy, dueAt: $.until, attempts: $.attempts })
      .where(and(eq(t.deliveries.id, $.id), eq(t.deliveries.fence, $.from)))
      .returning({ id: t.deliveries.id }),
);

/** Takes a due delivery until an instant, with a higher fence. */
export async function leaseDelivery(tx: Tx, delivery: Delivery, leasedBy: string, until: number): Promise<Delivery> {
  const leased = {
    ...delivery,
    state: 'sending' as const,
    fence: delivery.fence + 1,
    attempts: delivery.attempts + 1,
    leasedBy,
    dueAt: until,
  };
  await tx.run(lease, {
    id: delivery.id,
    from: delivery.fence,
    fence: leased.fence,
    leasedBy,
    until,
    attempts: leased.attempts,
  });
  return leased;
}

type Settled = {
  id: string;
  fence: number;
  state: DeliveryState;
  dueAt: number;
  error: string | null;
  settledAt: number | null;
};

const settle = statement('deliveries.settle', (q, $: Settled, { t }) =>
  q
    .update(t.deliveries)
    .set({ state: $.state, dueAt: $.dueAt, error: $.error, settledAt: $.settledAt })
    .where(and(eq(t.deliveries.id, $.id), eq(t.deliveries.fence, $.fence), eq(t.deliveries.state, 'sending')))
    .returning({ id: t.deliveries.id }),
);

/** False for whoever no longer holds the newest lease: their outcome does not count. */
export const settleDelivery = async (tx: Tx, settled: Settled): Promise<boolean> =>
  (await tx.run(settle, settled)).length === 1;

/** How many deliveries there are in each state that has any. */
export async function countDeliveriesByState(q: Handle): Promise<Partial<Record<DeliveryState, number>>> {
  const rows = await q
    .select({ state: q.t.deliveries.state, deliveries: count() })
    .from(q.t.deliveries)
    .groupBy(q.t.deliveries.state);
  return Object.fromEntries(rows.map((row) => [row.state, row.deliveries]));
}

/** Whether anything of a kind about a subject still waits to be sent. */
export async function owesAbout(
  q: Handle,
  subject: string,
  isMeant: (delivery: Delivery) => boolean,
): Promise<boolean> {
  const { deliveries } = q.t;
  const rows = await q
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.subject, subject), inArray(deliveries.state, ['queued', 'sending', 'retrying'])));
  return rows.map(deliveryOfRow).some(isMeant);
}

export interface DeliveryFilter {
  state?: DeliveryState;
  limit: number;
}

/** Deliveries, the oldest first. */
export async function listDeliveries(q: Handle, { state, limit }: DeliveryFilter): Promise<Delivery[]> {
  const rows = await q
    .select()
    .from(q.t.deliveries)
    .where(state ? eq(q.t.deliveries.state, state) : undefined)
    .orderBy(asc(q.t.deliveries.seq))
    .limit(limit);
  return rows.map(deliveryOfRow);
}
