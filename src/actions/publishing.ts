import type { By } from '../core/access/actor.ts';
import type { Blocker } from '../core/approval/blocker.ts';
import { factsFor } from '../core/approval/facts.ts';
import { effectDigestOf, type Outcome, type Request } from '../core/approval/request.ts';
import { ruleOnStart } from '../core/approval/start.ts';
import { next } from '../core/approval/states.ts';
import { areRetryable, blocker } from '../core/change/blockers.ts';
import type { ResolvedChangeset } from '../core/change/changeset.ts';
import { targetOf } from '../core/change/operations.ts';
import { writeBlockers } from '../core/change/preconditions.ts';
import { waitMs } from '../core/change/states.ts';
import { type Reach, unfailing } from '../core/fail-point.ts';
import { judge } from '../core/policy/judge.ts';
import type { Tx } from '../store/database.ts';
import { listVotes, takePermit } from '../store/decisions.ts';
import { holdInstallation } from '../store/installation.ts';
import {
  type Due,
  duePage,
  findHolderOf,
  type Intent,
  insertIntent,
  listDueRequests,
  listOpenIntents,
  saveIntent,
} from '../store/intents.ts';
import { findLastPolicy } from '../store/policies.ts';
import { findRequest, getRequest, saveRequest } from '../store/requests.ts';
import { findStanding, listDueApproved, saveStanding } from '../store/standings.ts';
import { holdLane, pinTarget } from '../store/write-lanes.ts';
import { type App, eventBy, gaiaItself, newRef } from './app.ts';
import { loseOpenSends } from './changes/attempts.ts';
import { toldOf } from './changes/closing.ts';
import { laneOf, type Standing, standingOf, factsFor as writeFactsFor } from './changes/resolve.ts';
import { carryOn } from './changes/sending.ts';
import { recordCheckpoint } from './checkpoints.ts';
import { refreshCards } from './deliveries.ts';
import { lookUp } from './look-ups.ts';
import { followPolicy } from './policies.ts';

/**
 * Looks after every approved changeset and checkpoint, and goes on with every changeset that was begun. One that cannot be
 * looked at does not hold up the others: what it threw is thrown at the end. Returns how many moved.
 */
export async function publishDue(app: App, now: number, reach: Reach = unfailing): Promise<number> {
  let moved = 0;
  const thrown: unknown[] = [];
  const each = async (ids: readonly string[], look: (id: string) => Promise<boolean>) => {
    for (const id of ids) {
      try {
        if (await look(id)) moved++;
      } catch (error) {
        thrown.push(error);
      }
    }
  };
  // every page, so that none hides behind those that wait or cannot be looked at
  for (let after = ''; ; ) {
    const approved = await listDueApproved(app.db.read, now, after);
    await each(approved, (id) => beginPublishing(app, id, now));
    if (approved.length < duePage) break;
    after = approved.at(-1) as string;
  }
  for (let after: Due | undefined; ; ) {
    const due = await listDueRequests(app.db.read, now, after);
    await each(
      due.map(({ requestId }) => requestId),
      (id) => carryOn(app, id, reach),
    );
    if (due.length < duePage) break;
    after = due.at(-1);
  }
  if (thrown.length > 0) throw thrown[0];
  return moved;
}

/** At the start of the only process on a store: whatever was being sent then is lost, and is looked for at once. */
export const recoverSends = async (app: App): Promise<void> => {
  const sending = (await listOpenIntents(app.db.read)).filter(({ state }) => state === 'sent');
  await loseOpenSends(app, [...new Set(sending.map(({ requestId }) => requestId))]);
};

