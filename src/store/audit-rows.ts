import { asc, eq, gt } from 'drizzle-orm';
import type { LoggedEvent } from '../core/audit/verify.ts';
import type { StoredRequest } from '../core/audit/verify-request.ts';
import type { Handle } from './database.ts';
import { statement } from './statement.ts';

/** A request's row as it is stored, for checking it against the log. */
export type AuditedRequest = StoredRequest & { version: number };

const afterId = statement('audit.requestsAfter', (q, $: { id: string; limit: number }, { t }) =>
  q.select().from(t.requests).where(gt(t.requests.id, $.id)).orderBy(asc(t.requests.id)).limit($.limit),
);

/** Requests by id, after `id`, with their structured values unread. */
export const listRequestRows = (q: Handle, id: string, limit: number): Promise<AuditedRequest[]> =>
  q.run(afterId, { id, limit });

const byId = statement('audit.request', (q, $: { id: string }, { t }) =>
  q.select().from(t.requests).where(eq(t.requests.id, $.id)),
);

export async function findRequestRow(q: Handle, id: string): Promise<AuditedRequest | undefined> {
  return (await q.run(byId, { id }))[0];
}

const permitOf = statement('audit.permit', (q, $: { requestId: string }, { t }) =>
  q
    .select({ digest: t.permits.digest, takenAt: t.permits.takenAt })
    .from(t.permits)
    .where(eq(t.permits.requestId, $.requestId)),
);

export async function findPermit(
  q: Handle,
  requestId: string,
): Promise<{ digest: string; takenAt: number | null } | undefined> {
  return (await q.run(permitOf, { requestId }))[0];
}

const aboutSubject = statement('audit.eventsOf', (q, $: { subject: string }, { t }) =>
  q
    .select({ event: t.events, detail: t.eventDetails.detail })
    .from(t.events)
    .leftJoin(t.eventDetails, eq(t.eventDetails.seq, t.events.seq))
    .where(eq(t.events.subject, $.subject))
    .orderBy(asc(t.events.seq)),
);

/** Every event about one subject, oldest first. */
export const listEventsOf = async (q: Handle, subject: string): Promise<LoggedEvent[]> =>
  (await q.run(aboutSubject, { subject })).map(({ event, detail }) => ({ ...event, detail }));
