import type { Blocker } from '../../core/approval/blocker.ts';
import type { Request } from '../../core/approval/request.ts';
import { canonical } from '../../core/canonical.ts';
import { blocker, type Where } from '../../core/change/blockers.ts';
import type { Change, ResolvedChangeset, ResolvedOperation } from '../../core/change/changeset.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import { markerOf } from '../../core/change/marker.ts';
import type { Operation } from '../../core/change/operations.ts';
import { writeBlockers } from '../../core/change/preconditions.ts';
import { waitMs } from '../../core/change/states.ts';
import type { Reach } from '../../core/fail-point.ts';
import { type Intent, listIntents, saveIntent } from '../../store/intents.ts';
import { findRequest } from '../../store/requests.ts';
import { saveStanding } from '../../store/standings.ts';
import { type App, gaiaItself } from '../app.ts';
import { followPolicy } from '../policies.ts';
import { beginAttempt, loseSend, recordReply, sent } from './attempts.ts';
import { type Looked, placeOf } from './looks/look.ts';
import { lookAt, withResults } from './looks/look-at.ts';
import { findIt, lookForIt } from './lost.ts';
import { type MadeBefore, madeBefore } from './made-before.ts';
import type { Write } from './port.ts';
import { contextFor, type FilesSeen, factsFor, gateFactsOf, mustBeTheSame, payloadOf } from './resolve.ts';
import { adopt, blockerOf, holdOff, inputOf, intentIn, reject, resultsByRef, type Turn } from './settling.ts';
import { unreadBlocker } from './unread.ts';

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
  await app.db.write(async (tx) => {
    const dueAt = tx.now + waitMs(0);
    for (const intent of await listIntents(tx, request.id))
      if (intent.state === 'recorded')
        await saveIntent(tx, { ...(await intentIn(tx, request.id, intent.place)), dueAt });
    await saveStanding(tx, { requestId: request.id, blockers: [because], lookedAt: tx.now, dueAt, looks: 0 });
  });
  return false;
}

/** Looks at everything once more and, if it is as it was approved, sends it. */
async function sendNext(app: App, turn: Turn, intents: readonly Intent[], reach: Reach): Promise<boolean> {
  const { request, changeset, operation, intent, where } = turn;
  const side = app.github;
  if (side.transport.mode !== changeset.transport || side.transport.host !== changeset.host) {
    const message = `It was approved for ${changeset.transport} at ${changeset.host}, and Gaia writes by ${side.transport.mode} at ${side.transport.host} now.`;
    return reject(app, turn, blocker('host_mismatch', message, where));
  }
  const policy = await followPolicy(app);
  const facts = {
    ...(await factsFor(app, inputOf(request), changeset.target, request.askedBy)),
    epoch: changeset.run?.epoch ?? null,
    headSha: changeset.run?.headSha ?? null,
    targetId: changeset.targetId,
  };
  const known = writeBlockers(facts);
  if (known.length > 0) return holdOff(app, turn, known);
  try {
    const targetId = await mustBeTheSame(side, changeset);
    const wanted = withResults(operation.input, resultsByRef(changeset, intents));
    const looked = await lookAt(wanted, {
      ...(await contextFor(app, facts)),
      where,
      afterOwnWrites: intents.some(({ place, outcome }) => place < intent.place && outcome === 'done'),
    });
    const before = await madeBefore(app, turn);
    if (before && !before.isSame) return reject(app, turn, saidOtherwise(before, where));
    const found = before ? [before.written] : await findIt(looked, intent, 0);
    if (found) return adopt(app, turn, found, intent.attempts === 0 && looked.unchanged ? 'unchanged' : 'adopted');
    const moved = whatMoved(operation, looked, where);
    if (moved) return reject(app, turn, moved);
    if (looked.blockers.length > 0) return holdOff(app, turn, looked.blockers);
    if (looked.write === undefined) return reject(app, turn, unnamed(wanted, where));
    const write = looked.write(
      markerOf(side.markerSecret, {
        ...placeOf(side, changeset.target),
        key: intent.key,
        payloadHash: intent.payloadHash,
      }),
    );
    const other = whatDiffers(operation, wanted, looked, write, where);
    if (other) return reject(app, turn, other);
    const files = await filesNow(app, request);
    const attempt = await beginAttempt(app, turn, { policy, targetId, files });
    if (attempt === undefined) return false;
    reach('github.send.before');
    const reply = await sent(() => side.transport.write(write));
    reach('github.send.after');
    await recordReply(app, turn, attempt, reply);
    reach('github.record.after');
    return true;
  } catch (error) {
    const unread = unreadBlocker(error, where);
    if (unread) return holdOff(app, turn, [unread]);
    if (!(error instanceof RemoteFailure)) throw error;
    return holdOff(app, turn, [blockerOf(error.failure, where)]);
  }
}

/** The files that a write rests on, read again after everything that takes long. */
async function filesNow(app: App, request: Request): Promise<FilesSeen> {
  const { runId } = inputOf(request);
  const run = runId === undefined ? undefined : await gateFactsOf(app, runId, request.askedBy);
  return { hashes: run?.hashes ?? {}, highest: await app.github.highestCheckpoint() };
}

const saidOtherwise = ({ requestId, written }: MadeBefore, where: Where): Blocker =>
  blocker('duplicate_detected', `Request ${requestId} has written it already, in other words.`, where, {
    remedy: 'Propose an update of that one.',
    evidence: written.url === null ? [requestId] : [requestId, written.url],
  });

/** An earlier operation is done, as a person said, and nobody said as what. */
function unnamed(wanted: Operation, where: Where): Blocker {
  const names = Object.values(wanted).filter((value) => typeof value === 'string' && /^\$\w+$/.test(value));
  return blocker('intent_missing', `It rests on ${names.join(', ')}, and nobody knows what that became.`, where, {
    remedy: 'Propose it again, with the number in its place.',
  });
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

/**
 * What goes out is what was approved, byte for byte: neither a guard, nor a rule, nor a run that says something else by now
 * changes any of it.
 */
function whatDiffers(
  operation: ResolvedOperation,
  wanted: Operation,
  looked: Looked,
  write: Write,
  where: Where,
): Blocker | undefined {
  const approved = newTexts(operation.changes);
  const now = newTexts(looked.changes);
  const going = Object.values(write)
    .filter((value) => typeof value === 'string')
    .join('\n');
  const isSame =
    canonical(payloadOf(looked.input)) === canonical(payloadOf(wanted)) &&
    // a link sends no text: all of it stands in its input, and what it was shown by may have got a number since
    (operation.op === 'issue.link' || now.every((text) => approved.includes(text))) &&
    looked.changes.every((change) => change.kind !== 'text' || going.includes(change.after));
  if (isSame) return undefined;
  return blocker('payload_invalid', 'What would go out is not, byte for byte, what was approved.', where, {
    phase: 'publish',
    remedy: 'Propose it again: a rule that its text has to keep to has changed since.',
  });
}

const newTexts = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => (change.kind === 'set' ? [] : [change.after]));
