import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import type { z } from 'zod';
import { failureOf, RemoteFailure } from '../../core/change/failure.ts';
import type { OperationName } from '../../core/change/operations.ts';
import { deadlineMs } from '../../core/change/states.ts';
import { type Call, graphqlPath, whyNotSent } from './wire.ts';

/** As whom Gaia speaks to GitHub. */
export type Credentials = { token: string } | { appId: string; privateKey: string; installationId: string };

export interface ClientOptions {
  /** where the API is, without a slash at the end */
  apiUrl: string;
  credentials: Credentials;
  now: () => number;
  /** milliseconds that one call may take, all of it */
  deadline?: number;
}

export interface Answered<Shape> {
  value: Shape;
  status: number;
  headers: Readonly<Record<string, string | number | undefined>>;
}

/** The version of the API that the shapes are for. */
const apiVersion = '2022-11-28';
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * GitHub's API over one origin, with one deadline a call, no redirects, no retries, and no call that is not mapped. Every answer
 * is checked against the shape that is expected before it counts.
 */
export class Client {
  readonly #octokit: Octokit;
  readonly #api: URL;
  readonly #installation: string | undefined;
  readonly #now: () => number;
  readonly #deadline: number;

  constructor({ apiUrl, credentials, now, deadline = deadlineMs }: ClientOptions) {
    this.#api = new URL(apiUrl);
    this.#installation = 'token' in credentials ? undefined : credentials.installationId;
    this.#now = now;
    this.#deadline = deadline;
    this.#octokit = new Octokit({
      baseUrl: apiUrl,
      userAgent: 'gaia-approvals',
      log: silent,
      // what Octokit asks by itself is an App's token, and nothing else
      request: {
        fetch: (address: string, init: RequestInit) =>
          this.#fetch(address, { ...init, signal: AbortSignal.timeout(this.#deadline) }, this.#tokenCall()),
      },
      ...('token' in credentials
        ? { auth: credentials.token }
        : {
            authStrategy: createAppAuth,
            auth: {
              appId: credentials.appId,
              privateKey: credentials.privateKey,
              installationId: credentials.installationId,
            },
          }),
    });
    this.#octokit.hook.before('request', (options) => {
      options.headers['x-github-api-version'] = apiVersion;
      options.headers.accept = 'application/vnd.github+json';
    });
  }

  /** A look: may be repeated. `undefined` where there is nothing and `isOptional`. */
  async look<Schema extends z.ZodType>(
    route: string,
    parameters: Record<string, unknown>,
    shape: Schema,
  ): Promise<Answered<z.output<Schema>>> {
    return this.#call(route, parameters, shape, undefined);
  }

  /** The same, or nothing where GitHub has nothing there. */
  async find<Schema extends z.ZodType>(
    route: string,
    parameters: Record<string, unknown>,
    shape: Schema,
  ): Promise<z.output<Schema> | undefined> {
    try {
      return (await this.look(route, parameters, shape)).value;
    } catch (error) {
      if (error instanceof RemoteFailure && error.failure.code === 'not_found') return undefined;
      throw error;
    }
  }

  /** One write, sent once. `place` fills the address, `body` is what goes out. */
  write<Schema extends z.ZodType>(
    op: OperationName,
    route: string,
    place: Record<string, unknown>,
    body: Record<string, unknown>,
    shape: Schema,
  ): Promise<Answered<z.output<Schema>>> {
    return this.#call(route, { ...place, ...body }, shape, op);
  }

  async #call<Schema extends z.ZodType>(
    route: string,
    parameters: Record<string, unknown>,
    shape: Schema,
    op: OperationName | undefined,
  ): Promise<Answered<z.output<Schema>>> {
    const signal = AbortSignal.timeout(this.#deadline);
    const call: Call = { route, op, parameters };
    const fetch = (address: string, init: RequestInit) => this.#fetch(address, init, call);
    const root = this.#api.pathname.replace(/\/$/, '');
    const elsewhere =
      route === 'POST /graphql' ? { baseUrl: `${this.#api.origin}${graphqlPath(root).slice(0, -8)}` } : {};
    const answered = await this.#octokit
      .request(route, { ...parameters, ...elsewhere, request: { signal, fetch } })
      .catch((error: unknown) => {
        throw this.#failure(error, route, signal);
      });
    const read = shape.safeParse(answered.data);
    const requestId = answered.headers['x-github-request-id'] ?? null;
    // what Octokit could not read to its end, or not as JSON, is left a text
    if (!read.success && typeof answered.data === 'string')
      throw new RemoteFailure({
        code: 'network_unavailable',
        message: `GitHub's answer to ${route} broke off.`,
        status: answered.status,
        requestId,
      });
    if (!read.success)
      throw new RemoteFailure({
        code: 'remote_mismatch',
        message: `GitHub's answer to ${route} is not what it should be (${read.error.issues[0]?.path.join('.') || 'its whole'}).`,
        status: answered.status,
        requestId,
      });
    return { value: read.data, status: answered.status, headers: answered.headers };
  }

  #failure(error: unknown, route: string, signal: AbortSignal): unknown {
    const known = error instanceof RemoteFailure ? error : (error as { cause?: unknown }).cause;
    if (known instanceof RemoteFailure) return known;
    const { status, response } = error as {
      status?: number;
      response?: {
        headers: Record<string, string | number | undefined>;
        data?: { errors?: { field?: unknown; code?: unknown }[] };
      };
    };
    if (response !== undefined && typeof status === 'number') {
      const fields = (Array.isArray(response.data?.errors) ? response.data.errors : []).flatMap(({ field }) =>
        typeof field === 'string' ? [field.slice(0, 60)] : [],
      );
      return new RemoteFailure(failureOf({ status, headers: response.headers, route, fields }, this.#now()));
    }
    if (signal.aborted)
      return new RemoteFailure({
        code: 'timeout',
        message: `GitHub did not answer ${route} within ${Math.ceil(this.#deadline / 1_000)} s.`,
        status: null,
        requestId: null,
      });
    if (typeof status === 'number' || (error as Error).name === 'TypeError' || (error as Error).name === 'AbortError')
      return new RemoteFailure({
        code: 'network_unavailable',
        message: `GitHub could not be reached, or the connection broke, on ${route}.`,
        status: null,
        requestId: null,
      });
    return error;
  }

  #tokenCall(): Call {
    const route = 'POST /app/installations/{installation_id}/access_tokens';
    return { route, op: undefined, parameters: { installation_id: this.#installation ?? '' } };
  }

  /** The last gate: only what is mapped, as it stands on the wire, and no redirect followed. A redirect proves that nothing was done there. */
  async #fetch(address: string, init: RequestInit, call: Call): Promise<Response> {
    const why = whyNotSent({ method: init.method ?? 'GET', address, body: init.body }, call, this.#api);
    if (why) throw new RemoteFailure({ ...why, status: null, requestId: null });
    const response = await fetch(address, { ...init, redirect: 'manual' });
    if (response.status < 300 || response.status > 399 || response.status === 304) return response;
    await response.body?.cancel();
    const headers = { 'x-github-request-id': response.headers.get('x-github-request-id') ?? undefined };
    throw new RemoteFailure(failureOf({ status: response.status, headers, route: call.route }, this.#now()));
  }
}
