import { and, asc, count, desc, eq, gte, inArray, isNull, lt, lte, max, ne, or, type SQL } from 'drizzle-orm';
import type { Request } from '../core/approval/request.ts';
import type { RequestState } from '../core/approval/states.ts';
import { canonical, type Json } from '../core/canonical.ts';
import { conflict, notFound } from '../core/errors.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

type Row = Tables['requests']['$inferSelect'];

const parsed = <Value>(text: string): Value => JSON.parse(text) as Value;
const parsedOrNull = <Value>(text: string | null): Value | null => (text === null ? null : parsed<Value>(text));
const written = (value: unknown): string => canonical(value as Json);
const writtenOrNull = (value: unknown): string | null => (value === null ? null : written(value));

export const requestOfRow = ({ host: _, ...row }: Row): Request => ({
  ...row,
  payload: parsed(row.payload),
  effect: parsedOrNull(row.effect),
  remarks: parsed(row.remarks),
  demand: parsedOrNull(row.demand),
  blockers: parsed(row.blockers),
  outcome: parsedOrNull(row.outcome),
});

const byId = statement('requests.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.requests).where(eq(t.requests.id, $.id)),
);

const byIdHeld = statement('requests.byIdHeld', (q, $: { id: string }, { t, hold }) =>
  hold(q.select().from(t.requests).where(eq(t.requests.id, $.id)).$dynamic()),
);

export async function findRequest(q: Handle, id: string): Promise<Request | undefined> {
  const [row] = await q.run(byId, { id });
  return row && requestOfRow(row);
}

/** The request, held to the end of the work. Throws not_found. */
export async function getRequest(tx: Tx, id: string): Promise<Request> {
  const [row] = await tx.run(byIdHeld, { id });
  if (!row) throw noSuchRequest(id);
  return requestOfRow(row);
}

export const noSuchRequest = (id: string) =>
  notFound(`There is no request ${id}.`, {
    reason: 'no_such_request',
    remedy: '`gaia list` shows the requests there are.',
  });

const insert = statement('requests.insert', (q, $: Row, { t }) =>
  q
    .insert(t.requests)
    .values({
      id: $.id,
      kind: $.kind,
      state: $.state,
      version: $.version,
      generation: $.generation,
      title: $.title,
      reason: $.reason,
      askedBy: $.askedBy,
      ownerId: $.ownerId,
      payload: $.payload,
      effect: $.effect,
      effectDigest: $.effectDigest,
      digest: $.digest,
      remarks: $.remarks,
      tier: $.tier,
      demand: $.demand,
      policyDigest: $.policyDigest,
      blockers: $.blockers,
      mode: $.mode,
      host: $.host,
      isTest: $.isTest,
      supersedes: $.supersedes,
      grantId: $.grantId,
      agentRunId: $.agentRunId,
      joins: $.joins,
      createdAt: $.createdAt,
      expiresAt: $.expiresAt,
      shownAt: $.shownAt,
      decidedAt: $.decidedAt,
      effectBy: $.effectBy,
      endedAt: $.endedAt,
      endCode: $.endCode,
      endText: $.endText,
      answer: $.answer,
      outcome: $.outcome,
      traceId: $.traceId,
    })
    .onConflictDoNothing()
    .returning({ id: t.requests.id }),
);

/** False where the id is taken: ids are short, so the caller draws another. */
export async function insertRequest(tx: Tx, request: Request): Promise<boolean> {
  const rows = await tx.run(insert, {
    ...request,
    host: request.effect?.kind === 'command' ? request.effect.command.host : null,
    payload: written(request.payload),
    effect: writtenOrNull(request.effect),
    remarks: written(request.remarks),
    demand: writtenOrNull(request.demand),
    blockers: written(request.blockers),
    outcome: writtenOrNull(request.outcome),
  });
  return rows.length === 1;
}

type Changeable = Pick<
  Row,
  | 'id'
  | 'state'
  | 'version'
  | 'joins'
  | 'shownAt'
  | 'decidedAt'
  | 'effectBy'
  | 'endedAt'
  | 'endCode'
  | 'endText'
  | 'answer'
  | 'outcome'
  | 'blockers'
> & { from: number };

const save = statement('requests.save', (q, $: Changeable, { t }) =>
  q
    .update(t.requests)
    .set({
      state: $.state,
      version: $.version,
      joins: $.joins,
      shownAt: $.shownAt,
      decidedAt: $.decidedAt,
      effectBy: $.effectBy,
      endedAt: $.endedAt,
      endCode: $.endCode,
      endText: $.endText,
      answer: $.answer,
      outcome: $.outcome,
      blockers: $.blockers,
    })
    .where(and(eq(t.requests.id, $.id), eq(t.requests.version, $.from)))
    .returning({ id: t.requests.id }),
);

