import { generateKeyPairSync } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, onTestFinished } from 'vitest';
import { createKey } from '../../src/actions/keys.ts';
import { beginLogin, confirmLogin, createSignInLink, finishLogin, signIn } from '../../src/actions/sessions.ts';
import { person } from '../../src/core/access/actor.ts';
import { formatAdminKey } from '../../src/core/access/key.ts';
import type { ProblemAnswer } from '../../src/core/wire/answers-problem.ts';
import { openApiDocument } from '../../src/http/api/openapi.ts';
import { endpoints } from '../../src/http/api/routes.ts';
import type { Door } from '../../src/http/door.ts';
import { csrfTokenOf } from '../../src/http/security.ts';
import { httpRoutes } from '../../src/http/server.ts';
import type { World } from './world.ts';

export interface Answer {
  status: number;
  headers: Headers;
  /** the JSON of the body; a text where it is none */
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of it is what it checks
  body: any;
}

export interface CallOptions {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** the address the call comes from */
  from?: string;
}

type Document = {
  paths: Record<string, Record<string, { responses: Record<string, Documented> }>>;
  components: object;
};
type Documented = { content?: Record<string, { schema: object }> };

/** The HTTP edge of a world, called without sockets. Every JSON answer is held against its description in OpenAPI. */
export function anApi(world: World, over: Partial<Door> = {}) {
  const adminKey = formatAdminKey('a'.repeat(43));
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // as in Gaia: every long wait listens
  onTestFinished(() => stopping.abort());
  const reports: unknown[] = [];
  world.viewer.publicUrl = 'http://127.0.0.1:8080';
  const door: Door = {
    app: world.app,
    viewer: world.viewer,
    now: world.clock.now,
    timeZone: 'UTC',
    adminKey,
    sealKey: generateKeyPairSync('ed25519').privateKey,
    readPolicyFile: async () => '',
    version: '0.0.0',
    startedAt: world.clock.now(),
    isReady: () => true,
    report: (error) => reports.push(error),
    stopping: stopping.signal,
    ...over,
  };
  const routes = httpRoutes(door, 8080);
  const described = openApiDocument(endpoints(door.now), { version: '0', url: 'http://127.0.0.1:8080' }) as Document;
  const fits = fitting(described);

  const raw = async (
    method: string,
    path: string,
    { body, headers = {}, signal, from = '10.0.0.1' }: CallOptions = {},
  ) => {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const request = new Request(`http://127.0.0.1:8080${path}`, {
      method,
      headers: {
        host: '127.0.0.1:8080',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    return routes.fetch(request, { incoming: { socket: { remoteAddress: from } } });
  };
  const call = async (method: string, path: string, options?: CallOptions): Promise<Answer> => {
    const response = await raw(method, path, options);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    const body = isJson ? JSON.parse(text) : text;
    if (isJson) fits(method, path, response, body);
    return { status: response.status, headers: response.headers, body };
  };
  const as = (credentials: Record<string, string>) => {
    const withThem = (options: CallOptions = {}) => ({ ...options, headers: { ...credentials, ...options.headers } });
    return {
      get: (path: string, options?: CallOptions) => call('GET', path, withThem(options)),
      post: (path: string, body?: unknown, options?: CallOptions) =>
        call('POST', path, withThem({ ...options, ...(body === undefined ? {} : { body }) })),
      raw: (method: string, path: string, options?: CallOptions) => raw(method, path, withThem(options)),
    };
  };
  const bearer = (secret: string) => as({ authorization: `Bearer ${secret}` });
  const by = { source: 'console', traceId: 'sign-in' } as const;

  return {
    door,
    reports,
    described,
    call,
    adminKey,
    bearer,
    /** stops as the process would */
    stop: () => stopping.abort(),
    admin: bearer(adminKey),
    nobody: as({}),
    /** an agent with a key of its own */
    agent: async (name: string, more: object = {}) => {
      const { key, secret } = await createKey(world.app, { name, ...more }, world.admin);
      return { ...bearer(secret), keyId: key.id, secret };
    },
    /** a person at a terminal that they signed in */
    terminal: async (id: string) => {
      const { token, code } = await beginLogin(world.app);
      await confirmLogin(world.app, code, world.by(person(id)));
      const finished = await finishLogin(world.app, token, by);
      return bearer(`gaia_session_${finished?.token}`);
    },
    /** a person in the console, with the token that its pages carry unless told */
    browser: async (id: string, { csrf = true } = {}) => {
      const { token } = await signIn(world.app, (await createSignInLink(world.app, id)).token, by);
      return as({ cookie: `gaia_session=${token}`, ...(csrf ? { 'x-csrf-token': csrfTokenOf(token) } : {}) });
    },
  };
}

/** Throws unless an answer is one that the document describes: its status, its type, its content. */
function fitting({ paths, components }: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { responses }]) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
      responses,
    })),
  );
  return (method: string, path: string, response: Response, body: unknown): void => {
    const { pathname } = new URL(path, 'http://x');
    const operation = operations.find((each) => each.method === method && each.pattern.test(pathname));
    const isProblem = response.headers.get('content-type') === 'application/problem+json';
    if (operation === undefined && !isProblem) return; // not of the API: openapi.json itself
    const documented = isProblem ? operations[0]?.responses.default : operation?.responses[String(response.status)];
    const type = isProblem ? 'application/problem+json' : 'application/json';
    const schema = documented?.content?.[type]?.schema;
    expect(schema, `${method} ${path} answered ${response.status}, which is not described`).toBeDefined();
    const validate = ajv.compile({ ...schema, components });
    expect(validate(body) ? [] : validate.errors, `${method} ${path} answered what is not described`).toEqual([]);
    if (isProblem) expect((body as ProblemAnswer).status).toBe(response.status);
  };
}
