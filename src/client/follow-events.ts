import type { EventAnswer } from '../core/wire/answers-log.ts';
import { readEventStream } from './event-stream.ts';
import type { EventQuery } from './inputs.ts';
import { type Delay, mayPass, Patience } from './patience.ts';
import { GaiaProblem, GaiaUnreachable } from './problem.ts';
import type { Transport } from './transport.ts';

/** Gaia says that it lives every 15 s; a stream this silent is dead. */
const silenceMs = 45_000;

/** Takes the stream of events up again, behind the last one seen, whenever it breaks off. */
export async function* followEvents(
  transport: Transport,
  delay: Delay,
  { signal, ...query }: EventQuery & { signal?: AbortSignal },
): AsyncGenerator<EventAnswer> {
  let last = query.after;
  const patience = new Patience(delay, signal);
  while (!signal?.aborted) {
    let broken: GaiaUnreachable | GaiaProblem = new GaiaUnreachable(transport.url, 'the stream of events broke off');
    try {
      const stream = await transport.stream({
        path: '/v1/events',
        query: { ...query, after: last },
        headers: { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': String(last) }) },
        signal,
      });
      for await (const { data } of readEventStream(stream, { silenceMs })) {
        const event = JSON.parse(data) as EventAnswer;
        if (!Number.isSafeInteger(event.seq) || (last !== undefined && event.seq <= last)) continue;
        last = event.seq;
        patience.renew();
        yield event;
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (mayPass(error)) broken = error;
      else if (!isBrokenStream(error)) throw error;
    }
    await patience.spend(broken).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  }
}

/** What is thrown where a body breaks off in the middle: by fetch a TypeError, by a socket an error with its code. */
const isBrokenStream = (error: unknown): boolean =>
  error instanceof TypeError ||
  error instanceof SyntaxError ||
  (error instanceof Error && !(error instanceof GaiaProblem) && 'code' in error);
