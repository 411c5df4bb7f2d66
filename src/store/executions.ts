import { and, asc, count, eq, isNull, lt, or } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Execution = Tables['executions']['$inferSelect'];

const insert = statement(
  'executions.insert',
  (q, $: { requestId: string; place: string; effectDigest: string; startedAt: number }, { t }) =>
    q
      .insert(t.executions)
      .values({ requestId: $.requestId, place: $.place, effectDigest: $.effectDigest, startedAt: $.startedAt }),
);

/** Notes that an effect is about to start. A second one of the same request breaks the primary key. */
export const insertExecution = (
  tx: Tx,
  execution: { requestId: string; place: string; effectDigest: string; startedAt: number },
) => tx.run(insert, execution);

const byRequest = statement('executions.byRequest', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.executions).where(eq(t.executions.requestId, $.requestId)),
);

export const findExecution = async (q: Handle, requestId: string): Promise<Execution | undefined> =>
  (await q.run(byRequest, { requestId }))[0];

const openAt = statement('executions.openAt', (q, $: { place: string }, { t }) =>
  q
    .select()
    .from(t.executions)
    .where(and(eq(t.executions.place, $.place), isNull(t.executions.settledAt)))
    .orderBy(asc(t.executions.startedAt))
    .limit(200),
);

/** What this place has started and whose outcome is not recorded, the oldest first. */
export const listOpenExecutions = (q: Handle, place: string): Promise<Execution[]> => q.run(openAt, { place });

const equalOpen = statement('executions.equalOpen', (q, $: { effectDigest: string }, { t }) =>
  q
    .select({ requestId: t.executions.requestId })
    .from(t.executions)
    .where(and(eq(t.executions.effectDigest, $.effectDigest), isNull(t.executions.settledAt)))
    .limit(1),
);

const unwatched = statement('executions.unwatched', (q, $: { before: number }, { t }) =>
  q
    .select({ requestId: t.executions.requestId })
    .from(t.executions)
    .where(
      and(
        isNull(t.executions.settledAt),
        lt(t.executions.startedAt, $.before),
        or(isNull(t.executions.seenAt), lt(t.executions.seenAt, $.before)),
      ),
    )
    .limit(100),
);

/** Ids of what was started before an instant, has no outcome, and was not looked after since. */
export const listUnwatched = async (q: Handle, before: number): Promise<string[]> =>
  (await q.run(unwatched, { before })).map(({ requestId }) => requestId);

/** The request whose equal effect lives, or may live. */
export const findEqualOpen = async (q: Handle, effectDigest: string): Promise<string | undefined> =>
  (await q.run(equalOpen, { effectDigest }))[0]?.requestId;

const running = statement('executions.running', (q, $: { place: string }, { t }) =>
  q
    .select({ running: count() })
    .from(t.executions)
    .innerJoin(t.requests, eq(t.requests.id, t.executions.requestId))
    .where(and(eq(t.executions.place, $.place), isNull(t.executions.settledAt), eq(t.requests.state, 'executing'))),
);

/** How many commands run at a place. */
export const countRunning = async (q: Handle, place: string): Promise<number> =>
  (await q.run(running, { place }))[0]?.running ?? 0;

/** Ids of requests that are executing anywhere. */
export const listExecuting = async (q: Handle): Promise<string[]> =>
  (
    await q
      .select({ id: q.t.requests.id })
      .from(q.t.requests)
      .where(and(eq(q.t.requests.state, 'executing'), eq(q.t.requests.kind, 'command')))
      .orderBy(asc(q.t.requests.createdAt))
  ).map(({ id }) => id);

export const saveExecution = (
  tx: Tx,
  {
    requestId,
    ...changed
  }: Pick<Execution, 'requestId'> &
    Partial<Pick<Execution, 'seenAt' | 'stopAskedAt' | 'stopAskedBy' | 'remindedAt' | 'settledAt'>>,
) => tx.update(tx.t.executions).set(changed).where(eq(tx.t.executions.requestId, requestId));
