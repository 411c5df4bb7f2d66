import type { Context, MiddlewareHandler } from 'hono';
import { noteMonitorRefused, noteQueryToken } from '../actions/monitor.ts';
import { createSignInLink } from '../actions/sessions.ts';
import { type By, person, personOf } from '../core/access/actor.ts';
import { sameSecret } from '../core/access/key.ts';
import { forbidden, unauthenticated } from '../core/errors.ts';
import { addressOf, consoleUrlOf } from './authenticate.ts';
import type { Door, Env } from './door.ts';
import type { RateLimiter } from './rate-limit.ts';

/**
 * Who holds the monitor's token, which looks and requeues. Compared in a time that does not depend on where it differs;
 * the wrong ones are counted, held off after ten a minute, and kept in the log. The token itself reaches no log.
 */
export async function monitorOf(door: Door, c: Context<Env>, wrong: RateLimiter): Promise<By> {
  const { monitorToken } = door;
  const monitor = door.app.people.monitor;
  if (monitorToken === undefined || monitor === undefined) throw closed();
  const by: By = { actor: person(monitor), source: 'http', traceId: c.get('traceId') };
  const header = c.req.header('x-admin-token') ?? /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  const query = c.req.query('token');
  wrong.mayTry(addressOf(c), 'Too many calls with a wrong token.');
  const given = header ?? query;
  if (given === undefined || !sameSecret(given, monitorToken)) {
    wrong.count(addressOf(c));
    await noteMonitorRefused(door.app, { ...by, actor: 'gaia' }, given === undefined ? 'missing' : 'wrong');
    throw unauthenticated(
      given === undefined ? 'No monitor token came with this call.' : 'This is not the monitor token.',
      {
        reason: given === undefined ? 'token_missing' : 'token_wrong',
        remedy: 'Send the value of MONITOR_ADMIN_TOKEN in the header X-Admin-Token.',
      },
    );
  }
  c.set('by', by);
  c.set('isAct', true);
  if (header === undefined) {
    // an address is kept in histories and logs, so no page acts with one
    if (
      c.req.method !== 'GET' &&
      (c.req.header('origin') !== undefined || c.req.header('sec-fetch-site') !== undefined)
    )
      throw notFromPages();
    await noteQueryToken(door.app);
  }
  return by;
}

/**
 * `?token=` on a page: the token leaves the address at once. Whoever brought it is led to a one-time link, which signs in
 * when its button is pressed, leads on to that page, and lets look and requeue.
 */
export const monitorSignIn =
  (door: Door, wrong: RateLimiter, isForPeople: (path: string) => boolean): MiddlewareHandler<Env> =>
  async (c, next) => {
    if (c.req.method !== 'GET' || c.req.query('token') === undefined || !isForPeople(c.req.path)) return next();
    const { actor } = await monitorOf(door, c, wrong);
    const { token } = await createSignInLink(door.app, personOf(actor) ?? '');
    return c.redirect(`${consoleUrlOf(door)}/sign-in/${token}?to=${encodeURIComponent(c.req.path)}`, 303);
  };

const closed = () =>
  unauthenticated('This door is closed: no monitor token is set.', {
    reason: 'monitor_closed',
    remedy: 'Set MONITOR_ADMIN_TOKEN and start Gaia again, or use the admin key with gaia requeue.',
  });

const notFromPages = () =>
  forbidden('A web page may not act with a token in its address.', {
    reason: 'token_from_page',
    remedy: 'Use the console, or send the token in the header X-Admin-Token.',
  });
