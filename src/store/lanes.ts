import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, min, notExists, sql } from 'drizzle-orm';
import type { Delivery } from '../core/delivery/delivery.ts';
import type { ChannelName, DeliveryState } from '../core/delivery/states.ts';
import type { Tx } from './database.ts';
import { deliveryOfRow } from './deliveries.ts';
import { statement } from './statement.ts';

/** Deliveries of a channel by chat: what is due in each, what is under way, what the limits have counted. */

const takeTurn = statement('lanes.takeTurn', (q, $: { id: string }, { t }) =>
  q.insert(t.channelStates).values({ id: $.id }).onConflictDoNothing(),
);

const heldTurn = statement('lanes.heldTurn', (q, $: { id: string }, { t, hold }) =>
  hold(q.select().from(t.channelStates).where(eq(t.channelStates.id, $.id)).$dynamic()),
);

/** One sender at a time chooses what comes next, so that limits hold for all senders together. Held to the end of the work. */
export async function holdTurn(tx: Tx, id: string): Promise<{ trouble: string | null }> {
  const [known] = await tx.run(heldTurn, { id });
  if (known) return known;
  await tx.run(takeTurn, { id });
  const [made] = await tx.run(heldTurn, { id });
  return made ?? { trouble: null };
}

const lanesDue = statement('lanes.due', (q, $: { channel: ChannelName; now: number }, { t }) =>
  q
    .select({
      chat: t.deliveries.chat,
      priority: min(t.deliveries.priority),
      dueAt: min(t.deliveries.dueAt),
    })
    .from(t.deliveries)
    .where(
      and(
        eq(t.deliveries.channel, $.channel),
        inArray(t.deliveries.state, ['queued', 'retrying', 'sending']),
        lte(t.deliveries.dueAt, $.now),
      ),
    )
    .groupBy(t.deliveries.chat)
    .orderBy(asc(min(t.deliveries.priority)), asc(min(t.deliveries.dueAt)), asc(t.deliveries.chat)),
);

/** The chats in which something is due, those with the most urgent first. */
export const listLanesDue = async (tx: Tx, channel: ChannelName): Promise<string[]> =>
  (await tx.run(lanesDue, { channel, now: tx.now })).map(({ chat }) => chat);

const underWay = statement('lanes.underWay', (q, $: { channel: ChannelName; now: number }, { t }) =>
  q
    .select({ chat: t.deliveries.chat })
    .from(t.deliveries)
    .where(and(eq(t.deliveries.channel, $.channel), eq(t.deliveries.state, 'sending'), gt(t.deliveries.dueAt, $.now))),
);

/** The chats to which somebody is sending right now. */
export const listLanesUnderWay = async (tx: Tx, channel: ChannelName): Promise<Set<string>> =>
  new Set((await tx.run(underWay, { channel, now: tx.now })).map(({ chat }) => chat));

const dueLater = statement('lanes.dueLater', (q, $: { channel: ChannelName; now: number }, { t }) =>
  q
    .select({ at: min(t.deliveries.dueAt) })
    .from(t.deliveries)
    .where(
      and(
        eq(t.deliveries.channel, $.channel),
        inArray(t.deliveries.state, ['queued', 'retrying', 'sending']),
        gt(t.deliveries.dueAt, $.now),
      ),
    ),
);

/** When the next delivery becomes due, or a lease runs out. */
export const findNextDueAt = async (tx: Tx, channel: ChannelName): Promise<number | null> =>
  (await tx.run(dueLater, { channel, now: tx.now }))[0]?.at ?? null;

const dueIn = statement('lanes.dueInChat', (q, $: { channel: ChannelName; chat: string; now: number }, { t, hold }) =>
  hold(
    q
      .select()
      .from(t.deliveries)
      .where(
        and(
          eq(t.deliveries.channel, $.channel),
          eq(t.deliveries.chat, $.chat),
          inArray(t.deliveries.state, ['queued', 'retrying', 'sending']),
          lte(t.deliveries.dueAt, $.now),
        ),
      )
      .orderBy(asc(t.deliveries.priority), asc(t.deliveries.dueAt), asc(t.deliveries.seq))
      .limit(1)
      .$dynamic(),
    'skip',
  ),
);

/** What is due next in a chat, held; undefined where others hold all of it. */
export async function findDueIn(tx: Tx, channel: ChannelName, chat: string): Promise<Delivery | undefined> {
  const [row] = await tx.run(dueIn, { channel, chat, now: tx.now });
  return row && deliveryOfRow(row);
}

