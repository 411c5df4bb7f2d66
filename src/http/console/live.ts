import { Hono } from 'hono';
import { authenticateSession } from '../../actions/sessions.ts';
import { GaiaError, tooMany } from '../../core/errors.ts';
import type { Door, Env } from '../door.ts';
import { type Console, headSeq, type Visit } from './visit.ts';

const streamsPerSession = 10;
/** At most four messages a second, however much happens. */
const spacingMs = 250;
/** How often a quiet stream says that it lives. */
const heartbeatMs = 15_000;
/** Messages that may wait for a reader; one that falls further behind is dropped, and connects again. */
const backlog = 16;

/**
 * `GET /live?seq=N`: tells pages that something was appended to the log. It says that, and nothing of what. A page that
 * was rendered at N is told at once where the log has grown since: nothing is lost before it listens.
 */
export function liveRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const open = new Map<string, number>();
  // One listener for all of them: signals warn of more than ten.
  const ends = new Set<() => void>();
  console.door.stopping.addEventListener('abort', () => {
    for (const end of ends) end();
  });

  routes.get('/live', async (c) => {
    const visit = await console.enter(c);
    const { id } = visit.session;
    const streams = open.get(id) ?? 0;
    if (streams >= streamsPerSession) {
      throw tooMany('Too many pages of this session follow changes.', {
        reason: 'too_many_streams',
        remedy: 'Close some of them.',
        retryAfterSeconds: 30,
      });
    }
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    if (c.req.method === 'HEAD') return c.body(null, 200, headers);
    open.set(id, streams + 1);
    const closed = () => {
      const left = (open.get(id) ?? 1) - 1;
      if (left > 0) open.set(id, left);
      else open.delete(id);
    };
    const known = knownOf(c.req.query('seq'), c.req.header('last-event-id'));
    return c.body(changes(console.door, visit, known, c.req.raw.signal, ends, closed), 200, headers);
  });
  return routes;
}

/** What the page has seen of the log; undefined where it does not say. A browser that comes back names the last it heard. */
function knownOf(...said: (string | undefined)[]): number | undefined {
  const known = said.filter((seq) => /^\d{1,15}$/.test(seq ?? '')).map(Number);
  return known.length > 0 ? Math.max(...known) : undefined;
}

function changes(
  door: Door,
  { token }: Visit,
  known: number | undefined,
  gone: AbortSignal,
  ends: Set<() => void>,
  closed: () => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  let stop: () => void;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let seq = 0;
        let over = false;
        let waiting: NodeJS.Timeout | undefined;
        let sentAt = Number.NEGATIVE_INFINITY;

        stop = () => {
          over = true;
          unsubscribe();
          clearInterval(heartbeat);
          clearTimeout(waiting);
          ends.delete(end);
          gone.removeEventListener('abort', end);
          closed();
        };
        const end = () => {
          if (over) return;
          stop();
          controller.close();
        };
        const send = (text: string) => {
          if (over) return;
          if ((controller.desiredSize ?? 0) <= 0) end();
          else controller.enqueue(utf8.encode(text));
        };
        const tell = () => {
          waiting = undefined;
          sentAt = door.now();
          void say(() => `id: ${seq}\nevent: changed\ndata: {"seq":${seq}}\n\n`);
        };
        const appended = (to: number) => {
          seq = Math.max(seq, to);
          waiting ??= setTimeout(tell, Math.min(spacingMs, Math.max(0, sentAt + spacingMs - door.now())));
        };
        const unsubscribe = door.app.db.onAppended((head) => appended(head.seq));
        const catchUp = async (from: number) => {
          try {
            const head = await headSeq(door);
            if (!over && head > from) appended(head);
          } catch (error) {
            door.report(error, { route: '/live' });
            end();
          }
        };
        /** Says something while its session lives, which is looked at every time; then ends. */
        const say = async (text: () => string) => {
          try {
            await authenticateSession(door.app, token, door.now());
            send(text());
          } catch (error) {
            if (!(error instanceof GaiaError)) door.report(error, { route: '/live' });
            send('event: ended\ndata: {}\n\n');
            end();
          }
        };
        const heartbeat = setInterval(() => void say(() => ': alive\n\n'), heartbeatMs);
        ends.add(end);
        gone.addEventListener('abort', end, { once: true });
        send('retry: 2000\n: hello\n\n');
        if (door.stopping.aborted || gone.aborted) end();
        else if (known !== undefined) void catchUp(known);
      },
      cancel: () => stop(),
    },
    { highWaterMark: backlog },
  );
}
