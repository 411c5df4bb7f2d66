import type { Request } from '../core/approval/request.ts';
import { next } from '../core/approval/states.ts';
import type { Tx } from '../store/database.ts';
import { listOverdue } from '../store/request-lists.ts';
import { getRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';
import { refreshCards } from './deliveries.ts';

/** Ends what has run out: undecided requests, and approvals that were never used. Returns how many. */
export async function expireDue(app: App, now: number): Promise<number> {
  let expired = 0;
  for (const id of await listOverdue(app.db.read, now)) {
    expired += await app.db.write(async (tx) => {
      const request = await getRequest(tx, id);
      return (await expireIfDue(app, tx, request)) ? 1 : 0;
    });
  }
  return expired;
}

/** Ends the held request if its clock has run out; `now == expiresAt` is expired. */
export async function expireIfDue(app: App, tx: Tx, request: Request): Promise<Request | undefined> {
  const undecided = request.state === 'pending' && tx.now >= request.expiresAt;
  const unused = request.state === 'approved' && request.effectBy !== null && tx.now >= request.effectBy;
  const state = next('expire', request.state);
  if (!state || !(undecided || unused)) return undefined;
  const endCode = unused ? 'not_started' : request.shownAt === null ? 'never_shown' : 'not_decided';
  const expired = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode });
  tx.record(
    eventBy(gaiaItself(request.traceId), 'request.expired', `request:${request.id}`, {
      kind: request.kind,
      code: endCode,
      digest: request.digest,
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, expired, 'expired');
  return expired;
}
