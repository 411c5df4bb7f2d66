import { agentOf, personOf } from '../../core/access/actor.ts';
import type { Blocker } from '../../core/approval/blocker.ts';
import { type Effect, effectDigestOf, type Remarks } from '../../core/approval/request.ts';
import { canonical, type Json } from '../../core/canonical.ts';
import { blocker, type Where } from '../../core/change/blockers.ts';
import type { ResolvedChangeset, ResolvedOperation } from '../../core/change/changeset.ts';
import type { Allowed } from '../../core/change/content/markdown.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import { keyOf, payloadHashOf } from '../../core/change/marker.ts';
import { type ChangesetInput, changeLimits, type Operation, targetOf, writesOf } from '../../core/change/operations.ts';
import { type Settings, type WriteFacts, writeBlockers } from '../../core/change/preconditions.ts';
import { type RulesFor, rulesFor } from '../../core/change/rules.ts';
import { type GateFacts, ownerOfRun, type Run } from '../../core/change/run.ts';
import { isLocal, nameOf, sameName, type Target } from '../../core/change/target.ts';
import { findAgent } from '../../store/agents.ts';
import { listCheckpoints } from '../../store/checkpoints.ts';
import type { Tx } from '../../store/database.ts';
import { getInstallation } from '../../store/installation.ts';
import { findRun, listGates } from '../../store/runs.ts';
import { findLane } from '../../store/write-lanes.ts';
import type { App } from '../app.ts';
import type { LookedUp } from '../look-ups.ts';
import { type LookContext, type Looked, textsThatGoOut } from './looks/look.ts';
import { lookAt } from './looks/look-at.ts';
import type { GitHubSide, TextReader } from './port.ts';
import { unreadBlocker } from './unread.ts';

/** The key of a lane: names are the same in any case. */
export const laneOf = (target: Target): string =>
  (target.kind === 'repo' ? target.repo : `project:${target.project}`).toLowerCase();

/** Who asks for the writes; nobody where a policy is only explained. */
export type AskedBy = string | undefined;

/** A changeset held against the world: what it would write, and everything that is in the way. */
export interface Standing {
  changeset: ResolvedChangeset | undefined;
  blockers: Blocker[];
  /** a text of it could not be read to its end, after as long as that may take */
  isUnread?: true;
}

/** The effect a changeset would have now; a submit that only a new request cures is blocked. */
export async function lookUpChangeset(
  app: App,
  input: ChangesetInput,
  isTest: boolean,
  asker: AskedBy,
): Promise<LookedUp> {
  const { changeset, blockers } = await standingOf(app, input, asker);
  if (changeset === undefined) return { blockers: blockers.map((one) => ({ ...one, phase: 'submit' })) };
  const effect: Effect = { v: 1, kind: 'changeset', isTest, changeset };
  const remarks = await remarksOn(app, changeset, input, asker);
  const hopeless = blockers.filter(({ phase }) => phase === 'submit');
  if (hopeless.length > 0) return { blockers, found: { effect, effectDigest: effectDigestOf(effect), remarks } };
  return { effect, remarks, missing: blockers };
}

/**
 * Looks at everything a changeset refers to. Reads over the network, so never inside a work. Its texts are read in their
 * asker's turn, unless `texts` says otherwise.
 */
