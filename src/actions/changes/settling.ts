import type { By } from '../../core/access/actor.ts';
import type { Blocker } from '../../core/approval/blocker.ts';
import type { Request } from '../../core/approval/request.ts';
import { next } from '../../core/approval/states.ts';
import type { Json } from '../../core/canonical.ts';
import { blocker, type Where } from '../../core/change/blockers.ts';
import type { ResolvedChangeset, ResolvedOperation } from '../../core/change/changeset.ts';
import type { Failure } from '../../core/change/failure.ts';
import type { ChangesetInput } from '../../core/change/operations.ts';
import { intentAfter, type Written, waitMs } from '../../core/change/states.ts';
import type { Tx } from '../../store/database.ts';
import { holdIntents, type Intent, listAttempts, saveIntent } from '../../store/intents.ts';
import { getRequest, saveRequest } from '../../store/requests.ts';
import { saveStanding } from '../../store/standings.ts';
import { type App, eventBy } from '../app.ts';
import { refreshCards } from '../deliveries.ts';
import { closeIfOver } from './closing.ts';

const dayMs = 86_400_000;

/** The next operation of a begun changeset, with all that its look needs. */
export interface Turn {
  request: Request;
  changeset: ResolvedChangeset;
  intent: Intent;
  operation: ResolvedOperation;
  where: Where;
  by: By;
}

/** The document that a request for a changeset was made of. */
export function inputOf({ id, payload }: Request): ChangesetInput {
  if (payload.kind !== 'changeset') throw new Error(`request ${id} is no changeset`);
  return payload.changeset;
}

/** The intent of one operation, held. */
export async function intentIn(tx: Tx, requestId: string, place: number): Promise<Intent> {
  const intent = (await holdIntents(tx, requestId)).find((one) => one.place === place);
  if (intent === undefined) throw new Error(`the ledger holds no intent for operation ${place} of ${requestId}`);
  return intent;
}

/** What earlier operations made, by the names that later ones use. */
export function resultsByRef(
  { operations }: ResolvedChangeset,
  intents: readonly Pick<Intent, 'place' | 'written'>[],
): Map<string, Written> {
  return new Map(
    intents.flatMap(({ place, written }) => {
      const ref = operations[place]?.ref;
      return ref && written ? [[ref, written] as const] : [];
    }),
  );
}

export const blockerOf = ({ code, message, retryAfter, evidence }: Failure, where: Where): Blocker =>
  blocker(code, message, where, {
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(evidence ? { evidence } : {}),
  });

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

/** Ends an operation that may not be sent; nothing after it is started. */
export const reject = (app: App, turn: Turn, because: Blocker): Promise<boolean> =>
  app.db.write(async (tx) =>
    rejectIn(app, tx, await getRequest(tx, turn.request.id), await intentIn(tx, turn.request.id, turn.intent.place), {
      because,
      by: turn.by,
    }),
  );

/** The same within a work. Where an earlier send of it was lost, a refusal proves nothing about that: a person decides again. */
export async function rejectIn(
  app: App,
  tx: Tx,
  request: Request,
  held: Intent,
  { because, by }: { because: Blocker; by: By },
): Promise<boolean> {
  if (held.state !== 'recorded' || request.state !== 'executing') return false;
  if (await wasLost(tx, held)) return doubt(app, tx, request, held, because, by);
  await refuse(tx, held, because);
  tx.record(
    eventBy(by, 'intent.rejected', `request:${request.id}`, {
      place: held.place,
      op: held.op,
      code: because.code,
      text: because.message,
    }),
  );
  await close(app, tx, request, by);
  return true;
}

/** Whether an answer to an earlier send of this operation was lost, so that it may be there. */
export const wasLost = async (tx: Tx, { id }: Intent): Promise<boolean> =>
  (await listAttempts(tx, id)).some(({ outcome }) => outcome === 'unknown');

/** Gives an operation back to the people who had it sent again: whether it is there is as unknown as before. */
export async function doubt(
  app: App,
  tx: Tx,
  request: Request,
  held: Intent,
  because: Blocker,
  by: By,
): Promise<boolean> {
  const open = blocker(
    'outcome_unknown',
    `The answer to an earlier send was lost, and it was not sent again: ${because.message}`,
    because.operation ? { operation: because.operation } : {},
    { evidence: [because.code] },
  );
  await saveIntent(tx, {
    ...held,
    state: intentAfter('doubt', held.state),
    blocker: open,
    dueAt: tx.now + dayMs,
  });
  await loseRequest(app, tx, request, held, open, by);
  return true;
}

/** A changeset about which only a person can say how it goes on; Gaia goes on looking once a day. */
export async function loseRequest(
  app: App,
  tx: Tx,
  request: Request,
  { place, op, looks }: Pick<Intent, 'place' | 'op' | 'looks'>,
  because: Blocker,
  by: By,
): Promise<void> {
  await saveStanding(tx, { requestId: request.id, blockers: [because], lookedAt: tx.now, dueAt: tx.now, looks });
  const unknown = await saveRequest(tx, { ...request, state: next('lose', request.state) as Request['state'] });
  tx.record(
    eventBy(by, 'execution.unknown', `request:${request.id}`, {
      place,
      op,
      code: because.code,
      text: because.message,
      looks,
    }),
  );
  await refreshCards(app, tx, unknown, unknown.state);
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
export const holdOff = (app: App, turn: Turn, blockers: readonly Blocker[]): Promise<boolean> =>
  app.db.write(async (tx) =>
    holdOffIn(app, tx, await getRequest(tx, turn.request.id), await intentIn(tx, turn.request.id, turn.intent.place), {
      blockers,
      by: turn.by,
    }),
  );

export async function holdOffIn(
  app: App,
  tx: Tx,
  request: Request,
  held: Intent,
  { blockers, by }: { blockers: readonly Blocker[]; by: By },
): Promise<boolean> {
  if (held.state !== 'recorded' || request.state !== 'executing') return false;
  const isOver = request.effectBy !== null && tx.now >= request.effectBy;
  const because = blockers.find(({ retryable }) => retryable !== true) ?? (isOver ? blockers[0] : undefined);
  if (because) return rejectIn(app, tx, request, held, { because, by });
  const looks = held.looks + 1;
  const asked = Math.max(...blockers.map(({ retryAfter }) => retryAfter ?? 0));
  const dueAt = asked > tx.now ? asked : tx.now + waitMs(looks);
  await saveIntent(tx, { ...held, looks, dueAt, blocker: blockers[0] ?? null });
  await saveStanding(tx, { requestId: request.id, blockers: [...blockers], lookedAt: tx.now, dueAt, looks });
  return false;
}

export async function close(app: App, tx: Tx, request: Request, by: By, isResolved = false): Promise<void> {
  const closed = await closeIfOver(tx, request, by, { isResolved });
  await refreshCards(app, tx, closed, closed.state);
}
