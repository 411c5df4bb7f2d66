import { person } from '../core/access/actor.ts';
import { deciders, mayNotDecide, otherDigest } from '../core/approval/decision.ts';
import type { Request } from '../core/approval/request.ts';
import type { Source } from '../core/audit/event.ts';
import type { Tx } from '../store/database.ts';
import { getRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';

/**
 * Notes that a request was put, in full, before a person. The first time one of those who may decide it sees it counts.
 * `digest`: what was put before them; another one than the request's throws conflict.
 */
export async function markShown(
  app: App,
  id: string,
  personId: string,
  { source = 'console', digest }: { source?: Source; digest?: string } = {},
): Promise<void> {
  await app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (digest !== undefined && digest !== request.digest) throw otherDigest();
    if (request.shownAt !== null || request.state !== 'pending') return;
    if (mayNotDecide(deciders(request), personId, app.people)) return;
    await saveRequest(tx, { ...request, shownAt: tx.now });
    tx.record(
      eventBy({ actor: person(personId), source, traceId: request.traceId }, 'request.shown', `request:${id}`, {
        digest: request.digest,
        shownAt: tx.now,
      }),
    );
  });
}

/** Notes that all of the held request arrived in a chat, word for word. The first time counts. */
export async function markArrived(tx: Tx, request: Request, chat: string): Promise<void> {
  if (request.shownAt !== null || request.state !== 'pending') return;
  await saveRequest(tx, { ...request, shownAt: tx.now });
  const detail = { digest: request.digest, chat, shownAt: tx.now };
  tx.record(eventBy(gaiaItself(request.traceId), 'request.shown', `request:${request.id}`, detail));
}
