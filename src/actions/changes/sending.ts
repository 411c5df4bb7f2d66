import type { By } from '../../core/access/actor.ts';
import type { Blocker } from '../../core/approval/blocker.ts';
import type { Request } from '../../core/approval/request.ts';
import { next } from '../../core/approval/states.ts';
import { canonical, type Json } from '../../core/canonical.ts';
import { blocker, type Where } from '../../core/change/blockers.ts';
import type { ResolvedChangeset, ResolvedOperation } from '../../core/change/changeset.ts';
import { type Failure, isLimit, isRefusal, RemoteFailure } from '../../core/change/failure.ts';
import { markerOf } from '../../core/change/marker.ts';
import { writeBlockers } from '../../core/change/preconditions.ts';
import {
  intentAfter,
  patientLooksMs,
  sendLeaseMs,
  type Written,
  waitMs,
  writesApartMs,
} from '../../core/change/states.ts';
import type { Reach } from '../../core/fail-point.ts';
import type { Tx } from '../../store/database.ts';
import {
  type Attempt,
  countAttemptsSince,
  countRunWrites,
  finishAttempt,
  holdIntents,
  type Intent,
  insertAttempt,
  listAttempts,
  listIntents,
  saveIntent,
} from '../../store/intents.ts';
import { findRequest, getRequest, saveRequest } from '../../store/requests.ts';
import { saveStanding } from '../../store/standings.ts';
import { holdLane, saveLane } from '../../store/write-lanes.ts';
import { type App, eventBy, gaiaItself, newRef } from '../app.ts';
import { refreshCards } from '../deliveries.ts';
import { closeIfOver } from './closing.ts';
import { type Looked, placeOf } from './looks/look.ts';
import { lookAt, withResults } from './looks/look-at.ts';
import type { WriteReply } from './port.ts';
import { contextFor, factsFor } from './resolve.ts';

const dayMs = 86_400_000;

/** The next operation of a begun changeset, with all that its look needs. */
interface Turn {
  request: Request;
  changeset: ResolvedChangeset;
  intent: Intent;
  operation: ResolvedOperation;
  where: Where;
  by: By;
}

/** Goes on with a begun changeset: sends what is next, or looks for what a lost answer left. True where something moved. */
export async function carryOn(app: App, id: string, reach: Reach): Promise<boolean> {
  const request = await findRequest(app.db.read, id);
  const isOpen = request?.state === 'executing' || request?.state === 'unknown';
  if (!isOpen || request.effect?.kind !== 'changeset') return false;
  const intents = await listIntents(app.db.read, id);
  const { changeset } = request.effect;
  const lacking = changeset.operations.findIndex(
    ({ key }, place) => intents.find((one) => one.place === place)?.key !== key,
  );
  if (lacking !== -1) return standStill(app, request, changeset, intents, lacking);
  const intent = intents.find(({ state }) => state !== 'done');
  if (intent === undefined) return false;
  const operation = changeset.operations[intent.place] as ResolvedOperation;
  const where: Where = {
    target: changeset.target,
    operation: { index: intent.place, op: operation.op },
    epoch: changeset.run?.epoch ?? null,
  };
  const turn: Turn = { request, changeset, intent, operation, where, by: gaiaItself(request.traceId) };
  if (intent.state === 'sent') return loseSend(app, turn);
  if (intent.state === 'unknown') return lookForIt(app, turn);
  if (request.state === 'unknown') return false;
  return sendNext(app, turn, intents, reach);
}

/** The ledger is not what was approved: nothing is sent, and people see why. */
async function standStill(
  app: App,
  request: Request,
  { target, operations }: ResolvedChangeset,
  intents: readonly Intent[],
  place: number,
): Promise<boolean> {
  const where: Where = { target, operation: { index: place, op: operations[place]?.op ?? '' } };
  const because = intents.some((one) => one.place === place)
    ? blocker('intent_conflict', 'The ledger holds another write in its place.', where, {
        retryable: false,
        remedy: 'Verify the log: `gaia audit verify`.',
      })
    : blocker('intent_missing', 'The ledger does not hold this operation.', where, {
        remedy: 'Verify the log: `gaia audit verify`.',
      });
  await app.db.write((tx) =>
    saveStanding(tx, { requestId: request.id, blockers: [because], lookedAt: tx.now, dueAt: tx.now, looks: 0 }),
  );
  return false;
}

