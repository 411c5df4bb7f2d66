import { Hono } from 'hono';
import type { Authenticator } from '../authenticate.ts';
import type { Door, Env, Routes } from '../door.ts';
import { assetRoutes } from './assets.ts';
import { liveRoutes } from './live.ts';
import { agentRoutes } from './routes/agents.tsx';
import { listRoutes } from './routes/lists.tsx';
import { logRoutes } from './routes/log.tsx';
import { operationsRoutes } from './routes/operations.tsx';
import { requestRoutes } from './routes/request.tsx';
import { sessionRoutes } from './routes/sessions.tsx';
import { statusRoutes } from './routes/status.tsx';
import { openConsole } from './visit.ts';

export { errorPage } from './error-page.tsx';

/** The web console: pages for people, whole without scripts. Refusals are thrown; `errorPage` shows them. */
export function consoleRoutes(door: Door, auth: Authenticator): Routes {
  const console = openConsole(door, auth);
  const routes = new Hono<Env>();
  routes.route('/', assetRoutes());
  for (const part of [
    sessionRoutes,
    listRoutes,
    requestRoutes,
    agentRoutes,
    logRoutes,
    statusRoutes,
    operationsRoutes,
    liveRoutes,
  ])
    routes.route('/', part(console));
  return routes;
}