/** Deliveries of a chat that were never sent since before an instant, the oldest first, held. */
export async function listTooOldIn(
  tx: Tx,
  channel: ChannelName,
  { chat, before, limit }: { chat: string; before: number; limit: number },
): Promise<Delivery[]> {
  const { deliveries } = tx.t;
  const rows = await tx.hold(
    tx
      .select()
      .from(deliveries)
      .where(
        and(
          eq(deliveries.channel, channel),
          eq(deliveries.chat, chat),
          inArray(deliveries.state, ['queued', 'retrying', 'sending']),
          lte(deliveries.dueAt, tx.now),
          lte(sql`coalesce(${deliveries.requeuedAt}, ${deliveries.createdAt})`, before),
        ),
      )
      .orderBy(asc(deliveries.seq))
      .limit(limit)
      .$dynamic(),
    'skip',
  );
  return rows.map(deliveryOfRow);
}

/** Waiting deliveries of cards that have no message in their chat yet, the oldest first, held. */
export async function listFirstSends(
  tx: Tx,
  { chat, topic, limit }: { chat: string; topic: number | null; limit: number },
): Promise<Delivery[]> {
  const { deliveries, cardMessages } = tx.t;
  const sent = tx.select({ one: sql`1` }).from(cardMessages).where(eq(cardMessages.cardId, deliveries.cardId));
  const rows = await tx.hold(
    tx
      .select()
      .from(deliveries)
      .where(
        and(
          eq(deliveries.channel, 'telegram'),
          eq(deliveries.chat, chat),
          topic === null ? isNull(deliveries.topic) : eq(deliveries.topic, topic),
          inArray(deliveries.state, ['queued', 'retrying']),
          isNotNull(deliveries.cardId),
          notExists(sent as never),
        ),
      )
      .orderBy(asc(deliveries.seq))
      .limit(limit)
      .$dynamic(),
    'skip',
  );
  return rows.map(deliveryOfRow);
}

/** Cards whose delivery to a chat died. */
export async function listCardsOfDead(tx: Tx, chat: string): Promise<string[]> {
  const { deliveries } = tx.t;
  const rows = await tx
    .select({ cardId: deliveries.cardId })
    .from(deliveries)
    .where(and(eq(deliveries.chat, chat), eq(deliveries.state, 'dead'), isNotNull(deliveries.cardId)))
    .orderBy(asc(deliveries.seq));
  return [...new Set(rows.flatMap(({ cardId }) => (cardId === null ? [] : [cardId])))];
}

/** Waiting deliveries that need no sending of their own any more. */
export async function settleWaiting(tx: Tx, ids: readonly string[], why: string): Promise<void> {
  const { deliveries } = tx.t;
  if (ids.length === 0) return;
  await tx
    .update(deliveries)
    .set({ state: 'sent', error: why, settledAt: tx.now })
    .where(and(inArray(deliveries.id, [...ids]), inArray(deliveries.state, ['queued', 'retrying'])));
}

/** What a call, or the lack of one, changes about its delivery. */
export interface Release {
  id: string;
  fence: number;
  state: DeliveryState;
  dueAt: number;
  error: string | null;
  settledAt: number | null;
  attempts: number;
  ambiguous: number;
  topic: number | null;
}

const release = statement('lanes.release', (q, $: Release, { t }) =>
  q
    .update(t.deliveries)
    .set({
      state: $.state,
      dueAt: $.dueAt,
      error: $.error,
      settledAt: $.settledAt,
      attempts: $.attempts,
      ambiguous: $.ambiguous,
      topic: $.topic,
    })
    .where(and(eq(t.deliveries.id, $.id), eq(t.deliveries.fence, $.fence), eq(t.deliveries.state, 'sending')))
    .returning({ id: t.deliveries.id }),
);

/** False for whoever no longer holds the newest lease. */
export const releaseDelivery = async (tx: Tx, of: Release): Promise<boolean> =>
  (await tx.run(release, of)).length === 1;

const ambiguousLease = statement('lanes.ambiguous', (q, $: { id: string; ambiguous: number }, { t }) =>
  q.update(t.deliveries).set({ ambiguous: $.ambiguous }).where(eq(t.deliveries.id, $.id)),
);

/** Notes that nobody knows whether a call of this delivery was made. */
export const saveAmbiguous = (tx: Tx, id: string, ambiguous: number) => tx.run(ambiguousLease, { id, ambiguous });

/** Lets every lease that another holder has run out now. */
export async function endLeasesOfOthers(tx: Tx, channel: ChannelName, holder: string): Promise<void> {
  const { deliveries } = tx.t;
  await tx
    .update(deliveries)
    .set({ dueAt: tx.now })
    .where(
      and(
        eq(deliveries.channel, channel),
        eq(deliveries.state, 'sending'),
        sql`${deliveries.leasedBy} <> ${holder}`,
        gt(deliveries.dueAt, tx.now),
      ),
    );
}
