import type { HttpReply, HttpRequest } from '../telegram/http-server.ts';
import type { Token } from './accounts.ts';
import { currentPath } from './addresses.ts';
import { callerOf } from './callers.ts';
import type { Fault, Faults, How } from './faults.ts';
import { GitHubError, secondaryLimit } from './github-error.ts';
import type { Exchange, Journal } from './journal.ts';
import { findRoute, problemsOfAnswer, problemsOfRequest } from './openapi/contract.ts';
import { type Limits, RateLimiter } from './rate-limiter.ts';
import { apiVersions, type Call, RestApi, unreadable } from './rest-api.ts';
import type { Answer } from './routes/route.ts';
import { instant, type Urls } from './shapes/urls.ts';
import type { Site } from './site.ts';

/** What comes over the wire and goes back: the journal of it, what breaks on the way, and what does not fit. */
export class Wire {
  readonly #site: Site;
  readonly #faults: Faults;
  readonly #journal: Journal;
  readonly #urls: () => Urls;
  readonly #rest: RestApi;
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
    this.#rest = new RestApi(site, urls, (exchange, fields) => this.#violated(exchange, fields));
  }

  /** undefined where the connection shall break without an answer. */
  async answer(request: HttpRequest): Promise<HttpReply | undefined> {
    const call = this.#understand(request);
    const { exchange, limiter } = call;
    limiter.inFlight += 1;
    try {
      const fault = this.#faults.meet(exchange);
      this.onChange();
      const early = fault && (await this.#before(call, fault));
      if (early !== undefined) return early === 'break' ? undefined : early;
      return await this.#after(call, this.#rest.carryOut(call), fault);
    } catch (error) {
      console.error('the double of GitHub broke', error);
      this.#violated(exchange, [`the double broke: ${String(error)}`]);
      return this.#reply(call, { status: 500, body: { message: 'Server Error' } });
    } finally {
      limiter.inFlight -= 1;
      this.onChange();
    }
  }

  #understand(request: HttpRequest): Call {
    const { method, url, headers } = request;
    const path = currentPath(this.#site, url.pathname);
    const isGraphql = path === '/graphql';
    const route = findRoute(method, path);
    const caller = callerOf(this.#site, headers.authorization);
    const body = readBody(request);
    const exchange = this.#journal.record({
      at: this.#site.clock.now(),
      method,
      path: decodeURIComponent(url.pathname),
      template: isGraphql ? path : route?.template,
      query: Object.fromEntries(url.searchParams),
      headers,
      body,
      token: caller.token,
      isWrite: method !== 'GET' && !path.startsWith('/app/'),
    });
    const problems = route ? problemsOfRequest(route, url.searchParams, body) : [];
    const isUnknown = route === undefined && !isGraphql;
    this.#violated(exchange, isUnknown ? ['GitHub describes no such operation'] : problems);
    return { request, exchange, path, route, caller, limiter: this.#limiterOf(caller.token), problems };
  }

  #limiterOf(token: Token | undefined): RateLimiter {
    const limiter = this.#limiters.get(token) ?? new RateLimiter(this.#site.clock, this.limits);
    limiter.limits = this.limits;
    this.#limiters.set(token, limiter);
    return limiter;
  }

  /** What a fault does before anything is done: an answer, a broken connection, or nothing. */
  async #before(call: Call, { how, until }: Fault): Promise<HttpReply | 'break' | undefined> {
    if (how === 'hang_before') await until;
    if (how === 'reset_before' || (how === 'hang_before' && this.isClosing)) {
      call.exchange.outcome = { kind: 'dropped' };
      return 'break';
    }
    if (typeof how === 'string' || 'alter' in how) return undefined;
    if ('limit' in how) return this.#refused(call, this.#limitOf(how, call));
    if ('redirect' in how) {
      const headers = { location: new URL(how.redirect, this.#urls().api).href };
      return this.#refused(call, new GitHubError(how.status ?? 307, 'Moved', undefined, headers));
    }
    if (how.after === true) return undefined;
    call.exchange.outcome = { kind: 'refused', status: how.status, message: 'a page', byFault: true };
    return page(how);
  }

  async #after(call: Call, answer: Answer, fault: Fault | undefined): Promise<HttpReply | undefined> {
    const { exchange, route } = call;
    const { status, body } = answer;
    if (route !== undefined) this.#violated(exchange, problemsOfAnswer(route, status, body));
    exchange.outcome =
      status >= 400
        ? { kind: 'refused', status, message: messageOf(body), byFault: false }
        : { kind: 'answered', status, body };
    this.onChange();
    const reply = this.#reply(call, answer);
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
    if (typeof how === 'string' || 'limit' in how || 'redirect' in how) {
      throw new Error('a fault that stops a request cannot come after it');
    }
    if ('alter' in how) return this.#reply(call, { ...answer, body: how.alter(body), status: how.status ?? status });
    return page(how);
  }

  #limitOf({ limit, status, retryAfter }: Extract<How, { limit: unknown }>, { limiter, caller }: Call): GitHubError {
    if (limit === 'secondary') return secondaryLimit(retryAfter, status);
    const reset = Math.ceil(this.#site.clock.now() / 1_000) + (retryAfter ?? 0);
    const standing = limiter.headers(caller.token);
    const headers = { ...standing, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    return new GitHubError(status ?? 403, 'API rate limit exceeded.', undefined, headers);
  }

  #refused(call: Call, error: GitHubError): HttpReply {
    call.exchange.outcome = { kind: 'refused', status: error.status, message: error.message, byFault: true };
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
        'x-github-api-version-selected': String(request.headers['x-github-api-version'] ?? apiVersions[0]),
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

function readBody({ body }: HttpRequest): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return unreadable;
    throw error;
  }
}

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