/** Starts what an approval allows, if it still does. True where the request moved. `isAsked`: a person wants it looked at now. */
export async function beginPublishing(app: App, id: string, now: number, isAsked = false): Promise<boolean> {
  const approved = await findRequest(app.db.read, id);
  if (approved?.state !== 'approved') return false;
  if (approved.kind === 'checkpoint') return recordApproved(app, approved);
  if (approved.payload.kind !== 'changeset') return false;
  const waiting = await findStanding(app.db.read, id);
  const isExpiring = approved.effectBy !== null && now >= approved.effectBy;
  if (!isAsked && !isExpiring && waiting && waiting.dueAt > now) return false;

  const policy = await followPolicy(app);
  const input = approved.payload.changeset;
  const facts = await writeFactsFor(app, input, targetOf(input), approved.askedBy);
  const known = writeBlockers(facts);
  // what is known here needs no look at GitHub
  const standing: Standing =
    known.length > 0 && areRetryable(known)
      ? { changeset: undefined, blockers: known }
      : await standingOf(app, input, approved.askedBy, app.github.texts);
  return app.db.write((tx) => beginIn(app, tx, id, standing, policy));
}

async function beginIn(app: App, tx: Tx, id: string, standing: Standing, policy: string): Promise<boolean> {
  const installation = await holdInstallation(tx);
  const request = await getRequest(tx, id);
  if (request.state !== 'approved' || request.effect?.kind !== 'changeset') return false;
  if (((await findLastPolicy(tx))?.digest ?? policy) !== policy) return false; // judged again under the new one
  const by = gaiaItself(request.traceId);
  const { isTest } = request;
  const changeset = standing.changeset;
  const effect = changeset ? { v: 1 as const, kind: 'changeset' as const, isTest, changeset } : request.effect;
  const ruling = ruleOnStart({
    request,
    votes: await listVotes(tx, id),
    people: app.people,
    generation: installation.generation,
    paused: installation.pausedAt !== null || installation.acceptanceReason !== null,
    judgement: judge(app.inForce.policy, factsFor(effect, { actor: request.askedBy as By['actor'] })),
    modeNow: null,
    mayExecute: false,
    busy: [],
    effectDigestNow: effectDigestOf(effect),
    blockersNow: standing.blockers,
    now: tx.now,
  });
  const isStricter = standing.blockers.find(({ code }) => ofThePolicy.includes(code));
  if (ruling.kind === 'end' && ruling.code !== 'effect_changed')
    return end(app, tx, request, ruling.move, ruling.code, ruling.text, by);
  if (isStricter) return end(app, tx, request, 'outdate', 'policy_stricter', isStricter.message, by);
  const moved = standing.blockers.find(({ code }) => outdating.includes(code));
  if (moved) return end(app, tx, request, 'outdate', moved.code, moved.message, by);
  if (ruling.kind === 'end')
    return end(app, tx, request, ruling.move, ruling.code, whatMoved(request.effect.changeset, changeset), by);
  const hopeless = standing.blockers.filter(({ retryable }) => retryable !== true);
  if (hopeless[0]) {
    await wait(tx, request, standing.blockers, false);
    return end(app, tx, request, 'refuse', hopeless[0].code, hopeless.map(({ message }) => message).join(' '), by);
  }
  const blockers = ruling.kind === 'wait' ? [...ruling.blockers, ...standing.blockers] : standing.blockers;
  if (blockers.length > 0 || changeset === undefined) {
    await wait(tx, request, blockers, changeset !== undefined || standing.isUnread === true);
    return false;
  }
  if (isTest) return rehearse(app, tx, request, changeset, by);
  return begin(app, tx, request, changeset, by);
}

/** Codes by which a changeset that was allowed is not allowed any more. */
const ofThePolicy: readonly string[] = [
  'operation_denied',
  'repo_not_allowed',
  'label_not_allowed',
  'branch_not_allowed',
  'head_protected',
  'mention_denied',
];
/** Codes that say: what was approved rests on something that has moved. */
const outdating: readonly string[] = ['remote_changed', 'epoch_stale', 'repo_identity_changed'];

