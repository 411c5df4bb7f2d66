import { and, asc, desc, eq, gte, isNull } from 'drizzle-orm';
import type { Verdict, Vote } from '../core/approval/decision.ts';
import type { DecisionTiming } from '../core/approval/figures.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

const ofRequest = statement('decisions.ofRequest', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.decisions).where(eq(t.decisions.requestId, $.requestId)).orderBy(asc(t.decisions.id)),
);

/** The votes on a request, one per person, in the order of each person's first. */
export const listVotes = (q: Handle, requestId: string): Promise<Vote[]> => q.run(ofRequest, { requestId });

/** The newest decisions since an instant, at most 5,000, with how long each took. */
export async function listTimings(q: Handle, since: number): Promise<DecisionTiming[]> {
  const { decisions, requests } = q.t;
  return q
    .select({
      personId: decisions.personId,
      askedAt: requests.createdAt,
      shownAt: requests.shownAt,
      decidedAt: decisions.decidedAt,
    })
    .from(decisions)
    .innerJoin(requests, eq(requests.id, decisions.requestId))
    .where(gte(decisions.decidedAt, since))
    .orderBy(desc(decisions.id))
    .limit(5_000);
}

type NewVote = {
  requestId: string;
  personId: string;
  verdict: Verdict;
  digest: string;
  reasonCode: string | null;
  reasonText: string | null;
  answer: string | null;
  source: string;
  decidedAt: number;
};

const insert = statement('decisions.insert', (q, $: NewVote, { t }) =>
  q.insert(t.decisions).values({
    requestId: $.requestId,
    personId: $.personId,
    verdict: $.verdict,
    digest: $.digest,
    reasonCode: $.reasonCode,
    reasonText: $.reasonText,
    answer: $.answer,
    source: $.source,
    decidedAt: $.decidedAt,
  }),
);

const replace = statement('decisions.replace', (q, $: NewVote, { t }) =>
  q
    .update(t.decisions)
    .set({
      verdict: $.verdict,
      digest: $.digest,
      reasonCode: $.reasonCode,
      reasonText: $.reasonText,
      answer: $.answer,
      source: $.source,
      decidedAt: $.decidedAt,
    })
    .where(and(eq(t.decisions.requestId, $.requestId), eq(t.decisions.personId, $.personId))),
);

/** Writes a person's vote on a request held by this work. */
export const saveVote = (tx: Tx, vote: NewVote, replaces: boolean) => tx.run(replaces ? replace : insert, vote);

const confirmationOf = statement('confirmations.find', (q, $: { requestId: string; personId: string }, { t }) =>
  q
    .select({ digest: t.confirmations.digest, confirmBy: t.confirmations.confirmBy })
    .from(t.confirmations)
    .where(and(eq(t.confirmations.requestId, $.requestId), eq(t.confirmations.personId, $.personId))),
);

export const findConfirmation = async (q: Handle, requestId: string, personId: string) =>
  (await q.run(confirmationOf, { requestId, personId }))[0];

const remember = statement(
  'confirmations.remember',
  (q, $: { requestId: string; personId: string; digest: string; confirmBy: number }, { t }) =>
    q
      .insert(t.confirmations)
      .values({ requestId: $.requestId, personId: $.personId, digest: $.digest, confirmBy: $.confirmBy })
      .onConflictDoUpdate({
        target: [t.confirmations.requestId, t.confirmations.personId],
        set: { digest: $.digest, confirmBy: $.confirmBy },
      }),
);

/** Remembers the first of two acts; a later first act replaces an earlier one. */
export const rememberFirstAct = (
  tx: Tx,
  act: { requestId: string; personId: string; digest: string; confirmBy: number },
) => tx.run(remember, act);

const forget = statement('confirmations.forget', (q, $: { requestId: string; personId: string }, { t }) =>
  q
    .delete(t.confirmations)
    .where(and(eq(t.confirmations.requestId, $.requestId), eq(t.confirmations.personId, $.personId))),
);

export const forgetFirstAct = (tx: Tx, act: { requestId: string; personId: string }) => tx.run(forget, act);

const issue = statement('permits.issue', (q, $: { requestId: string; digest: string; issuedAt: number }, { t }) =>
  q.insert(t.permits).values({ requestId: $.requestId, digest: $.digest, issuedAt: $.issuedAt }),
);

export const issuePermit = (tx: Tx, permit: { requestId: string; digest: string; issuedAt: number }) =>
  tx.run(issue, permit);

const take = statement('permits.take', (q, $: { requestId: string; digest: string; takenAt: number }, { t }) =>
  q
    .update(t.permits)
    .set({ takenAt: $.takenAt })
    .where(and(eq(t.permits.requestId, $.requestId), eq(t.permits.digest, $.digest), isNull(t.permits.takenAt)))
    .returning({ id: t.permits.id }),
);

/** True once per approval: whoever gets true may start the effect of exactly this digest. */
export const takePermit = async (
  tx: Tx,
  permit: { requestId: string; digest: string; takenAt: number },
): Promise<boolean> => (await tx.run(take, permit)).length === 1;
