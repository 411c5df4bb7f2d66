import type { Vote } from '../../src/core/approval/decision.ts';
import type { Request } from '../../src/core/approval/request.ts';
import type { Demand } from '../../src/core/policy/types.ts';

export const aDigest = 'd'.repeat(64);
export const anInstant = Date.UTC(2026, 10, 21, 9, 0, 0);

/** What the tier `normal` asks for. */
export const aDemand = (of: Partial<Demand> = {}): Demand => ({
  tier: 'normal',
  approvals: 1,
  confirm: false,
  notOnlyOwner: false,
  ttlSeconds: 1_800,
  effectBySeconds: 900,
  rules: ['a person decides on every request'],
  ...of,
});

/** A pending, shown request for a question unless told otherwise. */
export function aRequest(of: Partial<Request> = {}): Request {
  return {
    id: 'r-7F3K2Q',
    kind: 'question',
    state: 'pending',
    version: 1,
    generation: 1,
    title: null,
    reason: null,
    askedBy: 'agent:builder',
    ownerId: null,
    payload: { kind: 'question', question: { text: 'May I?' } },
    effect: { v: 1, kind: 'question', isTest: false, question: { text: 'May I?' } },
    effectDigest: 'e'.repeat(64),
    digest: aDigest,
    remarks: { unbound: [], notes: [] },
    tier: 'normal',
    demand: aDemand(),
    policyDigest: 'f'.repeat(64),
    blockers: [],
    mode: null,
    isTest: false,
    supersedes: null,
    grantId: null,
    agentRunId: null,
    joins: 0,
    createdAt: anInstant,
    expiresAt: anInstant + 1_800_000,
    shownAt: anInstant,
    decidedAt: null,
    effectBy: null,
    endedAt: null,
    endCode: null,
    endText: null,
    answer: null,
    outcome: null,
    traceId: 'trace-1',
    ...of,
  };
}

export const aVote = (personId: string, of: Partial<Vote> = {}): Vote => ({
  personId,
  verdict: 'approve',
  digest: aDigest,
  reasonCode: null,
  reasonText: null,
  answer: null,
  source: 'console',
  decidedAt: anInstant,
  ...of,
});
