import type { By } from '../core/access/actor.ts';
import { agentOf, person } from '../core/access/actor.ts';
import type { Scope } from '../core/access/key.ts';
import type { Blocker } from '../core/approval/blocker.ts';
import { deciders, mayNotDecide, otherDigest, unreachable } from '../core/approval/decision.ts';
import { factsFor } from '../core/approval/facts.ts';
import { grantMisfit } from '../core/approval/grant.ts';
import { type Effect, effectDigestOf, type Remarks, type Request, requestDigestOf } from '../core/approval/request.ts';
import { secretDetected, secretsIn } from '../core/approval/secrets-in.ts';
import { readShortId } from '../core/approval/short-id.ts';
import { next } from '../core/approval/states.ts';
import { type Submission, submission } from '../core/approval/submission.ts';
import type { Source } from '../core/audit/event.ts';
import { canonical, digestOf, type Json } from '../core/canonical.ts';
import { type CommandMode, statedCommand } from '../core/command/command.ts';
import { commandLimits } from '../core/command/limits.ts';
import { sandboxFor } from '../core/command/sandbox.ts';
import { conflict, forbidden, GaiaError, tooMany } from '../core/errors.ts';
import { capsFor, judge } from '../core/policy/judge.ts';
import type { SecretPattern } from '../core/secrets/recognise.ts';
import { redactDeep } from '../core/secrets/redact.ts';
import { read } from '../core/wire/read.ts';
import { findAgentHeld, saveAgentCappedAt } from '../store/agents.ts';
import type { Tx } from '../store/database.ts';
import { issuePermit } from '../store/decisions.ts';
import { getInstallation, holdInstallation } from '../store/installation.ts';
import {
  countOpen,
  countSince,
  findByKey,
  findNewestAt,
  findPendingTwin,
  findRequest,
  getRequest,
  insertRequest,
  keepKey,
  listOverdue,
  listRequests,
  noSuchRequest,
  saveGranted,
  saveRequest,
} from '../store/requests.ts';
import { saveStanding } from '../store/standings.ts';
import { type App, eventBy, gaiaItself, newShortId } from './app.ts';
import { lookUpChangeset } from './changes/resolve.ts';
import { lookUpCheckpoint } from './checkpoints.ts';
import { notify, refreshCards } from './deliveries.ts';
import { endIfUsedUp, useGrant } from './grants.ts';
import { namedSecretBlockers } from './named-secrets.ts';

/** Who asks: an agent with its key's scopes and its owner, or a person as themself. */
export interface Asker {
  by: By;
  ownerId: string | null;
  /** what the key may ask for; absent for a person */
  scopes?: readonly Scope[];
}

export interface Submitted {
  request: Request;
  /** an equal request was pending, and this one joined it */
  joined: boolean;
  /** the idempotency key had been used for the same content */
  repeated: boolean;
}

/**
 * Takes a request: validates, looks up, digests and judges it, then stores it with its event and its card, or nothing.
 * What does not parse throws `invalid` and is not stored; what parses but may not proceed is stored as `blocked`.
 */
export async function submitRequest(app: App, input: unknown, asker: Asker): Promise<Submitted> {
  const submitted = read(
    submission,
    input,
    'The request',
    'Correct the named fields and send it again; nothing was stored.',
  );
  const supersedes = submitted.supersedes && readShortId('r', submitted.supersedes);
  return store(app, supersedes ? { ...submitted, supersedes } : submitted, asker);
}

/** A new request from the stored payload of an earlier one of the same asker, looked up afresh. */
export async function askAgain(app: App, id: string, asker: Asker): Promise<Submitted> {
  const earlier = await findRequest(app.db.read, id);
  if (!earlier || earlier.askedBy !== asker.by.actor) throw noSuchRequest(id);
  if (earlier.blockers.some((blocker) => notKept.includes(blocker.code))) {
    throw conflict('What this request held was not kept, so it cannot be asked again.', {
      reason: 'payload_not_kept',
      remedy: 'Submit a corrected request.',
    });
  }
  const { idempotencyKey: _, ...payload } = earlier.payload;
  return store(app, { ...payload, supersedes: earlier.id }, asker);
}