/** A send that nobody finished: the process died, or its outcome could not be recorded. */
async function loseSend(app: App, { request, intent, where, by }: Turn): Promise<boolean> {
  return app.db.write(async (tx) => {
    const now = await intentIn(tx, request.id, intent.place);
    if (now.state !== 'sent' || tx.now < (now.sentAt ?? 0) + sendLeaseMs) return false;
    const because = blocker('record_failed', 'Nobody recorded how this attempt ended.', where);
    await lose(tx, request, now, because, by, { httpStatus: null, requestId: null });
    return true;
  });
}

/** At the start of the only process on a store: whatever was being sent is lost, and is looked for at once. */
export async function loseOpenSends(app: App, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await app.db.write(async (tx) => {
      const request = await getRequest(tx, id);
      const sent = (await holdIntents(tx, id)).filter(({ state }) => state === 'sent');
      for (const intent of sent) {
        const because = blocker('record_failed', 'Gaia ended before it recorded how this attempt ended.', {});
        await lose(tx, request, intent, because, gaiaItself(request.traceId), { httpStatus: null, requestId: null });
      }
    });
  }
}

async function sendNext(app: App, turn: Turn, intents: readonly Intent[], reach: Reach): Promise<boolean> {
  const { request, changeset, operation, intent } = turn;
  const side = app.github;
  if (side.transport.mode !== changeset.transport || side.transport.host !== changeset.host) {
    const message = `It was approved for ${changeset.transport} at ${changeset.host}, and Gaia writes by ${side.transport.mode} at ${side.transport.host} now.`;
    return reject(app, turn, blocker('host_mismatch', message, turn.where));
  }
  const input = request.payload.kind === 'changeset' ? request.payload.changeset : undefined;
  if (input === undefined) throw new Error(`request ${request.id} is no changeset`);
  const facts = {
    ...(await factsFor(app, input, changeset.target, request.askedBy)),
    epoch: changeset.run?.epoch ?? null,
    headSha: changeset.run?.headSha ?? null,
    targetId: changeset.targetId,
  };
  const known = writeBlockers(facts);
  if (known.length > 0) return holdOff(app, turn, known);
  try {
    const results = resultsByRef(changeset, intents);
    const afterOwnWrites = intents.some(({ place, outcome }) => place < intent.place && outcome === 'done');
    const looked = await lookAt(withResults(operation.input, results), {
      ...(await contextFor(app, facts)),
      where: turn.where,
      afterOwnWrites,
    });
    const found = await findIt(looked, intent, 0);
    if (found) return adopt(app, turn, found, intent.attempts === 0 && looked.unchanged ? 'unchanged' : 'adopted');
    const moved = whatMoved(operation, looked, turn.where);
    if (moved) return reject(app, turn, moved);
    if (looked.blockers.length > 0) return holdOff(app, turn, looked.blockers);
    if (looked.write === undefined)
      throw new Error(`operation ${intent.place} of ${request.id} rests on one that is not done`);
    const marker = markerOf(side.markerSecret, {
      ...placeOf(side, changeset.target),
      key: intent.key,
      payloadHash: intent.payloadHash,
    });
    const write = looked.write(marker);
    const attempt = await beginAttempt(
      app,
      turn,
      facts.rules === undefined ? 0 : app.inForce.policy.github.budgets.perHour,
    );
    if (attempt === undefined) return false;
    reach('github.send.before');
    const reply = await sent(() => side.transport.write(write));
    reach('github.send.after');
    await recordReply(app, turn, attempt, reply);
    reach('github.record.after');
    return true;
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    return holdOff(app, turn, [blockerOf(error.failure, turn.where)]);
  }
}

