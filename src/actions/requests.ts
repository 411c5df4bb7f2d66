import { agentOf, type By } from '../core/access/actor.ts';
import type { Scope } from '../core/access/key.ts';
import { grantMisfit } from '../core/approval/grant.ts';
import type { Request } from '../core/approval/request.ts';
import { readShortId } from '../core/approval/short-id.ts';
import { next } from '../core/approval/states.ts';
import { type Submission, submission } from '../core/approval/submission.ts';
import { digestOf, type Json } from '../core/canonical.ts';
import { conflict, forbidden, GaiaError } from '../core/errors.ts';
import { read } from '../core/wire/read.ts';
import { findAgentHeld } from '../store/agents.ts';
import type { Tx } from '../store/database.ts';
import { issuePermit } from '../store/decisions.ts';
import { findByKey, keepKey } from '../store/idempotency-keys.ts';
import { getInstallation, holdInstallation } from '../store/installation.ts';
import { findRequest, insertRequest, noSuchRequest, saveGranted, saveRequest } from '../store/requests.ts';
import { findPendingTwin } from '../store/requests-of-asker.ts';
import { saveStanding } from '../store/standings.ts';
import { type App, eventBy, gaiaItself, newShortId } from './app.ts';
import { mustHaveRoom, overCaps } from './caps.ts';
import { refreshCards } from './deliveries.ts';
import { endIfUsedUp, useGrant } from './grants.ts';
import { type Prepared, prepare, screen } from './preparation.ts';

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