/**
 * Writes the next version of a request over the one it was made from, or throws conflict and nothing changes.
 * What was asked and what is approved are not among what can be written.
 */
export async function saveRequest(tx: Tx, request: Request): Promise<Request> {
  const next = { ...request, version: request.version + 1 };
  const { id, state, version, joins, shownAt, decidedAt, effectBy, endedAt, endCode, endText, answer } = next;
  const rows = await tx.run(save, {
    id,
    state,
    version,
    joins,
    shownAt,
    decidedAt,
    effectBy,
    endedAt,
    endCode,
    endText,
    answer,
    outcome: writtenOrNull(next.outcome),
    blockers: written(next.blockers),
    from: request.version,
  });
  if (rows.length === 0) {
    throw conflict(`Request ${id} changed in the meantime.`, {
      reason: 'version_conflict',
      remedy: 'Look at it again.',
    });
  }
  return next;
}

const saveApproved = statement(
  'requests.saveGranted',
  (q, $: Pick<Row, 'id' | 'state' | 'decidedAt' | 'effectBy' | 'grantId'>, { t }) =>
    q
      .update(t.requests)
      .set({ state: $.state, decidedAt: $.decidedAt, effectBy: $.effectBy, grantId: $.grantId })
      .where(eq(t.requests.id, $.id)),
);

/** Approves a request under a grant, in the work that inserted it: it never was another version. */
export async function saveGranted(tx: Tx, request: Request): Promise<Request> {
  const { id, state, decidedAt, effectBy, grantId } = request;
  await tx.run(saveApproved, { id, state, decidedAt, effectBy, grantId });
  return request;
}

const pendingTwin = statement('requests.pendingTwin', (q, $: { askedBy: string; effectDigest: string }, { t, hold }) =>
  hold(
    q
      .select()
      .from(t.requests)
      .where(
        and(
          eq(t.requests.askedBy, $.askedBy),
          eq(t.requests.effectDigest, $.effectDigest),
          eq(t.requests.state, 'pending'),
        ),
      )
      .limit(1)
      .$dynamic(),
  ),
);

/** The pending request of this asker with the same effect, held. */
export async function findPendingTwin(tx: Tx, askedBy: string, effectDigest: string): Promise<Request | undefined> {
  const [row] = await tx.run(pendingTwin, { askedBy, effectDigest });
  return row && requestOfRow(row);
}

const openStates: RequestState[] = ['pending', 'approved', 'executing', 'unknown'];

const open = statement('requests.open', (q, $: { askedBy: string }, { t }) =>
  q
    .select({ open: count() })
    .from(t.requests)
    .where(and(eq(t.requests.askedBy, $.askedBy), inArray(t.requests.state, openStates))),
);

/** How many requests of this asker are open. */
export const countOpen = async (q: Handle, askedBy: string): Promise<number> =>
  (await q.run(open, { askedBy }))[0]?.open ?? 0;

const newest = statement('requests.newest', (q, $: { askedBy: string }, { t }) =>
  q
    .select({ at: max(t.requests.createdAt) })
    .from(t.requests)
    .where(eq(t.requests.askedBy, $.askedBy)),
);

/** When this asker asked last. */
export const findNewestAt = async (q: Handle, askedBy: string): Promise<number | undefined> =>
  (await q.run(newest, { askedBy }))[0]?.at ?? undefined;

const since = statement('requests.since', (q, $: { askedBy: string; since: number }, { t }) =>
  q
    .select({ made: count() })
    .from(t.requests)
    .where(and(eq(t.requests.askedBy, $.askedBy), gte(t.requests.createdAt, $.since))),
);

/** How many requests this asker has made since an instant. */
export async function countSince(q: Handle, askedBy: string, instant: number): Promise<number> {
  const [row] = await q.run(since, { askedBy, since: instant });
  return row?.made ?? 0;
}

const overdue = statement('requests.overdue', (q, $: { now: number }, { t }) =>
  q
    .select({ id: t.requests.id })
    .from(t.requests)
    .where(
      or(
        and(eq(t.requests.state, 'pending'), lte(t.requests.expiresAt, $.now)),
        and(eq(t.requests.state, 'approved'), lte(t.requests.effectBy, $.now)),
      ),
    )
    .limit(100),
);

/** Ids of requests whose clock has run out, at most 100. */
export const listOverdue = async (q: Handle, now: number): Promise<string[]> =>
  (await q.run(overdue, { now })).map((row) => row.id);

