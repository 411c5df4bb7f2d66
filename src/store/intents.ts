import { and, asc, count, desc, eq, gt, gte, inArray, lte, min, ne, or } from 'drizzle-orm';
import type { Blocker } from '../core/approval/blocker.ts';
import { canonical, type Json } from '../core/canonical.ts';
import type { AttemptOutcome, IntentState, OperationOutcome, Written } from '../core/change/states.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

type Row = Tables['intents']['$inferSelect'];

/** What is to be written, and how far that is. */
export interface Intent extends Omit<Row, 'written' | 'blocker' | 'state' | 'outcome'> {
  state: IntentState;
  outcome: OperationOutcome | null;
  written: Written | null;
  blocker: Blocker | null;
}

const ofRow = (row: Row): Intent => ({
  ...row,
  written: row.written === null ? null : (JSON.parse(row.written) as Written),
  blocker: row.blocker === null ? null : (JSON.parse(row.blocker) as Blocker),
});
const textOf = (value: unknown): string | null => (value === null ? null : canonical(value as Json));

const insert = statement('intents.insert', (q, $: Row, { t }) =>
  q
    .insert(t.intents)
    .values({
      id: $.id,
      requestId: $.requestId,
      place: $.place,
      op: $.op,
      target: $.target,
      runId: $.runId,
      key: $.key,
      heldKey: $.heldKey,
      payloadHash: $.payloadHash,
      state: $.state,
      attempts: $.attempts,
      looks: $.looks,
      sentAt: $.sentAt,
      dueAt: $.dueAt,
      outcome: $.outcome,
      written: $.written,
      blocker: $.blocker,
      createdAt: $.createdAt,
      settledAt: $.settledAt,
    })
    .onConflictDoNothing()
    .returning({ id: t.intents.id }),
);

/** False where another intent stands for the same key, or the id is taken. */
export const insertIntent = async (tx: Tx, intent: Intent): Promise<boolean> =>
  (await tx.run(insert, { ...intent, written: textOf(intent.written), blocker: textOf(intent.blocker) })).length === 1;

const save = statement(
  'intents.save',
  (q, $: Omit<Row, 'requestId' | 'place' | 'op' | 'target' | 'runId' | 'key' | 'payloadHash' | 'createdAt'>, { t }) =>
    q
      .update(t.intents)
      .set({
        heldKey: $.heldKey,
        state: $.state,
        attempts: $.attempts,
        looks: $.looks,
        sentAt: $.sentAt,
        dueAt: $.dueAt,
        outcome: $.outcome,
        written: $.written,
        blocker: $.blocker,
        settledAt: $.settledAt,
      })
      .where(eq(t.intents.id, $.id)),
);

/** Writes a held intent. */
export async function saveIntent(tx: Tx, intent: Intent): Promise<Intent> {
  const { id, heldKey, state, attempts, looks, sentAt, dueAt, outcome, settledAt } = intent;
  await tx.run(save, {
    id,
    heldKey,
    state,
    attempts,
    looks,
    sentAt,
    dueAt,
    outcome,
    settledAt,
    written: textOf(intent.written),
    blocker: textOf(intent.blocker),
  });
  return intent;
}

const byRequest = statement('intents.byRequest', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.intents).where(eq(t.intents.requestId, $.requestId)).orderBy(asc(t.intents.place)),
);
const byRequestHeld = statement('intents.byRequestHeld', (q, $: { requestId: string }, { t, hold }) =>
  hold(q.select().from(t.intents).where(eq(t.intents.requestId, $.requestId)).orderBy(asc(t.intents.place)).$dynamic()),
);
const holderOf = statement('intents.holderOf', (q, $: { key: string }, { t, hold }) =>
  hold(q.select().from(t.intents).where(eq(t.intents.heldKey, $.key)).$dynamic()),
);

/** The intents of a request, in the order of its operations. */
export const listIntents = async (q: Handle, requestId: string): Promise<Intent[]> =>
  (await q.run(byRequest, { requestId })).map(ofRow);

export const holdIntents = async (tx: Tx, requestId: string): Promise<Intent[]> =>
  (await tx.run(byRequestHeld, { requestId })).map(ofRow);

/** The intent that stands for a key, held. */
export async function findHolderOf(tx: Tx, key: string): Promise<Intent | undefined> {
  const [row] = await tx.run(holderOf, { key });
  return row && ofRow(row);
}

/** What was done under a key last, by another intent than this one. */
export async function findDoneBefore(q: Handle, { key, id }: Pick<Intent, 'key' | 'id'>): Promise<Intent | undefined> {
  const { intents } = q.t;
  const [row] = await q
    .select()
    .from(intents)
    .where(and(eq(intents.key, key), eq(intents.state, 'done'), ne(intents.id, id)))
    .orderBy(desc(intents.settledAt))
    .limit(1);
  return row && ofRow(row);
}

