import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { GaiaError, notFound, unauthenticated, unavailable } from '../core/errors.ts';
import { openApiDocument } from './api/openapi.ts';
import { apiRoutes, endpoints, wrongTokenLimiter } from './api/routes.ts';
import { authenticator, consoleUrlOf, isAtConsole } from './authenticate.ts';
import { consoleRoutes, errorPage } from './console/routes.tsx';
import type { Door, Env, Routes } from './door.ts';
import { monitorSignIn } from './monitor.ts';
import { answerProblem, bugReport, problemOf } from './problems.ts';
import { refusalLog } from './refusals.ts';
import { ownOriginOnly, securityHeaders } from './security.ts';

/** The whole HTTP edge: API, console, health. */
export function httpRoutes(door: Door, port: number): Routes {
  const auth = authenticator(door);
  const routes = new Hono<Env>();
  const wrongTokens = wrongTokenLimiter(door.now);

  routes.use(async (c, next) => {
    c.set('traceId', Buffer.from(door.app.random(8)).toString('hex'));
    await next();
    c.res.headers.set('x-trace-id', c.get('traceId'));
  });
  routes.use(refusalLog(door));
  routes.use(securityHeaders);
  routes.use(ownOriginOnly([door.viewer.publicUrl, consoleUrlOf(door)], (named) => named === String(port)));
  routes.use(monitorSignIn(door, wrongTokens, isForPeople));
  routes.use(async (c, next) => {
    if (door.consoleUrl !== undefined && isForPeople(c.req.path) && !isAtConsole(door, c)) throw consoleElsewhere();
    await next();
  });

  routes.onError((thrown, c) => {
    const traceId = c.get('traceId') ?? 'none';
    const error = thrown instanceof GaiaError ? thrown : bugReport(traceId);
    if (!(thrown instanceof GaiaError)) door.report(thrown, { traceId, method: c.req.method, route: c.req.routePath });
    if (wantsPage(c.req.path, c.req.header('accept')))
      return c.html(errorPage(error, traceId), problemOf(error).status);
    return answerProblem(c, error);
  });
  routes.notFound((c) => {
    throw notFound(`There is nothing at ${c.req.path.slice(0, 100)}.`, {
      reason: 'no_such_path',
      remedy: 'The API is described at /openapi.json.',
    });
  });

  routes.get('/healthz', (c) => c.text('ok'));
  routes.get('/readyz', (c) => {
    if (door.isReady()) return c.text('ready');
    throw unavailable('Gaia is starting or stopping.', {
      reason: 'not_ready',
      remedy: 'Try again in a moment.',
      retryAfterSeconds: 2,
    });
  });
  let described: string | undefined; // always the same, and not cheap to make
  routes.get('/openapi.json', (c) => {
    described ??= JSON.stringify(
      openApiDocument(endpoints(door.now), { version: door.version, url: door.viewer.publicUrl }),
    );
    return c.body(described, 200, { 'content-type': 'application/json' });
  });
  routes.route('/', apiRoutes(door, auth, wrongTokens));
  routes.route('/', consoleRoutes(door, auth));
  return routes;
}

const isForPeople = (path: string): boolean =>
  !/^\/(v1\/|admin\/|assets\/|metrics$|healthz$|readyz$|openapi\.json$)/.test(path);

const consoleElsewhere = () =>
  unauthenticated('The console is not at this address.', {
    reason: 'console_elsewhere',
    remedy: 'Use the address from which you signed in; `gaia console` prints a fresh link to it.',
  });

const wantsPage = (path: string, accept: string | undefined): boolean =>
  !/^\/(v1|admin)\//.test(path) && (accept ?? '').includes('text/html');

export interface Listening {
  server: Server;
  port: number;
  /** answers with these from now on; until then every call hears that Gaia is starting */
  serve(routes: Routes): void;
}

/** Takes the port, before anything else is touched. Throws `unavailable` that names it and the way out. */
export function listen({ host, port }: { host: string; port: number }): Promise<Listening> {
  let routes: Pick<Routes, 'fetch'> = {
    fetch: () => new Response('Gaia is starting.\n', { status: 503, headers: { 'retry-after': '2' } }),
  };
  const server = createAdaptorServer({
    fetch: (request, env) => routes.fetch(request, env),
    serverOptions: { connectionsCheckingInterval: 5_000, headersTimeout: 10_000, requestTimeout: 30_000 },
  }) as Server;
  server.maxConnections = 1_000; // further ones are closed at once
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        unavailable(
          taken
            ? `Port ${port} on ${host} is taken by another program.`
            : `Cannot listen on ${host}:${port} (${error.code ?? 'unknown'}).`,
          {
            reason: taken ? 'port_taken' : 'cannot_listen',
            remedy: taken
              ? 'Stop that program, or set GAIA_PORT to a free port (0 takes any).'
              : 'Check GAIA_HOST and GAIA_PORT.',
          },
        ),
      );
    });
    server.listen(port, host, () => {
      const serve = (ready: Routes) => {
        routes = ready;
      };
      resolve({ server, port: (server.address() as AddressInfo).port, serve });
    });
  });
}

/** Stops taking calls, lets those under way finish for a moment, then closes what is left. */
export function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
