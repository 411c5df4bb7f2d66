import { type By, personOf } from '../core/access/actor.ts';
import { alreadySettled, type Decision, type Ruling, ruleOn, type Vote } from '../core/approval/decision.ts';
import { grantMisfit } from '../core/approval/grant.ts';
import type { Request } from '../core/approval/request.ts';
import { next } from '../core/approval/states.ts';
import { forbidden, GaiaError, invalid } from '../core/errors.ts';
import type { Demand } from '../core/policy/types.ts';
import { recogniseSecrets, type SecretPattern } from '../core/secrets/recognise.ts';
import { redact } from '../core/secrets/redact.ts';
import type { Tx } from '../store/database.ts';
import {
  findConfirmation,
  forgetFirstAct,
  issuePermit,
  listVotes,
  rememberFirstAct,
  saveVote,
} from '../store/decisions.ts';
import { listEvents } from '../store/events.ts';
import { getRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { refreshCards } from './deliveries.ts';
import { expireIfDue } from './expiries.ts';
import { giveGrant } from './grants.ts';

export interface Decided {
  request: Request;
  /** the first of two acts was remembered; nothing is decided until it is confirmed before this instant */
  confirmBy?: number;
  /** the same person had said the same before */
  repeated: boolean;
}

/**
 * A verdict as it came in: it is by who acts. `personId` is whom the channel takes it to be from, where it says so;
 * anybody else than who acts is refused.
 */
export type Said = Omit<Decision, 'personId'> & { personId?: string };

/**
 * Records a person's verdict; the state it leads to, the permit, the card and the events are written with it, or nothing is.
 * A refusal changes nothing but the log, which keeps it; it is thrown with the reason and what to do.
 */
export async function decide(app: App, said: Said, by: By): Promise<Decided> {
  const decided = await app.db.write((tx) => decideIn(app, tx, said, by));
  if (decided instanceof GaiaError) throw decided;
  return decided;
}

/** The same within a work that does more; a refusal is returned, so that its event is committed. */
export async function decideIn(app: App, tx: Tx, said: Said, by: By): Promise<Decided | GaiaError> {
  const secrets = app.inForce.policy.secrets;
  const personId = personOf(by.actor);
  if (personId === undefined || (said.personId ?? personId) !== personId) {
    const because = forbidden('Agents and keys never decide.', {
      reason: 'agents_cannot_decide',
      remedy: 'A person decides, in the console or in Telegram.',
    });
    return refuseOutsider(tx, said, by, because);
  }
  const decision = withoutSecretsInItsReason({ ...said, personId }, secrets);
  const answerHoldsSecret = recogniseSecrets(decision.answer ?? '', secrets).length > 0;
  const request = await getRequest(tx, decision.requestId);
  const votes = await listVotes(tx, request.id);
  const confirmation = request.demand?.confirm ? await findConfirmation(tx, request.id, decision.personId) : undefined;
  const ruling = ruleOn(decision, {
    request,
    votes,
    people: app.people,
    now: tx.now,
    answerHoldsSecret,
    ...(confirmation ? { confirmation } : {}),
  });
  const misfit = decision.allow && ruling.kind === 'counts' ? allowanceMisfit(decision, request) : undefined;
  return record(app, tx, request, votes, decision, misfit ? { kind: 'refused', because: misfit } : ruling, by);
}

/** Why an approval can not allow the same again; undefined where it can. */
const allowanceMisfit = (decision: Decision, request: Request): GaiaError | undefined =>
  decision.verdict === 'approve'
    ? grantMisfit(request)
    : invalid('Only an approval can allow the same again.', {
        faults: [{ field: 'allow', message: 'goes with the verdict approve alone' }],
      });

/** A reason is a person's prose: what looks like a secret in it is taken out, and the rest is kept. */
function withoutSecretsInItsReason(decision: Decision, secrets: readonly SecretPattern[]): Decision {
  const { reason } = decision;
  return reason?.text === undefined
    ? decision
    : { ...decision, reason: { ...reason, text: redact(reason.text, secrets) } };
}

async function record(
  app: App,
  tx: Tx,
  request: Request,
  votes: readonly Vote[],
  decision: Decision,
  ruling: Ruling,
  by: By,
): Promise<Decided | GaiaError> {
  const { id } = request;
  const { personId } = decision;
  if (ruling.kind === 'repeated') return { request, repeated: true };
  if (ruling.kind === 'refused') {
    await expireIfDue(app, tx, request);
    return refuse(tx, request, decision, by, ruling.because);
  }
  if (ruling.kind === 'to_confirm') {
    await rememberFirstAct(tx, { requestId: id, personId, digest: decision.digest, confirmBy: ruling.confirmBy });
    return { request, confirmBy: ruling.confirmBy, repeated: false };
  }

  const { vote, changesMind, move } = ruling;
  await saveVote(tx, { ...vote, requestId: id, source: by.source }, changesMind);
  if (request.demand?.confirm) await forgetFirstAct(tx, { requestId: id, personId });
  tx.record(
    eventBy(by, 'decision.recorded', `request:${id}`, {
      person: personId,
      verdict: vote.verdict,
      digest: vote.digest,
      reasonCode: vote.reasonCode,
      reasonText: vote.reasonText,
      answer: vote.answer,
      decidedAt: vote.decidedAt,
      changesMind,
    }),
  );
  const decided = move
    ? await settle(tx, request, [...votes, { ...vote, source: by.source }], decision, move, by)
    : await saveRequest(tx, request);
  await refreshCards(app, tx, decided, move ? decided.state : 'vote');
  if (decision.allow && move === 'approve') await giveGrant(app, tx, decided, personId, by);
  return { request: decided, repeated: false };
}

/** The move a verdict leads to, with its event; an approval issues the one permit. */
async function settle(
  tx: Tx,
  request: Request,
  votes: readonly Vote[],
  decision: Decision,
  move: NonNullable<Extract<Ruling, { kind: 'counts' }>['move']>,
  by: By,
): Promise<Request> {
  const state = next(move, request.state);
  if (!state) throw alreadySettled(request, votes);
  const { id } = request;
  const digest = request.digest as string;
  const decided = { ...request, state, decidedAt: tx.now };
  if (move === 'approve') {
    const approvedBy = votes.filter((vote) => vote.verdict === 'approve').map((vote) => vote.personId);
    const effectBy = tx.now + (request.demand as Demand).effectBySeconds * 1000;
    await issuePermit(tx, { requestId: id, digest, issuedAt: tx.now });
    tx.record(
      eventBy(by, 'request.approved', `request:${id}`, {
        kind: request.kind,
        digest,
        effectDigest: request.effectDigest,
        approvedBy,
        decidedAt: tx.now,
        effectBy,
      }),
    );
    tx.record(eventBy(by, 'permit.issued', `request:${id}`, { digest, issuedAt: tx.now }));
    return saveRequest(tx, { ...decided, effectBy });
  }
  const ended = { ...decided, endedAt: tx.now };
  if (move === 'answer') {
    tx.record(
      eventBy(by, 'request.answered', `request:${id}`, {
        digest,
        answer: decision.answer,
        code: 'answered',
        decidedAt: tx.now,
        endedAt: tx.now,
      }),
    );
    return saveRequest(tx, { ...ended, endCode: 'answered', answer: decision.answer ?? null });
  }
  const code = decision.reason?.code ?? 'other';
  tx.record(
    eventBy(by, 'request.denied', `request:${id}`, {
      kind: request.kind,
      digest,
      code,
      text: decision.reason?.text ?? null,
      decidedAt: tx.now,
      endedAt: tx.now,
    }),
  );
  return saveRequest(tx, { ...ended, endCode: code, endText: decision.reason?.text ?? null });
}

/**
 * Whoever cannot decide at all leaves a trace under their own name, not in the history of the request, where it could
 * push what matters out of sight; and at most once a minute.
 */
async function refuseOutsider(tx: Tx, said: Said, by: By, because: GaiaError): Promise<GaiaError> {
  const [last] = await listEvents(tx, { subject: by.actor, action: 'decision.refused', limit: 1 });
  if (!last || tx.now - last.at >= 60_000) {
    tx.record(
      eventBy(by, 'decision.refused', by.actor, {
        verdict: said.verdict,
        request: said.requestId,
        because: because.extras.reason ?? because.code,
      }),
    );
  }
  return because;
}

function refuse(tx: Tx, request: Request | undefined, decision: Said, by: By, because: GaiaError): GaiaError {
  tx.record(
    eventBy(by, 'decision.refused', `request:${decision.requestId}`, {
      verdict: decision.verdict,
      digest: /^[0-9a-f]{64}$/.test(decision.digest) ? decision.digest : null,
      because: because.extras.reason ?? because.code,
      state: request?.state ?? null,
    }),
  );
  return because;
}
