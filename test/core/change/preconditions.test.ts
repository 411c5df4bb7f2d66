import { describe, expect, test } from 'vitest';
import { person } from '../../../src/core/access/actor.ts';
import {
  type ApprovalFacts,
  approvalBlockers,
  type WriteFacts,
  writeBlockers,
} from '../../../src/core/change/preconditions.ts';
import { defaultRepoRules } from '../../../src/core/change/rules.ts';
import type { Gate, Run } from '../../../src/core/change/run.ts';
import { aDemand, anInstant, aRequest, aVote } from '../../support/request.ts';

const sha = 'a'.repeat(40);
const run: Run = {
  id: 'g-7F3K2Q',
  version: 1,
  state: 'handoff_ready',
  epoch: 2,
  workspace: '/srv/work',
  remote: 'origin',
  repo: 'octo/app',
  head: 'gaia/run',
  base: 'main',
  headSha: sha,
  startedBy: 'agent:builder',
  ownerId: null,
  createdAt: anInstant,
  endedAt: null,
  endText: null,
};
const gate = (of: Partial<Gate> = {}): Gate => ({
  gate: 'verification',
  epoch: 2,
  verdict: 'PASS',
  headSha: sha,
  artifacts: [{ path: 'tests.xml', sha256: 'f'.repeat(64) }],
  recordedBy: 'agent:tester',
  ownerId: null,
  recordedAt: anInstant,
  ...of,
});
const review = { path: 'review.md', sha256: 'e'.repeat(64) };
const passed = [gate(), gate({ gate: 'internal_review', artifacts: [review] })];
const hashes = { 'tests.xml': 'f'.repeat(64), 'review.md': 'e'.repeat(64) };
const facts = (of: Partial<WriteFacts> = {}): WriteFacts => ({
  target: { kind: 'repo', repo: 'octo/app' },
  operations: [{ op: 'pr.update', number: 3, patch: [{ op: 'replace', path: '/title', value: 'A' }] }],
  rules: {
    repo: { ...defaultRepoRules('octo/app'), operations: ['pr.update', 'issue.create', 'commit_status.create'] },
  },
  settings: { mode: 'live', updaterEnabled: true, allowedRepos: ['Octo/App'], allowedProjects: [] },
  checkpoint: {
    highest: { number: 2, file: 'CHECKPOINT_2.md', sha256: 'c' },
    approvals: [{ number: 2, sha256: 'c', revokedAt: null }],
  },
  paused: false,
  targetId: 7,
  pinnedId: 7,
  run: { run, gates: passed, hashes },
  epoch: 2,
  headSha: sha,
  perChangeset: 10,
  ...of,
});
const codesOf = (of: Partial<WriteFacts> = {}, how = {}) => writeBlockers(facts(of), how).map(({ code }) => code);
const withRun = (of: Partial<Run>) => ({ run: { run: { ...run, ...of }, gates: passed, hashes } });

