import type { By } from '../core/access/actor.ts';
import type { Request } from '../core/approval/request.ts';
import { next } from '../core/approval/states.ts';
import { conflict } from '../core/errors.ts';
import { getRequest, noSuchRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy } from './app.ts';
import { refreshCards } from './deliveries.ts';

/** Takes a request back, while nothing has started. Only its asker can. */
export function withdrawRequest(app: App, id: string, by: By): Promise<Request> {
  return app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (request.askedBy !== by.actor) throw noSuchRequest(id);
    if (request.state === 'withdrawn') return request;
    const state = next('withdraw', request.state);
    if (!state) {
      throw conflict(`Request ${id} is ${request.state}; only a pending or approved one can be withdrawn.`, {
        reason: 'not_withdrawable',
        remedy: 'Nothing needs to be done.',
        facts: { state: request.state },
      });
    }
    const withdrawn = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: 'withdrawn' });
    tx.record(
      eventBy(by, 'request.withdrawn', `request:${id}`, {
        from: request.state,
        digest: request.digest,
        code: withdrawn.endCode,
        endedAt: withdrawn.endedAt,
      }),
    );
    await refreshCards(app, tx, withdrawn, 'withdrawn');
    return withdrawn;
  });
}
