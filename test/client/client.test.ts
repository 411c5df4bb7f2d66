import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { GaiaClient, type GaiaClientOptions, GaiaProblem, GaiaUnreachable } from '../../src/client/client.ts';
import { aFakeGaia, aProblem, aRequestAnswer, type Reply } from '../cli/a-fake-gaia.ts';

const key = `gaia_abcdefgh_${'k'.repeat(43)}`;
const route = '/v1/requests/r-7F3K2Q';
const question = { kind: 'question' as const, question: { text: 'Ship it?' } };
const waited = (of: object) => ({ ...aRequestAnswer(), timedOut: false, ...of });

async function aClient(replies: Record<string, Reply[]>, options: Partial<GaiaClientOptions> = {}) {
  const { url, heard } = await aFakeGaia(replies);
  const delays: number[] = [];
  const client = new GaiaClient({ url, key, delay: async (ms) => void delays.push(ms), ...options });
  return { client, heard, delays, url };
}

describe('a submission', () => {
  test('with an idempotency key is sent once more when its answer is lost', async () => {
    const { client, heard } = await aClient({ 'POST /v1/requests': ['drop', [201, aRequestAnswer()]] });
    expect(await client.submit({ ...question, idempotencyKey: 'k' })).toMatchObject({ id: 'r-7F3K2Q' });
    expect(heard).toHaveLength(2);
    expect(heard[1]?.body).toEqual(heard[0]?.body);
  });
  test('is not sent a third time', async () => {
    const { client, heard } = await aClient({ 'POST /v1/requests': ['drop'] });
    await expect(client.submit({ ...question, idempotencyKey: 'k' })).rejects.toThrow(GaiaUnreachable);
    expect(heard).toHaveLength(2);
  });
  test('without a key is never sent twice', async () => {
    const { client, heard } = await aClient({ 'POST /v1/requests': ['drop', [201, aRequestAnswer()]] });
    await expect(client.submit(question)).rejects.toThrow(GaiaUnreachable);
    expect(heard).toHaveLength(1);
  });
  test('that was refused is not sent again', async () => {
    const { client, heard } = await aClient({
      'POST /v1/requests': [[409, aProblem(409, 'idempotency_key_reused', { facts: { id: 'r-1' } })]],
    });
    const problem = await client.submit({ ...question, idempotencyKey: 'k' }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(GaiaProblem);
    expect(problem).toMatchObject({
      status: 409,
      code: 'idempotency_key_reused',
      remedy: 'Do the other thing.',
      facts: { id: 'r-1' },
    });
    expect(heard).toHaveLength(1);
  });
});

describe('waiting', () => {
  test('polls until the end, and tells of every look', async () => {
    const seen: string[] = [];
    const { client, heard } = await aClient({
      [`GET ${route}/wait`]: [
        [200, waited({ timedOut: true })],
        [200, waited({ timedOut: true, state: 'approved' })],
        [200, waited({ state: 'executed', ended: true })],
      ],
    });
    const answer = await client.wait('r-7F3K2Q', {
      onTick: (tick) => seen.push('state' in tick ? tick.state : tick.name),
    });
    expect(answer.state).toBe('executed');
    expect(seen).toEqual(['pending', 'approved', 'executed']);
    expect(heard.map(({ path }) => path.replace(/&comments=0$/, ''))).toEqual(
      Array(3).fill(`${route}/wait?seconds=50`),
    );
  });
  test('survives a Gaia that goes away and comes back', async () => {
    const { client, delays } = await aClient({
      [`GET ${route}/wait`]: ['drop', [503, aProblem(503, 'starting')], [200, waited({ ended: true })]],
    });
    expect((await client.wait('r-7F3K2Q')).ended).toBe(true);
    expect(delays).toEqual([500, 1_000]);
  });
  test('gives up after a minute of silence', async () => {
    const { client, delays } = await aClient({ [`GET ${route}/wait`]: ['drop'] });
    await expect(client.wait('r-7F3K2Q')).rejects.toThrow(GaiaUnreachable);
    expect(delays.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(60_000);
  });
  test.each([
    ['is away', () => 10],
    ['hangs', (limit: number) => limit],
  ])('does not outlive its own time where Gaia %s', async (_, takes) => {
    let now = 0;
    let limit = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limit = ms;
      return new AbortController().signal;
    });
    onTestFinished(() => void vi.restoreAllMocks());
    const { client } = await aClient(
      {},
      {
        delay: async (ms) => {
          now += ms;
        },
        fetch: async () => {
          now += takes(limit);
          throw new TypeError('fetch failed');
        },
      },
    );
    await expect(client.wait('r-7F3K2Q', { seconds: 20 })).rejects.toThrow(GaiaUnreachable);
    expect(now).toBeGreaterThanOrEqual(20_000);
    expect(now).toBeLessThanOrEqual(25_000);
  });
  test('counts the time of looks that hang towards the minute after which it gives up', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    onTestFinished(() => void vi.restoreAllMocks());
    let looks = 0;
    const { client } = await aClient(
      {},
      {
        fetch: async () => {
          looks++;
          now += 40_000;
          throw new TypeError('fetch failed');
        },
      },
    );
    await expect(client.wait('r-7F3K2Q')).rejects.toThrow(GaiaUnreachable);
    expect(looks).toBe(3);
  });
  test('hears what is said between two polls', async () => {
    const { client, heard } = await aClient({
      [`GET ${route}/wait`]: [
        [200, waited({ timedOut: true })],
        [200, waited({ comments: [{ id: 1, author: 'person:1', text: 'Why?', at: 0 }] })],
      ],
    });
    expect((await client.wait('r-7F3K2Q')).comments).toHaveLength(1);
    expect(heard.map(({ path }) => /comments=\d+/.exec(path)?.[0])).toEqual([undefined, 'comments=0']);
  });
  test('asks no longer than it was given, and says that the time is over', async () => {
    const { client, heard } = await aClient({ [`GET ${route}/wait`]: [[200, waited({ timedOut: true })]] });
    expect(await client.wait('r-7F3K2Q', { seconds: 3 })).toMatchObject({ timedOut: true, state: 'pending' });
    expect(heard.map(({ path }) => path)).toEqual([`${route}/wait?seconds=3`]);
  });
  test('does not go on where a refusal will not pass', async () => {
    const { client, heard } = await aClient({ [`GET ${route}/wait`]: [[404, aProblem(404, 'no_such_request')]] });
    await expect(client.wait('r-7F3K2Q')).rejects.toMatchObject({ code: 'no_such_request' });
    expect(heard).toHaveLength(1);
  });
  test('ends at once with its signal, with the reason given', async () => {
    const stop = new AbortController();
    const { client } = await aClient({ [`GET ${route}/wait`]: [() => stop.abort('enough')] });
    await expect(client.wait('r-7F3K2Q', { signal: stop.signal })).rejects.toBe('enough');
  });
});