/** Joins of one request that the log keeps; the rest are only counted, so that nobody can flood it. */
const loggedJoins = 10;

/** Blockers whose requests are stored without what was wrong with them. */
const notKept = ['secret_detected', 'payload_too_large'];

async function store(app: App, submitted: Submission, asker: Asker): Promise<Submitted> {
  if (asker.by.actor === 'admin') {
    throw forbidden('The admin key does not ask for anything.', {
      reason: 'admin_cannot_ask',
      remedy: 'Use an agent’s key: on the same machine agent.key, elsewhere one made by `gaia key create`.',
    });
  }
  const needed: Scope = `submit:${submitted.kind === 'checkpoint' ? 'changeset' : submitted.kind}`;
  if (asker.scopes && !asker.scopes.includes(needed)) {
    throw forbidden(`This key may not submit a ${submitted.kind}.`, {
      reason: 'scope_missing',
      remedy: `Use a key with the scope ${needed}.`,
    });
  }
  const askedBy = asker.by.actor;
  const { idempotencyKey, ...content } = submitted;
  // of the key only a digest is kept: it may be a secret elsewhere
  const key = idempotencyKey === undefined ? undefined : digestOf('idempotency', idempotencyKey);
  const isKnown = key !== undefined && (await findByKey(app.db.read, askedBy, key)) !== undefined;
  if (!isKnown) await mustHaveRoom(app, content, askedBy); // before anything costly
  const screened = screen(content, app.inForce.policy.secrets);
  const submissionDigest = digestOf('submission', screened.payload as unknown as Json);
  if (isKnown) {
    const known = await repeated(app.db.read, askedBy, key, submissionDigest);
    if (known) return known;
  }
  await mayName(app, submitted.supersedes, askedBy);

  const prepared = await prepare(app, screened, asker);
  const outcome = await app.db.write(async (tx) => {
    const agent = agentOf(askedBy);
    if (agent) await findAgentHeld(tx, agent);
    else await holdInstallation(tx);
    if (key !== undefined) {
      const known = await repeated(tx, askedBy, key, submissionDigest);
      if (known) return known;
    }
    const keep = (requestId: string) =>
      key === undefined ? undefined : keepKey(tx, { askedBy, key, submissionDigest, requestId, createdAt: tx.now });

    const twin =
      prepared.state === 'pending' ? await findPendingTwin(tx, askedBy, prepared.effectDigest as string) : undefined;
    if (twin && twin.expiresAt > tx.now && twin.digest === prepared.digest) {
      const joined = await saveRequest(tx, { ...twin, joins: twin.joins + 1 });
      await keep(joined.id);
      if (joined.joins <= loggedJoins) {
        tx.record(eventBy(asker.by, 'request.joined', `request:${joined.id}`, { joins: joined.joins }));
      }
      return { request: joined, joined: true, repeated: false };
    }
    const capped = agent ? await overCaps(app, tx, agent, askedBy) : undefined;
    if (capped) return capped;

    const { generation } = await getInstallation(tx);
    const request = await insertUnderNewId(app, tx, { ...prepared, generation, askedBy, traceId: asker.by.traceId });
    await keep(request.id);
    if (prepared.missing.length > 0)
      await saveStanding(tx, {
        requestId: request.id,
        blockers: prepared.missing,
        lookedAt: tx.now,
        dueAt: tx.now,
        looks: 0,
      });
    tx.record(
      eventBy(
        asker.by,
        request.state === 'blocked' ? 'request.blocked' : 'request.submitted',
        `request:${request.id}`,
        factsOf(request),
      ),
    );
    const approved = request.state === 'pending' ? await approveByGrant(app, tx, request, asker.by) : undefined;
    if (approved === undefined)
      await refreshCards(app, tx, request, request.state === 'blocked' ? 'blocked' : 'submitted');
    return { request: approved ?? request, joined: false, repeated: false };
  });
  if (outcome instanceof GaiaError) throw outcome;
  return outcome;
}

