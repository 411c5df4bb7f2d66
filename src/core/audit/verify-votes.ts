import { tally, type Vote } from '../approval/decision.ts';
import type { Demand } from '../policy/types.ts';
import { disagreements, parsedOrNothing, said, type Told } from './told.ts';
import type { LogFault } from './verify.ts';
import type { RequestRecords, StoredRequest } from './verify-request.ts';

/** Every vote is the last one that the log has of that person, and every person the log has voted. */
export function voteFaults(request: StoredRequest, votes: readonly Vote[], told: readonly Told[]): LogFault[] {
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
      continue;
    }
    faults.push(
      ...disagreements(`Request ${request.id}, the decision of ${vote.personId}`, event.seq, {
        verdict: [vote.verdict, said(event, 'verdict')],
        digest: [vote.digest, said(event, 'digest')],
        'kind of reason': [vote.reasonCode, said(event, 'reasonCode')],
        reason: [vote.reasonText, said(event, 'reasonText')],
        answer: [vote.answer, said(event, 'answer')],
        time: [vote.decidedAt, said(event, 'decidedAt')],
        door: [vote.source, event.source],
      }),
    );
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
export function approvalFaults(
  request: StoredRequest,
  permit: RequestRecords['permit'],
  told: readonly Told[],
  toldOfGrant: readonly Told[] = [],
): LogFault[] {
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
    const before = ({ seq }: Told) => seq < approved.seq;
    const missing =
      request.grantId === null
        ? missingApprovals(request, told.filter(before))
        : missingGrant(request, request.grantId, toldOfGrant.filter(before));
    if (missing !== '')
      faults.push({
        code: 'not_approved',
        seq: approved.seq,
        message: `Request ${request.id} was approved although there was missing: ${missing}.`,
      });
  }
  return [...faults, ...permitFaults(request, permit, told)];
}

function permitFaults(request: StoredRequest, permit: RequestRecords['permit'], told: readonly Told[]): LogFault[] {
  const issued = told.find(({ action }) => action === 'permit.issued');
  const taken = told.find(({ action }) => action === 'permit.taken');
  if (permit === undefined) {
    if (issued === undefined) return [];
    return [{ code: 'row_missing', seq: issued.seq, message: `Request ${request.id}: its permit is gone.` }];
  }
  if (issued === undefined) {
    return [
      {
        code: 'row_unrecorded',
        seq: null,
        message: `Request ${request.id}: a permit is stored that no event records.`,
      },
    ];
  }
  return disagreements(`Request ${request.id}, its permit`, taken?.seq ?? issued.seq, {
    digest: [permit.digest, request.digest],
    'time it was issued': [permit.issuedAt, said(issued, 'issuedAt')],
    'time it was taken': [permit.takenAt, said(taken, 'takenAt')],
  });
}

/** What a grant lacks to stand for the approval of this request; empty where it was given, fits, and still held. */
function missingGrant(request: StoredRequest, grantId: string, before: readonly Told[]): string {
  const given = before.find(({ action }) => action === 'grant.given');
  const used = before.findLast(({ action }) => action === 'grant.used');
  if (given === undefined) return `the grant ${grantId}`;
  const over = before.find(({ action }) => action === 'grant.revoked' || action === 'grant.expired');
  if (over !== undefined) return `a grant that was still in force (${grantId} ended at event ${over.seq})`;
  if (used === undefined || (used.detail && used.detail.request !== request.id))
    return `a recorded use of the grant ${grantId}`;
  if (given.detail === undefined) return ''; // retention has dropped what it was for
  const { agent, effectDigest, expiresAt, usesMax, givenBy } = given.detail;
  if (`agent:${agent}` !== request.askedBy || effectDigest !== request.effectDigest)
    return `a grant for this agent and this effect (${grantId} is for another)`;
  if (given.actor !== `person:${givenBy}`) return `a person who gave the grant ${grantId}`;
  if (typeof expiresAt !== 'number' || request.createdAt >= expiresAt)
    return `a grant that had not run out (${grantId})`;
  const uses = before.filter(({ action }) => action === 'grant.used').length;
  if (typeof usesMax !== 'number' || uses > usesMax) return `a grant with uses left (${grantId})`;
  const demand = parsedOrNothing(request.demand) as Demand | undefined;
  if (demand === undefined || typeof givenBy !== 'string') return 'the terms of its approval';
  const votes = [{ personId: givenBy, verdict: 'approve', digest: request.digest ?? '' }];
  return tally(votes, request, demand, { approvers: [givenBy], operators: [] }).missing;
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
