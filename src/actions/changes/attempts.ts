import type { By } from '../../core/access/actor.ts';
import type { Blocker } from '../../core/approval/blocker.ts';
import { factsFor as policyFactsFor } from '../../core/approval/facts.ts';
import { effectDigestOf, type Request } from '../../core/approval/request.ts';
import { ruleOnStart } from '../../core/approval/start.ts';
import type { Json } from '../../core/canonical.ts';
import { type BlockerCode, blocker } from '../../core/change/blockers.ts';
import { type Failure, isLimit, isRefusal, RemoteFailure } from '../../core/change/failure.ts';
import { writeBlockers } from '../../core/change/preconditions.ts';
import { budgetMs } from '../../core/change/rules.ts';
import { intentAfter, patientLooksMs, sendLeaseMs, type Written, writesApartMs } from '../../core/change/states.ts';
import { judge } from '../../core/policy/judge.ts';
import type { Tx } from '../../store/database.ts';
import { listVotes } from '../../store/decisions.ts';
import { holdInstallation } from '../../store/installation.ts';
import {
  type Attempt,
  countAttemptsSince,
  countRunWrites,
  finishAttempt,
  holdIntents,
  type Intent,
  insertAttempt,
  listAttempts,
  saveIntent,
} from '../../store/intents.ts';
import { findLastPolicy } from '../../store/policies.ts';
import { getRequest } from '../../store/requests.ts';
import { getRun } from '../../store/runs.ts';
import { saveStanding } from '../../store/standings.ts';
import { holdLane, saveLane } from '../../store/write-lanes.ts';
import { type App, eventBy, gaiaItself, newRef } from '../app.ts';
import { refreshCards } from '../deliveries.ts';
import type { WriteReply } from './port.ts';
import { type FilesSeen, factsFor, payloadHashFor } from './resolve.ts';
import { blockerOf, close, doubt, holdOffIn, inputOf, intentIn, refuse, type Turn, wasLost } from './settling.ts';

/** What a look outside found just now; the rest is read again in the work that relies on it. */
export interface JustSeen {
  /** digest of the policy that the look was under */
  policy: string;
  /** the numeric id behind the name of the target */
  targetId: number;
  files: FilesSeen;
}

/**
 * Puts the attempt on record before anything is sent: serial, apart, within the budgets, and only while everything that the
 * write rests on still holds. Who pauses, revokes, or changes the policy before this is committed has stopped it. Undefined
 * where it has to wait, or is over.
 */
