import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { GaiaError, tooMany } from '../../core/errors.ts';
import { eventListAnswer } from '../../core/wire/answers-log.ts';
import { text } from '../../core/wire/text.ts';
import type { EventFilter } from '../../store/events.ts';
import { listEventAnswers } from '../../views/events.ts';
import { answer, type Call, type Endpoint, nameOf } from './endpoint.ts';

const eventQuery = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe('events after this sequence number, the oldest first'),
  before: z.coerce.number().int().min(1).optional().describe('events before this sequence number, the newest first'),
  subject: text({ max: 100 }).optional(),
  action: text({ max: 100 }).optional().describe('a whole action, or a noun with its dot: `request.`'),
  actor: text({ max: 100 }).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(50),
});

/** Streams one caller may hold open at once. */
const maxStreams = 10;
const heartbeatMs = 15_000;

/** The log, as pages and as a stream. Counts open streams by caller for the life of the server. */
export function eventEndpoints(): Endpoint[] {
  const streams = new Map<string, number>();
  return [
    {
      method: 'get',
      path: '/v1/events',
      summary: 'Read the log, or follow it',
      description:
        'JSON pages. With `Accept: text/event-stream` a stream that does not end; the id of each message is its sequence number, and `Last-Event-ID` resumes after it. An agent sees the events of its own requests.',
      by: 'caller',
      query: eventQuery,
      answers: { 200: { description: 'a page, or the stream', schema: eventListAnswer } },
      async handle({ c, door, caller, callerNow, query }) {
        const who = await caller();
        const filter: EventFilter = {
          ...(query as z.output<typeof eventQuery> as EventFilter),
          ...(who.kind === 'agent' ? { askedBy: who.asker.by.actor } : {}),
        };
        if (c.req.header('accept')?.includes('text/event-stream')) {
          return follow({ c, door, callerNow }, nameOf(who), filter, streams);
        }
        return answer(
          c,
          await listEventAnswers(door.viewer, { ...filter, order: filter.after === undefined ? 'newest' : 'oldest' }),
        );
      },
    },
  ];
}

/** A live copy of the log: everything after the given number, then whatever comes. */
async function follow(
  { c, door, callerNow }: Pick<Call, 'c' | 'door' | 'callerNow'>,
  who: string,
  filter: EventFilter,
  streams: Map<string, number>,
): Promise<Response> {
  const count = streams.get(who) ?? 0;
  if (count >= maxStreams) {
    throw tooMany(`At most ${maxStreams} streams at once.`, {
      reason: 'too_many_streams',
      remedy: 'Close one of them.',
      retryAfterSeconds: 15,
    });
  }
  const given = Number(c.req.header('last-event-id') ?? filter.after ?? Number.NaN);
  const newest = async () => (await listEventAnswers(door.viewer, { limit: 1 })).events[0]?.seq ?? 0;
  let seq = Number.isSafeInteger(given) && given >= 0 ? given : await newest();
  streams.set(who, count + 1);
  return streamSSE(c, async (stream) => {
    let wake = () => undefined as undefined;
    const unsubscribe = door.app.db.onAppended(() => wake());
    const heartbeat = setInterval(() => wake(), heartbeatMs);
    stream.onAbort(() => wake());
    const stopped = () => wake();
    door.stopping.addEventListener('abort', stopped, { once: true });
    try {
      while (!stream.aborted && !door.stopping.aborted) {
        const turn = new Promise<void>((resolve) => {
          wake = () => void resolve();
        });
        const { events, next } = await listEventAnswers(door.viewer, {
          ...filter,
          after: seq,
          order: 'oldest',
          limit: 100,
        });
        if (await isGone(callerNow)) return; // looked at last: what was read before a revocation is not sent after it
        for (const event of events)
          await stream.writeSSE({ id: String(event.seq), event: event.action, data: JSON.stringify(event) });
        seq = events.at(-1)?.seq ?? seq;
        if (next !== null) continue;
        if (events.length === 0) await stream.write(': still here\n\n');
        await turn;
      }
    } finally {
      clearInterval(heartbeat);
      unsubscribe();
      door.stopping.removeEventListener('abort', stopped); // Gaia outlives thousands of streams
      const left = (streams.get(who) ?? 1) - 1;
      if (left > 0) streams.set(who, left);
      else streams.delete(who);
    }
  });
}

/** Whether whoever opened the stream may no longer come in: a revoked key, a closed session. */
async function isGone(callerNow: Call['callerNow']): Promise<boolean> {
  try {
    await callerNow();
    return false;
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    return error.code === 'unauthenticated';
  }
}
