import { and, asc, count, desc, eq, isNull, lt, lte, ne, or, type SQL } from 'drizzle-orm';
import type { Request } from '../core/approval/request.ts';
import type { RequestState } from '../core/approval/states.ts';
import type { Handle } from './database.ts';
import { requestOfRow } from './requests.ts';
import { statement } from './statement.ts';

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
