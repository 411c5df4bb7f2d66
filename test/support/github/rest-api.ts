import { createHash } from 'node:crypto';
import type { HttpRequest } from '../telegram/http-server.ts';
import { demand, type Needs } from './access.ts';
import { linkTo, repositoryAt } from './addresses.ts';
import { type Caller, demandCredentials } from './callers.ts';
import { GitHubError, notFound, requiresAuthentication } from './github-error.ts';
import { answerGraphql } from './graphql/graphql.ts';
import { Pull } from './issue.ts';
import type { Exchange, ObjectKind, Trace } from './journal.ts';
import type { Route } from './openapi/contract.ts';
import { pageOf } from './pages.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Repository } from './repository.ts';
import { issueOf, pullOf } from './routes/issues.ts';
import type { Answer, Context } from './routes/route.ts';
import { routes } from './routes/routes.ts';
import type { Urls } from './shapes/urls.ts';
import type { Site } from './site.ts';

/** Versions of the API that are served; the first is the default. */
export const apiVersions: readonly string[] = ['2022-11-28', '2026-03-10'];

/** Stands for a body that is not JSON. */
export const unreadable = Symbol('unreadable');

/** One request with everything that is known of it. */
export interface Call {
  request: HttpRequest;
  exchange: Exchange;
  /** percent-encoded, by the repository's name of today */
  path: string;
  /** undefined where GitHub describes no such operation, and for GraphQL */
  route: Route | undefined;
  caller: Caller;
  limiter: RateLimiter;
  /** what is wrong with the request by GitHub's description */
  problems: readonly string[];
}

/** Carries requests out, or refuses them as GitHub does. */
export class RestApi {
  readonly #site: Site;
  readonly #urls: () => Urls;
  readonly #unmapped: (exchange: Exchange, fields: readonly string[]) => void;

  /** @param unmapped told of what GraphQL was asked that Gaia may not use */
  constructor(site: Site, urls: () => Urls, unmapped: (exchange: Exchange, fields: readonly string[]) => void) {
    this.#site = site;
    this.#urls = urls;
    this.#unmapped = unmapped;
  }

  carryOut(call: Call): Answer {
    try {
      const answer = this.#allowed(call);
      return call.exchange.method === 'GET' ? sparing(call, answer) : answer;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return { status: error.status, body: error.body, headers: error.headers };
    }
  }

  /** In GitHub's order: who asks, how often, what, whether they may, whether it is well formed. */
  #allowed(call: Call): Answer {
    const { request, exchange, route, caller, limiter, path } = call;
    const { headers, url } = request;
    if (!headers['user-agent']) throw new GitHubError(403, 'Request forbidden by administrative rules.');
    const version = String(headers['x-github-api-version'] ?? apiVersions[0]);
    if (!apiVersions.includes(version)) throw new GitHubError(400, `API version ${version} is not supported`);
    demandCredentials(this.#site, headers.authorization, caller);
    const limited = path === '/rate_limit' ? undefined : limiter.take(caller.token, exchange.isWrite);
    if (limited !== undefined) throw limited;
    if (path === '/graphql') return this.#graphql(call);
    const rule = route && routes[`${route.method} ${route.template}`];
    if (route === undefined || rule === undefined) throw notFound();
    const repository = repositoryAt(this.#site, this.#urls().api, url, route, caller.token);
    if (repository !== undefined && rule.needs.length > 0) demand(caller.token, repository, rule.needs);
    if (exchange.body === unreadable) throw new GitHubError(400, 'Problems parsing JSON');
    if (call.problems.length > 0) {
      throw new GitHubError(422, `Invalid request.\n\n${call.problems.join('\n')}`, []);
    }
    return rule.run(this.#context(call, route, repository, rule.needs));
  }

  #context(call: Call, route: Route, repository: Repository | undefined, needs: Needs): Context {
    const { request, exchange, limiter } = call;
    const { token, app } = call.caller;
    const { parameters } = route;
    const urls = this.#urls();
    const query = request.url.searchParams;
    const trace = (act: Trace['act']) => (kind: ObjectKind, id: number) =>
      void exchange.traces.push({ act, kind, id, repository: repository?.fullName ?? '' });
    const inRepository = (): Repository => {
      if (repository === undefined) throw notFound();
      return repository;
    };
    const hasCursors = route.template.includes('/projectsV2/');
    return {
      site: this.#site,
      urls,
      limiter,
      token,
      get actor() {
        if (token === undefined) throw requiresAuthentication();
        return token.account;
      },
      via: app ?? token?.installation?.app,
      get repository() {
        return inRepository();
      },
      parameters,
      query,
      body: (exchange.body ?? {}) as Record<string, unknown>,
      issue: () => {
        const issue = issueOf(inRepository(), Number(parameters.issue_number));
        // The right to pull requests opens those only, where either right will do.
        const narrowed = needs.filter(([name]) => name !== 'pull_requests' || issue instanceof Pull);
        demand(token, inRepository(), narrowed);
        return issue;
      },
      pull: () => pullOf(inRepository(), Number(parameters.pull_number)),
      page: (items, shape) =>
        pageOf(query, items, shape, (changed) => linkTo(urls.api, request.url, repository, changed), hasCursors),
      created: trace('created'),
      changed: trace('changed'),
    };
  }

  #graphql({ exchange, caller }: Call): Answer {
    const { token } = caller;
    const { body } = exchange;
    if (token === undefined) throw requiresAuthentication();
    if (body === unreadable || body === undefined) throw new GitHubError(400, 'Problems parsing JSON');
    const changed = (kind: ObjectKind, id: number, repository: string) =>
      void exchange.traces.push({ act: 'changed', kind, id, repository });
    const context = { site: this.#site, urls: this.#urls(), token, changed };
    const answered = answerGraphql(context, body as { query?: unknown; variables?: unknown });
    this.#unmapped(exchange, answered.unmapped);
    return { status: 200, body: answered.body };
  }
}

/** 304 for what the client has already. */
function sparing({ request, caller, limiter }: Call, answer: Answer): Answer {
  if (answer.status !== 200) return answer;
  const about = JSON.stringify([caller.token?.value, request.headers.accept, answer.body]);
  const etag = `W/"${createHash('sha256').update(about).digest('hex')}"`;
  const headers = { ...answer.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' };
  if (request.headers['if-none-match'] !== etag) return { ...answer, headers };
  limiter.giveBack();
  return { status: 304, headers };
}