/** What earlier operations made, by the names that later ones use. */
function resultsByRef({ operations }: ResolvedChangeset, intents: readonly Intent[]): Map<string, Written> {
  return new Map(
    intents.flatMap(({ place, written }) => {
      const ref = operations[place]?.ref;
      return ref && written ? [[ref, written] as const] : [];
    }),
  );
}

/** What was approved stands on something; anything else there now is not what people saw. */
function whatMoved(operation: ResolvedOperation, looked: Looked, where: Where): Blocker | undefined {
  const { updatedAt: _, ...then } = operation.seen;
  const { updatedAt: __, ...now } = looked.seen;
  if (Object.keys(then).length === 0 || canonical(then) === canonical(now)) return undefined;
  const fields = Object.keys(now).filter((name) => canonical(then[name] ?? null) !== canonical(now[name] ?? null));
  return blocker('remote_changed', `It is not as it was when it was approved: ${fields.join(', ')} changed.`, where, {
    evidence: fields,
  });
}

/** What is there already: the state it leads to, or something with its mark. */
async function findIt(looked: Looked, intent: Intent, since: number): Promise<Written[] | undefined> {
  if (looked.unchanged) return [looked.unchanged];
  const found = looked.traces ? await looked.traces(intent.key, since) : [];
  return found.length > 0 ? found : undefined;
}

/** Puts the attempt on record before anything is sent: serial, apart, within the budgets. Undefined where it has to wait. */
function beginAttempt(
  app: App,
  { request, intent, changeset, where, by }: Turn,
  perHour: number,
): Promise<Attempt | undefined> {
  return app.db.write(async (tx) => {
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    if (now.state !== 'executing' || held.state !== 'recorded') return undefined;
    const lane = await holdLane(tx, held.target);
    const freeAt = Math.max(lane.busyUntil, lane.heldUntil, lane.wroteAt === 0 ? 0 : lane.wroteAt + writesApartMs);
    if (freeAt > tx.now) {
      await saveIntent(tx, { ...held, dueAt: freeAt });
      return undefined;
    }
    const { perRun } = app.inForce.policy.github.budgets;
    const inHour = await countAttemptsSince(tx, tx.now - 3_600_000);
    const ofRun = changeset.run ? await countRunWrites(tx, changeset.run.id) : 0;
    if (inHour >= perHour || (held.attempts === 0 && ofRun >= perRun)) {
      const which =
        inHour >= perHour
          ? `${inHour} writes in the last hour, of ${perHour}`
          : `${ofRun} writes of this run, of ${perRun}`;
      const full = blocker('write_budget_exhausted', `The budget is used up: ${which}.`, where, {
        retryAfter: tx.now + 60_000,
      });
      await saveIntent(tx, { ...held, blocker: full, dueAt: tx.now + 60_000 });
      await saveStanding(tx, {
        requestId: request.id,
        blockers: [full],
        lookedAt: tx.now,
        dueAt: tx.now + 60_000,
        looks: 0,
      });
      return undefined;
    }
    const attempt: Attempt = {
      id: newRef(app),
      intentId: held.id,
      number: (await listAttempts(tx, held.id)).length + 1,
      target: held.target,
      payloadHash: held.payloadHash,
      startedAt: tx.now,
      finishedAt: null,
      httpStatus: null,
      githubRequestId: null,
      outcome: 'sent',
      blocker: null,
    };
    await insertAttempt(tx, attempt);
    await saveIntent(tx, {
      ...held,
      state: intentAfter('send', held.state),
      attempts: held.attempts + 1,
      looks: 0,
      sentAt: tx.now,
      dueAt: tx.now + sendLeaseMs,
      blocker: null,
    });
    await saveLane(tx, { ...lane, busyUntil: tx.now + sendLeaseMs });
    await saveStanding(tx, { requestId: request.id, blockers: [], lookedAt: tx.now, dueAt: tx.now, looks: 0 });
    tx.record(
      eventBy(by, 'attempt.started', `request:${request.id}`, {
        place: held.place,
        op: held.op,
        number: attempt.number,
        payloadHash: held.payloadHash,
      }),
    );
    return attempt;
  });
}

