import type { Vote } from '../approval/decision.ts';
import { type Effect, effectDigestOf, requestDigestOf } from '../approval/request.ts';
import { ends, isEnd, type RequestState, requestStates } from '../approval/states.ts';
import { canonical, digestOfText } from '../canonical.ts';
import type { Demand } from '../policy/types.ts';
import { disagreements, parsedOrNothing, said, type Told, toldBy, unrecorded } from './told.ts';
import type { LogFault, LoggedEvent } from './verify.ts';
import { approvalFaults, voteFaults } from './verify-votes.ts';

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
  payload: string;
  remarks: string;
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
  grantId: string | null;
  agentRunId: string | null;
  createdAt: number;
  expiresAt: number;
  shownAt: number | null;
  decidedAt: number | null;
  effectBy: number | null;
  endedAt: number | null;
  endCode: string | null;
  endText: string | null;
  answer: string | null;
  outcome: string | null;
  traceId: string;
}

export interface StoredComment {
  author: string;
  text: string;
  source: string;
  at: number;
}

export interface RequestRecords {
  request: StoredRequest;
  votes: readonly Vote[];
  permit: { digest: string; issuedAt: number; takenAt: number | null } | undefined;
  /** what was said about it, oldest first */
  comments?: readonly StoredComment[];
  /** every event about it, oldest first */
  events: readonly LoggedEvent[];
  /** every event about the grant it was approved under, oldest first */
  grantEvents?: readonly LoggedEvent[];
}

/** Compares what the tables say of a request with what the verified log says of it. */
export function verifyRequest(records: RequestRecords): LogFault[] {
  const { request, votes, permit, comments = [], events, grantEvents = [] } = records;
  const told = toldBy(events);
  const first = told.find(({ action }) => action === 'request.submitted' || action === 'request.blocked');
  if (first === undefined) return [unrecorded(`Request ${request.id}`)];
  return [
    ...digestFaults(request),
    ...submissionFaults(request, first),
    ...stateFaults(request, told),
    ...voteFaults(request, votes, told),
    ...approvalFaults(request, permit, told, toldBy(grantEvents)),
    ...commentFaults(request, comments, told),
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
  if ((demand?.tier ?? null) !== request.tier) faults.push(fault(request, null, 'its tier does not fit its terms'));
  return faults;
}

/** What was said when it came in is what the row says. */
function submissionFaults(request: StoredRequest, first: Told): LogFault[] {
  const { seq, actor, traceId } = first;
  const written = (text: string | null) => (text === null ? null : parsedOrNothing(text));
  const faults =
    actor === request.askedBy
      ? []
      : [fault(request, seq, `the log says that ${actor} asked, the record says ${request.askedBy}`)];
  return faults.concat(
    disagreements(`Request ${request.id}`, seq, {
      kind: [request.kind, said(first, 'kind')],
      title: [request.title, said(first, 'title')],
      reason: [request.reason, said(first, 'reason')],
      owner: [request.ownerId, said(first, 'owner')],
      payload: [digestOfText('payload', request.payload), said(first, 'payloadDigest')],
      remarks: [digestOfText('remarks', request.remarks), said(first, 'remarksDigest')],
      effect: [written(request.effect), said(first, 'effect')],
      'effect digest': [request.effectDigest, said(first, 'effectDigest')],
      digest: [request.digest, said(first, 'digest')],
      demand: [written(request.demand), said(first, 'demand')],
      policy: [request.policyDigest, said(first, 'policy')],
      blockers: [written(request.blockers), said(first, 'blockers')],
      mode: [request.mode, said(first, 'mode')],
      'mark as a test': [request.isTest, said(first, 'isTest')],
      'request it replaces': [request.supersedes, said(first, 'supersedes')],
      'agent run': [request.agentRunId, said(first, 'agentRunId')],
      'time it was made': [request.createdAt, said(first, 'createdAt')],
      expiry: [request.expiresAt, said(first, 'expiresAt')],
      generation: [request.generation, said(first, 'generation')],
      trace: [request.traceId, traceId],
    }),
  );
}

/** Every comment is the one that was recorded, in its place. */
function commentFaults(request: StoredRequest, comments: readonly StoredComment[], told: readonly Told[]): LogFault[] {
  const recorded = told.filter(({ action }) => action === 'request.commented');
  if (comments.length !== recorded.length) {
    return [fault(request, null, `it has ${comments.length} comments, and the log tells of ${recorded.length}`)];
  }
  return comments.flatMap((comment, place) => {
    const event = recorded[place] as Told;
    return disagreements(`Request ${request.id}, comment ${place + 1}`, event.seq, {
      author: [comment.author, event.actor],
      text: [comment.text, said(event, 'text')],
      time: [comment.at, said(event, 'at')],
      door: [comment.source, event.source],
    });
  });
}

/** The state the events lead to. */
function stateFaults(request: StoredRequest, told: readonly Told[]): LogFault[] {
  const faults: LogFault[] = [];
  let state: RequestState | undefined;
  let last: Told | undefined;
  for (const event of told) {
    const next = stateAfter(event, request.state);
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
  return faults.concat(courseFaults(request, told, last));
}

/** When it was shown and decided, until when it might start, and how it ended. `last` led to its state. */
function courseFaults(request: StoredRequest, told: readonly Told[], last: Told | undefined): LogFault[] {
  const when = (action: string) => told.find((event) => event.action === action);
  const approved = when('request.approved');
  const ended = isEnd(request.state) ? last : undefined;
  const isAnswer = last?.action === 'request.answered';
  const reported = when('execution.reported');
  const outcomeBy = reported ?? when('execution.finished');
  const isSilent = when('execution.unreported') !== undefined && reported === undefined;
  return disagreements(`Request ${request.id}`, last?.seq ?? null, {
    'time it was shown': [request.shownAt, said(when('request.shown'), 'shownAt')],
    'time of its decision': [request.decidedAt, said(approved ?? ended, 'decidedAt')],
    'grant it was approved under': [request.grantId, said(approved, 'grant')],
    'time it must start by': [request.effectBy, said(approved, 'effectBy')],
    'time of its end': [request.endedAt, said(ended, 'endedAt')],
    'code of its end': [request.endCode, isSilent ? 'no_report' : said(reported ?? ended, 'code')],
    'text of its end': [request.endText, said(ended, 'text')],
    answer: [request.answer, said(isAnswer ? last : undefined, 'answer')],
    outcome: [
      request.outcome === null ? null : digestOfText('outcome', request.outcome),
      said(outcomeBy, 'outcomeDigest'),
    ],
  });
}

/** Where retention has dropped the detail that says how it ended, the record's word is taken for it. */
function stateAfter({ action, detail }: Told, recorded: RequestState): RequestState | undefined {
  if (action === 'request.submitted') return 'pending';
  if (action === 'execution.started') return 'executing';
  if (action === 'execution.unknown') return 'unknown';
  if (action === 'execution.finished' || action === 'execution.resolved') return endOf(detail, recorded);
  const [, word] = /^request\.(\w+)$/.exec(action) ?? [];
  const named = requestStates.find((state) => state === word);
  return named === 'approved' || (ends as readonly string[]).includes(named ?? '') ? named : undefined;
}

const endOf = (detail: Told['detail'], recorded: RequestState): RequestState => {
  if (detail === undefined) return recorded === 'failed' ? 'failed' : 'executed';
  return detail.state === 'failed' ? 'failed' : 'executed';
};
