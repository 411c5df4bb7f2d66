import { personOf } from '../access/actor.ts';
import type { Blocker } from '../approval/blocker.ts';
import { blocker, type Where } from './blockers.ts';

/** Work that leads to a handoff: verified and reviewed for one commit before anything about it is written. */
export const runStates = [
  'running',
  'verification',
  'internal_review',
  'fix_loop',
  'handoff_ready',
  'ready_for_manual_review',
  'blocked',
  'failed',
] as const;
export type RunState = (typeof runStates)[number];

export const gateNames = ['verification', 'internal_review'] as const;
export type GateName = (typeof gateNames)[number];
export const gateVerdicts = ['PASS', 'FAIL', 'BLOCKED'] as const;
export type GateVerdict = (typeof gateVerdicts)[number];

/** The whole life of a run. */
export const runMoves = {
  verify: {
    running: 'verification',
    fix_loop: 'verification',
    verification: 'verification',
    internal_review: 'verification',
    handoff_ready: 'verification',
    blocked: 'verification',
  },
  pass_verification: { verification: 'internal_review' },
  pass_review: { internal_review: 'handoff_ready' },
  fix: { verification: 'fix_loop', internal_review: 'fix_loop' },
  block: { verification: 'blocked', internal_review: 'blocked' },
  hand_off: { handoff_ready: 'ready_for_manual_review' },
  fail: {
    running: 'failed',
    verification: 'failed',
    internal_review: 'failed',
    fix_loop: 'failed',
    handoff_ready: 'failed',
    blocked: 'failed',
  },
} as const satisfies Record<string, Partial<Record<RunState, RunState>>>;
export type RunMove = keyof typeof runMoves;

export const runAfter = (move: RunMove, state: RunState): RunState | undefined =>
  (runMoves[move] as Partial<Record<RunState, RunState>>)[state];

/** Where a verdict leads a run. */
export function moveOf(gate: GateName, verdict: GateVerdict): RunMove {
  if (verdict === 'FAIL') return 'fix';
  if (verdict === 'BLOCKED') return 'block';
  return gate === 'verification' ? 'pass_verification' : 'pass_review';
}

export interface Artifact {
  /** absolute path, or relative to the workspace */
  path: string;
  sha256: string;
}

/** A verdict as recorded. */
export interface Gate {
  gate: GateName;
  epoch: number;
  verdict: GateVerdict;
  headSha: string;
  artifacts: Artifact[];
  recordedBy: string;
  ownerId: string | null;
  recordedAt: number;
}

export interface Run {
  id: string;
  version: number;
  state: RunState;
  /** rises with each entry into verification; 0 before the first */
  epoch: number;
  /** directory of the work, on Gaia's host */
  workspace: string;
  /** name of the git remote that must be the repository */
  remote: string;
  repo: string;
  head: string;
  base: string;
  /** the commit that the present epoch is about */
  headSha: string | null;
  startedBy: string;
  ownerId: string | null;
  createdAt: number;
  endedAt: number | null;
  endText: string | null;
}

/** The person behind a run: who started it, or the owner of the agent that did. */
export const ownerOfRun = ({ startedBy, ownerId }: Pick<Run, 'startedBy' | 'ownerId'>): string | null =>
  personOf(startedBy) ?? ownerId;

/** What is known of a run's gates now: the verdicts of its present epoch, and the artifacts as they lie there. */
export interface GateFacts {
  run: Run;
  gates: readonly Gate[];
  /** SHA-256 by path as hashed just now; null where there is no such file */
  hashes: Readonly<Record<string, string | null>>;
}

/** Why the gates of a run do not open for a commit; nothing where both have passed for it. */
export function gateBlockers({ run, gates, hashes }: GateFacts, where: Where): Blocker[] {
  const at = { ...where, epoch: run.epoch };
  return gateNames.flatMap((name) => {
    const gate = gates.filter((one) => one.gate === name && one.epoch === run.epoch).at(-1);
    const code = name === 'verification' ? 'verification_not_passed' : 'internal_review_not_passed';
    const words = name === 'verification' ? 'The verification' : 'The internal review';
    if (gate?.verdict !== 'PASS')
      return [blocker(code, `${words} of run ${run.id}, epoch ${run.epoch}, is ${gate?.verdict ?? 'PENDING'}.`, at)];
    if (gate.headSha !== run.headSha)
      return [blocker('head_sha_mismatch', `${words} passed for another commit (${gate.headSha.slice(0, 12)}).`, at)];
    if (gate.artifacts.length === 0)
      return [blocker('gate_artifact_missing', `${words} of run ${run.id} passed without evidence.`, at)];
    return gate.artifacts.flatMap(({ path, sha256 }) => {
      const now = hashes[path];
      if (now === sha256) return [];
      return now === undefined || now === null
        ? [blocker('gate_artifact_missing', `The evidence ${path} of ${name} is not there.`, at, { evidence: [path] })]
        : [
            blocker('gate_artifact_corrupt', `The evidence ${path} of ${name} is another file now.`, at, {
              evidence: [path, sha256, now],
            }),
          ];
    });
  });
}
