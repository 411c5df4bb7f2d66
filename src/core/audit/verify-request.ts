import { tally, type Vote } from '../approval/decision.ts';
import { type Effect, effectDigestOf, requestDigestOf } from '../approval/request.ts';
import { ends, isEnd, type RequestState, requestStates } from '../approval/states.ts';
import { canonical, type Json } from '../canonical.ts';
import type { Demand } from '../policy/types.ts';
import type { LogFault, LoggedEvent } from './verify.ts';

/** A request's row, its structured values as the text that is stored. */
export interface StoredRequest {
  id: string;
  kind: string;
  state: RequestState;
  generation: number;
  title: string | null;
  reason: string | null;
  askedBy: string;
  ownerId: string | null;
  effect: string | null;
  effectDigest: string | null;
  digest: string | null;
  tier: string | null;
  demand: string | null;
  policyDigest: string;
  blockers: string;
  mode: string | null;
  isTest: boolean;
  supersedes: string | null;
  agentRunId: string | null;
  expiresAt: number;
  shownAt: number | null;
  answer: string | null;
  outcome: string | null;
}

export interface RequestRecords {
  request: StoredRequest;
  votes: readonly Vote[];
  permit: { digest: string; takenAt: number | null } | undefined;
  /** every event about it, oldest first */
  events: readonly LoggedEvent[];
}

type Detail = Record<string, Json | undefined>;
/** A verified event with its detail read; empty where retention has dropped it. */
interface Told {
  seq: number;
  action: string;
  actor: string;
  detail: Detail | undefined;
}

/** Compares what the tables say of a request with what the verified log says of it. */
export function verifyRequest({ request, votes, permit, events }: RequestRecords): LogFault[] {
  const told: Told[] = events.map(({ seq, action, actor, detail }) => ({
    seq,
    action,
    actor,
    detail: detailOf(detail),
  }));
  const first = told.find(({ action }) => action === 'request.submitted' || action === 'request.blocked');
  if (first === undefined) {
    return [
      {
        code: 'row_unrecorded',
        seq: null,
        message: `Request ${request.id} stands in the database, and no event says that it was made.`,
      },
    ];
  }
  return [
    ...digestFaults(request),
    ...submissionFaults(request, first),
    ...stateFaults(request, told),
    ...voteFaults(request, votes, told),
    ...approvalFaults(request, permit, told),
  ];
}

const fault = (request: StoredRequest, seq: number | null, what: string): LogFault => ({
  code: 'row_disagrees',
  seq,
  message: `Request ${request.id}: ${what}.`,
});

/** The digests, computed again from what is stored. */
function digestFaults(request: StoredRequest): LogFault[] {
  const effect = parsedOrNothing(request.effect);
  const demand = parsedOrNothing(request.demand) as Demand | undefined;
  if (request.effect !== null && (effect === undefined || canonical(effect) !== request.effect)) {
    return [fault(request, null, 'its stored effect is not what Gaia writes')];
  }
  const faults: LogFault[] = [];
  const effectDigest = effect === undefined ? null : effectDigestOf(effect as unknown as Effect);
  if (effectDigest !== request.effectDigest)
    faults.push(fault(request, null, 'its effect digest does not fit its stored effect'));
  if (request.digest !== null && effectDigest !== null && demand !== undefined) {
    const { askedBy, ownerId } = request;
    if (requestDigestOf({ effectDigest, askedBy, ownerId, demand }) !== request.digest) {
      faults.push(fault(request, null, 'its digest does not fit its effect, asker and terms'));
    }
  }
  if (demand !== undefined && demand.tier !== request.tier)
    faults.push(fault(request, null, 'its tier does not fit its terms'));
  return faults;
}

/** What was said when it came in is what the row says. */
function submissionFaults(request: StoredRequest, { seq, actor, detail }: Told): LogFault[] {
  const faults: LogFault[] = [];
  if (actor !== request.askedBy)
    faults.push(fault(request, seq, `the log says that ${actor} asked, the record says ${request.askedBy}`));
  if (detail === undefined) return faults;
  const {
    kind,
    title,
    reason,
    ownerId: owner,
    isTest,
    mode,
    effectDigest,
    digest,
    policyDigest: policy,
    supersedes,
    agentRunId,
    expiresAt,
    generation,
  } = request;
  const plain = {
    kind,
    title,
    reason,
    owner,
    isTest,
    mode,
    effectDigest,
    digest,
    policy,
    supersedes,
    agentRunId,
    expiresAt,
    generation,
  };
  for (const [name, value] of Object.entries(plain)) {
    if (!same(detail[name], value))
      faults.push(fault(request, seq, `${name} is not what was recorded when it came in`));
  }
  const structured = {
    effect: request.effect,
    demand: request.demand,
    ...(request.state === 'blocked' && { blockers: request.blockers }),
  };
  for (const [name, text] of Object.entries(structured)) {
    if (!same(detail[name], text === null ? null : (parsedOrNothing(text) ?? undefined))) {
      faults.push(fault(request, seq, `${name} is not what was recorded when it came in`));
    }
  }
  return faults;
}

