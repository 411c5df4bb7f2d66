import type { ProblemAnswer } from '../core/wire/answers-problem.ts';
import { isOnThisMachine } from './address.ts';
import { GaiaProblem, GaiaUnreachable } from './problem.ts';

export interface TransportOptions {
  /** where Gaia is, such as `http://127.0.0.1:8080` */
  url: string;
  /** an agent's key, the admin key, or a terminal's session */
  key?: string;
  /** used instead of the global `fetch` */
  fetch?: Fetch;
  /** ends everything that is under way */
  signal?: AbortSignal;
  /** who calls, for Gaia's log */
  clientName?: string;
}

/** The part of `fetch` that is used here. The global one is one; it takes some 100 ms to load, which `gaia` saves. */
export type Fetch = (
  url: URL,
  init: { method: string; headers: Record<string, string>; body?: string; redirect: 'manual'; signal: AbortSignal },
) => Promise<Fetched>;

export interface Fetched {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
  text(): Promise<string>;
}

export interface Call {
  method?: 'GET' | 'POST';
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** milliseconds until an answer must have begun and, unless it is a stream, ended */
  timeoutMs?: number;
}

/** What most calls may take, in milliseconds; a long poll takes what it asked for and this. */
export const callMs = 30_000;

/** Carries calls to one Gaia. The key leaves it only in the Authorization header, over https or within this machine. */
export class Transport {
  readonly url: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: Fetch;
  readonly #signal: AbortSignal | undefined;

  constructor({
    url,
    key,
    fetch = (target, init) => globalThis.fetch(target, init),
    signal,
    clientName = 'client',
  }: TransportOptions) {
    this.url = url.replace(/\/+$/, '');
    if (key !== undefined) mustBeSafe(this.url, key);
    this.#headers = { 'x-gaia-client': clientName, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
    this.#fetch = fetch;
    this.#signal = signal;
  }

  /** Sends a call and reads its JSON answer. Throws GaiaProblem for a refusal, GaiaUnreachable where none came. */
  async json<Answer>(call: Call): Promise<{ status: number; answer: Answer }> {
    const timeoutMs = call.timeoutMs ?? callMs;
    const limit = AbortSignal.timeout(timeoutMs);
    const response = await this.#send(call, limit, timeoutMs);
    const text = await response.text().catch((error: unknown) => {
      throw this.#failed(error, call, limit, timeoutMs);
    });
    return { status: response.status, answer: this.#parse(text, response.status) as Answer };
  }

  /** Opens a stream; its body is the caller's to read. */
  async stream(call: Call): Promise<ReadableStream<Uint8Array>> {
    // The time limit is for the answer's head: a stream goes on for as long as it does.
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException('too slow', 'TimeoutError')), callMs);
    try {
      const response = await this.#send(call, limit.signal, callMs);
      if (response.body === null) throw new GaiaUnreachable(this.url, 'the stream has no content');
      return response.body;
    } finally {
      clearTimeout(timer);
    }
  }

  async #send(call: Call, limit: AbortSignal, timeoutMs: number): Promise<Fetched> {
    const { method = 'GET', path, query = {}, body, headers = {} } = call;
    const target = new URL(this.url + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    let response: Fetched;
    try {
      response = await this.#fetch(target, {
        method,
        redirect: 'manual',
        signal: AbortSignal.any([limit, ...this.#signals(call)]),
        headers: {
          accept: 'application/json',
          ...this.#headers,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      throw this.#failed(error, call, limit, timeoutMs);
    }
    if (response.ok) return response;
    throw await this.#problemOf(response);
  }

  #signals(call: Call): AbortSignal[] {
    return [this.#signal, call.signal].filter((signal) => signal !== undefined);
  }

  /** Whoever aborted gets their own reason; everything else is Gaia's silence. Never repeats what was sent. */
  #failed(error: unknown, call: Call, limit: AbortSignal, timeoutMs: number): unknown {
    const aborted = this.#signals(call).find((signal) => signal.aborted);
    if (aborted) return aborted.reason;
    if (limit.aborted) return new GaiaUnreachable(this.url, `no answer within ${Math.round(timeoutMs / 1000)} s`);
    return new GaiaUnreachable(this.url, whyOf(error));
  }

  #parse(text: string, status: number): unknown {
    try {
      const answer: unknown = JSON.parse(text);
      if (typeof answer === 'object' && answer !== null) return answer;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw this.#notGaia(status);
  }

  async #problemOf(response: Fetched): Promise<GaiaProblem> {
    const { status } = response;
    if (status >= 300 && status < 400) {
      return new GaiaProblem({
        status,
        code: 'redirected',
        detail: `${this.url} answers with a redirect; keys do not follow redirects.`,
        remedy: 'Set GAIA_URL to the final address.',
      });
    }
    const problem = this.#problemIn(await response.text().catch(() => ''));
    if (problem === undefined) return this.#notGaia(status);
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return new GaiaProblem({ ...problem, status }, Number.isFinite(retryAfter) ? retryAfter : undefined);
  }

  #problemIn(text: string): ProblemAnswer | undefined {
    try {
      const found = JSON.parse(text) as Partial<ProblemAnswer> | null;
      return typeof found?.code === 'string' && typeof found.detail === 'string' ? (found as ProblemAnswer) : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #notGaia(status: number): GaiaProblem {
    return new GaiaProblem({
      status: status >= 500 ? status : 502,
      code: 'not_gaia',
      detail: `What answers at ${this.url} is not Gaia, or something in between answered for it (status ${status}).`,
      remedy: 'Set GAIA_URL to the address that Gaia printed when it started.',
    });
  }
}

/** Words for a failed connection: its code (`ECONNREFUSED`), never a message that may repeat a header. */
function whyOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name is not known';
  return code === undefined ? 'the connection broke off' : `the connection failed (${code})`;
}

function mustBeSafe(url: string, key: string): void {
  if (!/^[\x21-\x7e]{1,512}$/.test(key)) {
    throw new GaiaProblem({
      status: 400,
      code: 'key_malformed',
      detail: 'The key holds blanks or characters that no key of Gaia has.',
      remedy: 'Copy it again, whole and on one line.',
    });
  }
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol !== 'https:' && !(protocol === 'http:' && isOnThisMachine(url))) {
    throw new GaiaProblem({
      status: 400,
      code: 'insecure_address',
      detail: `The key is not sent to ${url}: it would cross the network in the clear.`,
      remedy: 'Use an https address, or one of this machine.',
    });
  }
}
