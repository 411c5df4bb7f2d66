import { Agent, request } from 'node:http';

export interface Call {
  method?: string;
  /** sent as JSON, or as it is where it is a string */
  body?: unknown;
  headers?: Record<string, string>;
  /** an address of this machine to call from; the whole of 127.0.0.0/8 is */
  from?: string;
  timeoutMs?: number;
}

export interface Answer {
  /** 0: no whole answer came */
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** the body as JSON; undefined where it is none */
  json: Record<string, unknown> | undefined;
}

/** A host name without a port means the port that is called: it changes with every start. */
const withPort = (host: string, url: string): string => (host.includes(':') ? host : `${host}:${new URL(url).port}`);

const nothing: Answer = { status: 0, headers: {}, text: '', json: undefined };

/** Calls over a few kept connections. A call that breaks off is an answer with status 0, never an error. */
export function caller(maxSockets = 16) {
  const agent = new Agent({ keepAlive: true, maxSockets });
  const call = (
    url: string,
    { method = 'GET', body, headers = {}, from, timeoutMs = 20_000 }: Call = {},
  ): Promise<Answer> =>
    new Promise((resolve) => {
      const bytes = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      const kind = bytes === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' };
      const length = bytes === undefined ? {} : { 'content-length': String(Buffer.byteLength(bytes)) };
      const sent = request(
        url,
        {
          method,
          agent,
          headers: { ...kind, ...length, ...headers, ...(headers.host ? { host: withPort(headers.host, url) } : {}) },
          timeout: timeoutMs,
          ...(from ? { localAddress: from } : {}),
        },
        (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part));
          response.on('error', () => resolve(nothing));
          response.on('close', () => {
            if (!response.complete) return resolve(nothing);
            const text = Buffer.concat(parts).toString('utf8');
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) });
          });
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', () => resolve(nothing));
      sent.end(bytes);
    });
  return { call, close: () => agent.destroy() };
}
export type CallHttp = ReturnType<typeof caller>['call'];

function jsonOf(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The value of a cookie that an answer sets. */
export function cookieOf({ headers }: Answer, name = 'gaia_session'): string | undefined {
  const set = headers['set-cookie'];
  const lines = set === undefined ? [] : Array.isArray(set) ? set : [set];
  return lines.flatMap((line) =>
    line.startsWith(`${name}=`) ? [line.slice(name.length + 1).split(';')[0] as string] : [],
  )[0];
}
