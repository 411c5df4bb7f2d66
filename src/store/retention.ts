import { and, asc, eq, gt, inArray, isNotNull, lt, lte, min, or, type SQL, sql } from 'drizzle-orm';
import { ends } from '../core/approval/states.ts';
import type { Handle, Tx } from './database.ts';

/** A row that may be archived: by its key, and all of it. */
export interface OldRow {
  key: string;
  row: unknown;
}

/** Rows of one kind that are old enough and that nothing open needs. */
export interface Retained {
  kind: 'deliveries' | 'sessions' | 'sign_in_links' | 'logins' | 'idempotency_keys' | 'silences';
  keepMs: number;
  /** the next ones after a key, in the order of keys */
  list(q: Handle, before: number, after: string, limit: number): Promise<OldRow[]>;
  /** removes those of these that are still old enough; answers how many */
  remove(tx: Tx, keys: readonly string[], before: number): Promise<number>;
}

const dayMs = 86_400_000;

/** How long each kind is kept in the store. Requests, decisions, keys and events stay: the log is compared with them. */
export const retention: readonly Retained[] = [
  {
    kind: 'deliveries',
    keepMs: 30 * dayMs,
    async list(q, before, after, limit) {
      const { deliveries: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(oldDelivery(q, before), gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: row.id, row }));
    },
    async remove(tx, keys, before) {
      const { deliveries: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(oldDelivery(tx, before), inArray(t.id, [...keys])))
          .returning({ id: t.id })
      ).length;
    },
  },
  {
    kind: 'sessions',
    keepMs: 90 * dayMs,
    async list(q, before, after, limit) {
      const { sessions: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(lte(t.expiresAt, before), gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: row.id, row }));
    },
    async remove(tx, keys, before) {
      const { sessions: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(lte(t.expiresAt, before), inArray(t.id, [...keys])))
          .returning({ id: t.id })
      ).length;
    },
  },
  {
    kind: 'sign_in_links',
    keepMs: 30 * dayMs,
    async list(q, before, after, limit) {
      const { signInLinks: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(lte(t.expiresAt, before), gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: row.id, row }));
    },
    async remove(tx, keys, before) {
      const { signInLinks: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(lte(t.expiresAt, before), inArray(t.id, [...keys])))
          .returning({ id: t.id })
      ).length;
    },
  },
  {
    kind: 'logins',
    keepMs: 30 * dayMs,
    async list(q, before, after, limit) {
      const { logins: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(lte(t.expiresAt, before), gt(t.id, after)))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: row.id, row }));
    },
    async remove(tx, keys, before) {
      const { logins: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(lte(t.expiresAt, before), inArray(t.id, [...keys])))
          .returning({ id: t.id })
      ).length;
    },
  },
  {
    kind: 'idempotency_keys',
    keepMs: 90 * dayMs,
    async list(q, before, after, limit) {
      const { idempotencyKeys: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(oldKey(q, before), gt(t.id, after === '' ? 0 : Number(after))))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: String(row.id), row }));
    },
    async remove(tx, keys, before) {
      const { idempotencyKeys: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(oldKey(tx, before), inArray(t.id, keys.map(Number))))
          .returning({ id: t.id })
      ).length;
    },
  },
  {
    kind: 'silences',
    keepMs: 90 * dayMs,
    async list(q, before, after, limit) {
      const { silences: t } = q.t;
      const rows = await q
        .select()
        .from(t)
        .where(and(lte(t.until, before), gt(t.id, after === '' ? 0 : Number(after))))
        .orderBy(asc(t.id))
        .limit(limit);
      return rows.map((row) => ({ key: String(row.id), row }));
    },
    async remove(tx, keys, before) {
      const { silences: t } = tx.t;
      return (
        await tx
          .delete(t)
          .where(and(lte(t.until, before), inArray(t.id, keys.map(Number))))
          .returning({ id: t.id })
      ).length;
    },
  },
];

/** What arrived or was closed for good. What is dead waits for somebody, however old it is. */
const oldDelivery = (q: Handle, before: number): SQL | undefined => {
  const { deliveries: t } = q.t;
  return and(or(eq(t.state, 'sent'), eq(t.state, 'discarded')), isNotNull(t.settledAt), lte(t.settledAt, before));
};

/** A key of an open request still stands for it. */
const oldKey = (q: Handle, before: number): SQL | undefined => {
  const { idempotencyKeys: t, requests } = q.t;
  const ended = q
    .select({ id: requests.id })
    .from(requests)
    .where(inArray(requests.state, [...ends]));
  return and(lte(t.createdAt, before), inArray(t.requestId, ended));
};

/** How long the details of events are kept in the store. */
export const detailsKeepMs = 180 * dayMs;

/**
 * The last event whose detail may be dropped: older than an instant, and before the first event of anything open. Its own
 * rows are never dropped, so the chain stays whole.
 */
export async function findLastOldDetail(q: Handle, before: number): Promise<number> {
  const { events, requests } = q.t;
  const [young] = await q
    .select({ seq: min(events.seq) })
    .from(events)
    .where(gt(events.at, before));
  const open = q
    .select({ subject: sql<string>`'request:' || ${requests.id}` })
    .from(requests)
    .where(
      sql`${requests.state} not in (${sql.join(
        ends.map((end) => sql`${end}`),
        sql`, `,
      )})`,
    );
  const [needed] = await q
    .select({ seq: min(events.seq) })
    .from(events)
    .where(inArray(events.subject, open));
  const [last] = await q.select({ seq: sql<number>`coalesce(max(${events.seq}), 0)` }).from(events);
  return Math.min(young?.seq ?? Number(last?.seq ?? 0) + 1, needed?.seq ?? Number.MAX_SAFE_INTEGER) - 1;
}

/** Details after an event up to another, in order. */
export async function listDetails(
  q: Handle,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): Promise<OldRow[]> {
  const { eventDetails: t } = q.t;
  const rows = await q
    .select()
    .from(t)
    .where(and(gt(t.seq, after), lte(t.seq, upTo)))
    .orderBy(asc(t.seq))
    .limit(limit);
  return rows.map(({ seq, detail }) => ({ key: String(seq), row: detail }));
}

/** Drops details up to an event; answers how many. */
export async function dropDetails(tx: Tx, { from, to }: { from: number; to: number }): Promise<number> {
  const { eventDetails: t } = tx.t;
  return (
    await tx
      .delete(t)
      .where(and(gt(t.seq, from - 1), lt(t.seq, to + 1)))
      .returning({ seq: t.seq })
  ).length;
}
