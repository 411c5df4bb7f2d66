import { createHmac } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { sameSecret } from '../core/access/key.ts';
import { forbidden } from '../core/errors.ts';
import type { Env } from './door.ts';

/** What every answer carries. No CORS header ever: other origins have no business here. */
const headers: Record<string, string> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

export const securityHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  // set on the response itself: c.header() after next() costs a copy of the whole response
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.res.headers.set(name, value);
};

/**
 * Answers only to the names it is known by, so that a web page cannot reach it under its own name (DNS rebinding), and
 * takes changes from browsers only out of its own pages.
 */
export function ownOriginOnly(
  [publicUrl, ...others]: readonly [string, ...string[]],
  isOwnPort: (port: string) => boolean,
): MiddlewareHandler<Env> {
  const own = [publicUrl, ...others].map((url) => new URL(url));
  const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);
  const isOwnHost = (host: string): boolean => {
    if (own.some((url) => host.toLowerCase() === url.host)) return true;
    const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
    return loopback.has(name ?? '') && isOwnPort(port ?? '80');
  };
  const isOwnOrigin = (origin: string): boolean => {
    if (!URL.canParse(origin)) return false;
    const { protocol, host } = new URL(origin);
    return own.some((url) => origin === url.origin) || (protocol === 'http:' && isOwnHost(host));
  };
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (!isOwnHost(host)) {
      throw forbidden('This Gaia does not go by that host name.', {
        reason: 'foreign_host',
        remedy: `Use ${publicUrl}, or set GAIA_PUBLIC_URL.`,
      });
    }
    const changes = !['GET', 'HEAD', 'OPTIONS'].includes(c.req.method);
    const origin = c.req.header('origin');
    const site = c.req.header('sec-fetch-site');
    if (changes && ((origin !== undefined && !isOwnOrigin(origin)) || site === 'cross-site' || site === 'same-site')) {
      throw forbidden('Another site tried to act here.', {
        reason: 'foreign_origin',
        remedy: `Open ${publicUrl} itself.`,
      });
    }
    await next();
  };
}

/** The token that every form and every change by a signed-in browser carries. Derived from the session, so nothing is stored. */
export const csrfTokenOf = (sessionToken: string): string =>
  createHmac('sha256', sessionToken).update('gaia csrf').digest('base64url');

/** Throws unless the token belongs to the session. */
export function checkCsrf(sessionToken: string, given: string | undefined): void {
  if (given !== undefined && sameSecret(given, csrfTokenOf(sessionToken))) return;
  throw forbidden('This form does not belong to your session.', {
    reason: 'csrf_mismatch',
    remedy: 'Reload the page and try again.',
  });
}
