import type { Needs } from '../access.ts';
import type { Account, App, Token } from '../accounts.ts';
import type { Issue, Pull } from '../issue.ts';
import type { ObjectKind } from '../journal.ts';
import type { RateLimiter } from '../rate-limiter.ts';
import type { Repository } from '../repository.ts';
import type { Urls } from '../shapes/urls.ts';
import type { Site } from '../site.ts';

export interface Answer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** One request, understood and allowed, ready to be carried out. */
export interface Context {
  site: Site;
  urls: Urls;
  limiter: RateLimiter;
  token: Token | undefined;
  /** throws 401 without a token */
  actor: Account;
  via: App | undefined;
  /** throws 404 outside of repositories */
  repository: Repository;
  parameters: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** as its schema says */
  body: Readonly<Record<string, unknown>>;
  /** throws what GitHub answers for a number that is none */
  issue(): Issue;
  pull(): Pull;
  /** the page that was asked for, with its Link header */
  page<T>(items: readonly T[], shape: (item: T) => unknown, most?: number): Answer;
  created(kind: ObjectKind, id: number): void;
  changed(kind: ObjectKind, id: number): void;
}

export interface RouteRule {
  needs: Needs;
  run: (context: Context) => Answer;
}

/** Rules by operation, as `METHOD /template`. */
export type Routes = Readonly<Record<string, RouteRule>>;

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const made = (body: unknown): Answer => ({ status: 201, body });
