import { blocker } from '../../core/change/blockers.ts';
import { type Failure, RemoteFailure } from '../../core/change/failure.ts';
import { looksInOutage, patientLooksMs, type Written, waitMs } from '../../core/change/states.ts';
import { type Intent, listIntents, saveIntent } from '../../store/intents.ts';
import { getRequest } from '../../store/requests.ts';
import { saveStanding } from '../../store/standings.ts';
import type { App } from '../app.ts';
import type { Looked } from './looks/look.ts';
import { lookAt, withResults } from './looks/look-at.ts';
import { contextFor, factsFor, mustBeTheSame } from './resolve.ts';
import { adopt, blockerOf, inputOf, intentIn, loseRequest, resultsByRef, type Turn } from './settling.ts';
import { unreadBlocker } from './unread.ts';

const dayMs = 86_400_000;
/** How far GitHub's clock may be behind Gaia's, in milliseconds. */
const skewMs = 120_000;

/** Looks for what a lost answer left; after patient looks a person decides. */
export async function lookForIt(app: App, turn: Turn): Promise<boolean> {
  try {
    const found = await traceOf(app, turn);
    if (found) return adopt(app, turn, found, 'adopted', turn.request.state === 'unknown');
    return await absent(app, turn, undefined);
  } catch (error) {
    if (error instanceof RemoteFailure) return absent(app, turn, error.failure);
    const unread = unreadBlocker(error, turn.where);
    if (unread === undefined) throw error;
    return absent(app, turn, { code: 'timeout', message: unread.message, status: null, requestId: null });
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
  await mustBeTheSame(app.github, changeset);
  const facts = await factsFor(app, inputOf(request), changeset.target, request.askedBy);
  const results = resultsByRef(changeset, await listIntents(app.db.read, request.id));
  const looked = await lookAt(withResults(operation.input, results), {
    ...(await contextFor(app, facts)),
    where,
    afterOwnWrites: true,
  });
  return findIt(looked, intent, Math.max(0, intent.createdAt - skewMs));
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
    const looks = held.looks + 1;
    const mayPass = failure !== undefined && blockerOf(failure, where).retryable === true && looks < looksInOutage;
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
    await loseRequest(app, tx, now, { ...held, looks }, because, by);
    return true;
  });
}

/** What is there already: the state it leads to, or something with its mark. */
export async function findIt(looked: Looked, intent: Intent, since: number): Promise<Written[] | undefined> {
  if (looked.unchanged) return [looked.unchanged];
  const found = looked.traces ? await looked.traces(intent.key, since) : [];
  return found.length > 0 ? found : undefined;
}