type Reply = { ok: true; reply: WriteReply } | { ok: false; failure: Failure };

async function sent(write: () => Promise<WriteReply>): Promise<Reply> {
  try {
    return { ok: true, reply: await write() };
  } catch (error) {
    if (error instanceof RemoteFailure) return { ok: false, failure: error.failure };
    throw error;
  }
}

/** Records what became of an attempt, and ends the changeset with it where that was the last of it. */
function recordReply(app: App, turn: Turn, attempt: Attempt, reply: Reply): Promise<void> {
  const { request, intent, where, by } = turn;
  return app.db.write(async (tx) => {
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    const lane = await holdLane(tx, held.target);
    const answered = {
      httpStatus: reply.ok ? reply.reply.status : reply.failure.status,
      requestId: reply.ok ? reply.reply.requestId : reply.failure.requestId,
    };
    if (reply.ok) {
      const first = await settleAttempt(tx, attempt, 'done', null, answered);
      if (!first || held.state !== 'sent') return; // given up as lost meanwhile: the look for it tells
      await saveLane(tx, { ...lane, busyUntil: 0, wroteAt: tx.now, limits: 0 });
      await saveIntent(tx, {
        ...held,
        state: intentAfter('finish', held.state),
        outcome: 'done',
        written: reply.reply.written,
        blocker: null,
        settledAt: tx.now,
      });
      recordAttempt(tx, now, held, 'done', answered, by, reply.reply.written);
      await close(app, tx, now, by);
      return;
    }
    const because = blockerOf(reply.failure, where);
    if (held.state !== 'sent') return;
    if (isLimit(reply.failure)) {
      await settleAttempt(tx, attempt, 'deferred', because, answered);
      // GitHub may say less than it means: each limit in a row doubles the pause
      const heldUntil = Math.max(
        reply.failure.retryAfter ?? 0,
        tx.now + (lane.limits === 0 ? 0 : 60_000 * 2 ** Math.min(lane.limits, 5)),
      );
      await saveLane(tx, { ...lane, busyUntil: 0, heldUntil, limits: lane.limits + 1 });
      await saveIntent(tx, {
        ...held,
        state: intentAfter('defer', held.state),
        attempts: held.attempts - 1,
        dueAt: heldUntil,
        blocker: because,
      });
      await saveStanding(tx, {
        requestId: now.id,
        blockers: [{ ...because, retryAfter: heldUntil }],
        lookedAt: tx.now,
        dueAt: heldUntil,
        looks: 0,
      });
      recordAttempt(tx, now, held, 'deferred', answered, by, null, because);
      return;
    }
    await saveLane(tx, { ...lane, busyUntil: 0, wroteAt: tx.now, limits: 0 });
    if (isRefusal(reply.failure)) {
      await settleAttempt(tx, attempt, 'rejected', because, answered);
      recordAttempt(tx, now, held, 'rejected', answered, by, null, because);
      await refuse(tx, held, because);
      await close(app, tx, now, by);
      return;
    }
    await lose(tx, now, held, because, by, answered);
    await refreshCards(app, tx, now, now.state);
  });
}

const settleAttempt = (
  tx: Tx,
  { id }: Attempt,
  outcome: Attempt['outcome'],
  because: Blocker | null,
  { httpStatus, requestId }: Answered,
) => finishAttempt(tx, { id, outcome, finishedAt: tx.now, httpStatus, githubRequestId: requestId, blocker: because });

interface Answered {
  httpStatus: number | null;
  requestId: string | null;
}

/** The answer was lost: only a look at GitHub tells whether it was written. */
async function lose(
  tx: Tx,
  request: Request,
  held: Intent,
  because: Blocker,
  by: By,
  answered: Answered,
): Promise<void> {
  const open = (await listAttempts(tx, held.id)).find(({ outcome }) => outcome === 'sent');
  if (open) await settleAttempt(tx, open, 'unknown', because, answered);
  const lane = await holdLane(tx, held.target);
  await saveLane(tx, { ...lane, busyUntil: 0, wroteAt: tx.now });
  await saveIntent(tx, {
    ...held,
    state: intentAfter('lose', held.state),
    looks: 0,
    dueAt: tx.now + patientLooksMs[0],
    blocker: because,
  });
  recordAttempt(tx, request, held, 'unknown', answered, by, null, because);
}

