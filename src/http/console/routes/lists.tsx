import { Hono } from 'hono';
import { type RequestState, requestStates } from '../../../core/approval/states.ts';
import { listInbox, listRequestAnswers } from '../../../views/requests.ts';
import type { Env } from '../../door.ts';
import { statusOf } from '../../status-of.ts';
import { answerPage } from '../components/page.tsx';
import { inboxPage } from '../pages/inbox.tsx';
import { requestsPage } from '../pages/requests.tsx';
import type { Console } from '../visit.ts';

const inboxLength = 50;
/** The newest requests looked through for ended ones, and how many of those are shown. */
const recent = { looked: 20, shown: 5 };
const pageLength = 50;

/** The inbox, and the list of all requests. */
export function listRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { viewer } = console.door;

  routes.get('/', async (c) => {
    const visit = await console.enter(c);
    const status = await statusOf(console.door);
    const waiting = await listInbox(viewer, inboxLength);
    const { requests } = await listRequestAnswers(viewer, { limit: recent.looked });
    const ended = requests
      .filter((answer) => answer.ended)
      .sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0))
      .slice(0, recent.shown);
    return answerPage(c, inboxPage({ visit, status, waiting, ended }));
  });

  routes.get('/requests', async (c) => {
    const visit = await console.enter(c);
    const state = stateNamed(c.req.query('state'));
    const cursor = c.req.query('cursor') || undefined;
    const page = await listRequestAnswers(viewer, {
      limit: pageLength,
      ...(state ? { state } : {}),
      ...(cursor ? { cursor } : {}),
    });
    return answerPage(c, requestsPage({ visit, ...page, state, cursor }));
  });
  return routes;
}

const stateNamed = (name: string | undefined): RequestState | undefined =>
  requestStates.find((state) => state === name);