/** Approves what was just asked where somebody allowed exactly this in advance; no card then, only a quiet notice. */
async function approveByGrant(app: App, tx: Tx, request: Request, by: By): Promise<Request | undefined> {
  const { id, effect, effectDigest, digest, demand } = request;
  const agentId = agentOf(request.askedBy);
  if (!agentId || !effect || !effectDigest || !digest || !demand) return undefined;
  const isGrantable = grantMisfit(request) === undefined;
  const grant = await useGrant(app, tx, { agentId, effect, effectDigest, requestId: id, isGrantable }, by);
  if (grant === undefined) return undefined;
  const effectBy = tx.now + demand.effectBySeconds * 1000;
  const state = next('approve', request.state) as Request['state'];
  await issuePermit(tx, { requestId: id, digest, issuedAt: tx.now });
  const itself = gaiaItself(request.traceId);
  tx.record(
    eventBy(itself, 'request.approved', `request:${id}`, {
      kind: request.kind,
      digest,
      effectDigest,
      approvedBy: [grant.givenBy],
      grant: grant.id,
      decidedAt: tx.now,
      effectBy,
    }),
  );
  tx.record(eventBy(itself, 'permit.issued', `request:${id}`, { digest, issuedAt: tx.now }));
  await endIfUsedUp(app, tx, grant); // only now: the log shows a grant in force at each of its uses
  return saveGranted(tx, { ...request, state, decidedAt: tx.now, effectBy, grantId: grant.id });
}

type CommandSubmission = Extract<Submission, { kind: 'command' }>;

/** What may be kept of a submission, and why it cannot proceed where something may not. */
interface Screened {
  payload: Submission;
  blockers: Blocker[];
}

/** Takes out what is too long or secret, before anything is digested, looked up or kept. At most about 100 KiB are searched. */
function screen(submitted: Submission, patterns: readonly SecretPattern[]): Screened {
  const tooLarge = submitted.kind === 'command' ? overApprovable(submitted) : undefined;
  const short = tooLarge && submitted.kind === 'command' ? withoutContent(submitted) : submitted;
  const secrets = secretsIn(short, patterns);
  return {
    payload: secrets?.redacted ?? short,
    blockers: [...(tooLarge ? [tooLarge] : []), ...(secrets ? [secrets.blocker] : [])],
  };
}

function withoutContent(submitted: CommandSubmission): CommandSubmission {
  const { argv, cwd, mode } = submitted.command;
  const program = argv[0] as string;
  return {
    ...submitted,
    command: { argv: [program.length > 4_096 ? '(not kept)' : program], cwd, ...(mode && { mode }) },
  };
}

/**
 * Refuses an agent whose caps are used up before its command is looked up. A command that it waits for already may go on:
 * it will join that request. The caps are judged again when it is stored.
 */
async function mustHaveRoom(app: App, submitted: Submission, askedBy: string): Promise<void> {
  const agent = agentOf(askedBy);
  if (agent === undefined || submitted.kind !== 'command' || !(await mayBeCapped(app, agent, askedBy))) return;
  const open = await listRequests(app.db.read, { askedBy, state: 'pending', limit: 100 });
  const asked = canonical(submitted.command as unknown as Json);
  if (open.some(({ payload }) => payload.kind === 'command' && canonical(payload.command as unknown as Json) === asked))
    return;
  const capped = await app.db.write((tx) => overCaps(app, tx, agent, askedBy));
  if (capped) throw capped;
}

/** By a look without a transaction, where the newest request tells the time: never too small. */
async function mayBeCapped(app: App, agent: string, askedBy: string): Promise<boolean> {
  const caps = capsFor(app.inForce.policy, agent);
  if ((await countOpen(app.db.read, askedBy)) >= caps.open) return true;
  const newestAt = await findNewestAt(app.db.read, askedBy);
  return newestAt !== undefined && (await countSince(app.db.read, askedBy, newestAt - 60_000)) >= caps.perMinute;
}