describe('a stream of events', () => {
  const event = (seq: number) =>
    `id: ${seq}\nevent: audit\ndata: ${JSON.stringify({ seq, action: 'request.submitted' })}\n\n`;
  const streaming =
    (...chunks: string[]): Reply =>
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const chunk of chunks) response.write(chunk);
      response.end();
    };

  test('is taken up again behind the last event, each event once', async () => {
    const broken: Reply = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${event(3)}data: {"seq":`, () => response.destroy());
    };
    const { client, heard } = await aClient({
      'GET /v1/events': [
        streaming(': alive\n\n', event(1), event(2).slice(0, 9), event(2).slice(9)),
        streaming(event(2)),
        'drop',
        broken,
        streaming(event(4)),
      ],
    });
    const seen: number[] = [];
    for await (const { seq } of client.events({ after: 0, action: 'request.' })) {
      seen.push(seq);
      if (seq === 4) break;
    }
    expect(seen).toEqual([1, 2, 3, 4]);
    expect(heard.map(({ headers }) => headers['last-event-id'])).toEqual(['0', '2', '2', '2', '3']);
    expect(heard[0]).toMatchObject({
      path: '/v1/events?after=0&action=request.',
      headers: { accept: 'text/event-stream' },
    });
  });
  test('ends with its signal', async () => {
    const stop = new AbortController();
    const { client } = await aClient({ 'GET /v1/events': [streaming(event(1))] });
    const seen: number[] = [];
    for await (const { seq } of client.events({ signal: stop.signal })) {
      seen.push(seq);
      stop.abort();
    }
    expect(seen).toEqual([1]);
  });
  test('that is refused says so', async () => {
    const { client } = await aClient({ 'GET /v1/events': [[403, aProblem(403, 'agents_see_their_own')]] });
    await expect(client.events().next()).rejects.toMatchObject({ code: 'agents_see_their_own' });
  });
});

describe('a key', () => {
  test('is sent as bearer, and stands in nothing that could be printed', async () => {
    const { client, heard } = await aClient({
      'GET /v1/status': [[401, aProblem(401, 'key_unknown')], 'drop', [200, 'no json']],
    });
    for (let call = 0; call < 3; call++) {
      const error = await client.status().catch((thrown: unknown) => thrown);
      expect(inspect([client, error, JSON.stringify(error)], { depth: 9, showHidden: true })).not.toContain('kkkk');
    }
    expect(heard[0]?.key).toBe(key);
  });
  test.each(['http://gaia.example', 'http://192.168.0.7:8080', 'http://127.0.0.1.evil.example', 'ftp://localhost'])(
    'is never sent to %s',
    (url) => {
      expect(() => new GaiaClient({ url, key })).toThrow(GaiaProblem);
    },
  );
  test.each(['https://gaia.example', 'http://localhost:8080', 'http://127.0.0.1:8080', 'http://[::1]:8080'])(
    'may be sent to %s',
    (url) => {
      expect(new GaiaClient({ url, key })).toBeInstanceOf(GaiaClient);
    },
  );
  test.each(['gaia_x\r\nHost: evil', 'gaia x', '', 'gaïa'])(
    'of odd characters (%j) is refused without being repeated',
    (odd) => {
      expect(() => new GaiaClient({ url: 'http://127.0.0.1:1', key: odd })).toThrow(
        /^The key holds blanks or characters that no key of Gaia has\.$/,
      );
    },
  );
  test('does not follow a redirect', async () => {
    const elsewhere = await aFakeGaia({ 'GET /v1/status': [[200, {}]] });
    const { client } = await aClient({
      'GET /v1/status': [(response) => response.writeHead(307, { location: `${elsewhere.url}/v1/status` }).end()],
    });
    await expect(client.status()).rejects.toMatchObject({ code: 'redirected' });
    expect(elsewhere.heard).toEqual([]);
  });
});

describe('an answer', () => {
  test.each<[string, Reply]>([
    ['a page of someone else', [200, '<html>']],
    ['an error page', [502, '<html>']],
    ['a bare number', [200, '7']],
  ])('that is %s is not taken for one of Gaia', async (_, reply) => {
    const { client } = await aClient({ 'GET /v1/status': [reply] });
    await expect(client.status()).rejects.toMatchObject({ name: 'GaiaProblem', code: 'not_gaia' });
  });
  test('that says when to come back is remembered', async () => {
    const late: Reply = (response) =>
      response.writeHead(429, { 'retry-after': '7' }).end(JSON.stringify(aProblem(429, 'rate_cap')));
    const { client } = await aClient({ 'GET /v1/status': [late] });
    await expect(client.status()).rejects.toMatchObject({ retryAfterSeconds: 7 });
  });
});

describe('run', () => {
  const command = { kind: 'command' as const, command: { argv: ['ls'], cwd: '/' } };
  test('asks under a key of its own, waits, and answers with the end', async () => {
    const { client, heard } = await aClient({
      'POST /v1/requests': ['drop', [201, aRequestAnswer()]],
      [`GET ${route}/wait`]: [[200, waited({ state: 'denied', ended: true, end: { code: 'not_now', text: 'later' } })]],
    });
    expect(await client.run(command)).toMatchObject({ state: 'denied', end: { code: 'not_now', text: 'later' } });
    expect(heard[0]?.body?.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
    expect(heard[1]?.body).toEqual(heard[0]?.body);
  });
  test('answers what a person asks meanwhile, and waits on', async () => {
    const asked = { id: 1, author: 'person:1', text: 'Which branch?', at: 0 };
    const said = { id: 2, author: 'agent:builder', text: 'main', at: 1 };
    const { client, heard } = await aClient({
      'POST /v1/requests': [[201, aRequestAnswer()]],
      [`GET ${route}/wait`]: [
        [200, waited({ comments: [asked] })],
        [200, waited({ comments: [asked, said], state: 'executed', ended: true })],
      ],
      [`POST ${route}/comments`]: [[201, aRequestAnswer({ comments: [asked, said] })]],
    });
    expect(
      await client.run(command, { onQuestion: ({ text }) => (text.includes('branch') ? 'main' : undefined) }),
    ).toMatchObject({
      state: 'executed',
    });
    expect(heard.find(({ path }) => path.endsWith('/comments'))?.body).toEqual({ text: 'main' });
    expect(
      heard.filter(({ path }) => path.includes('/wait')).map(({ path }) => /comments=(\d)/.exec(path)?.[1]),
    ).toEqual(['0', '2']);
  });
  test('hears a question that comes with the answer to its reply', async () => {
    const first = { id: 1, author: 'person:1', text: 'Which branch?', at: 0 };
    const second = { id: 2, author: 'person:2', text: 'Why now?', at: 1 };
    const main = { id: 3, author: 'agent:builder', text: 'main', at: 2 };
    const late = { id: 4, author: 'agent:builder', text: 'It is late.', at: 3 };
    const { client } = await aClient({
      'POST /v1/requests': [[201, aRequestAnswer()]],
      [`GET ${route}/wait`]: [
        [200, waited({ comments: [first] })],
        [200, waited({ comments: [first, second, main, late], state: 'executed', ended: true })],
      ],
      [`POST ${route}/comments`]: [
        [201, aRequestAnswer({ comments: [first, second, main] })],
        [201, aRequestAnswer({ comments: [first, second, main, late] })],
      ],
    });
    const questions: string[] = [];
    await client.run(command, {
      onQuestion: ({ text }) => {
        questions.push(text);
        return text.includes('branch') ? 'main' : 'It is late.';
      },
    });
    expect(questions).toEqual(['Which branch?', 'Why now?']);
  });
  test('takes the request back when it is aborted, and throws what it was aborted with', async () => {
    const stop = new AbortController();
    const { client, heard } = await aClient({
      'POST /v1/requests': [[201, aRequestAnswer()]],
      [`GET ${route}/wait`]: [() => stop.abort(new Error('no longer'))],
      [`POST ${route}/withdraw`]: [[200, aRequestAnswer({ state: 'withdrawn' })]],
    });
    await expect(client.run(command, { signal: stop.signal })).rejects.toThrow('no longer');
    expect(heard.at(-1)?.path).toBe(`${route}/withdraw`);
  });
});

describe('the library', () => {
  test('needs nothing but what browsers and every runtime have', async () => {
    const { readFileSync } = await import('node:fs');
    const seen = new Set<string>();
    const foreign: string[] = [];
    const visit = (path: URL) => {
      if (seen.has(path.href)) return;
      seen.add(path.href);
      for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(
        /^(?:import|export) (?!type)[^;]*? from '([^']+)'/gms,
      )) {
        if (from.startsWith('.')) visit(new URL(from, path));
        else foreign.push(from);
      }
    };
    visit(new URL('../../src/client/client.ts', import.meta.url));
    expect(foreign).toEqual([]);
    expect(seen.size).toBeGreaterThan(3);
  });
});
