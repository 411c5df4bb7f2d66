import type { EventAnswer } from '../core/wire/answers-log.ts';
import type { Database } from '../store/database.ts';
import { type EventFilter, listEvents, type StoredEvent } from '../store/events.ts';

/** An event as every door shows it; its detail is null where retention has dropped it. */
export const eventAnswerOf = (event: StoredEvent): EventAnswer => ({
  seq: event.seq,
  at: event.at,
  actor: event.actor,
  source: event.source,
  action: event.action,
  subject: event.subject,
  traceId: event.traceId,
  hash: event.hash,
  detail: event.detail === null ? null : JSON.parse(event.detail),
});

/** A page of the log. `next` is the sequence number to continue from, in the order asked for. */
export async function listEventAnswers(
  { db }: { db: Database },
  filter: EventFilter,
): Promise<{ events: EventAnswer[]; next: number | null }> {
  const found = await listEvents(db.read, { ...filter, limit: filter.limit + 1 });
  const page = found.slice(0, filter.limit);
  return { events: page.map(eventAnswerOf), next: found.length > filter.limit ? (page.at(-1)?.seq ?? null) : null };
}
