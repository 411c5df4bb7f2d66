import { createVerify, generateKeyPairSync } from 'node:crypto';

export type AccountKind = 'User' | 'Organization' | 'Bot';

export interface Account {
  id: number;
  login: string;
  kind: AccountKind;
  createdAt: number;
}

export type Level = 'none' | 'read' | 'write' | 'admin';

/** Rights of fine-grained tokens and installations, by GitHub's names. */
export type Rights = Partial<
  Record<
    | 'metadata'
    | 'contents'
    | 'issues'
    | 'pull_requests'
    | 'statuses'
    | 'organization_projects'
    | 'administration'
    | 'workflows',
    Level
  >
>;
export type RightName = keyof Rights;

/** What Gaia's own token needs, and nothing that could merge or move a ref. */
export const gaiaRights: Readonly<Rights> = {
  metadata: 'read',
  contents: 'read',
  issues: 'write',
  pull_requests: 'write',
  statuses: 'write',
  organization_projects: 'write',
};

export interface Token {
  value: string;
  /** whose name stands on what it writes */
  account: Account;
  kind: 'fine_grained' | 'classic' | 'installation';
  rights: Rights;
  /** of classic tokens, for `x-oauth-scopes` */
  scopes: readonly string[];
  /** ids; undefined: all that the account may see */
  repositories: ReadonlySet<number> | undefined;
  /** milliseconds since the epoch */
  expiresAt: number | undefined;
  isRevoked: boolean;
  installation?: Installation;
}

export interface TokenOptions {
  /** of the account it acts as (default: gaia-bot) */
  login?: string;
  /** changes to what Gaia needs; `'none'` takes one away */
  rights?: Rights;
  kind?: 'fine_grained' | 'classic';
  scopes?: readonly string[];
  /** full names (default: all that the account may see) */
  repositories?: readonly string[];
  /** milliseconds since the epoch */
  expiresAt?: number;
}

/** A GitHub App with its key; its installations give the rights. */
export interface App {
  id: number;
  slug: string;
  owner: Account;
  bot: Account;
  /** PEM, for the client */
  privateKey: string;
  createdAt: number;
}

export interface Installation {
  id: number;
  app: App;
  account: Account;
  rights: Rights;
  repositories: ReadonlySet<number> | undefined;
  createdAt: number;
  suspendedAt: number | undefined;
}

const order: readonly Level[] = ['none', 'read', 'write', 'admin'];

export const reaches = (held: Level | undefined, needed: Level): boolean =>
  order.indexOf(held ?? 'none') >= order.indexOf(needed);

let keys: { privateKey: string; publicKey: string } | undefined;

/** One key pair for all apps of a process: making one takes a tenth of a second. */
export function appKeys(): { privateKey: string; publicKey: string } {
  keys ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return keys;
}

/** What is wrong with an app's own token, in GitHub's words; or the id it speaks for. @param now seconds */
export function readAppToken(jwt: string, now: number): { appId: string } | { refusal: string } {
  const unreadable = { refusal: 'A JSON web token could not be decoded' };
  const [head = '', claims = '', signature = ''] = jwt.split('.');
  const verify = createVerify('RSA-SHA256').update(`${head}.${claims}`);
  if (!verify.verify(appKeys().publicKey, signature, 'base64url')) return unreadable;
  const { iat, exp, iss } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Record<string, unknown>;
  if (typeof iat !== 'number' || iat > now) {
    return {
      refusal: "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    };
  }
  if (typeof exp !== 'number' || exp <= now) {
    return {
      refusal:
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    };
  }
  if (exp > now + 600) return { refusal: "'Expiration time' claim ('exp') is too far in the future" };
  return { appId: String(iss) };
}
