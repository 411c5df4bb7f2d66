import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import { authenticateKey } from '../actions/keys.ts';
import { authenticateSession } from '../actions/sessions.ts';
import { mayLook, person } from '../core/access/actor.ts';
import { adminKeyPattern, sameSecret } from '../core/access/key.ts';
import type { Source } from '../core/audit/event.ts';
import { forbidden, GaiaError, unauthenticated } from '../core/errors.ts';
import type { Caller, Door, Env } from './door.ts';
import { type RateLimiter, rateLimiter } from './rate-limit.ts';
import { checkCsrf } from './security.ts';

export const consoleUrlOf = ({ consoleUrl, viewer }: Pick<Door, 'consoleUrl' | 'viewer'>): string =>
  consoleUrl ?? viewer.publicUrl;

/** Whether a call came to the console's own name; a session counts nowhere else. */
export const isAtConsole = (door: Pick<Door, 'consoleUrl' | 'viewer'>, c: Context<Env>): boolean =>
  (c.req.header('host') ?? '').toLowerCase() === new URL(consoleUrlOf(door)).host;

/** What the session's cookie is called. Under https its prefix makes browsers refuse one set by a neighbour or over http. */
export const sessionCookieName = (publicUrl: string): string =>
  new URL(publicUrl).protocol === 'https:' ? '__Host-gaia_session' : 'gaia_session';
const terminalSession = /^gaia_session_([A-Za-z0-9_-]{43})$/;

export interface Authenticator {
  /** who calls; throws `unauthenticated` or `too_many` */
  caller(c: Context<Env>): Promise<Caller>;
  /** the signed-in person of a console page, or undefined */
  visitor(c: Context<Env>): Promise<Extract<Caller, { kind: 'person' }> | undefined>;
}

/** Finds out who calls: an agent's key, the admin key, a terminal's session, or the console's cookie. */
export function authenticator(door: Door): Authenticator {
  const perKey = rateLimiter({ perMinute: 1_200, now: door.now });
  const failures = rateLimiter({ perMinute: 10, now: door.now });

  const caller = async (c: Context<Env>): Promise<Caller> => {
    try {
      const found = await identify(door, c, perKey);
      c.set('by', found.asker.by);
      return found;
    } catch (error) {
      // only wrong keys are counted and held off: all agents of a machine share its address
      if (error instanceof GaiaError && error.code === 'unauthenticated')
        failures.spend(addressOf(c), 'Too many calls with a wrong key.');
      throw error;
    }
  };

  const visitor = async (c: Context<Env>) => {
    const token = getCookie(c, sessionCookieName(consoleUrlOf(door)));
    if (token === undefined || (door.consoleUrl !== undefined && !isAtConsole(door, c))) return undefined;
    try {
      const found = await bySession(door, token, 'console', c.get('traceId'), true);
      c.set('by', found.asker.by);
      return found;
    } catch (error) {
      if (error instanceof GaiaError && error.code === 'unauthenticated') return undefined;
      throw error;
    }
  };
  return { caller, visitor };
}

async function identify(door: Door, c: Context<Env>, perKey: RateLimiter): Promise<Caller> {
  const traceId = c.get('traceId');
  const source: Source = c.req.header('x-gaia-client')?.startsWith('cli') ? 'cli' : 'http';
  const bearer = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (bearer !== undefined) {
    if (adminKeyPattern.test(bearer)) {
      if (!sameSecret(bearer, door.adminKey))
        throw unauthenticated('This admin key is not the one of this Gaia.', {
          reason: 'key_unknown',
          remedy: 'Read admin.key in its data directory.',
        });
      return { kind: 'admin', asker: { by: { actor: 'admin', source, traceId }, ownerId: null } };
    }
    const terminal = terminalSession.exec(bearer)?.[1];
    if (terminal !== undefined) return bySession(door, terminal, 'cli', traceId, false);
    const { keyId, agent, ...asker } = await authenticateKey(door.app, bearer, door.now(), { source, traceId });
    perKey.spend(keyId, `The key ${keyId} calls too often.`);
    return { kind: 'agent', asker, agent, keyId };
  }
  const cookie = getCookie(c, sessionCookieName(consoleUrlOf(door)));
  if (cookie === undefined || (door.consoleUrl !== undefined && !isAtConsole(door, c))) {
    throw unauthenticated('No key came with this call.', {
      reason: 'key_missing',
      remedy: 'Send `Authorization: Bearer gaia_…`; on the same machine the CLI reads agent.key by itself.',
    });
  }
  const visitor = await bySession(door, cookie, 'console', traceId, true);
  if (!['GET', 'HEAD'].includes(c.req.method)) checkCsrf(cookie, c.req.header('x-csrf-token'));
  return visitor;
}

async function bySession(
  door: Door,
  token: string,
  source: Source,
  traceId: string,
  viaCookie: boolean,
): Promise<Extract<Caller, { kind: 'person' }>> {
  const session = await authenticateSession(door.app, token, door.now());
  if ((session.kind === 'console') !== viaCookie)
    throw unauthenticated('This session belongs to another door.', { reason: 'session_ended' });
  const by = { actor: person(session.personId), source, traceId };
  return { kind: 'person', personId: session.personId, session, asker: { by, ownerId: null }, viaCookie };
}

/** Throws unless the caller may see what people see. */
export function mustLook(door: Door, caller: Caller): void {
  if (caller.kind === 'admin') return;
  if (caller.kind === 'person' && mayLook(door.app.people, caller.personId)) return;
  throw forbidden('An agent sees only its own requests.', {
    reason: 'agents_see_their_own',
    remedy: 'Ask a person to look, or use the admin key.',
  });
}

/** Throws unless the caller holds the admin key. */
export function mustAdminister(caller: Caller): void {
  if (caller.kind === 'admin') return;
  throw forbidden('This needs the admin key.', {
    reason: 'admin_only',
    remedy: 'Run it as the user that can read admin.key in the data directory.',
  });
}

/** Where a call comes from, for limits by address. */
export const addressOf = (c: Context<Env>): string => {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined;
  return env?.incoming?.socket?.remoteAddress ?? 'unknown';
};