/** The request an idempotency key stands for; throws conflict where it stands for other content. */
async function repeated(
  q: App['db']['read'] | Tx,
  askedBy: string,
  key: string,
  submissionDigest: string,
): Promise<Submitted | undefined> {
  const kept = await findByKey(q, askedBy, key);
  if (!kept) return undefined;
  if (kept.submissionDigest !== submissionDigest) {
    throw conflict(`The idempotency key was used for other content (request ${kept.requestId}).`, {
      reason: 'idempotency_key_reused',
      remedy: 'Use a new key for new content.',
      facts: { id: kept.requestId },
    });
  }
  const request = await findRequest(q, kept.requestId);
  return { request: request as Request, joined: false, repeated: true };
}

async function mayName(app: App, supersedes: string | undefined, askedBy: string): Promise<void> {
  if (supersedes === undefined) return;
  const named = await findRequest(app.db.read, supersedes);
  if (named?.askedBy === askedBy) return;
  throw noSuchRequest(supersedes);
}

type Prepared = Omit<Request, 'id' | 'generation' | 'askedBy' | 'traceId' | 'createdAt' | 'expiresAt'> & {
  ttlSeconds: number;
  /** what the world must still cure before it can start */
  missing: Blocker[];
};

/** Everything that needs no transaction: looks up, digests, judges. */
async function prepare(app: App, { payload: submitted, blockers }: Screened, asker: Asker): Promise<Prepared> {
  const { policy, digest: policyDigest } = app.inForce;
  const isTest = submitted.isTest ?? false;
  const mode = submitted.kind === 'command' ? modeOf(app, submitted.command, isTest) : null;
  const base = {
    kind: submitted.kind,
    version: 1,
    title: submitted.title ?? null,
    reason: submitted.reason ?? null,
    ownerId: asker.ownerId,
    policyDigest,
    mode,
    isTest,
    supersedes: submitted.supersedes ?? null,
    grantId: null,
    agentRunId: submitted.agentRunId ?? null,
    joins: 0,
    shownAt: null,
    decidedAt: null,
    effectBy: null,
    endText: null,
    answer: null,
    outcome: null,
  };
  const blocked = (blockers: Blocker[], found: Partial<Prepared> = {}): Prepared => ({
    ...base,
    payload: submitted,
    state: 'blocked',
    effect: null,
    effectDigest: null,
    digest: null,
    remarks: { unbound: [], notes: [] },
    tier: null,
    demand: null,
    blockers,
    endedAt: null,
    endCode: blockers[0]?.code ?? null,
    ttlSeconds: 0,
    missing: [],
    ...found,
  });

  if (blockers.length > 0) return blocked(blockers);
  const looked = await lookUp(app, submitted, { isTest, askedBy: asker.by.actor });
  const problems = mode === 'real' && !app.execution?.isEnabled ? [executionDisabled] : [];
  if (looked.blockers) return blocked([...looked.blockers, ...problems], looked.found);

  const { effect, remarks: found } = looked;
  const effectDigest = effectDigestOf(effect);
  const judgement = judge(policy, factsFor(effect, asker.by));
  if (judgement.verdict === 'deny') {
    const { message, remedy, rule } = judgement;
    return blocked([{ code: 'policy_denied', phase: 'submit', message, remedy, facts: { rule } }, ...problems], {
      effect,
      effectDigest,
      remarks: found,
    });
  }
  const { demand } = judgement;
  const remarks = demand.grantable ? { ...found, notes: [...found.notes, grantableNote] } : found;
  const missing = unreachable({ askedBy: asker.by.actor, ownerId: asker.ownerId }, demand, app.people);
  if (missing) problems.push(tooFewApprovers(missing));
  const digest = requestDigestOf({ effectDigest, askedBy: asker.by.actor, ownerId: asker.ownerId, demand });
  const judged = { effect, effectDigest, digest, remarks, tier: demand.tier, demand };
  if (problems.length > 0) return blocked(problems, judged);
  return {
    ...base,
    ...judged,
    payload: submitted,
    state: 'pending',
    blockers: [],
    endedAt: null,
    endCode: null,
    missing: looked.missing ?? [],
    ttlSeconds: Math.min(submitted.ttlSeconds ?? demand.ttlSeconds, demand.ttlSeconds),
  };
}