/** Commits what is to be written, each operation of it, before anything is sent. */
async function begin(app: App, tx: Tx, request: Request, changeset: ResolvedChangeset, by: By): Promise<boolean> {
  const { id } = request;
  const digest = request.digest as string;
  const holders: (Intent | undefined)[] = [];
  for (const { key } of changeset.operations) holders.push(await findHolderOf(tx, key));
  const busy = holders.find((holder) => holder !== undefined && holder.state !== 'done');
  if (busy) {
    const message = `Request ${busy.requestId} is about to write exactly this, or does not know whether it has.`;
    await wait(
      tx,
      request,
      [blocker('intent_conflict', message, { target: changeset.target }, { evidence: [busy.requestId] })],
      false,
    );
    return false;
  }
  if (!(await takePermit(tx, { requestId: id, digest, takenAt: tx.now })))
    throw new Error(`request ${id} is approved but its permit is missing or taken`);
  tx.record(eventBy(by, 'permit.taken', `request:${id}`, { digest, takenAt: tx.now }));
  const lane = laneOf(changeset.target);
  await holdLane(tx, lane);
  if (changeset.targetId !== null) await pinTarget(tx, lane, changeset.targetId);
  const executing = await saveRequest(tx, { ...request, state: next('begin', request.state) as Request['state'] });
  tx.record(
    eventBy(by, 'execution.started', `request:${id}`, {
      digest,
      effectDigest: request.effectDigest,
      startedAt: tx.now,
    }),
  );
  for (const [place, { op, key, payloadHash }] of changeset.operations.entries()) {
    const holder = holders[place];
    // what was made may be gone since, and a state left: it is looked at before anything is sent
    if (holder) await saveIntent(tx, { ...holder, heldKey: null });
    const intent: Intent = {
      id: newRef(app),
      requestId: id,
      place,
      op,
      target: lane,
      runId: changeset.run?.id ?? null,
      key,
      heldKey: key,
      payloadHash,
      state: 'recorded',
      attempts: 0,
      looks: 0,
      sentAt: null,
      dueAt: tx.now,
      outcome: null,
      written: null,
      blocker: null,
      createdAt: tx.now,
      settledAt: null,
    };
    if (!(await insertIntent(tx, intent)))
      throw new Error(`the intent of operation ${place} of ${id} could not be recorded`);
    tx.record(
      eventBy(by, 'intent.recorded', `request:${id}`, {
        place,
        op,
        key,
        payloadHash,
        already: holder?.requestId ?? null,
      }),
    );
  }
  await refreshCards(app, tx, executing, executing.state);
  return true;
}

