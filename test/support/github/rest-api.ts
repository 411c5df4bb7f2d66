import { createHash } from 'node:crypto';
import type { HttpReply, HttpRequest } from '../telegram/http-server.ts';
import { demand } from './access.ts';
import { type App, readAppToken, type Token } from './accounts.ts';
import type { Fault, Faults, How } from './faults.ts';
import { badCredentials, GitHubError, notFound, requiresAuthentication, secondaryLimit } from './github-error.ts';
import { answerGraphql } from './graphql/graphql.ts';
import type { Exchange, Journal, ObjectKind, Trace } from './journal.ts';
import { findRoute, problemsOfAnswer, problemsOfRequest, type Route } from './openapi/contract.ts';
import { pageOf } from './pages.ts';
import { type Limits, RateLimiter } from './rate-limiter.ts';
import type { Repository } from './repository.ts';
import { issueOf, pullOf } from './routes/issues.ts';
import type { Answer, Context } from './routes/route.ts';
import { routes } from './routes/routes.ts';
import type { Urls } from './shapes/urls.ts';
import { instant } from './shapes/urls.ts';
import type { Site } from './site.ts';

/** Versions of the API that are served; the first is the default. */
const versions = ['2022-11-28', '2026-03-10'];

interface Caller {
  token: Token | undefined;
  /** where an app speaks for itself */
  app: App | undefined;
}

interface Call {
  request: HttpRequest;
  exchange: Exchange;
  /** percent-encoded, by the repository's name of today */
  path: string;
  route: Route | undefined;
  caller: Caller;
  limiter: RateLimiter;
  /** what is wrong with the request by GitHub's description */
  problems: readonly string[];
}

/** GitHub's API over HTTP: tokens, limits, renamed repositories, validation, faults, and the journal of it all. */
export class RestApi {
  readonly #site: Site;
  readonly #faults: Faults;
  readonly #journal: Journal;
  readonly #urls: () => Urls;
  readonly #limiters = new Map<Token | undefined, RateLimiter>();
  limits: Limits;
  /** requests and answers that do not fit GitHub's description */
  readonly violations: string[] = [];
  isClosing = false;
  onChange: () => void = () => undefined;

  constructor(site: Site, faults: Faults, journal: Journal, limits: Limits, urls: () => Urls) {
    this.#site = site;
    this.#faults = faults;
    this.#journal = journal;
    this.#urls = urls;
    this.limits = limits;
  }

