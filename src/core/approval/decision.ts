import { localPerson, type People, person } from '../access/actor.ts';
import { conflict, forbidden, type GaiaError, invalid } from '../errors.ts';
import type { Demand } from '../policy/types.ts';
import type { Request } from './request.ts';
import { isEnd, type Move } from './states.ts';

export const verdicts = ['approve', 'deny', 'answer'] as const;
export type Verdict = (typeof verdicts)[number];

/** The one-tap reasons of a denial. */
export const denyReasons = ['wrong_target', 'too_risky', 'not_now', 'need_more_information', 'other'] as const;
export type DenyReason = (typeof denyReasons)[number];

/** How long the first tap on a request that asks for two is remembered. */
export const confirmWithinMs = 60_000;

/** What a person says, before anyone has looked at whether it counts. */
export interface Decision {
  requestId: string;
  personId: string;
  verdict: Verdict;
  /** the request digest the person was shown */
  digest: string;
  reason?: { code?: DenyReason; text?: string };
  answer?: string;
  confirm?: boolean;
  /** with an approval: the same agent may do exactly this again without asking, within the limits of a grant */
  allow?: boolean;
}

/** A verdict that counts, as recorded. */
export interface Vote {
  personId: string;
  verdict: Verdict;
  digest: string;
  reasonCode: string | null;
  reasonText: string | null;
  answer: string | null;
  source: string;
  decidedAt: number;
}

export type Ruling =
  | { kind: 'refused'; because: GaiaError }
  /** the same person said the same before: nothing changes, and that is fine */
  | { kind: 'repeated'; vote: Vote }
  /** the first of two acts; the second must come before `confirmBy` */
  | { kind: 'to_confirm'; confirmBy: number }
  | {
      kind: 'counts';
      vote: Omit<Vote, 'source'>;
      changesMind: boolean;
      move?: Extract<Move, 'approve' | 'deny' | 'answer'>;
    };

export interface DecisionFacts {
  request: Request;
  votes: readonly Vote[];
  people: People;
  /** the remembered first act of this person on this request, where there is one */
  confirmation?: { digest: string; confirmBy: number };
  /** a secret was recognised in the answer; it would be kept and shown for good */
  answerHoldsSecret?: boolean;
  now: number;
}

/** Whether a person may decide this request at all; undefined when they may. */
export function mayNotDecide(
  request: { askedBy: string; approvers: readonly string[] | null },
  personId: string,
  people: People,
): GaiaError | undefined {
  if (!people.approvers.includes(personId)) {
    return forbidden('You are not an approver of this Gaia.', {
      reason: 'not_an_approver',
      remedy: 'Ask whoever runs it to add your id to the approvers.',
    });
  }
  if (request.askedBy === person(personId)) {
    return forbidden('You asked for this yourself; someone else must decide.', {
      reason: 'own_request',
      remedy: 'Ask another approver.',
    });
  }
  const named = request.approvers;
  if (named && !named.includes(personId)) {
    return forbidden('The policy names other people for this request.', {
      reason: 'not_named',
      remedy: `It may be decided by: ${named.join(', ')}.`,
    });
  }
  return undefined;
}

/** What of a request says who may decide it. */
export const deciders = ({ askedBy, demand }: Pick<Request, 'askedBy' | 'demand'>) => ({
  askedBy,
  approvers: demand?.approvers ?? null,
});

/** Judges one decision against everything known at this instant. Pure: the caller records what it says. */
export function ruleOn(decision: Decision, facts: DecisionFacts): Ruling {
  const { request, votes, people, confirmation, now } = facts;
  const refuse = (because: GaiaError): Ruling => ({ kind: 'refused', because });

  const barred = mayNotDecide(deciders(request), decision.personId, people);
  if (barred) return refuse(barred);

  const own = votes.find((vote) => vote.personId === decision.personId);
  if (own && says(own, decision) && own.digest === decision.digest) return { kind: 'repeated', vote: own };
  if (request.state !== 'pending') return refuse(alreadySettled(request, votes));
  if (now >= request.expiresAt) return refuse(expired(request));

  if (request.digest === null || decision.digest !== request.digest) {
    return refuse(otherDigest());
  }
  const misfit = verdictMisfit(decision, request);
  if (misfit) return refuse(misfit);
  if (facts.answerHoldsSecret) return refuse(secretAnswer());
  if (decision.verdict !== 'deny' && request.shownAt === null) {
    return refuse(
      conflict('This request has not been shown in full to anyone who may decide.', {
        reason: 'not_shown',
        remedy: 'Open its page in the console first.',
      }),
    );
  }
  if (decision.verdict !== 'deny' && request.demand?.confirm) {
    if (!decision.confirm) return { kind: 'to_confirm', confirmBy: now + confirmWithinMs };
    if (confirmation?.digest !== decision.digest || now >= confirmation.confirmBy) {
      return refuse(
        conflict('There is nothing to confirm: the first of the two acts is missing or more than 60 seconds old.', {
          reason: 'confirmation_missing',
          remedy: 'Decide once without confirming, then confirm within 60 seconds.',
        }),
      );
    }
  }

  const vote = {
    personId: decision.personId,
    verdict: decision.verdict,
    digest: decision.digest,
    reasonCode: decision.verdict === 'deny' ? (decision.reason?.code ?? 'other') : null,
    reasonText: decision.reason?.text ?? null,
    answer: decision.answer ?? null,
    decidedAt: now,
  };
  const changesMind = own !== undefined;
  if (decision.verdict === 'deny') return { kind: 'counts', vote, changesMind, move: 'deny' };
  if (decision.verdict === 'answer') return { kind: 'counts', vote, changesMind, move: 'answer' };
  const approving = [...votes.filter((v) => v.personId !== vote.personId && v.verdict === 'approve'), vote];
  return tally(approving, request, request.demand as Demand, people).enough
    ? { kind: 'counts', vote, changesMind, move: 'approve' }
    : { kind: 'counts', vote, changesMind };
}

