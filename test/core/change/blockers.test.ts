import { expect, test } from 'vitest';
import { blocker, blockerCodes } from '../../../src/core/change/blockers.ts';

test('the codes of blockers are these for good', () =>
  expect(blockerCodes.join(' ')).toBe(
    'transport_disabled updater_disabled checkpoint_missing checkpoint_changed checkpoint_revoked paused operation_denied ' +
      'operation_forbidden route_unmapped repo_not_allowed host_mismatch repo_identity_changed branch_incomplete branch_not_allowed ' +
      'head_protected head_equals_base local_remote_mismatch head_sha_mismatch head_ref_missing workflow_context_missing epoch_stale ' +
      'verification_not_passed internal_review_not_passed gate_artifact_missing gate_artifact_corrupt intent_missing intent_conflict ' +
      'approval_missing approval_pending approval_denied approval_expired approval_used approval_digest_mismatch approver_not_allowed ' +
      'self_approval quorum_not_met payload_invalid payload_too_large secret_detected mention_denied closing_keyword label_not_allowed ' +
      'remote_changed remote_mismatch remote_ambiguous remote_validation_failed auth_failed permission_denied not_found rate_limited ' +
      'secondary_rate_limited timeout network_unavailable remote_unavailable outcome_unknown write_budget_exhausted record_failed ' +
      'duplicate_detected',
  ));

test.each(blockerCodes)('%s says what to do about it', (code) =>
  expect(blocker(code, 'So.').remedy).toMatch(/^[A-Z].*[.`)]$/),
);