export async function standingOf(
  app: App,
  input: ChangesetInput,
  asker: AskedBy,
  texts: TextReader = app.github.texts.for(asker ?? 'nobody'),
): Promise<Standing> {
  const side = app.github;
  const target = targetOf(input);
  const facts = await factsFor(app, input, target, asker);
  const early = writeBlockers(facts).filter(({ phase }) => phase === 'submit');
  if (input.runId !== undefined && (facts.run === undefined || !(await mayRestOn(app, facts.run.run, asker))))
    early.push(
      blocker(
        'workflow_context_missing',
        `There is no GitHub run ${input.runId} of yours.`,
        { target },
        {
          remedy:
            'Start a run (`gaia github run start`), or let who started it, or another agent of the same owner, propose this.',
        },
      ),
    );
  const size = canonical(input.operations as unknown as Json).length;
  if (size > changeLimits.textLength)
    early.push(
      blocker(
        'payload_too_large',
        `It is ${size.toLocaleString('en')} characters long, and at most ${changeLimits.textLength.toLocaleString('en')} can be put before a person.`,
        { target },
      ),
    );
  const isOff = early.some(
    ({ code }) =>
      code === 'operation_denied' ||
      code === 'repo_not_allowed' ||
      code === 'payload_too_large' ||
      code === 'workflow_context_missing',
  );
  // what may not be written to is not asked about either
  if (isOff) return { changeset: undefined, blockers: early };
  let at: Where = { target };
  try {
    const targetId = await idOf(side, target);
    const now = { ...facts, targetId };
    const context = await contextFor(app, now, texts);
    const operations: ResolvedOperation[] = [];
    const blockers = writeBlockers(now);
    const writes = input.operations.flatMap((operation, index) =>
      writesOf(operation).map((one) => [index, one] as const),
    );
    for (const [index, operation] of writes) {
      const where: Where = { target, operation: { index, op: operation.op }, epoch: now.run?.run.epoch ?? null };
      at = where;
      const looked = await lookAt(operation, { ...context, where });
      blockers.push(...looked.blockers);
      const secrets = await texts.secretsIn(textsThatGoOut(looked));
      if (secrets.length > 0)
        blockers.push(blocker('secret_detected', `It seems to hold a secret (${secrets.join(', ')}).`, where));
      operations.push(resolvedOf(side, now, looked, operations));
    }
    const keys = operations.map(({ key }) => key);
    const first = keys.findIndex((key, index) => keys.indexOf(key) !== index);
    if (first !== -1)
      blockers.push(
        blocker('payload_invalid', 'It is the same write as an earlier operation of this changeset.', {
          target,
          operation: { index: first, op: operations[first]!.op },
        }),
      );
    const run = now.run && {
      id: now.run.run.id,
      epoch: now.run.run.epoch,
      head: now.run.run.head,
      base: now.run.run.base,
      headSha: now.run.run.headSha,
    };
    const changeset: ResolvedChangeset = {
      transport: side.transport.mode,
      host: side.transport.host,
      target,
      targetId,
      run: run ?? null,
      operations,
    };
    return { changeset, blockers: distinct(blockers) };
  } catch (error) {
    const unread = unreadBlocker(error, at);
    if (unread) return { changeset: undefined, blockers: [...early, unread], isUnread: true };
    if (!(error instanceof RemoteFailure)) throw error;
    const { code, message, retryAfter, evidence } = error.failure;
    const isTransient = [
      'rate_limited',
      'secondary_rate_limited',
      'timeout',
      'network_unavailable',
      'remote_unavailable',
    ].includes(code);
    const failed = blocker(
      code,
      message,
      { target },
      {
        retryable: isTransient,
        ...(retryAfter === undefined ? {} : { retryAfter }),
        ...(evidence ? { evidence } : {}),
      },
    );
    return { changeset: undefined, blockers: [...early, failed] };
  }
}

/** What lies in files, as read just now. */
export interface FilesSeen {
  hashes: GateFacts['hashes'];
  highest: WriteFacts['checkpoint']['highest'];
}

/** Whether somebody may propose what rests on a run: who started it, or one with the same person behind it. */
async function mayRestOn(app: App, run: Run, asker: AskedBy): Promise<boolean> {
  if (asker === undefined || asker === run.startedBy) return true;
  const name = agentOf(asker);
  const owner = name === undefined ? personOf(asker) : (await findAgent(app.db.read, name))?.ownerId;
  return owner !== undefined && owner !== null && owner === ownerOfRun(run);
}

