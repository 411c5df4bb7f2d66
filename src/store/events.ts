import { and, asc, desc, eq, gt, inArray, like, lt, lte, type SQL, sql } from 'drizzle-orm';
import type { ChainedEvent } from '../core/audit/event.ts';
import type { Seal } from '../core/audit/seal.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

/** An event with its detail; the detail is null where retention has dropped it. */
export type StoredEvent = ChainedEvent & { detail: string | null };

const after = statement('events.after', (q, $: { after: number; limit: number }, { t }) =>
  q
    .select({ event: t.events, detail: t.eventDetails.detail })
    .from(t.events)
    .leftJoin(t.eventDetails, eq(t.eventDetails.seq, t.events.seq))
    .where(gt(t.events.seq, $.after))
    .orderBy(asc(t.events.seq))
    .limit($.limit),
);

/** Events after `seq`, in order, at most `limit`. */
export const listEventsAfter = async (q: Handle, seq: number, limit: number): Promise<StoredEvent[]> =>
  (await q.run(after, { after: seq, limit })).map(({ event, detail }) => ({ ...event, detail }));

export interface EventFilter {
  subject?: string;
  /** the whole action, or its noun with a dot: `request.` */
  action?: string;
  actor?: string;
  /** only events of requests of this asker */
  askedBy?: string;
  after?: number;
  before?: number;
  /** newest first unless told */
  order?: 'newest' | 'oldest';
  limit: number;
}

/** Events that match, by sequence number. */
export async function listEvents(
  q: Handle,
  { subject, action, actor, askedBy, after: from, before, order, limit }: EventFilter,
): Promise<StoredEvent[]> {
  const { events, eventDetails, requests } = q.t;
  const conditions: (SQL | undefined)[] = [
    subject ? eq(events.subject, subject) : undefined,
    action
      ? action.endsWith('.')
        ? like(events.action, `${action.replaceAll(/[%_\\]/g, '')}%`)
        : eq(events.action, action)
      : undefined,
    actor ? eq(events.actor, actor) : undefined,
    askedBy
      ? inArray(
          events.subject,
          q
            .select({ subject: sql<string>`'request:' || ${requests.id}` })
            .from(requests)
            .where(eq(requests.askedBy, askedBy)),
        )
      : undefined,
    from === undefined ? undefined : gt(events.seq, from),
    before === undefined ? undefined : lt(events.seq, before),
  ];
  const rows = await q
    .select({ event: events, detail: eventDetails.detail })
    .from(events)
    .leftJoin(eventDetails, eq(eventDetails.seq, events.seq))
    .where(and(...conditions))
    .orderBy(order === 'oldest' ? asc(events.seq) : desc(events.seq))
    .limit(limit);
  return rows.map(({ event, detail }) => ({ ...event, detail }));
}

const insertSealed = statement('seals.insert', (q, $: Seal, { t }) =>
  q
    .insert(t.seals)
    .values({ seq: $.seq, generation: $.generation, at: $.at, hash: $.hash, keyId: $.keyId, signature: $.signature })
    .onConflictDoNothing(),
);

export const insertSeal = (tx: Tx, seal: Seal) => tx.run(insertSealed, seal);

export async function findLastSeal(q: Handle): Promise<Seal | undefined> {
  return (await q.select().from(q.t.seals).orderBy(desc(q.t.seals.seq)).limit(1))[0];
}

/** Ids of the keys that any seal was made with. */
export const listSealKeyIds = async (q: Handle): Promise<string[]> =>
  (await q.select({ keyId: q.t.seals.keyId }).from(q.t.seals).groupBy(q.t.seals.keyId)).map(({ keyId }) => keyId);

/** Seals up to and including `seq`, after `after`, in order. */
export const listSeals = (
  q: Handle,
  { after: from, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<Seal[]> =>
  q
    .select()
    .from(q.t.seals)
    .where(and(gt(q.t.seals.seq, from), lte(q.t.seals.seq, upTo)))
    .orderBy(asc(q.t.seals.seq))
    .limit(limit) as unknown as Promise<Seal[]>;

/** The event with this sequence number. */
export async function findEvent(q: Handle, seq: number): Promise<ChainedEvent | undefined> {
  return (await q.select().from(q.t.events).where(eq(q.t.events.seq, seq)))[0];
}