  /** undefined where the connection shall break without an answer. */
  async answer(request: HttpRequest): Promise<HttpReply | undefined> {
    const call = this.#understand(request);
    this.onChange();
    const { exchange, limiter } = call;
    limiter.inFlight += 1;
    try {
      const fault = this.#faults.meet(exchange);
      this.onChange();
      const early = fault && (await this.#before(call, fault));
      if (early !== undefined) return early === 'break' ? undefined : early;
      const answer = this.#carryOut(call);
      return await this.#after(call, answer, fault);
    } catch (error) {
      console.error('the double of GitHub broke', error);
      this.violations.push(`the double broke at ${exchange.method} ${exchange.path}: ${String(error)}`);
      return this.#reply(call, { status: 500, body: { message: 'Server Error' } });
    } finally {
      limiter.inFlight -= 1;
      this.onChange();
    }
  }

  #understand(request: HttpRequest): Call {
    const { method, url, headers } = request;
    const path = this.#currentPath(url.pathname);
    const route = findRoute(method, path);
    const caller = this.#callerOf(headers.authorization);
    const { token } = caller;
    const body = readBody(request);
    const exchange = this.#journal.record({
      at: this.#site.clock.now(),
      method,
      path: decodeURIComponent(url.pathname),
      template: route?.template ?? (path === '/graphql' ? path : undefined),
      query: Object.fromEntries(url.searchParams),
      headers,
      body,
      token,
      isWrite: method !== 'GET' && !path.startsWith('/app/'),
    });
    const problems = route ? problemsOfRequest(route, url.searchParams, body) : [];
    const unmapped = route === undefined && path !== '/graphql' ? ['GitHub describes no such operation'] : [];
    this.#violated(exchange, [...problems, ...unmapped]);
    const limiter = this.#limiters.get(token) ?? new RateLimiter(this.#site.clock, this.limits);
    limiter.limits = this.limits;
    this.#limiters.set(token, limiter);
    return { request, exchange, path, route, caller, limiter, problems };
  }

  /** What a fault does before anything is done: an answer, a broken connection, or nothing. */
  async #before({ exchange, ...call }: Call, { how, until }: Fault): Promise<HttpReply | 'break' | undefined> {
    if (how === 'hang_before') await until;
    if (how === 'reset_before' || (how === 'hang_before' && this.isClosing)) {
      exchange.outcome = { kind: 'dropped' };
      return 'break';
    }
    if (typeof how === 'string') return undefined;
    if ('limit' in how) {
      const error = this.#limitOf(how, call.limiter, call.caller.token);
      return this.#refused({ exchange, ...call }, error, true);
    }
    if ('redirect' in how) {
      const location = new URL(how.redirect, this.#urls().api).href;
      const headers = { location };
      const error = new GitHubError(how.status ?? 307, 'Moved', undefined, headers);
      return this.#refused({ exchange, ...call }, error, true);
    }
    if ('alter' in how || how.after === true) return undefined;
    exchange.outcome = { kind: 'refused', status: how.status, message: 'a page', byFault: true };
    return page(how);
  }

  async #after(call: Call, answer: Answer, fault: Fault | undefined): Promise<HttpReply | undefined> {
    const { exchange, route } = call;
    const { status, body } = answer;
    if (route !== undefined) this.#violated(exchange, problemsOfAnswer(route, status, body));
    const reply = this.#reply(call, answer);
    if (status >= 400) {
      exchange.outcome = { kind: 'refused', status, message: messageOf(body), byFault: false };
    } else {
      exchange.outcome = { kind: 'answered', status, body };
    }
    this.onChange();
    if (fault === undefined || fault.how === 'hang_before') return reply;
    const { how, until } = fault;
    if (how === 'hang_after') {
      await until;
      return this.isClosing ? undefined : reply;
    }
    if (how === 'stale_list') return this.#reply(call, { ...answer, body: this.#withoutOwn(body) });
    if (status < 400) exchange.outcome = { kind: 'reply_lost', status, body };
    if (how === 'reset_after') return undefined;
    if (how === 'cut_body') return { ...reply, isCut: true };
    if (how === 'garbled_body') return { ...reply, body: reply.body.slice(0, Math.ceil(reply.body.length / 2)) };
    if (how === 'reset_before') throw new Error('a request that was broken off has no answer');
    if ('alter' in how) return this.#reply(call, { ...answer, body: how.alter(body), status: how.status ?? status });
    if ('status' in how && !('limit' in how) && !('redirect' in how)) return page(how);
    throw new Error('a fault that stops a request cannot come after it');
  }

  #carryOut(call: Call): Answer {
    try {
      const answer = this.#allowed(call);
      return call.exchange.method === 'GET' ? this.#sparing(call, answer) : answer;
    } catch (error) {
      if (!(error instanceof GitHubError)) throw error;
      return { status: error.status, body: error.body, headers: error.headers };
    }
  }

  /** In GitHub's order: who asks, how often, what, whether they may, whether it is well formed. */
  #allowed(call: Call): Answer {
    const { request, exchange, route, caller, limiter, path } = call;
    const { headers } = request;
    if (!headers['user-agent']) throw new GitHubError(403, 'Request forbidden by administrative rules.');
    const version = headers['x-github-api-version'] ?? versions[0];
    if (!versions.includes(String(version))) throw new GitHubError(400, `API version ${version} is not supported`);
    if (headers.authorization !== undefined) this.#demandCredentials(headers.authorization, caller);
    const isFree = path === '/rate_limit';
    const limited = isFree ? undefined : limiter.take(caller.token, exchange.isWrite);
    if (limited !== undefined) throw limited;
    if (path === '/graphql') return this.#graphql(call);
    const rule = route && routes[`${route.method} ${route.template}`];
    if (route === undefined || rule === undefined) throw notFound();
    const repository = this.#repositoryOf(call, route);
    if (repository !== undefined && rule.needs.length > 0) demand(caller.token, repository, rule.needs);
    if (exchange.body === unreadable) throw new GitHubError(400, 'Problems parsing JSON');
    if (call.problems.length > 0) {
      throw new GitHubError(422, `Invalid request.\n\n${call.problems.join('\n')}`, []);
    }
    return rule.run(this.#context(call, route, repository));
  }

  #context({ request, exchange, caller, limiter }: Call, route: Route, repository: Repository | undefined): Context {
    const { parameters } = route;
    const urls = this.#urls();
    const query = request.url.searchParams;
    const trace = (act: Trace['act']) => (kind: ObjectKind, id: number) =>
      void exchange.traces.push({ act, kind, id, repository: repository?.fullName ?? '' });
    const inRepository = (): Repository => {
      if (repository === undefined) throw notFound();
      return repository;
    };
    const { token, app } = caller;
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
      issue: () => issueOf(inRepository(), Number(parameters.issue_number)),
      pull: () => pullOf(inRepository(), Number(parameters.pull_number)),
      page: (items, shape) =>
        pageOf(query, items, shape, (changed) => this.#linkTo(request.url, repository, changed), isByCursor(route)),
      created: trace('created'),
      changed: trace('changed'),
    };
  }

  /** Links name the repository by its id, as GitHub's do. */
  #linkTo(url: URL, repository: Repository | undefined, changed: Record<string, string>): string {
    const byId = repository
      ? url.pathname.replace(/^\/repos\/[^/]+\/[^/]+/, `/repositories/${repository.id}`)
      : url.pathname;
    const link = new URL(`${this.#urls().api}${byId}${url.search}`);
    for (const name of ['page', 'after', 'before']) link.searchParams.delete(name);
    for (const [name, value] of Object.entries(changed)) link.searchParams.set(name, value);
    return link.href;
  }

  #graphql(call: Call): Answer {
    const { exchange, caller } = call;
    if (caller.token === undefined) throw requiresAuthentication();
    if (exchange.body === unreadable || exchange.body === undefined)
      throw new GitHubError(400, 'Problems parsing JSON');
    const answered = answerGraphql(
      {
        site: this.#site,
        urls: this.#urls(),
        token: caller.token,
        changed: (kind, id) => void exchange.traces.push({ act: 'changed', kind, id, repository: '' }),
      },
      exchange.body as { query?: unknown; variables?: unknown },
    );
    this.#violated(exchange, answered.unmapped);
    return { status: 200, body: answered.body };
  }

  /** `/repositories/{id}/…` means the repository by whatever name it has now. */
  #currentPath(path: string): string {
    const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
    const repository = id === undefined ? undefined : this.#site.findById(Number(id));
    return repository === undefined ? path : `/repos/${repository.fullName}${rest}`;
  }

  /** A repository that was renamed or moved answers under its old name with the way to its id. */
  #repositoryOf({ request, caller }: Call, { parameters, method }: Route): Repository | undefined {
    const { owner, repo } = parameters;
    if (owner === undefined || repo === undefined) return undefined;
    const found = this.#site.findRepository(`${owner}/${repo}`);
    if (found !== undefined) return found;
    const moved = this.#site.findForwarded(`${owner}/${repo}`);
    if (moved === undefined) throw notFound();
    demand(caller.token, moved, [['metadata', 'read']]);
    const rest = request.url.pathname.replace(/^\/repos\/[^/]+\/[^/]+/, '');
    const location = `${this.#urls().api}/repositories/${moved.id}${rest}${request.url.search}`;
    const [status, words] = method === 'GET' ? [301, 'Moved Permanently'] : [307, 'Temporary Redirect'];
    throw new GitHubError(Number(status), String(words), undefined, { location });
  }

  #callerOf(authorization: string | undefined): Caller {
    const secret = /^(?:token|bearer) (\S+)$/i.exec(authorization ?? '')?.[1];
    if (secret === undefined) return { token: undefined, app: undefined };
    const now = this.#site.clock.now();
    const token = this.#site.tokens.find(
      ({ value, isRevoked, expiresAt = Infinity }) => value === secret && !isRevoked && expiresAt > now,
    );
    if (token !== undefined || secret.split('.').length !== 3) return { token, app: undefined };
    const claims = readAppToken(secret, Math.floor(now / 1_000));
    const app = 'appId' in claims ? this.#site.apps.find(({ id }) => String(id) === claims.appId) : undefined;
    return { token: undefined, app };
  }

  #demandCredentials(authorization: string, { token, app }: Caller): void {
    if (token !== undefined || app !== undefined) return;
    const secret = authorization.split(' ').at(-1) ?? '';
    if (secret.split('.').length !== 3) throw badCredentials();
    const claims = readAppToken(secret, Math.floor(this.#site.clock.now() / 1_000));
    throw new GitHubError(401, 'refusal' in claims ? claims.refusal : 'Integration must generate a public key');
  }

  #limitOf(
    { limit, status, retryAfter }: Extract<How, { limit: unknown }>,
    limiter: RateLimiter,
    token: Token | undefined,
  ): GitHubError {
    if (limit === 'secondary') return secondaryLimit(retryAfter, status);
    const reset = Math.ceil(this.#site.clock.now() / 1_000) + (retryAfter ?? 0);
    const headers = { ...limiter.headers(token), 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    const message = `API rate limit exceeded for user ID ${token?.account.id ?? 0}.`;
    return new GitHubError(status ?? 403, message, undefined, headers);
  }

  /** 304 for what the client has already. */
  #sparing({ request, caller, limiter }: Call, answer: Answer): Answer {
    if (answer.status !== 200) return answer;
    const about = JSON.stringify([caller.token?.value, request.headers.accept, answer.body]);
    const etag = `W/"${createHash('sha256').update(about).digest('hex')}"`;
    const headers = { ...answer.headers, etag, 'cache-control': 'private, max-age=60, s-maxage=60' };
    if (request.headers['if-none-match'] !== etag) return { ...answer, headers };
    limiter.giveBack();
    return { status: 304, headers };
  }

  #refused(call: Call, error: GitHubError, byFault: boolean): HttpReply {
    call.exchange.outcome = { kind: 'refused', status: error.status, message: error.message, byFault };
    return this.#reply(call, { status: error.status, body: error.body, headers: { ...error.headers } });
  }

  #reply({ exchange, limiter, caller, request }: Call, { status, body, headers = {} }: Answer): HttpReply {
    const { token } = caller;
    const expiry = token?.installation === undefined ? token?.expiresAt : undefined;
    return {
      status,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        date: new Date(this.#site.clock.now()).toUTCString(),
        'x-github-request-id': requestId(exchange.number),
        'x-github-media-type': 'github.v3; format=json',
        'x-github-api-version-selected': String(request.headers['x-github-api-version'] ?? versions[0]),
        ...limiter.headers(token),
        ...(token?.kind === 'classic' ? { 'x-oauth-scopes': token.scopes.join(', ') } : {}),
        ...(expiry === undefined
          ? {}
          : { 'github-authentication-token-expiration': instant(expiry).replace('T', ' ').replace('Z', ' UTC') }),
        ...headers,
      },
      body: body === undefined ? '' : JSON.stringify(body),
    };
  }

  #withoutOwn(body: unknown): unknown {
    const own = new Set(this.#journal.traces.filter(({ act }) => act === 'created').map(({ id }) => id));
    return Array.isArray(body) ? body.filter(({ id }: { id: number }) => !own.has(id)) : body;
  }

  #violated({ number, method, path }: Exchange, problems: readonly string[]): void {
    this.violations.push(...problems.map((problem) => `${number}. ${method} ${path}: ${problem}`));
  }
}

/** Stands for a body that is not JSON. */
const unreadable = Symbol('unreadable');

function readBody({ body }: HttpRequest): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable;
    throw error;
  }
}

const isByCursor = ({ template }: Route): boolean => template.includes('/projectsV2/');

const messageOf = (body: unknown): string => (body as { message?: string } | undefined)?.message ?? '';

/** As GitHub forms them: hexadecimal parts with colons. */
const requestId = (number: number): string =>
  ['C0DE', number.toString(16).toUpperCase().padStart(5, '0'), '1A2B3C4', '5D6E7F8', '65F0A1B2'].join(':');

/** What stands in front of GitHub answers with a page, not with JSON. */
const page = ({ status, retryAfter }: { status: number; retryAfter?: number }): HttpReply => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  },
  body: `<html><head><title>${status}</title></head><body><p>This page is taking too long to load.</p></body></html>`,
});
