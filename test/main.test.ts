import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import about from '../package.json' with { type: 'json' };
import { type Config, readConfig } from '../src/config.ts';
import { processLog } from '../src/log.ts';
import { startGaia } from '../src/main.ts';
import { reasonOf, refusalOf } from './support/refusal.ts';

function aHome() {
  const home = mkdtempSync(join(tmpdir(), 'gaia-main-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const lines: string[] = [];
  const log = processLog('warn', { stream: { write: (line: string) => lines.push(line) } as never, isTerminal: false });
  const config = (over: Partial<Config> = {}): Config => ({
    ...readConfig({ GAIA_HOME: home, GAIA_PORT: '0' }, { cwd: home }),
    ...over,
  });
  const start = async (over: Partial<Config> = {}) => {
    const gaia = await startGaia(config(over), { log, write: async () => undefined });
    onTestFinished(() => gaia.stop());
    const key = (name: string) => readFileSync(join(home, name), 'utf8').trim();
    const call = async (
      path: string,
      { key: secret = key('agent.key'), body }: { key?: string; body?: object } = {},
    ) => {
      const response = await fetch(`${gaia.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      // biome-ignore lint/suspicious/noExplicitAny: what a test reads of it is what it checks
      return { status: response.status, body: (await response.json()) as any };
    };
    return { gaia, call, key };
  };
  return { home, path: (name: string) => join(home, name), lines, start };
}

const built = (path: string) => JSON.stringify(new URL(`../dist/${path}`, import.meta.url).href);

/** Names of the packages that a script loads, as the engine itself tells. */
function loadedBy(script: string): string[] {
  const listening = `
    import { Session } from 'node:inspector';
    const [session, loaded] = [new Session(), new Set()];
    session.connect();
    session.on('Debugger.scriptParsed', ({ params: { url } }) =>
      loaded.add(/.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]));
    session.post('Debugger.enable');
    ${script}
    session.disconnect();
    console.log(JSON.stringify([...loaded].filter(Boolean).sort()));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', listening], { encoding: 'utf8' }));
}

const question = (text: string) => ({ kind: 'question', question: { text } });

describe('Gaia', () => {
  test('starts on an empty directory: keys for its user alone, and the local one works', async () => {
    const { home, path, start } = aHome();
    const { call, key } = await start();
    for (const name of ['admin.key', 'agent.key', 'seal.key', 'gaia.db', 'gaia.pid'])
      expect([name, (statSync(path(name)).mode & 0o777).toString(8)]).toEqual([name, '600']);
    expect(readdirSync(home)).not.toContain('policy.yaml');
    expect(await call('/v1/requests', { body: question('1?') })).toMatchObject({
      status: 201,
      body: { askedBy: 'agent:local-agent', owner: 'local' },
    });
    expect(await call('/v1/status', { key: key('admin.key') })).toMatchObject({
      status: 200,
      body: { generation: 1, acceptance: null },
    });
    expect((await call('/v1/status')).status).toBe(403);
  });

  test('keeps its keys, its store and its log over a restart', async () => {
    const { start } = aHome();
    const first = await start();
    const agentKey = first.key('agent.key');
    const { id } = (await first.call('/v1/requests', { body: question('1?') })).body;
    await first.gaia.stop();
    const second = await start();
    expect(second.key('agent.key')).toBe(agentKey);
    expect((await second.call(`/v1/requests/${id}`)).body.state).toBe('pending');
    expect((await second.call('/v1/status', { key: second.key('admin.key') })).body.acceptance).toBeNull();
  });

  test('seals the log and gives its directory back when it stops', async () => {
    const { path, start } = aHome();
    const { gaia } = await start();
    await gaia.stop();
    const events = readFileSync(path('events.ndjson'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.at(-1)).toMatchObject({ type: 'log.sealed' });
    expect(JSON.parse(readFileSync(path('head.json'), 'utf8'))).toMatchObject({
      seq: events.at(-1).seq,
      hash: events.at(-1).hash,
    });
    expect(existsSync(path('gaia.pid'))).toBe(false);
    await expect(fetch(`${gaia.url}/healthz`)).rejects.toThrow();
  });

  test('keeps the public key of a seal.key that was replaced, and goes on without a warning', async () => {
    const { home, path, start, lines } = aHome();
    await (await start()).gaia.stop();
    const former = readFileSync(path('seal.pub'), 'utf8');
    rmSync(path('seal.key'));
    await (await start()).gaia.stop();
    const kept = readdirSync(home).filter((name) => /^seal-[0-9a-f]{16}\.pub$/.test(name));
    expect(kept).toHaveLength(2);
    const texts = kept.map((name) => readFileSync(path(name), 'utf8'));
    expect(texts.sort()).toEqual([former, readFileSync(path('seal.pub'), 'utf8')].sort());
    expect(readFileSync(path('events.ndjson'), 'utf8').match(/"type":"log.key_changed"/g)).toHaveLength(2);
    expect(lines).toEqual([]);

    for (const name of kept) rmSync(path(name));
    await (await start()).gaia.stop();
    expect(lines.join('')).toContain('a key that this data directory does not know');
  });

  test('loads no more than its start needs', () => {
    const { home } = aHome();
    const loaded = loadedBy(`
      const { readConfig } = await import(${built('config.js')});
      const { startGaia } = await import(${built('main.js')});
      const log = Object.fromEntries(['info', 'warn', 'error'].map((level) => [level, () => undefined]));
      const config = readConfig({ GAIA_HOME: ${JSON.stringify(home)}, GAIA_PORT: '0' }, { cwd: ${JSON.stringify(home)} });
      const gaia = await startGaia(config, { log, write: async () => undefined });
      await gaia.stop();`);
    const needed = ['@hono/node-server', 'better-sqlite3', 'drizzle-orm', 'hono', 'node-cron', 'yaml', 'zod'];
    expect(loaded.filter((name) => name in about.dependencies)).toEqual(needed);
    // what reads texts is for its thread, also where another package brings it
    expect(loaded.filter((name) => /mdast|micromark|secretlint/.test(name))).toEqual([]);
  });

  test('reads texts in a thread that is started at the first of them, and ends with it', async () => {
    const started: Worker[] = [];
    const note = (message: unknown) => void started.push((message as { worker: Worker }).worker);
    subscribe('worker_threads', note);
    onTestFinished(() => void unsubscribe('worker_threads', note));
    const { start } = aHome();
    const { gaia, call } = await start();
    expect(started).toEqual([]);

    const issue = { op: 'issue.create', title: 'A', body: 'For @eve.' };
    const changeset = { repo: 'local/demo', operations: [issue] };
    const proposed = await call('/v1/requests', { body: { kind: 'changeset', changeset } });
    expect(proposed).toMatchObject({ status: 201, body: { state: 'pending' } });
    expect(JSON.stringify(proposed.body)).toContain('the mention of @eve was made inert');
    expect(started).toHaveLength(1);
    expect(started[0]?.threadId).toBeGreaterThan(0);

    await gaia.stop();
    await vi.waitFor(() => expect(started[0]?.threadId).toBe(-1));
  });

  test('ends a long wait when it stops, instead of waiting for it', async () => {
    const { start } = aHome();
    const { gaia, call } = await start();
    const { id } = (await call('/v1/requests', { body: question('1?') })).body;
    const waiting = call(`/v1/requests/${id}/wait?seconds=300`);
    await call(`/v1/requests/${id}`);
    await gaia.stop();
    expect((await waiting).body).toMatchObject({ timedOut: true });
  });

  test('beats by time alone, not with everything that happens', async () => {
    const { path, start } = aHome();
    const { gaia, call } = await start();
    const seqIn = (name: string): number => JSON.parse(readFileSync(path(name), 'utf8')).seq;
    const soon = (check: () => void) => vi.waitFor(check, { timeout: 20_000 });
    await soon(() => expect(seqIn('heartbeat') * seqIn('head.json')).toBeGreaterThan(0));
    const beat = readFileSync(path('heartbeat'), 'utf8');
    const before = seqIn('head.json');
    await call('/v1/requests', { body: question('1?') });
    await soon(() => expect(seqIn('head.json')).toBeGreaterThan(before));
    await gaia.stop();
    expect(readFileSync(path('heartbeat'), 'utf8')).toBe(beat);
  });

  test('gives links into its console', async () => {
    const { start } = aHome();
    const { gaia } = await start();
    const { port } = new URL(gaia.url);
    expect(await gaia.signInLink()).toMatch(
      new RegExp(`^http://gaia-[0-9a-f]{20}\\.localhost:${port}/sign-in/[\\w-]{43}$`),
    );
  });

  test('has its console at a name that no agent learns, and a session counts nowhere else', async () => {
    const { start } = aHome();
    const { gaia, call, key } = await start();
    const link = new URL((await gaia.signInLink()) as string);
    const asked = await call('/v1/requests', { body: question('1?') });
    expect(JSON.stringify(asked)).not.toContain(link.hostname);
    expect(JSON.stringify(await call('/v1/logins', { body: {} }))).not.toContain(link.hostname);

    const at = (host: string, path: string, headers: Record<string, string> = {}, form?: string) =>
      new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
        const { port } = new URL(gaia.url);
        const sent = request(
          {
            host: '127.0.0.1',
            port,
            path,
            method: form ? 'POST' : 'GET',
            headers: { host, accept: 'text/html', ...headers },
          },
          (response) => {
            let text = '';
            response.on('data', (chunk) => {
              text += chunk;
            });
            response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
          },
        );
        sent.on('error', reject);
        sent.end(form);
      });
    const plain = new URL(gaia.url).host;
    expect((await at(plain, link.pathname)).status).toBe(401);
    const form = `token=${link.pathname.split('/').at(-1)}`;
    const typed = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await at(plain, '/sign-in', typed, form)).status).toBe(401);
    const signedIn = await at(link.host, '/sign-in', typed, form);
    expect(signedIn.status).toBe(303);
    const cookie = signedIn.headers['set-cookie']?.[0]?.split(';')[0] as string;
    expect((await at(link.host, '/', { cookie })).status).toBe(200);
    for (const path of ['/', '/v1/requests', '/live']) {
      const elsewhere = await at(plain, path, { cookie });
      expect([path, elsewhere.status]).toEqual([path, 401]);
      expect(elsewhere.text).not.toContain(link.hostname);
    }
    expect((await call('/v1/sign-in-links', { key: key('admin.key'), body: {} })).body.url).toContain(link.host);
  });
});

describe('Gaia refuses to start', () => {
  test('a second time on the same directory, and leaves the first alone', async () => {
    const { start } = aHome();
    const first = await start();
    const { message, extras } = await refusalOf(start());
    expect(extras.reason).toBe('home_taken');
    expect(message).toContain(first.gaia.url);
    expect((await fetch(`${first.gaia.url}/healthz`)).status).toBe(200);
  });

  test('on a port that is taken, and gives the directory back', async () => {
    const { start } = aHome();
    const other = createServer();
    onTestFinished(() => void other.close());
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const { extras } = await refusalOf(start({ port }));
    expect([extras.reason, extras.remedy]).toEqual(['port_taken', expect.stringContaining('GAIA_PORT')]);
    await start();
  });

  test('with a faulty policy, which it names by line, before it touches the store', async () => {
    const { path, start } = aHome();
    writeFileSync(path('policy.yaml'), 'version: 1\nrules:\n  - name: a\n    tier: highest\n');
    const { extras } = await refusalOf(start());
    expect([extras.reason, extras.faults?.[0]?.field]).toEqual(['policy_invalid', expect.stringMatching(/^line 3:/)]);
    expect(existsSync(path('gaia.db'))).toBe(false);
    rmSync(path('policy.yaml'));
    await start();
  });

  test('without the policy it was given', async () => {
    const { home, start } = aHome();
    expect(await reasonOf(start({ policyFile: home }))).toBe('file_unreadable');
  });

  test('on a damaged database, and leaves it as it is', async () => {
    const { path, start } = aHome();
    await (await start()).gaia.stop();
    writeFileSync(path('gaia.db'), 'this is no database, and long enough to be looked at'.repeat(200));
    const before = readFileSync(path('gaia.db'));
    const { code, message } = await refusalOf(start());
    expect([code, message]).toEqual(['unavailable', expect.stringContaining('gaia.db')]);
    expect(readFileSync(path('gaia.db'))).toEqual(before);
  });

  test.each(['admin.key', 'seal.key'])('when others may read %s', async (name) => {
    const { path, start } = aHome();
    await (await start()).gaia.stop();
    chmodSync(path(name), 0o644);
    expect(await reasonOf(start())).toBe('secret_file_open');
  });
});

describe('Gaia on a store that is not the one it left', () => {
  test('starts nothing, until an operator accepts the older copy as a new generation', async () => {
    const { path, start, lines } = aHome();
    const first = await start();
    await first.call('/v1/requests', { body: question('1?') });
    await first.gaia.stop();
    copyFileSync(path('gaia.db'), path('copy.db'));
    const second = await start();
    await second.call('/v1/requests', { body: question('2?') });
    await second.gaia.stop();
    for (const name of ['gaia.db-wal', 'gaia.db-shm']) rmSync(path(name), { force: true });
    copyFileSync(path('copy.db'), path('gaia.db'));

    const third = await start();
    const admin = { key: third.key('admin.key') };
    expect((await third.call('/v1/status', admin)).body.acceptance).toMatch(
      /^The log ends at \d+, but head.json has seen \d+/,
    );
    expect(lines.join('')).toContain('head.json has seen');
    expect(await third.call('/v1/resume', { ...admin, body: {} })).toMatchObject({
      status: 409,
      body: { code: 'acceptance_needed' },
    });
    const accepted = await third.call('/v1/resume', { ...admin, body: { acceptGeneration: true } });
    expect(accepted.body).toEqual({ paused: false, generation: 2 });
    await third.gaia.stop();
    expect(JSON.parse(readFileSync(path('head.json'), 'utf8')).generation).toBe(2);
    const fourth = await start();
    expect((await fourth.call('/v1/status', admin)).body).toMatchObject({ acceptance: null, generation: 2 });
    await fourth.gaia.stop();

    // the same copy once more: head.json knows that its next generation was used already
    for (const name of ['gaia.db-wal', 'gaia.db-shm']) rmSync(path(name), { force: true });
    copyFileSync(path('copy.db'), path('gaia.db'));
    const fifth = await start();
    const again = await fifth.call('/v1/resume', { ...admin, body: { acceptGeneration: true } });
    expect(again.body).toEqual({ paused: false, generation: 3 });
  });

  test('starts nothing on a fresh store in an old directory, or when head.json cannot be read', async () => {
    const { path, start } = aHome();
    await (await start()).gaia.stop();
    const head = readFileSync(path('head.json'));
    writeFileSync(path('head.json'), 'nonsense');
    const second = await start();
    expect((await second.call('/v1/status', { key: second.key('admin.key') })).body.acceptance).toContain(
      'head.json is damaged',
    );
    await second.gaia.stop();
    writeFileSync(path('head.json'), head);
    for (const name of ['gaia.db', 'gaia.db-wal', 'gaia.db-shm']) rmSync(path(name), { force: true });
    const third = await start();
    expect((await third.call('/v1/status', { key: third.key('admin.key') })).body.acceptance).not.toBeNull();
  });

  test('notices a log that was rewritten', async () => {
    const { path, start } = aHome();
    await (await start()).gaia.stop();
    const head = JSON.parse(readFileSync(path('head.json'), 'utf8'));
    writeFileSync(path('head.json'), `${JSON.stringify({ ...head, hash: 'f'.repeat(64) })}\n`);
    const second = await start();
    const { body } = await second.call('/v1/status', { key: second.key('admin.key') });
    expect(body.acceptance).toMatch(/is not the one head.json has seen/);
  });
});