/** Said on cards: whoever allows it answers for more than what stands there. */
const grantableNote =
  'The policy lets this be allowed in advance although it may act on files of its project: it then does what stands in them when it runs.';

/** `missing`: what the world must still cure; `found`: what could be looked up although it is blocked. */
export type LookedUp =
  | { effect: Effect; remarks: Remarks; blockers?: undefined; missing?: Blocker[] }
  | { blockers: Blocker[]; found?: { effect: Effect; effectDigest: string; remarks: Remarks } };

/** A test always ends as a rehearsal; without a word about it a command is started where this Gaia starts commands. */
const modeOf = (app: App, { mode }: CommandSubmission['command'], isTest: boolean): CommandMode =>
  isTest ? 'dry_run' : (mode ?? (app.execution?.isEnabled ? 'real' : 'dry_run'));

/** The effect a submission would have now, on this host. What it comes upon may hold a secret: a path, a first line. */
export async function lookUp(
  app: App,
  submitted: Submission,
  { isTest, askedBy }: { isTest: boolean; askedBy: string },
): Promise<LookedUp> {
  if (submitted.kind === 'question') {
    return {
      effect: { v: 1, kind: 'question', isTest, question: submitted.question },
      remarks: { unbound: [], notes: [] },
    };
  }
  if (submitted.kind === 'changeset') return lookUpChangeset(app, submitted.changeset, isTest, askedBy);
  if (submitted.kind === 'checkpoint') return lookUpCheckpoint(app, submitted.checkpoint, isTest);
  const { command } = submitted;
  const { policy } = app.inForce;
  const mode = modeOf(app, command, isTest);
  const unnamed = namedSecretBlockers(command, { agent: agentOf(askedBy), mode }, policy);
  if (mode === 'client') {
    if (unnamed.length > 0) return { blockers: unnamed };
    return { effect: { v: 1, kind: 'command', isTest, command: statedCommand(command) }, remarks: asStated };
  }
  const resolution = await app.resolveCommand(command, { bind: policy.bind, mode });
  const patterns = policy.secrets;
  if ('blockers' in resolution) {
    const found = secretDetected({ blockers: resolution.blockers as unknown as Json }, patterns);
    if (found === undefined) return { blockers: [...resolution.blockers, ...unnamed] };
    return {
      blockers: [found, ...(redactDeep(resolution.blockers as unknown as Json, patterns) as unknown as Blocker[])],
    };
  }
  const { executable, cwd, files } = resolution.command;
  const remarks = { unbound: resolution.unbound, notes: resolution.remarks };
  const found = secretDetected({ effect: { executable, cwd, files }, remarks } as unknown as Json, patterns);
  if (found) return { blockers: [found] };
  if (unnamed.length > 0) return { blockers: unnamed };
  const effect: Effect = { v: 1, kind: 'command', isTest, command: resolution.command };
  if (mode !== 'real' || !app.execution?.isEnabled) return { effect, remarks };
  const judgement = judge(policy, factsFor(effect, { actor: askedBy as By['actor'] }));
  const profile = judgement.verdict === 'ask' ? (judgement.demand.sandbox ?? 'default') : 'default';
  const sandbox = sandboxFor(policy.exec, profile, app.execution.executor);
  await app.execution.executor.setMasks(policy.namedSecrets.map(({ file }) => file));
  const fault = await app.execution.executor.directoryFault(resolution.command.cwd.path, sandbox);
  if (fault !== undefined) return { blockers: [sandboxUnavailable(fault)] };
  return { effect: { ...effect, command: { ...resolution.command, sandbox } }, remarks };
}

const asStated: Remarks = {
  unbound: [{ name: 'everything', why: 'the agent runs this itself, perhaps elsewhere; Gaia has looked at nothing' }],
  notes: [],
};

