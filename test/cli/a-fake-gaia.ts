import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { RequestAnswer } from '../../src/core/wire/answers.ts';

export interface Heard {
  method: string;
  /** with its query */
  path: string;
  key: string | undefined;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown> | undefined;
}

/** A status and what to send; `drop` breaks the connection off; a function takes the response over. */
export type Reply = [status: number, body?: unknown] | 'drop' | ((response: ServerResponse) => void);

/** An HTTP server that answers by `METHOD /path`, each list of replies in turn (the last one stays), and hears everything. */
export async function aFakeGaia(replies: Record<string, Reply[]>) {
  const heard: Heard[] = [];
  const left = new Map(Object.entries(replies).map(([route, list]) => [route, [...list]]));
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const text = Buffer.concat(chunks).toString();
    const path = request.url ?? '';
    heard.push({
      method: request.method ?? '',
      path,
      key: request.headers.authorization?.replace(/^Bearer /, ''),
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    });
    const list = left.get(`${request.method} ${path.replace(/\?.*/, '')}`);
    const reply = list === undefined ? undefined : list.length > 1 ? list.shift() : list[0];
    if (reply === 'drop') return request.socket.destroy();
    if (typeof reply === 'function') return reply(response);
    const [status, body] = reply ?? [404, aProblem(404, 'no_such_route')];
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    return response
      .writeHead(status, { 'content-type': type })
      .end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

export const aProblem = (status: number, code: string, of: Record<string, unknown> = {}) => ({
  ...{
    type: `urn:gaia:problem:${code}`,
    title: code,
    status,
    detail: `It is ${code}.`,
    code,
    remedy: 'Do the other thing.',
  },
  ...of,
});

/** A pending request for `echo hello`. */
export const aRequestAnswer = (of: Partial<RequestAnswer> = {}): RequestAnswer => ({
  id: 'r-7F3K2Q',
  kind: 'command',
  state: 'pending',
  ended: of.state !== undefined && !['pending', 'approved', 'executing', 'unknown'].includes(of.state),
  title: null,
  reason: null,
  askedBy: 'agent:builder',
  owner: null,
  digest: 'd'.repeat(64),
  effectDigest: 'e'.repeat(64),
  tier: 'normal',
  approvals: { needed: 1, given: 0, confirm: false, missing: '1 more approval', approvers: null },
  rules: [],
  mode: 'dry_run',
  isTest: false,
  effect: {
    v: 1,
    kind: 'command',
    isTest: false,
    command: {
      argv: ['echo', 'hello'],
      executable: { path: '/usr/bin/echo', sha256: 'a'.repeat(64), bytes: 1, binding: 'fixed' },
      cwd: { path: '/tmp', device: '1', inode: '2' },
      env: {},
      files: [],
      timeoutSeconds: 600,
      mode: 'dry_run',
      sandbox: 'none',
      host: 'here',
    },
  },
  remarks: { unbound: [], notes: [] },
  blockers: [],
  missing: [],
  votes: [],
  createdAt: Date.UTC(2026, 10, 21, 8, 59, 0),
  expiresAt: Date.UTC(2026, 10, 21, 9, 29, 0),
  shownAt: null,
  decidedAt: null,
  effectBy: null,
  endedAt: null,
  end: null,
  answer: null,
  outcome: null,
  supersedes: null,
  changes: null,
  grantable: false,
  grant: null,
  comments: [],
  agentRunId: null,
  joins: 0,
  url: 'http://127.0.0.1:8080/requests/r-7F3K2Q',
  ...of,
});
