import type { By } from '../core/access/actor.ts';
import { hashOfDetail } from '../core/audit/event.ts';
import { canonical } from '../core/canonical.ts';
import { listEvents } from '../store/events.ts';
import { type App, eventBy } from './app.ts';

/** What was asked for and refused. Only words of Gaia's own, and the id of the thing: nothing that came with the call. */
export interface Refusal {
  command: string;
  /** the call, by its route: `POST /v1/requests/:id/stop` */
  call: string;
  id: string | null;
  because: string;
}

/** Refusals kept in the log of one caller within a minute, and never the same one twice. */
const keptPerMinute = 10;

/** An act came to nothing: the log says whose, what, and why, under the name of whoever tried. */
export const noteRefusal = (app: App, { ...detail }: Refusal, by: By): Promise<void> =>
  app.db.write(async (tx) => {
    const kept = await listEvents(tx, { subject: by.actor, action: 'command.refused', limit: keptPerMinute });
    const recent = kept.filter(({ at }) => tx.now - at < 60_000);
    const hash = hashOfDetail(canonical(detail));
    if (recent.length >= keptPerMinute || recent.some(({ detailHash }) => detailHash === hash)) return;
    tx.record(eventBy(by, 'command.refused', by.actor, detail));
  });
