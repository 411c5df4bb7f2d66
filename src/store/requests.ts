import { and, eq } from 'drizzle-orm';
import type { Request } from '../core/approval/request.ts';
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
