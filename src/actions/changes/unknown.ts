import type { By } from '../../core/access/actor.ts';
import type { Request } from '../../core/approval/request.ts';
import { next } from '../../core/approval/states.ts';
import { blocker } from '../../core/change/blockers.ts';
import { RemoteFailure } from '../../core/change/failure.ts';
import { namedBy } from '../../core/change/results.ts';
import { intentAfter, type Written, waitMs } from '../../core/change/states.ts';
import { conflict, invalid, unavailable } from '../../core/errors.ts';
import type { Tx } from '../../store/database.ts';
import { holdIntents, type Intent, listIntents, saveIntent } from '../../store/intents.ts';
import { findRequest, noSuchRequest, saveRequest } from '../../store/requests.ts';
import { saveStanding } from '../../store/standings.ts';
import { type App, eventBy } from '../app.ts';
import { refreshCards } from '../deliveries.ts';
import type { Resolution } from '../executions.ts';
import { mustOperate } from '../operators.ts';
import { closeIfOver } from './closing.ts';
import { traceOf } from './lost.ts';
import { adopt, refuse, type Turn } from './settling.ts';

/** Looks at GitHub once more for what a lost answer left. Repeating it is harmless. */
export async function lookAgain(app: App, id: string, by: By): Promise<{ request: Request; found: boolean }> {
  mustOperate(app, by);
  const request = await findRequest(app.db.read, id);
  if (!request) throw noSuchRequest(id);
  const intent = (await listIntents(app.db.read, id)).find(({ state }) => state === 'unknown');
  const effect = request.effect;
  if (request.state !== 'unknown' || intent === undefined || effect?.kind !== 'changeset') throw notUnknown(request);
  const turn: Turn = {
    request,
    changeset: effect.changeset,
    intent,
    operation: effect.changeset.operations[intent.place]!,
    where: { target: effect.changeset.target, operation: { index: intent.place, op: intent.op } },
    by,
  };
  try {
    const found = await traceOf(app, turn);
    if (found) await adopt(app, turn, found, 'adopted', true);
    return { request: (await findRequest(app.db.read, id)) as Request, found: found !== undefined };
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    throw unavailable(`GitHub cannot be asked now: ${error.failure.message}`, {
      reason: error.failure.code,
      remedy: 'Try again later; nothing was changed.',
      retryAfterSeconds: Math.ceil(waitMs(1) / 1_000),
    });
  }
}

/** Has the publisher look again at once; the card and the log say what came of it. */
export async function askForLookIn(app: App, tx: Tx, request: Request, by: By): Promise<Request> {
  mustOperate(app, by);
  const unknown = (await holdIntents(tx, request.id)).find(({ state }) => state === 'unknown');
  if (request.state !== 'unknown' || unknown === undefined) throw notUnknown(request);
  await saveIntent(tx, { ...unknown, dueAt: tx.now });
  tx.record(eventBy(by, 'intent.look_asked', `request:${request.id}`, { place: unknown.place, op: unknown.op }));
  return request;
}

/** A press instead of words: whoever presses has looked. */
export async function resendIn(app: App, tx: Tx, request: Request, by: By): Promise<Request> {
  mustOperate(app, by);
  if (request.state !== 'unknown') throw notUnknown(request);
  return resolveChangesetIn(app, tx, request, { verdict: 'resend', reason: 'Pressed on the card.' }, by);
}

/** Closes an unknown write with what an operator found out, or has it sent once more. */
export async function resolveChangesetIn(
  app: App,
  tx: Tx,
  request: Request,
  { verdict, reason, number }: Resolution,
  by: By,
): Promise<Request> {
  const intents = await holdIntents(tx, request.id);
  const unknown = intents.find(({ state }) => state === 'unknown');
  if (unknown === undefined) throw notUnknown(request);
  if (number !== undefined && verdict !== 'executed')
    throw invalid('Only what is there has a number.', {
      reason: 'no_number',
      remedy: 'Name the number with the verdict executed, or leave it out.',
      faults: [{ field: 'number', message: 'is only for the verdict executed' }],
    });
  if (verdict === 'resend') return resend(app, tx, request, unknown, reason, by);
  const where = { operation: { index: unknown.place, op: unknown.op } };
  if (verdict === 'executed') {
    await saveIntent(tx, {
      ...unknown,
      state: intentAfter('finish', unknown.state),
      outcome: 'adopted',
      written: number === undefined ? null : named(unknown.op, number),
      blocker: null,
      settledAt: tx.now,
    });
  } else {
    await refuse(tx, unknown, blocker('outcome_unknown', `A person looked, and it was not written: ${reason}`, where));
  }
  tx.record(
    eventBy(by, 'intent.resolved', `request:${request.id}`, {
      place: unknown.place,
      op: unknown.op,
      verdict,
      reason,
      number: number ?? null,
    }),
  );
  const closed = await closeIfOver(tx, request, by, { isResolved: true });
  await refreshCards(app, tx, closed, closed.state);
  return closed;
}

/** What a person says was written: issues and pull requests have numbers, everything else has an id. */
const named = (op: string, number: number): Written =>
  namedBy(op) === 'number' ? { id: null, number, url: null } : { id: number, number: null, url: null };

/** A person has looked and decided that the operation is to be sent once more: a new attempt of that one operation. */
async function resend(app: App, tx: Tx, request: Request, unknown: Intent, reason: string, by: By): Promise<Request> {
  await saveIntent(tx, {
    ...unknown,
    state: intentAfter('resend', unknown.state),
    looks: 0,
    dueAt: tx.now,
    blocker: null,
  });
  await saveStanding(tx, { requestId: request.id, blockers: [], lookedAt: tx.now, dueAt: tx.now, looks: 0 });
  const state = next('resend', request.state) as Request['state'];
  const again = await saveRequest(tx, { ...request, state });
  tx.record(eventBy(by, 'intent.resent', `request:${request.id}`, { place: unknown.place, op: unknown.op, reason }));
  tx.record(
    eventBy(by, 'execution.started', `request:${request.id}`, {
      digest: request.digest,
      effectDigest: request.effectDigest,
      startedAt: tx.now,
      again: true,
    }),
  );
  await refreshCards(app, tx, again, state);
  return again;
}

export const notUnknown = ({ id, state }: Request) =>
  conflict(`Request ${id} is ${state}; only a write whose outcome is unknown is looked for or sent again.`, {
    reason: 'not_unknown',
    remedy: 'Nothing needs to be done.',
    facts: { state },
  });