/** Everything known without asking GitHub. `inWork`: within a work that relies on it, with the files as they were read before. */
export async function factsFor(
  app: App,
  input: ChangesetInput,
  target: Target,
  asker: AskedBy,
  inWork?: { tx: Tx; files: FilesSeen },
): Promise<WriteFacts> {
  const q = inWork?.tx ?? app.db.read;
  const side = app.github;
  const { policy } = app.inForce;
  const installation = await getInstallation(q);
  const highest = inWork ? inWork.files.highest : await side.highestCheckpoint();
  const run = input.runId === undefined ? undefined : await gateFactsOf(app, input.runId, asker, inWork);
  const lane = await findLane(q, laneOf(target));
  return {
    target,
    operations: input.operations,
    rules: rulesFor(policy.github, target, side.transport.mode),
    settings: side.settings,
    checkpoint: {
      highest: highest && { number: highest.number, file: highest.file, sha256: highest.sha256 },
      approvals: await listCheckpoints(q),
    },
    paused: installation.pausedAt !== null || installation.acceptanceReason !== null,
    targetId: null,
    pinnedId: lane?.pinnedId ?? null,
    run,
    epoch: run?.run.epoch ?? null,
    headSha: run?.run.headSha ?? null,
    perChangeset: policy.github.budgets.perChangeset,
  };
}

/** A run with its gates, the evidence hashed as it lies there now. */
export async function gateFactsOf(
  app: App,
  runId: string,
  asker: AskedBy,
  inWork?: { tx: Tx; files: Pick<FilesSeen, 'hashes'> },
): Promise<GateFacts | undefined> {
  const q = inWork?.tx ?? app.db.read;
  const run = await findRun(q, runId);
  if (run === undefined) return undefined;
  // whoever asks for the writes does not judge them, whichever came first
  const gates = (await listGates(q, runId)).filter(({ recordedBy }) => recordedBy !== asker);
  if (inWork) return { run, gates, hashes: inWork.files.hashes };
  const hashes: Record<string, string | null> = {};
  for (const { path } of gates.filter(({ epoch }) => epoch === run.epoch).flatMap(({ artifacts }) => artifacts))
    hashes[path] ??= (await app.github.hashOf(run.workspace, path)) ?? null;
  return { run, gates, hashes };
}

/** What an operation is looked at with. What was approved is read before what is only asked for. */
export async function contextFor(
  app: App,
  facts: WriteFacts,
  texts: TextReader = app.github.texts,
): Promise<Omit<LookContext, 'where'>> {
  const side = { ...app.github, texts };
  return {
    side,
    target: facts.target,
    rules: facts.rules,
    allowed: allowedFor(app, facts.target, facts.rules, facts.settings),
    run: facts.run,
    me: await side.transport.me(),
    afterOwnWrites: false,
  };
}

function allowedFor(app: App, target: Target, rules: RulesFor, settings: Settings): Allowed {
  const listed = app.inForce.policy.github.repos.map(({ repo }) => repo);
  return {
    mentions: rules && 'repo' in rules ? rules.repo.mentions : [],
    repos: [...(target.kind === 'repo' ? [target.repo] : []), ...listed, ...settings.allowedRepos],
    hosts: [...new Set(['github.com', app.github.transport.host])],
  };
}

/** The numeric id of a target; a name that leads elsewhere is another target. */
async function idOf({ transport }: GitHubSide, target: Target): Promise<number> {
  if (target.kind === 'project') return (await transport.project(target.project)).id;
  const { id, fullName, isArchived } = await transport.repository(target.repo);
  const refuse = (code: 'repo_identity_changed' | 'remote_mismatch', message: string) => {
    throw new RemoteFailure({ code, message, status: null, requestId: null, evidence: [fullName] });
  };
  if (!sameName(fullName, target.repo)) refuse('repo_identity_changed', `${target.repo} is called ${fullName} now.`);
  if (isArchived) refuse('remote_mismatch', `${target.repo} is archived and cannot be written to.`);
  return id;
}