describe('a changeset may be written', () => {
  test('when all of it holds', () => expect(codesOf()).toEqual([]));

  test.each<[string, Partial<WriteFacts>, string]>([
    ['the transport is live', { settings: { ...facts().settings, mode: 'off' } }, 'transport_disabled'],
    ['the updater is enabled', { settings: { ...facts().settings, updaterEnabled: false } }, 'updater_disabled'],
    ['a checkpoint lies there', { checkpoint: { highest: undefined, approvals: [] } }, 'checkpoint_missing'],
    ['its checkpoint was approved', { checkpoint: { ...facts().checkpoint, approvals: [] } }, 'checkpoint_missing'],
    [
      'its checkpoint is unchanged',
      { checkpoint: { ...facts().checkpoint, approvals: [{ number: 2, sha256: 'd', revokedAt: null }] } },
      'checkpoint_changed',
    ],
    [
      'its checkpoint is not revoked',
      { checkpoint: { ...facts().checkpoint, approvals: [{ number: 2, sha256: 'c', revokedAt: 1 }] } },
      'checkpoint_revoked',
    ],
    ['Gaia is not paused', { paused: true }, 'paused'],
    ['the policy allows the operation', { rules: { repo: defaultRepoRules('octo/app') } }, 'operation_denied'],
    ['the policy knows the repository', { rules: undefined }, 'operation_denied'],
    ['the repository is listed', { settings: { ...facts().settings, allowedRepos: [] } }, 'repo_not_allowed'],
    ['the repository is the one it was', { targetId: 8 }, 'repo_identity_changed'],
    ['it names a run', { run: undefined }, 'workflow_context_missing'],
    ['its run has entered verification', withRun({ epoch: 0 }), 'workflow_context_missing'],
    ['its run is about this repository', withRun({ repo: 'octo/other' }), 'workflow_context_missing'],
    ['its run has not failed', withRun({ state: 'failed' }), 'workflow_context_missing'],
    ['it was made in the present epoch', { epoch: 1 }, 'epoch_stale'],
    ['it was made for the present commit', { headSha: 'b'.repeat(40) }, 'head_sha_mismatch'],
    ['verification has passed', { run: { run, gates: passed.slice(1), hashes } }, 'verification_not_passed'],
    [
      'verification has passed in this epoch',
      { run: { run, gates: [gate({ epoch: 1 }), passed[1]!], hashes } },
      'verification_not_passed',
    ],
    [
      'the last verdict is PASS',
      { run: { run, gates: [...passed, gate({ verdict: 'FAIL' })], hashes } },
      'verification_not_passed',
    ],
    ['internal review has passed', { run: { run, gates: passed.slice(0, 1), hashes } }, 'internal_review_not_passed'],
    [
      'the gates passed for this commit',
      { run: { run, gates: [gate({ headSha: 'b'.repeat(40) }), passed[1]!], hashes } },
      'head_sha_mismatch',
    ],
    ['the evidence is there', { run: { run, gates: passed, hashes: { 'tests.xml': null } } }, 'gate_artifact_missing'],
    [
      'the evidence is what it was',
      { run: { run, gates: passed, hashes: { 'tests.xml': 'e'.repeat(64) } } },
      'gate_artifact_corrupt',
    ],
    ['it is not too much at once', { perChangeset: 0 }, 'payload_too_large'],
  ])('when %s', (_, of, code) => expect(codesOf(of)).toContain(code));

  test('when several conditions fail, with all of them named', () =>
    expect(
      codesOf({
        paused: true,
        targetId: 8,
        settings: { mode: 'off', updaterEnabled: false, allowedRepos: [], allowedProjects: [] },
      }),
    ).toEqual(['transport_disabled', 'updater_disabled', 'paused', 'repo_not_allowed', 'repo_identity_changed']));

  test('in its own world without the first and the third condition, and it says what live would lack', () => {
    const local = {
      settings: { mode: 'local_fake' as const, updaterEnabled: false, allowedRepos: [], allowedProjects: [] },
    };
    expect(codesOf(local)).toEqual([]);
    expect(codesOf(local, { asLive: true })).toEqual(['transport_disabled', 'updater_disabled', 'repo_not_allowed']);
  });

  test('ungated without a run; a good status never', () => {
    const status = { op: 'commit_status.create' as const, sha, context: 'gaia/a', state: 'success' as const };
    expect(codesOf({ run: undefined, operations: [{ op: 'issue.create', title: 'A', body: 'B' }] })).toEqual([]);
    expect(codesOf({ run: undefined, operations: [status] })).toEqual(['workflow_context_missing']);
  });

  test('each blocker says what to do, where, and whether the world may cure it', () => {
    const [first] = writeBlockers(facts({ rules: undefined }));
    expect(first).toMatchObject({
      phase: 'submit',
      retryable: false,
      repo: 'octo/app',
      operation: { index: 0, op: 'pr.update' },
      evidence: [],
    });
    expect(first?.remedy).not.toBe('');
  });
});

describe('an approval', () => {
  const approved = aRequest({ kind: 'changeset', state: 'approved', effectBy: anInstant + 1_000 });
  const of = (more: Partial<ApprovalFacts>) =>
    approvalBlockers(
      {
        request: approved,
        votes: [aVote('111')],
        people: { approvers: ['111', '222'], operators: [] },
        demand: aDemand(),
        digestNow: approved.digest,
        now: anInstant,
        ...more,
      },
      {},
    ).map(({ code }) => code);

  test('counts while it is live, unused and by people who may decide', () => expect(of({})).toEqual([]));
  test.each<[string, Partial<ApprovalFacts>, string]>([
    ['of nothing', { request: undefined }, 'approval_missing'],
    ['of what was blocked', { request: { ...approved, state: 'blocked' } }, 'approval_missing'],
    ['that is awaited', { request: { ...approved, state: 'pending' } }, 'approval_pending'],
    ['that was denied', { request: { ...approved, state: 'denied' } }, 'approval_denied'],
    ['that has run out', { now: anInstant + 1_000 }, 'approval_expired'],
    ['that was used', { request: { ...approved, state: 'executed' } }, 'approval_used'],
    ['of something else', { digestNow: '0'.repeat(64) }, 'approval_digest_mismatch'],
    ['on another digest', { votes: [aVote('111', { digest: '0'.repeat(64) })] }, 'approval_digest_mismatch'],
    ['by somebody who may not', { votes: [aVote('333')] }, 'approver_not_allowed'],
    ['by the asker', { request: { ...approved, askedBy: person('111') } }, 'self_approval'],
    ['by too few', { demand: aDemand({ approvals: 2 }) }, 'quorum_not_met'],
  ])('%s does not', (_, more, code) => expect(of(more)).toContain(code));
});