/** A TEST ends as a rehearsal: looked up, judged and reported; nothing is written, not even to Gaia's own world. */
async function rehearse(app: App, tx: Tx, request: Request, changeset: ResolvedChangeset, by: By): Promise<boolean> {
  const { id } = request;
  const digest = request.digest as string;
  if (!(await takePermit(tx, { requestId: id, digest, takenAt: tx.now })))
    throw new Error(`request ${id} is approved but its permit is missing or taken`);
  tx.record(eventBy(by, 'permit.taken', `request:${id}`, { digest, takenAt: tx.now }));
  const outcome: Outcome = {
    ...nothingRan,
    dryRun: true,
    transport: changeset.transport,
    operations: changeset.operations.map(({ op, on }) => ({
      op,
      on,
      outcome: 'not_started',
      written: null,
      code: null,
      text: null,
    })),
  };
  const state = next('rehearse', request.state) as Request['state'];
  const rehearsed = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: 'rehearsed', outcome });
  tx.record(
    eventBy(by, 'execution.finished', `request:${id}`, {
      digest,
      effectDigest: request.effectDigest,
      ...toldOf(outcome),
      state,
      code: 'rehearsed',
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, rehearsed, rehearsed.state);
  return true;
}

const nothingRan = { exitCode: null, signal: null, stdout: '', stderr: '', truncated: false, durationMs: 0 } as const;

/** Approved documents are recorded as they are; one that was edited since is out of date. */
async function recordApproved(app: App, approved: Request): Promise<boolean> {
  const policy = await followPolicy(app);
  const { isTest, askedBy } = approved;
  const looked = await lookUp(app, approved.payload, { isTest, askedBy, isApproved: true });
  const isUnread = looked.blockers !== undefined && areRetryable(looked.blockers);
  return app.db.write(async (tx) => {
    const installation = await holdInstallation(tx);
    const request = await getRequest(tx, approved.id);
    if (request.state !== 'approved' || request.effect?.kind !== 'checkpoint') return false;
    if (((await findLastPolicy(tx))?.digest ?? policy) !== policy) return false;
    const by = gaiaItself(request.traceId);
    // what could only not be read just now is taken to be as it was, and read again before it counts
    const effectNow = looked.blockers ? (isUnread ? request.effect : undefined) : looked.effect;
    const ruling = ruleOnStart({
      request,
      votes: await listVotes(tx, request.id),
      people: app.people,
      generation: installation.generation,
      paused: installation.pausedAt !== null || installation.acceptanceReason !== null,
      judgement: judge(app.inForce.policy, factsFor(request.effect, { actor: request.askedBy as By['actor'] })),
      modeNow: null,
      mayExecute: false,
      busy: [],
      effectDigestNow: effectNow && effectDigestOf(effectNow),
      blockersNow: looked.blockers ?? [],
      now: tx.now,
    });
    if (ruling.kind === 'wait') return false;
    if (ruling.kind === 'end') return end(app, tx, request, ruling.move, ruling.code, ruling.text, by);
    if (looked.blockers) {
      await wait(tx, request, looked.blockers, true);
      return false;
    }
    const digest = request.digest as string;
    if (!(await takePermit(tx, { requestId: request.id, digest, takenAt: tx.now })))
      throw new Error(`request ${request.id} is approved but its permit is missing or taken`);
    tx.record(eventBy(by, 'permit.taken', `request:${request.id}`, { digest, takenAt: tx.now }));
    if (!request.isTest) await recordCheckpoint(tx, request.id, request.effect.checkpoint, by);
    const state = next('record', request.state) as Request['state'];
    const recorded = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: 'recorded' });
    tx.record(eventBy(by, 'request.recorded', `request:${request.id}`, { digest, code: 'recorded', endedAt: tx.now }));
    await refreshCards(app, tx, recorded, state);
    return true;
  });
}

/** Keeps what is in the way, for people to see, and when to look again: ever later, where a look takes the others' time. */
async function wait(tx: Tx, request: Request, blockers: Blocker[], isCostly: boolean): Promise<void> {
  const before = await findStanding(tx, request.id);
  const looks = isCostly ? (before?.looks ?? 0) + 1 : 0;
  const soonest = Math.min(...blockers.map(({ retryAfter }) => retryAfter ?? Number.POSITIVE_INFINITY));
  const dueAt = Number.isFinite(soonest) ? soonest : tx.now + (isCostly ? Math.min(waitMs(looks), 60_000) : 2_000);
  await saveStanding(tx, { requestId: request.id, blockers, lookedAt: tx.now, dueAt, looks });
}

async function end(
  app: App,
  tx: Tx,
  request: Request,
  move: 'expire' | 'outdate' | 'refuse',
  code: string,
  text: string,
  by: By,
): Promise<boolean> {
  const state = next(move, request.state) as Request['state'];
  const ended = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: code, endText: text });
  tx.record(
    eventBy(by, `request.${state}`, `request:${request.id}`, { code, text, digest: request.digest, endedAt: tx.now }),
  );
  await refreshCards(app, tx, ended, state);
  return true;
}

/** In words, for the card of what became out of date. */
function whatMoved(then: ResolvedChangeset, now: ResolvedChangeset | undefined): string {
  if (now === undefined) return 'It cannot be looked up any more.';
  const text = (value: unknown) => JSON.stringify(value);
  if (then.transport !== now.transport)
    return `It was approved for ${then.transport}, and Gaia writes by ${now.transport} now.`;
  const places = then.operations.flatMap((operation, place) => {
    const other = now.operations[place];
    return other && text(operation) === text(other)
      ? []
      : [`operation ${place + 1} (${operation.op}, ${operation.on})`];
  });
  if (places.length > 0) return `What it rests on has changed since it was approved: ${places.join('; ')}.`;
  return 'What it rests on has changed since it was approved: its run or its target.';
}
