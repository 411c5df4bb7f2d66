import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import { sessionCookieName } from '../authenticate.ts';

const isHttps = (publicUrl: string): boolean => new URL(publicUrl).protocol === 'https:';

const attributes = (publicUrl: string): CookieOptions => ({
  path: '/',
  httpOnly: true,
  sameSite: 'Strict',
  secure: isHttps(publicUrl),
});

export const sessionTokenOf = (c: Context, publicUrl: string): string | undefined =>
  getCookie(c, sessionCookieName(publicUrl));

export function keepSession(c: Context, publicUrl: string, token: string, maxAgeMs: number): void {
  setCookie(c, sessionCookieName(publicUrl), token, { ...attributes(publicUrl), maxAge: Math.floor(maxAgeMs / 1000) });
}

export function dropSession(c: Context, publicUrl: string): void {
  deleteCookie(c, sessionCookieName(publicUrl), attributes(publicUrl));
}
