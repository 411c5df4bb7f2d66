import { type People, person } from '../access/actor.ts';
import type { Blocker } from '../approval/blocker.ts';
import { mayNotDecide, tally, type Vote } from '../approval/decision.ts';
import type { Request } from '../approval/request.ts';
import type { Demand } from '../policy/types.ts';
import { blocker, type Where } from './blockers.ts';
import type { TransportMode } from './changeset.ts';
import { type Operation, type OperationName, writesOf } from './operations.ts';
import { needsGates, operationsIn, type RulesFor } from './rules.ts';
import { type GateFacts, gateBlockers } from './run.ts';
import { isLocal, nameOf, sameName, type Target } from './target.ts';

/** How Gaia may reach GitHub, as configured. */
export interface Settings {
  mode: TransportMode;
  updaterEnabled: boolean;
  /** only these, whatever the policy allows; empty: none */
  allowedRepos: readonly string[];
  allowedProjects: readonly string[];
}

/** The checkpoint with the highest number that lies in the data directory, and what was approved under that number. */
export interface CheckpointFacts {
  highest: { number: number; file: string; sha256: string } | undefined;
  approvals: readonly { number: number; sha256: string; revokedAt: number | null }[];
}

/** What is known before a write, gathered by others. */
export interface WriteFacts {
  target: Target;
  operations: readonly Operation[];
  rules: RulesFor;
  settings: Settings;
  checkpoint: CheckpointFacts;
  paused: boolean;
  /** the numeric id behind the name now, and the one pinned on first use; null where unknown */
  targetId: number | null;
  pinnedId: number | null;
  /** the run that the changeset names; undefined where it names none */
  run: GateFacts | undefined;
  /** the epoch that the changeset was made in */
  epoch: number | null;
  /** the commit that the changeset was made for */
  headSha: string | null;
  perChangeset: number;
}

/** One condition before a write. Its name completes “A changeset may be written when …”. */
interface Precondition {
  name: string;
  /** the first of the transport in Gaia's own world does not need it */
  onlyLive?: true;
  check(facts: WriteFacts, where: Where): Blocker[];
}

const whereOf = ({ operations, target }: WriteFacts, index: number): Where => ({
  target,
  operation: { index, op: (operations[index] as Operation).op },
});

const eachGated = (facts: WriteFacts, check: (where: Where, index: number) => Blocker[]): Blocker[] =>
  facts.operations.flatMap((operation, index) =>
    isGated(operation, facts.rules) ? check(whereOf(facts, index), index) : [],
  );

/** A good status says that both gates passed, so it needs them too. */
const isGated = (operation: Operation, rules: RulesFor): boolean =>
  needsGates(operation.op, rules) || (operation.op === 'commit_status.create' && operation.state === 'success');

export const preconditions: readonly Precondition[] = [
  {
    name: 'GitHub is connected, the updater is enabled and its checkpoint approved',
    onlyLive: true,
    check: ({ settings, checkpoint }, where) => [
      ...(settings.mode === 'live'
        ? []
        : [blocker('transport_disabled', `GITHUB_TRANSPORT is ${settings.mode}: nothing leaves this machine.`, where)]),
      ...(settings.updaterEnabled
        ? []
        : [blocker('updater_disabled', 'ENABLE_REMOTE_UPDATER is not true: nothing is written to GitHub.', where)]),
      ...checkpointBlockers(checkpoint, where),
    ],
  },
  {
    name: 'Gaia is not paused',
    check: ({ paused }, where) => (paused ? [blocker('paused', 'Gaia is paused: nothing new starts.', where)] : []),
  },
  {
    name: 'the policy allows its operations on its target',
    check: (facts) =>
      facts.operations.flatMap(({ op }, index) =>
        (operationsIn(facts.rules) as readonly OperationName[]).includes(op)
          ? []
          : [
              blocker(
                'operation_denied',
                `The policy does not allow ${op} on ${nameOf(facts.target)}.`,
                whereOf(facts, index),
              ),
            ],
      ),
  },
  {
    name: 'its target is on the list of this installation',
    onlyLive: true,
    check: ({ target, settings }, where) => {
      const [names, listed] =
        target.kind === 'repo' ? [settings.allowedRepos, target.repo] : [settings.allowedProjects, target.project];
      if (!isLocal(target) && names.some((name) => sameName(name, listed))) return [];
      return [
        blocker('repo_not_allowed', `${nameOf(target)} is not on the list of what this Gaia may write to.`, where),
      ];
    },
  },
  {
    name: 'its target is still the one it was',
    check: ({ target, targetId, pinnedId }, where) =>
      targetId !== null && pinnedId !== null && targetId !== pinnedId
        ? [
            blocker(
              'repo_identity_changed',
              `${nameOf(target)} is another one now (id ${targetId}, not ${pinnedId}).`,
              where,
              {
                evidence: [`pinned ${pinnedId}`, `found ${targetId}`],
              },
            ),
          ]
        : [],
  },
  {
    name: 'it belongs to a run, and to its present epoch',
    check: (facts) =>
      eachGated(facts, (where) => {
        const { run, epoch, headSha } = facts;
        if (run === undefined || run.run.epoch === 0)
          return [
            blocker('workflow_context_missing', 'This operation needs a run that has entered verification.', where),
          ];
        if (facts.target.kind === 'repo' && !sameName(run.run.repo, facts.target.repo))
          return [blocker('workflow_context_missing', `The run ${run.run.id} is about ${run.run.repo}.`, where)];
        const at = { ...where, epoch: run.run.epoch };
        if (run.run.state === 'failed')
          return [blocker('workflow_context_missing', `The run ${run.run.id} has failed.`, at)];
        if (epoch !== run.run.epoch)
          return [
            blocker('epoch_stale', `It was made in epoch ${epoch}, and the run is in epoch ${run.run.epoch}.`, at),
          ];
        return headSha === run.run.headSha
          ? []
          : [blocker('head_sha_mismatch', 'It was made for another commit than the run is about.', at)];
      }),
  },
  {
    name: 'verification and internal review have passed for this commit',
    check: (facts) => {
      const { run } = facts;
      return run === undefined ? [] : eachGated(facts, (where) => gateBlockers(run, where));
    },
  },
  {
    name: 'it keeps within the budget of one changeset',
    check: ({ operations, perChangeset }, where) => {
      const writes = operations.flatMap(writesOf).length;
      return writes > perChangeset
        ? [blocker('payload_too_large', `It makes ${writes} writes, and at most ${perChangeset} are allowed.`, where)]
        : [];
    },
  },
];