function recordAttempt(
  tx: Tx,
  request: Request,
  held: Intent,
  outcome: Attempt['outcome'],
  answered: Answered,
  by: By,
  made: Written | null,
  because?: Blocker,
): void {
  tx.record(
    eventBy(by, 'attempt.finished', `request:${request.id}`, {
      place: held.place,
      op: held.op,
      outcome,
      status: answered.httpStatus,
      githubRequestId: answered.requestId,
      written: made as unknown as Json,
      code: because?.code ?? null,
    }),
  );
}

/** Looks for what a lost answer left; after patient looks a person decides. */
async function lookForIt(app: App, turn: Turn): Promise<boolean> {
  try {
    const found = await traceOf(app, turn);
    if (found) return adopt(app, turn, found, 'adopted', turn.request.state === 'unknown');
    return await absent(app, turn, undefined);
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    return absent(app, turn, error.failure);
  }
}

/** What an earlier send of this operation has left, if anything. */
export async function traceOf(
  app: App,
  { request, changeset, operation, intent, where }: Turn,
): Promise<Written[] | undefined> {
  if (app.github.transport.mode !== changeset.transport || app.github.transport.host !== changeset.host)
    throw new RemoteFailure({
      code: 'host_mismatch',
      message: `It was sent by ${changeset.transport} to ${changeset.host}.`,
      status: null,
      requestId: null,
    });
  const input = request.payload.kind === 'changeset' ? request.payload.changeset : undefined;
  if (input === undefined) throw new Error(`request ${request.id} is no changeset`);
  const facts = await factsFor(app, input, changeset.target, request.askedBy);
  const results = resultsByRef(changeset, await listIntents(app.db.read, request.id));
  const looked = await lookAt(withResults(operation.input, results), {
    ...(await contextFor(app, facts)),
    where,
    afterOwnWrites: true,
  });
  return findIt(looked, intent, Math.max(0, (intent.sentAt ?? 0) - 120_000));
}

function absent(app: App, turn: Turn, failure: Failure | undefined): Promise<boolean> {
  const { request, intent, where, by } = turn;
  return app.db.write(async (tx) => {
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    if (held.state !== 'unknown') return false;
    if (now.state === 'unknown') {
      // a person decides; Gaia goes on looking once a day
      await saveIntent(tx, { ...held, looks: held.looks + 1, dueAt: tx.now + dayMs });
      return false;
    }
    if (now.state !== 'executing') return false;
    const mayPass = failure !== undefined && blockerOf(failure, where).retryable === true;
    const looks = held.looks + 1;
    if (mayPass || (failure === undefined && looks < patientLooksMs.length)) {
      const dueAt = failure?.retryAfter ?? tx.now + (mayPass ? waitMs(looks) : patientLooksMs[looks]!);
      await saveIntent(tx, { ...held, looks, dueAt });
      await saveStanding(tx, {
        requestId: request.id,
        blockers: [
          blocker('outcome_unknown', 'An answer was lost; Gaia looks for what was written.', where, {
            retryable: true,
            retryAfter: dueAt,
          }),
        ],
        lookedAt: tx.now,
        dueAt,
        looks,
      });
      return false;
    }
    const because = blocker(
      'outcome_unknown',
      failure === undefined
        ? `The answer was lost, and ${looks} looks have found nothing of it.`
        : `The answer was lost, and GitHub cannot be asked: ${failure.message}`,
      where,
    );
    await saveIntent(tx, { ...held, looks, blocker: because, dueAt: tx.now + dayMs });
    await saveStanding(tx, { requestId: request.id, blockers: [because], lookedAt: tx.now, dueAt: tx.now, looks });
    const unknown = await saveRequest(tx, { ...now, state: next('lose', now.state) as Request['state'] });
    tx.record(
      eventBy(by, 'execution.unknown', `request:${request.id}`, {
        place: held.place,
        op: held.op,
        code: because.code,
        text: because.message,
        looks,
      }),
    );
    await refreshCards(app, tx, unknown, unknown.state);
    return true;
  });
}

