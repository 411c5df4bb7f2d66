import { digestOf, type Json } from '../canonical.ts';
import type { OperationResult, ResolvedChangeset, ResolvedCheckpoint, TransportMode } from '../change/changeset.ts';
import type { ResolvedCommand, Unbound } from '../command/command.ts';
import type { Demand, TierName } from '../policy/types.ts';
import type { Blocker } from './blocker.ts';
import type { RequestKind, RequestState } from './states.ts';
import type { QuestionInput, Submission } from './submission.ts';

/** Everything that will happen, with all it refers to looked up. Its canonical JSON is what the effect digest covers. */
export type Effect =
  | { v: 1; kind: 'command'; isTest: boolean; command: ResolvedCommand }
  | { v: 1; kind: 'question'; isTest: boolean; question: QuestionInput }
  | { v: 1; kind: 'changeset'; isTest: boolean; changeset: ResolvedChangeset }
  | { v: 1; kind: 'checkpoint'; isTest: boolean; checkpoint: ResolvedCheckpoint };

/** What stands beside the effect on the card: not approved, but good to know. */
export interface Remarks {
  unbound: Unbound[];
  notes: string[];
}

/** What came of it, for agents and cards. */
export interface Outcome {
  dryRun: boolean;
  exitCode: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  truncated: boolean;
  durationMs: number;
  /** names of files that were other ones at the end than at the start */
  changedDuringRun?: string[];
  /** the agent ran it itself and says so */
  statedByAgent?: boolean;
  /** of a changeset: how each operation came out, and where it went */
  operations?: OperationResult[];
  transport?: TransportMode;
}

/** A request as stored, its structured values read. Absent values are null, as in its row. */
export interface Request {
  id: string;
  kind: RequestKind;
  state: RequestState;
  /** rises with every change; a change is only written over the version it was made from */
  version: number;
  generation: number;
  title: string | null;
  reason: string | null;
  askedBy: string;
  ownerId: string | null;
  payload: Submission;
  effect: Effect | null;
  effectDigest: string | null;
  digest: string | null;
  remarks: Remarks;
  tier: TierName | null;
  demand: Demand | null;
  policyDigest: string;
  blockers: Blocker[];
  mode: 'dry_run' | 'real' | 'client' | null;
  isTest: boolean;
  supersedes: string | null;
  /** the grant it was approved under */
  grantId: string | null;
  agentRunId: string | null;
  joins: number;
  createdAt: number;
  expiresAt: number;
  shownAt: number | null;
  decidedAt: number | null;
  effectBy: number | null;
  endedAt: number | null;
  endCode: string | null;
  endText: string | null;
  answer: string | null;
  outcome: Outcome | null;
  traceId: string;
}

export const effectDigestOf = (effect: Effect): string => digestOf('effect', effect as unknown as Json);

/** What people approve: this effect, asked by this asker, on these terms. */
export const requestDigestOf = (of: {
  effectDigest: string;
  askedBy: string;
  ownerId: string | null;
  demand: Demand;
}): string => {
  const { tier, approvals, confirm, notOnlyOwner, approvers } = of.demand;
  return digestOf('request', {
    effect: of.effectDigest,
    requester: { askedBy: of.askedBy, owner: of.ownerId },
    tier: { name: tier, approvals, confirm, notOnlyOwner, approvers: approvers ?? null },
  });
};

/** The first 12 hexadecimal digits: what a card shows and a person compares. */
export const shortDigest = (digest: string): string => digest.slice(0, 12);