/** The state the events lead to. */
function stateFaults(request: StoredRequest, told: readonly Told[]): LogFault[] {
  const faults: LogFault[] = [];
  let state: RequestState | undefined;
  let last: Told | undefined;
  for (const event of told) {
    const next = stateAfter(event);
    if (next === undefined) continue;
    if (state !== undefined && isEnd(state))
      faults.push(fault(request, event.seq, `it was ${state}, which is final, and then ${next}`));
    state = next;
    last = event;
  }
  if (state !== request.state)
    faults.push(
      fault(request, last?.seq ?? null, `the log says that it is ${state}, the record says ${request.state}`),
    );
  if (
    last?.action === 'execution.finished' &&
    last.detail &&
    !same(last.detail.outcome, parsedOrNothing(request.outcome) ?? null)
  ) {
    faults.push(fault(request, last.seq, 'its outcome is not what was recorded'));
  }
  if (last?.action === 'request.answered' && last.detail && !same(last.detail.answer, request.answer)) {
    faults.push(fault(request, last.seq, 'its answer is not what was recorded'));
  }
  if (request.shownAt !== null && !told.some(({ action }) => action === 'request.shown')) {
    faults.push(fault(request, null, 'it counts as shown, and no event says so'));
  }
  return faults;
}

function stateAfter({ action, detail }: Told): RequestState | undefined {
  if (action === 'request.submitted') return 'pending';
  if (action === 'execution.started') return 'executing';
  if (action === 'execution.unknown') return 'unknown';
  if (action === 'execution.finished') {
    const outcome = detail?.outcome as { dryRun?: boolean; exitCode?: number | null } | undefined;
    return outcome === undefined || outcome.dryRun || outcome.exitCode === 0 ? 'executed' : 'failed';
  }
  const [, word] = /^request\.(\w+)$/.exec(action) ?? [];
  const named = requestStates.find((state) => state === word);
  return named === 'approved' || (ends as readonly string[]).includes(named ?? '') ? named : undefined;
}

/** Every vote is the last one that the log has of that person, and every person the log has voted. */
function voteFaults(request: StoredRequest, votes: readonly Vote[], told: readonly Told[]): LogFault[] {
  const recorded = lastVotes(told);
  const faults: LogFault[] = [];
  for (const vote of votes) {
    const event = recorded.get(vote.personId);
    if (event === undefined) {
      faults.push({
        code: 'row_unrecorded',
        seq: null,
        message: `Request ${request.id}: a decision of ${vote.personId} is stored that no event records.`,
      });
    } else if (event.detail) {
      const { verdict, digest, reasonCode, reasonText, answer, decidedAt } = event.detail;
      const said = { verdict, digest, reasonCode, reasonText, answer, decidedAt };
      const differing = Object.entries(said).find(([name, value]) => !same(value, vote[name as keyof Vote]));
      if (differing)
        faults.push(
          fault(request, event.seq, `the ${differing[0]} of ${vote.personId}'s decision is not what was recorded`),
        );
    }
  }
  for (const [personId, { seq }] of recorded) {
    if (!votes.some((vote) => vote.personId === personId)) {
      faults.push({
        code: 'row_missing',
        seq,
        message: `Request ${request.id}: the decision of ${personId} (event ${seq}) is gone.`,
      });
    }
  }
  return faults;
}

/** The last recorded decision of each person, by the person who acted: the detail may be gone, the actor never is. */
function lastVotes(told: readonly Told[]): Map<string, Told> {
  const last = new Map<string, Told>();
  for (const event of told) {
    if (event.action === 'decision.recorded') last.set(event.actor.replace(/^person:/, ''), event);
  }
  return last;
}

/** Nothing was approved without enough recorded approvals, and nothing took effect without its permit. */
function approvalFaults(request: StoredRequest, permit: RequestRecords['permit'], told: readonly Told[]): LogFault[] {
  const faults: LogFault[] = [];
  const approved = told.find(({ action }) => action === 'request.approved');
  const finished = told.find(({ action }) => action === 'execution.started' || action === 'execution.finished');
  const taken = told.find(({ action }) => action === 'permit.taken');
  const tookEffect = finished !== undefined || ['executing', 'executed', 'unknown'].includes(request.state);
  if (
    tookEffect &&
    (approved === undefined || taken === undefined || (finished !== undefined && taken.seq > finished.seq))
  ) {
    faults.push({
      code: 'not_approved',
      seq: finished?.seq ?? null,
      message: `Request ${request.id} took effect without an approval and a permit taken before it.`,
    });
  }
  if (approved !== undefined) {
    const missing = missingApprovals(
      request,
      told.filter(({ seq }) => seq < approved.seq),
    );
    if (missing !== '')
      faults.push({
        code: 'not_approved',
        seq: approved.seq,
        message: `Request ${request.id} was approved although there was missing: ${missing}.`,
      });
  }
  if ((permit !== undefined) !== told.some(({ action }) => action === 'permit.issued')) {
    faults.push(
      fault(request, approved?.seq ?? null, permit ? 'a permit is stored that no event records' : 'its permit is gone'),
    );
  } else if (permit && (permit.digest !== request.digest || (permit.takenAt !== null) !== (taken !== undefined))) {
    faults.push(fault(request, taken?.seq ?? null, 'its permit is not what was recorded'));
  }
  return faults;
}

function missingApprovals(request: StoredRequest, before: readonly Told[]): string {
  const demand = parsedOrNothing(request.demand) as Demand | undefined;
  if (demand === undefined) return 'the terms of its approval';
  const votes = [...lastVotes(before)].map(([personId, { detail }]) => ({
    personId,
    // Where retention has dropped the detail, that they decided is all that is left to check.
    verdict: detail === undefined ? 'approve' : String(detail.verdict),
    digest: detail === undefined ? (request.digest ?? '') : String(detail.digest),
  }));
  const people = { approvers: votes.map(({ personId }) => personId), operators: [] };
  return tally(votes, request, demand, people).missing;
}

const same = (one: unknown, other: unknown): boolean =>
  one !== undefined && other !== undefined && canonical(one as Json) === canonical(other as Json);

function parsedOrNothing(text: string | null): Json | undefined {
  if (text === null) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const detailOf = (detail: string | null): Detail | undefined => {
  const value = parsedOrNothing(detail);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Detail) : undefined;
};