/** It is there: nothing more is sent for this operation. Several of it are named, so that a person removes what is double. */
export function adopt(
  app: App,
  { request, intent, where, by }: Turn,
  found: readonly Written[],
  outcome: 'adopted' | 'unchanged',
  isResolved = false,
): Promise<boolean> {
  return app.db.write(async (tx) => {
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    if (held.state === 'done' || held.state === 'rejected') return false;
    const made = found[0] as Written;
    const double =
      found.length < 2
        ? null
        : blocker('duplicate_detected', `It is there ${found.length} times.`, where, {
            evidence: found.map(({ url, id }) => url ?? String(id)),
          });
    await saveIntent(tx, {
      ...held,
      state: intentAfter('finish', held.state),
      outcome,
      written: made,
      blocker: double,
      settledAt: tx.now,
    });
    tx.record(
      eventBy(by, 'intent.adopted', `request:${request.id}`, {
        place: held.place,
        op: held.op,
        outcome,
        written: made as unknown as Json,
        code: double?.code ?? null,
        also: found.slice(1).map(({ url }) => url),
      }),
    );
    await close(app, tx, now, by, isResolved);
    return true;
  });
}

function reject(app: App, { request, intent, by }: Turn, because: Blocker): Promise<boolean> {
  return app.db.write(async (tx) => {
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    if (held.state !== 'recorded') return false;
    await refuse(tx, held, because);
    tx.record(
      eventBy(by, 'intent.rejected', `request:${request.id}`, {
        place: held.place,
        op: held.op,
        code: because.code,
        text: because.message,
      }),
    );
    await close(app, tx, now, by);
    return true;
  });
}

/** A refused write gives its key back: another request may ask for it. */
export const refuse = (tx: Tx, held: Intent, because: Blocker): Promise<Intent> =>
  saveIntent(tx, {
    ...held,
    state: intentAfter('reject', held.state),
    heldKey: null,
    outcome: 'failed',
    blocker: because,
    settledAt: tx.now,
  });

/** Waits for what the world may still cure; anything else, or a wait past the end of the approval, refuses the operation. */
async function holdOff(app: App, turn: Turn, blockers: readonly Blocker[]): Promise<boolean> {
  const { request, intent } = turn;
  const hopeless = blockers.find(({ retryable }) => retryable !== true);
  if (hopeless) return reject(app, turn, hopeless);
  const isOver = await app.db.write(async (tx) => {
    const held = await intentIn(tx, request.id, intent.place);
    if (held.state !== 'recorded') return false;
    if (request.effectBy !== null && tx.now >= request.effectBy) return true;
    const looks = held.looks + 1;
    const asked = Math.max(...blockers.map(({ retryAfter }) => retryAfter ?? 0));
    const dueAt = asked > tx.now ? asked : tx.now + waitMs(looks);
    await saveIntent(tx, { ...held, looks, dueAt, blocker: blockers[0] ?? null });
    await saveStanding(tx, { requestId: request.id, blockers: [...blockers], lookedAt: tx.now, dueAt, looks });
    return false;
  });
  return isOver ? reject(app, turn, blockers[0] as Blocker) : false;
}

async function close(app: App, tx: Tx, request: Request, by: By, isResolved = false): Promise<void> {
  const closed = await closeIfOver(tx, request, by, { isResolved });
  await refreshCards(app, tx, closed, closed.state);
}

async function intentIn(tx: Tx, requestId: string, place: number): Promise<Intent> {
  const intent = (await holdIntents(tx, requestId)).find((one) => one.place === place);
  if (intent === undefined) throw new Error(`the ledger holds no intent for operation ${place} of ${requestId}`);
  return intent;
}

export const blockerOf = ({ code, message, retryAfter, evidence }: Failure, where: Where): Blocker =>
  blocker(code, message, where, {
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(evidence ? { evidence } : {}),
  });

export type { Turn };
