import { Hono } from 'hono';
import { read } from '../../core/wire/read.ts';
import type { Authenticator } from '../authenticate.ts';
import { jsonBody } from '../body.ts';
import type { Caller, Door, Env, Routes } from '../door.ts';
import { type RateLimiter, rateLimiter } from '../rate-limit.ts';
import { accessEndpoints } from './access.ts';
import type { Endpoint } from './endpoint.ts';
import { eventEndpoints } from './events.ts';
import { executionEndpoints } from './executions.ts';
import { githubEndpoints } from './github.ts';
import { grantEndpoints } from './grants.ts';
import { operatingEndpoints } from './operating.ts';
import { operationsEndpoints } from './operations.ts';
import { policyEndpoints } from './policy.ts';
import { requestEndpoints } from './requests.ts';
import { waitingRoom } from './until.ts';

/** Every operation of the API; `now` feeds the limiters, and wrong monitor tokens are counted together with those of pages. */
export const endpoints = (now: () => number, wrongTokens = wrongTokenLimiter(now)): Endpoint[] => [
  ...requestEndpoints(waitingRoom()),
  ...executionEndpoints(),
  ...grantEndpoints(),
  ...policyEndpoints(),
  ...eventEndpoints(),
  ...operatingEndpoints(rateLimiter({ perMinute: 30, now })),
  ...operationsEndpoints(wrongTokens),
  ...githubEndpoints(rateLimiter({ perMinute: 30, now })),
  ...accessEndpoints(rateLimiter({ perMinute: 30, now })),
];

export const wrongTokenLimiter = (now: () => number): RateLimiter => rateLimiter({ perMinute: 10, now });

/** Whose calls are acts: every refusal of one is kept in the log. */
const actors: readonly Endpoint['by'][] = ['person', 'operator', 'admin'];

/** The API as routes. */
export function apiRoutes(door: Door, auth: Authenticator, wrongTokens: RateLimiter): Routes {
  const routes = new Hono<Env>();
  for (const endpoint of endpoints(door.now, wrongTokens)) {
    routes.on(endpoint.method.toUpperCase(), endpoint.path.replaceAll(/\{(\w+)\}/g, ':$1'), (c) => {
      c.set('isAct', actors.includes(endpoint.by));
      let known: Promise<Caller> | undefined;
      const caller = () => {
        known ??= auth.caller(c);
        return known;
      };
      const query = endpoint.query ? (read(endpoint.query, c.req.query(), 'The query') as Record<string, unknown>) : {};
      return endpoint.handle({
        c,
        door,
        caller,
        callerNow: () => auth.caller(c),
        body: () => jsonBody(c, endpoint.bodyLimit),
        query,
      });
    });
  }
  return routes;
}