/** Intents that are neither done nor rejected, the oldest first, at most 200. */
export async function listOpenIntents(q: Handle): Promise<Intent[]> {
  const { intents } = q.t;
  const rows = await q
    .select()
    .from(intents)
    .where(inArray(intents.state, ['recorded', 'sent', 'unknown']))
    .orderBy(asc(intents.createdAt), asc(intents.place))
    .limit(200);
  return rows.map(ofRow);
}

export async function countIntentsByState(q: Handle): Promise<Partial<Record<IntentState, number>>> {
  const rows = await q
    .select({ state: q.t.intents.state, intents: count() })
    .from(q.t.intents)
    .groupBy(q.t.intents.state);
  return Object.fromEntries(rows.map((row) => [row.state, row.intents]));
}

export interface Attempt {
  id: string;
  intentId: string;
  number: number;
  target: string;
  payloadHash: string;
  startedAt: number;
  finishedAt: number | null;
  httpStatus: number | null;
  githubRequestId: string | null;
  outcome: AttemptOutcome;
  blocker: Blocker | null;
}

export async function insertAttempt(tx: Tx, attempt: Attempt): Promise<void> {
  await tx.insert(tx.t.attempts).values({ ...attempt, blocker: textOf(attempt.blocker) });
}

/** Records what became of an attempt, once. */
export async function finishAttempt(
  tx: Tx,
  { id, ...outcome }: Pick<Attempt, 'id' | 'finishedAt' | 'httpStatus' | 'githubRequestId' | 'outcome' | 'blocker'>,
): Promise<boolean> {
  const { attempts } = tx.t;
  const rows = await tx
    .update(attempts)
    .set({ ...outcome, blocker: textOf(outcome.blocker) })
    .where(and(eq(attempts.id, id), eq(attempts.outcome, 'sent')))
    .returning({ id: attempts.id });
  return rows.length === 1;
}

export async function listAttempts(q: Handle, intentId: string): Promise<Attempt[]> {
  const { attempts } = q.t;
  const rows = await q.select().from(attempts).where(eq(attempts.intentId, intentId)).orderBy(asc(attempts.number));
  return rows.map((row) => ({ ...row, blocker: row.blocker === null ? null : (JSON.parse(row.blocker) as Blocker) }));
}

/** Attempts that were sent since an instant, those that GitHub put off left out. */
export async function countAttemptsSince(q: Handle, since: number): Promise<number> {
  const { attempts } = q.t;
  const [row] = await q
    .select({ sent: count() })
    .from(attempts)
    .where(and(gte(attempts.startedAt, since), inArray(attempts.outcome, ['sent', 'done', 'rejected', 'unknown'])));
  return row?.sent ?? 0;
}

/** Writes that a run has used up of its budget: what is done, under way or unknown. */
export async function countRunWrites(q: Handle, runId: string): Promise<number> {
  const { intents } = q.t;
  const [row] = await q
    .select({ writes: count() })
    .from(intents)
    .where(and(eq(intents.runId, runId), gte(intents.attempts, 1)));
  return row?.writes ?? 0;
}

/** Requests that are looked after in one go. */
export const duePage = 100;

/** A request whose turn has come, and since when. */
export interface Due {
  requestId: string;
  dueAt: number;
}

/**
 * Requests whose next operation is due, those that have waited longest first, a page of them; `after`: the last of the page
 * before. What comes later in a changeset waits for what comes first, however long ago it was recorded.
 */
export async function listDueRequests(q: Handle, now: number, after?: Due): Promise<Due[]> {
  const { intents } = q.t;
  const first = q
    .select({ requestId: intents.requestId, place: min(intents.place).as('first_place') })
    .from(intents)
    .where(inArray(intents.state, ['recorded', 'sent', 'unknown']))
    .groupBy(intents.requestId)
    .as('first_open');
  return q
    .select({ requestId: intents.requestId, dueAt: intents.dueAt })
    .from(intents)
    .innerJoin(first, and(eq(intents.requestId, first.requestId), eq(intents.place, first.place)))
    .where(
      and(
        lte(intents.dueAt, now),
        after &&
          or(
            gt(intents.dueAt, after.dueAt),
            and(eq(intents.dueAt, after.dueAt), gt(intents.requestId, after.requestId)),
          ),
      ),
    )
    .orderBy(asc(intents.dueAt), asc(intents.requestId))
    .limit(duePage);
}
