import { type App, readAppToken, type Token } from './accounts.ts';
import { badCredentials, GitHubError } from './github-error.ts';
import type { Site } from './site.ts';

/** Whose secret a request carries. */
export interface Caller {
  token: Token | undefined;
  /** where an app speaks for itself */
  app: App | undefined;
}

export function callerOf(site: Site, authorization: string | undefined): Caller {
  const secret = secretIn(authorization);
  const now = site.clock.now();
  const token = site.tokens.find(
    ({ value, isRevoked, expiresAt = Infinity }) => value === secret && !isRevoked && expiresAt > now,
  );
  if (token !== undefined || !isAppToken(secret)) return { token, app: undefined };
  const claims = readAppToken(secret, Math.floor(now / 1_000));
  return { token, app: 'appId' in claims ? site.apps.find(({ id }) => String(id) === claims.appId) : undefined };
}

/** Refuses a secret that is nobody's; a request without one is anyone's. */
export function demandCredentials(site: Site, authorization: string | undefined, { token, app }: Caller): void {
  if (authorization === undefined || token !== undefined || app !== undefined) return;
  const secret = secretIn(authorization);
  if (!isAppToken(secret)) throw badCredentials();
  const claims = readAppToken(secret, Math.floor(site.clock.now() / 1_000));
  throw new GitHubError(401, 'refusal' in claims ? claims.refusal : 'Integration not found');
}

const secretIn = (authorization: string | undefined): string =>
  /^(?:token|bearer) (\S+)$/i.exec(authorization ?? '')?.[1] ?? '';

const isAppToken = (secret: string): boolean => secret.split('.').length === 3;
