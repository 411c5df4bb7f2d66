import { Hono } from 'hono';
import { invalid, notFound } from '../../../core/errors.ts';
import { listEventAnswers } from '../../../views/events.ts';
import type { Env } from '../../door.ts';
import { answerPage } from '../components/page.tsx';
import { eventPage, logPage } from '../pages/log.tsx';
import type { Console } from '../visit.ts';

const pageLength = 50;

/** The audit log, to read. */
export function logRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { viewer } = console.door;

  routes.get('/log', async (c) => {
    const visit = await console.enter(c);
    const subject = c.req.query('subject')?.trim() || undefined;
    const action = c.req.query('action')?.trim() || undefined;
    const before = sequenceOf(c.req.query('before') || undefined);
    const filter = { ...(subject ? { subject } : {}), ...(action ? { action } : {}), ...(before ? { before } : {}) };
    const page = await listEventAnswers(viewer, { ...filter, limit: pageLength });
    return answerPage(c, logPage({ visit, ...page, subject, action, before }));
  });

  routes.get('/log/:seq', async (c) => {
    const visit = await console.enter(c);
    const seq = sequenceOf(c.req.param('seq')) ?? 0;
    const [event] = (await listEventAnswers(viewer, { after: seq - 1, before: seq + 1, limit: 1 })).events;
    if (event === undefined)
      throw notFound(`There is no event ${seq}.`, {
        reason: 'no_such_event',
        remedy: 'The log shows the events there are.',
      });
    return answerPage(c, eventPage({ visit, event }));
  });
  return routes;
}

function sequenceOf(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw invalid('That is not the number of an event.', {
    reason: 'not_a_sequence',
    remedy: 'Follow the links of the log page.',
  });
}
