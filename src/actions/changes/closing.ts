import type { By } from '../../core/access/actor.ts';
import type { Outcome, Request } from '../../core/approval/request.ts';
import { next } from '../../core/approval/states.ts';
import { digestOf, type Json } from '../../core/canonical.ts';
import { allDone } from '../../core/change/changeset.ts';
import { resultsOf } from '../../core/change/results.ts';
import { intentAfter } from '../../core/change/states.ts';
import type { Tx } from '../../store/database.ts';
import { holdIntents, type Intent, listIntents, saveIntent } from '../../store/intents.ts';
import { saveRequest } from '../../store/requests.ts';
import { eventBy } from '../app.ts';
import { handOff } from '../runs.ts';

/**
 * Ends a begun changeset where it is over: every operation is there, or one was refused. `isResolved`: a person, or a late
 * look, settled an unknown one; nothing that was not started is started any more.
 */
export async function closeIfOver(tx: Tx, request: Request, by: By, { isResolved = false } = {}): Promise<Request> {
  const intents = await listIntents(tx, request.id);
  const isOver = intents.every(({ state }) => state === 'done') || intents.some(({ state }) => state === 'rejected');
  const isHeld = intents.some(({ state }) => state === 'unknown' || state === 'sent');
  if (!(isOver || isResolved) || isHeld || request.effect?.kind !== 'changeset') return request;
  const { changeset } = request.effect;
  const isOpen = ({ state }: Intent) => state === 'recorded';
  for (const open of (await holdIntents(tx, request.id)).filter(isOpen)) await leaveOut(tx, request, open, by);
  const operations = resultsOf(request, await listIntents(tx, request.id));
  const isDone = allDone(operations);
  const failed = operations.find(({ outcome }) => outcome === 'failed');
  const isPartly = !isDone && operations.some(({ outcome }) => ['done', 'adopted'].includes(outcome));
  const code = isDone ? 'written' : isPartly ? 'partly_done' : (failed?.code ?? 'not_started');
  const text = isDone ? null : (failed?.text ?? null);
  const outcome: Outcome = {
    dryRun: changeset.transport === 'local_fake',
    exitCode: null,
    signal: null,
    stdout: '',
    stderr: '',
    truncated: false,
    durationMs: Math.max(0, tx.now - Math.min(...intents.map(({ createdAt }) => createdAt))),
    operations,
    transport: changeset.transport,
  };
  const state = next(isDone ? 'finish' : 'fail', request.state) as Request['state'];
  const ended = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: code, endText: text, outcome });
  tx.record(
    eventBy(by, 'execution.finished', `request:${request.id}`, {
      digest: request.digest,
      effectDigest: request.effectDigest,
      ...toldOf(outcome),
      state,
      code,
      text,
      endedAt: tx.now,
    }),
  );
  if (isDone && changeset.run) await handOff(tx, changeset.run.id, changeset.run.epoch, by);
  return ended;
}

/** What was not started is not started any more, and gives its key back: another request may ask for it. */
async function leaveOut(tx: Tx, request: Request, held: Intent, by: By): Promise<void> {
  await saveIntent(tx, {
    ...held,
    state: intentAfter('reject', held.state),
    heldKey: null,
    outcome: 'not_started',
    blocker: null,
    settledAt: tx.now,
  });
  tx.record(
    eventBy(by, 'intent.rejected', `request:${request.id}`, {
      place: held.place,
      op: held.op,
      code: 'not_started',
      text: 'An operation before it was not done.',
    }),
  );
}

/** What the log says of an outcome: all but output, and the digest of the whole. */
export function toldOf(outcome: Outcome): { outcome: Json; outcomeDigest: string } {
  const { stdout: _, stderr: __, ...told } = outcome;
  return { outcome: told as unknown as Json, outcomeDigest: digestOf('outcome', outcome as unknown as Json) };
}