/** The numeric id of a target, which is the one that was approved; throws where it is another by now. */
export async function mustBeTheSame(
  side: GitHubSide,
  { target, targetId }: Pick<ResolvedChangeset, 'target' | 'targetId'>,
): Promise<number> {
  const id = await idOf(side, target);
  if (targetId === null || targetId === id) return id;
  throw new RemoteFailure({
    code: 'repo_identity_changed',
    message: `${nameOf(target)} is another one than was approved (id ${id}, not ${targetId}).`,
    status: null,
    requestId: null,
    evidence: [`approved ${targetId}`, `found ${id}`],
  });
}

function resolvedOf(
  side: GitHubSide,
  facts: WriteFacts,
  looked: Looked,
  before: readonly ResolvedOperation[],
): ResolvedOperation {
  const { input } = looked;
  const isReview = input.op === 'review_comment.create';
  const payloadHash = payloadHashFor(looked);
  const key = keyOf({
    host: side.transport.host,
    target: laneOf(facts.target),
    operation: input.op,
    on: onOf(input, before),
    run: facts.run?.run.id ?? null,
    epoch: facts.run?.run.epoch ?? null,
    headSha: facts.run?.run.headSha ?? null,
    payloadHash: isReview ? 'one in each epoch' : payloadHash,
  });
  return {
    op: input.op,
    ref: ('ref' in input ? input.ref : undefined) ?? null,
    on: looked.on,
    url: looked.url,
    input,
    seen: looked.seen,
    changes: looked.changes,
    inverse:
      looked.inverse !== null && 'patch' in looked.inverse && looked.inverse.patch.length === 0 ? null : looked.inverse,
    guarded: [...new Set(looked.guarded)],
    key,
    payloadHash,
  };
}

/** What tells the content of one write from another's. */
export const payloadHashFor = ({ input, changes }: Pick<ResolvedOperation, 'input' | 'changes'>): string =>
  payloadHashOf({ input: payloadOf(input), text: changes } as unknown as Json);

/** What an operation says, without names that only this changeset knows. */
export function payloadOf(input: Operation): Json {
  const { ref: _, base: __, ...payload } = input as Operation & { ref?: string; base?: unknown };
  return payload as unknown as Json;
}

/** What it is about; of something that is yet to be made, which write makes it. */
function onOf(input: Operation, before: readonly ResolvedOperation[]): string {
  const parts = ['number', 'comment', 'parent', 'child', 'item', 'head', 'base', 'sha'].flatMap((field) => {
    const value = (input as Record<string, unknown>)[field];
    if (typeof value !== 'string' && typeof value !== 'number') return [];
    const maker = String(value).startsWith('$') ? before.find(({ ref }) => `$${ref}` === value) : undefined;
    return [`${field} ${maker ? `made by ${maker.key}` : value}`];
  });
  return parts.join(', ') || 'new';
}

async function remarksOn(
  app: App,
  changeset: ResolvedChangeset,
  input: ChangesetInput,
  asker: AskedBy,
): Promise<Remarks> {
  const notes: string[] = [];
  if (changeset.transport === 'local_fake') {
    const facts = await factsFor(app, input, changeset.target, asker);
    const codes = new Set(writeBlockers(facts, { asLive: true }).map(({ code }) => code));
    notes.push(
      `It is written to Gaia's own world (GITHUB_TRANSPORT=local_fake); nothing leaves this machine. GitHub itself would still lack: ${[...codes].join(', ')}.`,
    );
  }
  if (changeset.run) notes.push(`It rests on run ${changeset.run.id}, epoch ${changeset.run.epoch}.`);
  if (isLocal(changeset.target) && changeset.transport === 'local_fake')
    notes.push(`${nameOf(changeset.target)} exists in that world alone.`);
  return { unbound: [], notes };
}

const distinct = (blockers: readonly Blocker[]): Blocker[] => {
  const seen = new Set<string>();
  return blockers.filter(({ code, message, operation }) => {
    const key = `${code} ${operation?.index ?? ''} ${message}`;
    return !seen.has(key) && seen.add(key) !== undefined;
  });
};