export interface Tally {
  enough: boolean;
  /** people whose approval counts under these terms */
  counted: string[];
  /** what is missing, in words; empty when enough */
  missing: string;
}

/** Counts approvals under the given terms: only people who may decide, on the digest at hand. */
export function tally(
  votes: readonly { personId: string; verdict: string; digest: string }[],
  request: Pick<Request, 'askedBy' | 'ownerId' | 'digest'>,
  demand: Demand,
  people: People,
): Tally {
  const counted = votes
    .filter((vote) => vote.verdict === 'approve' && vote.digest === request.digest)
    .filter(
      (vote) =>
        mayNotDecide({ askedBy: request.askedBy, approvers: demand.approvers ?? null }, vote.personId, people) ===
        undefined,
    )
    // the local console's person is whoever sits there: nobody can tell them from one who approved already
    .filter(({ personId }) => demand.approvals <= 1 || personId !== localPerson)
    .map((vote) => vote.personId);
  const lacking = demand.approvals - counted.length;
  if (lacking > 0)
    return { enough: false, counted, missing: `${lacking} more ${lacking === 1 ? 'approval' : 'approvals'}` };
  if (demand.notOnlyOwner && counted.every((id) => id === request.ownerId)) {
    return { enough: false, counted, missing: 'the approval of someone who does not own the agent' };
  }
  return { enough: true, counted, missing: '' };
}

/** Whether the people there are could ever satisfy these terms; otherwise what is missing. */
export function unreachable(
  request: Pick<Request, 'askedBy' | 'ownerId'>,
  demand: Demand,
  people: People,
): string | undefined {
  const everyone = people.approvers.map((personId) => ({ personId, verdict: 'approve', digest: '' }));
  const { enough, missing } = tally(everyone, { ...request, digest: '' }, demand, people);
  return enough ? undefined : missing;
}

const says = (vote: Vote, decision: Decision): boolean =>
  vote.verdict === decision.verdict && vote.answer === (decision.answer ?? null);

function verdictMisfit(decision: Decision, request: Request): GaiaError | undefined {
  const isQuestion = request.kind === 'question';
  if (decision.verdict === 'approve' && isQuestion) {
    return invalid('A question is answered, not approved.', {
      reason: 'not_approvable',
      remedy: 'Send the verdict “answer”.',
    });
  }
  if (decision.verdict !== 'answer') return undefined;
  if (!isQuestion) {
    return invalid('Only a question can be answered.', {
      reason: 'not_answerable',
      remedy: 'Send “approve” or “deny”.',
    });
  }
  if (!decision.answer)
    return invalid('The answer is missing.', { faults: [{ field: 'answer', message: 'is required' }] });
  const choices = request.effect?.kind === 'question' ? request.effect.question.choices : undefined;
  if (choices && !choices.includes(decision.answer)) {
    return invalid('That is not one of the choices.', {
      faults: [{ field: 'answer', message: `must be one of: ${choices.join(', ')}` }],
    });
  }
  return undefined;
}

export const otherDigest = (): GaiaError =>
  conflict('What you were shown is not what this request says now.', {
    reason: 'digest_mismatch',
    remedy: 'Open the request again and decide on what you see then.',
  });

const secretAnswer = (): GaiaError =>
  invalid('The answer seems to hold a secret, and answers are kept and shown for good.', {
    reason: 'secret_detected',
    remedy: 'Put the secret where the agent can read it, and answer with the name of that place.',
  });

/** Tells the loser of a race, or a late comer, who won. */
export function alreadySettled(request: Request, votes: readonly Vote[]): GaiaError {
  const decisive = decisiveVerdict(request.state);
  const by = votes.filter((vote) => vote.verdict === decisive).map((vote) => vote.personId);
  const ended = isEnd(request.state) ? `It is ${request.state}` : `It is already ${request.state}`;
  return conflict(`${ended}${by.length > 0 ? `, decided by ${by.join(', ')}` : ''}.`, {
    reason: 'already_settled',
    remedy: 'Nothing is left to decide here. The asker may ask again.',
    facts: { state: request.state, decidedBy: by, decidedAt: request.decidedAt ?? request.endedAt },
  });
}

/** The verdict that led to a state; undefined where no person decided. */
const decisiveVerdict = (state: Request['state']): Verdict | undefined => {
  if (state === 'denied') return 'deny';
  if (state === 'answered') return 'answer';
  return ['withdrawn', 'expired', 'blocked'].includes(state) ? undefined : 'approve';
};

const expired = (request: Request): GaiaError =>
  conflict('It expired before you decided.', {
    reason: 'expired',
    remedy: 'The asker may ask again.',
    facts: { state: 'expired', expiresAt: request.expiresAt },
  });