function overApprovable(submitted: CommandSubmission): Blocker | undefined {
  const { argv, env = {}, stdin = '' } = submitted.command;
  const bytes = Buffer.byteLength([...argv, ...Object.entries(env).flat(), stdin].join(''));
  if (bytes <= commandLimits.approvableBytes) return undefined;
  return {
    code: 'payload_too_large',
    phase: 'submit',
    message: `The command is ${bytes.toLocaleString('en')} bytes long; at most ${commandLimits.approvableBytes.toLocaleString('en')} can be put before a person. It was not kept.`,
    remedy: 'Put the content into a file that the command names.',
    facts: { bytes },
  };
}

const executionDisabled: Blocker = {
  code: 'execution_disabled',
  phase: 'submit',
  message: 'This Gaia only rehearses commands.',
  remedy: 'Ask with mode dry_run or client, or without a mode; the administrator can set ALLOW_COMMAND_EXECUTION=1.',
};

const sandboxUnavailable = (fault: string): Blocker => ({
  code: 'sandbox_unavailable',
  phase: 'submit',
  message: `It cannot be kept apart from Gaia there: ${fault}.`,
  remedy: 'Ask again with another directory, or ask the administrator to change the sandbox profile.',
});

const tooFewApprovers = (missing: string): Blocker => ({
  code: 'too_few_approvers',
  phase: 'submit',
  message: `Nobody could ever approve this: there would still be missing ${missing}.`,
  remedy: 'Configure more approvers, or change the policy rule that asks for them.',
});

/** What the log says of a request when it comes in: everything that would happen, and on whose word. */
const factsOf = (request: Request): { [name: string]: Json } => ({
  kind: request.kind,
  title: request.title,
  reason: request.reason,
  owner: request.ownerId,
  isTest: request.isTest,
  mode: request.mode,
  effect: request.effect as unknown as Json,
  effectDigest: request.effectDigest,
  digest: request.digest,
  demand: request.demand as unknown as Json,
  policy: request.policyDigest,
  blockers: request.blockers as unknown as Json,
  supersedes: request.supersedes,
  agentRunId: request.agentRunId,
  payloadDigest: digestOf('payload', request.payload as unknown as Json),
  remarksDigest: digestOf('remarks', request.remarks as unknown as Json),
  createdAt: request.createdAt,
  expiresAt: request.expiresAt,
  generation: request.generation,
  code: request.endCode,
  endedAt: request.endedAt,
});

async function insertUnderNewId(
  app: App,
  tx: Tx,
  { ttlSeconds, missing: _, ...request }: Prepared & Pick<Request, 'generation' | 'askedBy' | 'traceId'>,
): Promise<Request> {
  const endedAt = request.state === 'blocked' ? tx.now : null;
  const timed = { ...request, endedAt, createdAt: tx.now, expiresAt: tx.now + ttlSeconds * 1000 };
  for (;;) {
    const named = { ...timed, id: newShortId(app, 'r') };
    if (await insertRequest(tx, named)) return named;
  }
}

/** Refuses an agent that has asked for too much; the first time in an hour people are told. */
async function overCaps(app: App, tx: Tx, agent: string, askedBy: string): Promise<GaiaError | undefined> {
  const caps = capsFor(app.inForce.policy, agent);
  const open = await countOpen(tx, askedBy);
  const made = open < caps.open ? await countSince(tx, askedBy, tx.now - 60_000) : 0;
  if (open < caps.open && made < caps.perMinute) return undefined;

  const cap = open >= caps.open ? ('open' as const) : ('per_minute' as const);
  const limit = cap === 'open' ? caps.open : caps.perMinute;
  const row = await findAgentHeld(tx, agent);
  if (row && (row.cappedAt === null || tx.now - row.cappedAt >= 3_600_000)) {
    await saveAgentCappedAt(tx, agent, tx.now);
    await notify(app, tx, `agent:${agent}`, { about: 'caps', agent, cap, limit });
  }
  return cap === 'open'
    ? tooMany(`The agent ${agent} has ${open} open requests; the policy allows ${limit}.`, {
        reason: 'open_cap',
        remedy: 'Wait until some are decided, or withdraw them.',
        retryAfterSeconds: 60,
      })
    : tooMany(`The agent ${agent} made ${made} requests within a minute; the policy allows ${limit}.`, {
        reason: 'rate_cap',
        remedy: 'Ask more slowly.',
        retryAfterSeconds: 60,
      });
}