/** Everything that is in the way, in the order of the list; `asLive`: as if GitHub were connected. */
export function writeBlockers(facts: WriteFacts, { asLive = false } = {}): Blocker[] {
  const all = asLive || facts.settings.mode !== 'local_fake';
  return preconditions
    .filter(({ onlyLive }) => all || onlyLive !== true)
    .flatMap(({ check }) => check(facts, { target: facts.target }));
}

export function checkpointBlockers({ highest, approvals }: CheckpointFacts, where: Where): Blocker[] {
  if (highest === undefined)
    return [blocker('checkpoint_missing', 'No CHECKPOINT_<n>.md lies in the data directory.', where)];
  const { number, file, sha256 } = highest;
  const evidence = [file, sha256];
  const same = approvals.filter((one) => one.number === number);
  const approved = same.filter((one) => one.sha256 === sha256);
  if (approved.some(({ revokedAt }) => revokedAt === null)) return [];
  if (approved.length > 0) return [blocker('checkpoint_revoked', `${file} was revoked.`, where, { evidence })];
  if (same.length > 0)
    return [blocker('checkpoint_changed', `${file} was changed after it was approved.`, where, { evidence })];
  return [blocker('checkpoint_missing', `${file} was not approved by anyone.`, where, { evidence })];
}

/** What is known of the approval of a request. */
export interface ApprovalFacts {
  request: Request | undefined;
  votes: readonly Vote[];
  people: People;
  demand: Demand | null;
  /** the request digest as computed from what would be written now */
  digestNow: string | null;
  now: number;
}

/** What is wrong with an approval; nothing where it is live, unused and by enough people who may decide. */
export function approvalBlockers(
  { request, votes, people, demand, digestNow, now }: ApprovalFacts,
  where: Where,
): Blocker[] {
  if (
    request === undefined ||
    request.digest === null ||
    demand === null ||
    request.state === 'blocked' ||
    request.state === 'withdrawn'
  )
    return [blocker('approval_missing', 'Nobody has approved this.', where)];
  if (request.state === 'pending')
    return [
      blocker('approval_pending', 'It waits for a decision.', where),
      ...voteBlockers(request, votes, people, demand, where),
    ];
  if (request.state === 'denied') return [blocker('approval_denied', 'It was denied.', where)];
  if (
    request.state === 'expired' ||
    (request.effectBy !== null && now >= request.effectBy && request.state === 'approved')
  )
    return [blocker('approval_expired', 'Its approval has run out.', where)];
  if (request.state !== 'approved')
    return [blocker('approval_used', `Its approval was used: it is ${request.state}.`, where)];
  const blockers = voteBlockers(request, votes, people, demand, where);
  if (digestNow !== null && digestNow !== request.digest)
    blockers.push(blocker('approval_digest_mismatch', 'What was approved is not what would be written now.', where));
  return blockers;
}

function voteBlockers(
  request: Request,
  votes: readonly Vote[],
  people: People,
  demand: Demand,
  where: Where,
): Blocker[] {
  const approvals = votes.filter(({ verdict }) => verdict === 'approve');
  const blockers: Blocker[] = [];
  for (const { personId, digest } of approvals) {
    if (request.askedBy === person(personId))
      blockers.push(
        blocker('self_approval', `${personId} asked for this and cannot approve it.`, where, { evidence: [personId] }),
      );
    else if (mayNotDecide({ askedBy: request.askedBy, approvers: demand.approvers ?? null }, personId, people))
      blockers.push(
        blocker('approver_not_allowed', `${personId} may not decide this any more.`, where, { evidence: [personId] }),
      );
    if (digest !== request.digest)
      blockers.push(
        blocker('approval_digest_mismatch', `${personId} approved something else.`, where, { evidence: [digest] }),
      );
  }
  const { enough, missing } = tally(votes, request, demand, people);
  if (!enough && request.state === 'approved')
    blockers.push(blocker('quorum_not_met', `There is still missing: ${missing}.`, where));
  return blockers;
}
