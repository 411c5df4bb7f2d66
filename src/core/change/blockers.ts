import type { Blocker } from '../approval/blocker.ts';
import { nameOf, type Target } from './target.ts';

/** Why a write to GitHub may not proceed. Codes are permanent. */
const about = {
  transport_disabled: ['publish', true, 'Set GITHUB_TRANSPORT=live (runbooks/github-live.md), then start Gaia again.'],
  updater_disabled: [
    'publish',
    true,
    'Set ENABLE_REMOTE_UPDATER=true (runbooks/github-live.md), then start Gaia again.',
  ],
  checkpoint_missing: ['publish', true, 'Write one and have it approved: `gaia github checkpoint create`.'],
  checkpoint_changed: [
    'publish',
    true,
    'Have the file approved as it is now: `gaia github checkpoint create --again`.',
  ],
  checkpoint_revoked: ['publish', true, 'Have a new checkpoint approved: `gaia github checkpoint create`.'],
  paused: ['publish', true, 'An operator can type `gaia resume`.'],
  operation_denied: [
    'submit',
    false,
    'The administrator can allow it under `github:` in the policy (runbooks/github-live.md).',
  ],
  operation_forbidden: ['submit', false, 'Do it yourself on GitHub, if it must be done.'],
  route_unmapped: ['publish', false, 'Report this: Gaia was about to call something that no operation is mapped to.'],
  repo_not_allowed: [
    'submit',
    false,
    'The administrator can add it to GITHUB_ALLOWED_REPOS or GITHUB_ALLOWED_PROJECTS.',
  ],
  host_mismatch: ['publish', false, 'Check GITHUB_API_URL; Gaia trusts no other host.'],
  repo_identity_changed: ['publish', false, 'Find out who renamed or replaced it; then allow it by its new name.'],
  branch_incomplete: ['submit', false, 'Name head and base, and the run that they belong to.'],
  branch_not_allowed: ['submit', false, 'Use a branch that the policy lists for this repository.'],
  head_protected: ['submit', false, 'Work on a branch of your own.'],
  head_equals_base: ['submit', false, 'Name two different branches.'],
  local_remote_mismatch: ['publish', true, 'Let the remote of the workspace point at this repository.'],
  head_sha_mismatch: ['publish', true, 'Push the commit that was verified, or verify again: `gaia github run verify`.'],
  head_ref_missing: ['publish', true, 'Push the branch.'],
  workflow_context_missing: ['submit', false, 'Start a run (`gaia github run start`) and name it as runId.'],
  epoch_stale: ['publish', false, 'Propose it again in the present epoch of the run.'],
  verification_not_passed: [
    'publish',
    true,
    'Have it recorded: `gaia github gate record RUN verification PASS --artifact FILE`.',
  ],
  internal_review_not_passed: [
    'publish',
    true,
    'Have it recorded: `gaia github gate record RUN internal_review PASS --artifact FILE`.',
  ],
  gate_artifact_missing: ['publish', true, 'Put the file back where the gate names it, or record the gate again.'],
  gate_artifact_corrupt: ['publish', true, 'The evidence is not what was recorded: verify again.'],
  intent_missing: ['publish', false, 'Propose it again; nothing was sent.'],
  intent_conflict: ['publish', true, 'Settle the other one first: `gaia github status` names it.'],
  approval_missing: ['publish', false, 'Propose it again.'],
  approval_pending: ['publish', true, 'Wait for the people who decide.'],
  approval_denied: ['publish', false, 'Read the reason, change it and propose it again.'],
  approval_expired: ['publish', false, 'Propose it again.'],
  approval_used: ['publish', false, 'Nothing needs to be done; an approval counts once.'],
  approval_digest_mismatch: ['publish', false, 'Propose it again.'],
  approver_not_allowed: ['publish', true, 'Someone who may decide must approve it.'],
  self_approval: ['publish', true, 'Someone other than the asker must approve it.'],
  quorum_not_met: ['publish', true, 'Wait for the approvals that are missing.'],
  payload_invalid: ['submit', false, 'Correct the named field and propose it again.'],
  payload_too_large: ['submit', false, 'Make it shorter, or propose it in parts.'],
  secret_detected: ['submit', false, 'Take the secret out. If it was real, treat it as leaked and renew it.'],
  mention_denied: ['submit', false, 'Leave the mentions out, or have the policy list them.'],
  closing_keyword: ['submit', false, 'Say it without a word that closes issues: write “part of #1”.'],
  label_not_allowed: ['submit', false, 'Use labels that exist there and that the policy lists.'],
  remote_changed: ['publish', false, 'Look at what changed and propose it again.'],
  remote_mismatch: ['publish', false, 'A person looks at what is there.'],
  remote_ambiguous: ['publish', false, 'A person looks at what is there, and removes what is double.'],
  remote_validation_failed: ['publish', false, 'Correct what GitHub named and propose it again.'],
  auth_failed: ['publish', false, 'Renew the token (runbooks/github-token.md).'],
  permission_denied: ['publish', false, 'Give the token the right that is named (runbooks/github-token.md).'],
  not_found: ['publish', false, 'Check the number, and whether the token may see it.'],
  rate_limited: ['publish', true, 'Nothing: Gaia goes on when the limit is over.'],
  secondary_rate_limited: ['publish', true, 'Nothing: Gaia goes on when the limit is over.'],
  timeout: ['publish', true, 'Nothing: Gaia looks again.'],
  network_unavailable: ['publish', true, 'Nothing: Gaia looks again.'],
  remote_unavailable: ['publish', true, 'Nothing: Gaia looks again.'],
  outcome_unknown: [
    'publish',
    false,
    'Look at GitHub, then choose: look again, send again, or resolve it (runbooks/github-unknown.md).',
  ],
  write_budget_exhausted: ['publish', true, 'Nothing: Gaia goes on when there is room. The policy sets the budgets.'],
  record_failed: ['publish', false, 'Gaia looks at GitHub again at its next start (runbooks/github-unknown.md).'],
  duplicate_detected: ['publish', false, 'Remove the one that is too many.'],
} as const satisfies Record<string, readonly [phase: Blocker['phase'], retryable: boolean, remedy: string]>;

export type BlockerCode = keyof typeof about;
export const blockerCodes = Object.keys(about) as BlockerCode[];

/** Where a blocker was met. */
export interface Where {
  /** the operation's place in the changeset, counted from 0, and its name */
  operation?: { index: number; op: string };
  target?: Target;
  epoch?: number | null;
}

export interface More {
  phase?: Blocker['phase'];
  retryable?: boolean;
  /** the instant from which another try makes sense */
  retryAfter?: number;
  remedy?: string;
  evidence?: string[];
}

/** One reason, with everything that helps to cure it. */
export function blocker(code: BlockerCode, message: string, where: Where = {}, more: More = {}): Blocker {
  const [phase, retryable, remedy] = about[code];
  return {
    code,
    phase: more.phase ?? phase,
    message,
    remedy: more.remedy ?? remedy,
    retryable: more.retryable ?? retryable,
    evidence: more.evidence ?? [],
    ...(where.operation && { operation: where.operation }),
    ...(where.target && { target: nameOf(where.target) }),
    ...(where.target?.kind === 'repo' && { repo: where.target.repo }),
    ...(where.epoch !== undefined && where.epoch !== null && { epoch: where.epoch }),
    ...(more.retryAfter !== undefined && { retryAfter: more.retryAfter }),
  };
}

/** Whether the world may still cure all of these. */
export const areRetryable = (blockers: readonly Blocker[]): boolean =>
  blockers.every(({ retryable }) => retryable === true);