/** Takes a request back, while nothing has started. Only its asker can. */
export function withdrawRequest(app: App, id: string, by: By): Promise<Request> {
  return app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (request.askedBy !== by.actor) throw noSuchRequest(id);
    if (request.state === 'withdrawn') return request;
    const state = next('withdraw', request.state);
    if (!state) {
      throw conflict(`Request ${id} is ${request.state}; only a pending or approved one can be withdrawn.`, {
        reason: 'not_withdrawable',
        remedy: 'Nothing needs to be done.',
        facts: { state: request.state },
      });
    }
    const withdrawn = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: 'withdrawn' });
    tx.record(
      eventBy(by, 'request.withdrawn', `request:${id}`, {
        from: request.state,
        digest: request.digest,
        code: withdrawn.endCode,
        endedAt: withdrawn.endedAt,
      }),
    );
    await refreshCards(app, tx, withdrawn, 'withdrawn');
    return withdrawn;
  });
}

/**
 * Notes that a request was put, in full, before a person. The first time one of those who may decide it sees it counts.
 * `digest`: what was put before them; another one than the request's throws conflict.
 */
export async function markShown(
  app: App,
  id: string,
  personId: string,
  { source = 'console', digest }: { source?: Source; digest?: string } = {},
): Promise<void> {
  await app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (digest !== undefined && digest !== request.digest) throw otherDigest();
    if (request.shownAt !== null || request.state !== 'pending') return;
    if (mayNotDecide(deciders(request), personId, app.people)) return;
    await saveRequest(tx, { ...request, shownAt: tx.now });
    tx.record(
      eventBy({ actor: person(personId), source, traceId: request.traceId }, 'request.shown', `request:${id}`, {
        digest: request.digest,
        shownAt: tx.now,
      }),
    );
  });
}

/** Notes that all of the held request arrived in a chat, word for word. The first time counts. */
export async function markArrived(tx: Tx, request: Request, chat: string): Promise<void> {
  if (request.shownAt !== null || request.state !== 'pending') return;
  await saveRequest(tx, { ...request, shownAt: tx.now });
  const detail = { digest: request.digest, chat, shownAt: tx.now };
  tx.record(eventBy(gaiaItself(request.traceId), 'request.shown', `request:${request.id}`, detail));
}

/** Ends what has run out: undecided requests, and approvals that were never used. Returns how many. */
export async function expireDue(app: App, now: number): Promise<number> {
  let expired = 0;
  for (const id of await listOverdue(app.db.read, now)) {
    expired += await app.db.write(async (tx) => {
      const request = await getRequest(tx, id);
      return (await expireIfDue(app, tx, request)) ? 1 : 0;
    });
  }
  return expired;
}

/** Ends the held request if its clock has run out; `now == expiresAt` is expired. */
export async function expireIfDue(app: App, tx: Tx, request: Request): Promise<Request | undefined> {
  const undecided = request.state === 'pending' && tx.now >= request.expiresAt;
  const unused = request.state === 'approved' && request.effectBy !== null && tx.now >= request.effectBy;
  const state = next('expire', request.state);
  if (!state || !(undecided || unused)) return undefined;
  const endCode = unused ? 'not_started' : request.shownAt === null ? 'never_shown' : 'not_decided';
  const expired = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode });
  tx.record(
    eventBy(gaiaItself(request.traceId), 'request.expired', `request:${request.id}`, {
      kind: request.kind,
      code: endCode,
      digest: request.digest,
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, expired, 'expired');
  return expired;
}