export function beginAttempt(app: App, turn: Turn, seen: JustSeen): Promise<Attempt | undefined> {
  const { request, intent, by } = turn;
  return app.db.write(async (tx) => {
    const installation = await holdInstallation(tx);
    const now = await getRequest(tx, request.id);
    const held = await intentIn(tx, request.id, intent.place);
    if (now.state !== 'executing' || held.state !== 'recorded') return undefined;
    if (((await findLastPolicy(tx))?.digest ?? seen.policy) !== seen.policy) return undefined; // looked at again under the new one
    const lane = await holdLane(tx, held.target);
    const blockers = [
      ...(await approvalNow(app, tx, now, turn, installation.generation)),
      ...ledgerBlockers(turn, held),
      ...(await worldNow(app, tx, now, turn, seen)),
    ];
    if (blockers.length > 0) {
      await holdOffIn(app, tx, now, held, { blockers, by });
      return undefined;
    }
    const freeAt = Math.max(lane.busyUntil, lane.heldUntil, lane.wroteAt === 0 ? 0 : lane.wroteAt + writesApartMs);
    if (freeAt > tx.now) {
      await saveIntent(tx, { ...held, dueAt: freeAt });
      return undefined;
    }
    const full = await budgetBlocker(app, tx, turn, held);
    if (full) {
      await holdOffIn(app, tx, now, held, { blockers: [full], by });
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

/** What ends an approval while it is being carried out; codes as the approval itself would have. */
const endings: Readonly<Record<string, BlockerCode>> = {
  not_started: 'approval_expired',
  generation_changed: 'approval_expired',
  policy_stricter: 'operation_denied',
  quorum_not_met: 'quorum_not_met',
  effect_changed: 'approval_digest_mismatch',
};

/** The approval, judged as at the beginning: it may have run out, or count for less than it did. */
async function approvalNow(
  app: App,
  tx: Tx,
  request: Request,
  { where }: Turn,
  generation: number,
): Promise<Blocker[]> {
  const effect = request.effect as NonNullable<Request['effect']>;
  const ruling = ruleOnStart({
    request,
    votes: await listVotes(tx, request.id),
    people: app.people,
    generation,
    paused: false, // stands among the conditions of the write
    judgement: judge(app.inForce.policy, policyFactsFor(effect, { actor: request.askedBy as By['actor'] })),
    modeNow: null,
    mayExecute: false,
    busy: [],
    effectDigestNow: effectDigestOf(effect),
    blockersNow: [],
    now: tx.now,
  });
  if (ruling.kind !== 'end') return [];
  return [
    blocker(endings[ruling.code] ?? 'approval_missing', ruling.text, where, { phase: 'publish', retryable: false }),
  ];
}

/** The ledger, read again: it holds what was approved, and that is what its hash says. */
function ledgerBlockers({ operation, where }: Turn, held: Intent): Blocker[] {
  const isSame =
    held.key === operation.key &&
    held.payloadHash === operation.payloadHash &&
    payloadHashFor(operation) === operation.payloadHash;
  return isSame
    ? []
    : [
        blocker('intent_conflict', 'The ledger holds another content than was approved.', where, {
          retryable: false,
          remedy: 'Verify the log: `gaia audit verify`.',
        }),
      ];
}

/** Everything else that a write rests on, as it is in this work. */
async function worldNow(
  app: App,
  tx: Tx,
  request: Request,
  { changeset }: Turn,
  { targetId, files }: JustSeen,
): Promise<Blocker[]> {
  if (changeset.run) await getRun(tx, changeset.run.id);
  const facts = await factsFor(app, inputOf(request), changeset.target, request.askedBy, { tx, files });
  return writeBlockers({
    ...facts,
    epoch: changeset.run?.epoch ?? null,
    headSha: changeset.run?.headSha ?? null,
    targetId,
  });
}

async function budgetBlocker(app: App, tx: Tx, { changeset, where }: Turn, held: Intent): Promise<Blocker | undefined> {
  const { perHour, perRun } = app.inForce.policy.github.budgets;
  const inHour = await countAttemptsSince(tx, tx.now - budgetMs);
  const ofRun = changeset.run ? await countRunWrites(tx, changeset.run.id) : 0;
  const which =
    inHour >= perHour
      ? `${inHour} writes in the last hour, of ${perHour}`
      : held.attempts === 0 && ofRun >= perRun
        ? `${ofRun} writes of this run, of ${perRun}`
        : undefined;
  if (which === undefined) return undefined;
  return blocker('write_budget_exhausted', `The budget is used up: ${which}.`, where, { retryAfter: tx.now + 60_000 });
}

export type Reply = { ok: true; reply: WriteReply } | { ok: false; failure: Failure };

/** Sends once. */
export async function sent(write: () => Promise<WriteReply>): Promise<Reply> {
  try {
    return { ok: true, reply: await write() };
  } catch (error) {
    if (error instanceof RemoteFailure) return { ok: false, failure: error.failure };
    throw error;
  }
}

/** Records what became of an attempt, and ends the changeset with it where that was the last of it. */
export function recordReply(app: App, turn: Turn, attempt: Attempt, reply: Reply): Promise<void> {
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
      if (await wasLost(tx, held)) return void (await doubt(app, tx, now, held, because, by));
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

/** A send that nobody finished: the process died, or its outcome could not be recorded. */
export async function loseSend(app: App, { request, intent, where, by }: Turn): Promise<boolean> {
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
