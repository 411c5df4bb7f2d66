import { and, asc, count, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, min, ne, sum } from 'drizzle-orm';
import type { Sample } from '../core/alerts/reading.ts';
import { ends, requestStates } from '../core/approval/states.ts';
import { readCounters } from './counters.ts';
import type { Handle, Tx } from './database.ts';
import { findLastSeal } from './events.ts';
import { getHead } from './installation.ts';
import { statement } from './statement.ts';

const insert = statement('metricSamples.insert', (q, $: { metric: string; at: number; value: number }, { t }) =>
  q.insert(t.metricSamples).values({ metric: $.metric, at: $.at, value: $.value }),
);

export const insertSample = (tx: Tx, sample: Sample & { metric: string }) => tx.run(insert, sample);

export const dropSamples = async (tx: Tx, before: number): Promise<void> => {
  await tx.delete(tx.t.metricSamples).where(lt(tx.t.metricSamples.at, before));
};

/** The samples of a metric from the last before an instant on, the oldest first. */
export async function listSamples(q: Handle, metric: string, since: number): Promise<Sample[]> {
  const { metricSamples: t } = q.t;
  const [before] = await q
    .select({ at: t.at, value: t.value })
    .from(t)
    .where(and(eq(t.metric, metric), lte(t.at, since)))
    .orderBy(desc(t.at), desc(t.seq))
    .limit(1);
  const within = await q
    .select({ at: t.at, value: t.value })
    .from(t)
    .where(and(eq(t.metric, metric), gt(t.at, since)))
    .orderBy(asc(t.at), asc(t.seq));
  return before ? [before, ...within] : within;
}

const openStates = requestStates.filter((state) => !(ends as readonly string[]).includes(state));

/** What the tables say of requests, messages and the log at an instant. */
export async function readTables(q: Handle, now: number) {
  const { requests, deliveries, events, executions } = q.t;
  const byStateAndKind = await q
    .select({ state: requests.state, kind: requests.kind, requests: count() })
    .from(requests)
    .groupBy(requests.state, requests.kind);
  const deliveriesByState = await q
    .select({ state: deliveries.state, deliveries: count() })
    .from(deliveries)
    .groupBy(deliveries.state);
  const [pending] = await q
    .select({ createdAt: min(requests.createdAt), expiresAt: min(requests.expiresAt) })
    .from(requests)
    .where(eq(requests.state, 'pending'));
  const [executing] = await q
    .select({ at: min(executions.startedAt) })
    .from(executions)
    .where(isNull(executions.settledAt));
  const [owed] = await q
    .select({ at: min(deliveries.createdAt) })
    .from(deliveries)
    .where(and(inArray(deliveries.state, ['queued', 'sending', 'retrying']), lte(deliveries.dueAt, now)));
  const [joined] = await q.select({ joins: sum(requests.joins) }).from(requests);
  const [requeued] = await q.select({ times: count() }).from(events).where(eq(events.action, 'delivery.requeued'));
  const head = await getHead(q);
  const seal = await findLastSeal(q);
  return {
    byStateAndKind,
    deliveriesByState,
    openRequests: byStateAndKind
      .filter(({ state }) => openStates.includes(state))
      .reduce((all, row) => all + row.requests, 0),
    oldestPendingAt: pending?.createdAt ?? null,
    soonestExpiryAt: pending?.expiresAt ?? null,
    oldestExecutingAt: executing?.at ?? null,
    oldestOwedAt: owed?.at ?? null,
    joined: Number(joined?.joins ?? 0),
    requeued: requeued?.times ?? 0,
    logSeq: head.seq,
    unsealed: head.seq - (seal?.seq ?? 0),
    counters: await readCounters(q),
  };
}

/** How long the decisions since an instant took, in seconds, the quickest first; at most so many. */
export async function listDecisionSeconds(q: Handle, since: number, limit: number): Promise<number[]> {
  const { requests } = q.t;
  const rows = await q
    .select({ createdAt: requests.createdAt, decidedAt: requests.decidedAt })
    .from(requests)
    .where(and(isNotNull(requests.decidedAt), gte(requests.createdAt, since), ne(requests.state, 'pending')))
    .orderBy(desc(requests.createdAt))
    .limit(limit);
  return rows
    .map(({ createdAt, decidedAt }) => Math.max(0, ((decidedAt ?? createdAt) - createdAt) / 1000))
    .sort((a, b) => a - b);
}

/** When the log began; null where it has not. */
export async function findFirstEventAt(q: Handle): Promise<number | null> {
  const [row] = await q.select({ at: q.t.events.at }).from(q.t.events).orderBy(asc(q.t.events.seq)).limit(1);
  return row?.at ?? null;
}
