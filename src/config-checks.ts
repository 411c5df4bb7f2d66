import { isIP } from 'node:net';

/** The parts of an address, or nothing where it is none. */
export const parseUrl = (value: string): URL | undefined => (URL.canParse(value) ? new URL(value) : undefined);

export function isHost(host: string): boolean {
  return isIP(host) !== 0 || /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(host);
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** What keeps a web address from being one to build links and calls on. */
export function faultOfOrigin(value: string): string | undefined {
  const url = parseUrl(value);
  if (url === undefined || !['https:', 'http:'].includes(url.protocol))
    return 'is not a web address: write https://HOST';
  if (url.pathname !== '/' || /[?#@]/.test(value)) return 'must end after the host and port: no path, query or user';
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return 'must be https, unless its host is a loopback address';
  return undefined;
}

export function isPostgres(value: string): boolean {
  const url = parseUrl(value);
  return url !== undefined && ['postgres:', 'postgresql:'].includes(url.protocol);
}

export function isNotTilde(path: string): boolean {
  return !path.startsWith('~');
}

/** Offsets (`+02:00`) pass on newer Node only and know no summer time. */
export function isTimeZone(name: string): boolean {
  if (/^[+-]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