const approved = statement('requests.approved', (q, _: object, { t }) =>
  q
    .select({ id: t.requests.id })
    .from(t.requests)
    .where(and(eq(t.requests.state, 'approved'), or(isNull(t.requests.mode), ne(t.requests.mode, 'client'))))
    .orderBy(asc(t.requests.createdAt), asc(t.requests.id))
    .limit(100),
);

/** Ids of approved requests that a Gaia begins itself, the oldest first, at most 100. */
export const listApproved = async (q: Handle): Promise<string[]> => (await q.run(approved, {})).map((row) => row.id);

const startable = statement('requests.startable', (q, $: { host: string }, { t }) =>
  q
    .select({ id: t.requests.id })
    .from(t.requests)
    .where(
      and(
        eq(t.requests.state, 'approved'),
        or(isNull(t.requests.mode), ne(t.requests.mode, 'client')),
        or(isNull(t.requests.host), eq(t.requests.host, $.host)),
      ),
    )
    .orderBy(asc(t.requests.createdAt), asc(t.requests.id))
    .limit(100),
);

/** Those that this host may start: what is approved for others never takes their places. */
export const listStartable = async (q: Handle, host: string): Promise<string[]> =>
  (await q.run(startable, { host })).map((row) => row.id);

const unreported = statement('requests.unreported', (q, _: object, { t }) =>
  q
    .select()
    .from(t.requests)
    .where(and(eq(t.requests.state, 'released'), eq(t.requests.endCode, 'released')))
    .orderBy(asc(t.requests.createdAt))
    .limit(100),
);

/** Requests whose agents run them themselves and have not reported, the oldest first, at most 100. */
export const listUnreported = async (q: Handle): Promise<Request[]> => (await q.run(unreported, {})).map(requestOfRow);

export interface RequestFilter {
  state?: RequestState;
  askedBy?: string;
  /** continue below this row of an earlier page */
  before?: { createdAt: number; id: string };
  limit: number;
}

/** Requests, the newest first. */
export async function listRequests(q: Handle, { state, askedBy, before, limit }: RequestFilter): Promise<Request[]> {
  const { requests } = q.t;
  const conditions: (SQL | undefined)[] = [
    state && eq(requests.state, state),
    askedBy ? eq(requests.askedBy, askedBy) : undefined,
    before &&
      or(
        lt(requests.createdAt, before.createdAt),
        and(eq(requests.createdAt, before.createdAt), lt(requests.id, before.id)),
      ),
  ];
  const rows = await q
    .select()
    .from(requests)
    .where(and(...conditions))
    .orderBy(desc(requests.createdAt), desc(requests.id))
    .limit(limit);
  return rows.map(requestOfRow);
}

const inbox = statement('requests.inbox', (q, $: { limit: number }, { t }) =>
  q
    .select()
    .from(t.requests)
    .where(eq(t.requests.state, 'pending'))
    .orderBy(asc(t.requests.createdAt), asc(t.requests.id))
    .limit($.limit),
);

/** Pending requests, the longest waiting first. */
export const listPending = async (q: Handle, limit: number): Promise<Request[]> =>
  (await q.run(inbox, { limit })).map(requestOfRow);

/** How many requests there are in each state that has any. */
export async function countByState(q: Handle): Promise<Partial<Record<RequestState, number>>> {
  const rows = await q
    .select({ state: q.t.requests.state, requests: count() })
    .from(q.t.requests)
    .groupBy(q.t.requests.state);
  return Object.fromEntries(rows.map((row) => [row.state, row.requests]));
}

const keyed = statement('idempotencyKeys.find', (q, $: { askedBy: string; key: string }, { t }) =>
  q
    .select()
    .from(t.idempotencyKeys)
    .where(and(eq(t.idempotencyKeys.askedBy, $.askedBy), eq(t.idempotencyKeys.key, $.key))),
);

const insertKeyed = statement(
  'idempotencyKeys.insert',
  (q, $: { askedBy: string; key: string; submissionDigest: string; requestId: string; createdAt: number }, { t }) =>
    q.insert(t.idempotencyKeys).values({
      askedBy: $.askedBy,
      key: $.key,
      submissionDigest: $.submissionDigest,
      requestId: $.requestId,
      createdAt: $.createdAt,
    }),
);

/** Which request a key of this asker stands for. */
export const findByKey = async (q: Handle, askedBy: string, key: string) => (await q.run(keyed, { askedBy, key }))[0];

export const keepKey = (
  tx: Tx,
  kept: { askedBy: string; key: string; submissionDigest: string; requestId: string; createdAt: number },
) => tx.run(insertKeyed, kept);
