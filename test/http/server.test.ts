import { createServer } from 'node:net';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Env } from '../../src/http/door.ts';
import { close, listen } from '../../src/http/server.ts';
import { anApi } from '../support/api.ts';
import { refusalOf } from '../support/refusal.ts';
import { aWorld } from '../support/world.ts';

describe('the HTTP edge', () => {
  test('says whether it lives, and whether it is ready', async () => {
    let ready = false;
    const api = anApi(await aWorld(), { isReady: () => ready });
    expect((await api.nobody.get('/healthz')).body).toBe('ok');
    const not = await api.nobody.get('/readyz');
    expect([not.status, not.body.code, not.headers.get('retry-after')]).toEqual([503, 'not_ready', '2']);
    ready = true;
    expect((await api.nobody.get('/readyz')).body).toBe('ready');
  });

  test.each([
    ['GET', '/v1'],
    ['GET', '/v1/nothing'],
    ['DELETE', '/v1/requests'],
    ['PUT', '/v1/requests/r-7F3K2Q'],
    ['GET', '/v1/requests/../keys'],
    ['POST', '/v1/requests/r-7F3K2Q'],
  ])('answers 404 to %s %s', async (method, path) => {
    const api = anApi(await aWorld());
    const { status, body } = await api.call(method, path, { headers: { authorization: `Bearer ${api.adminKey}` } });
    expect(path.includes('..') ? [200, 401, 403, 404] : [404]).toContain(status);
    if (!path.includes('..')) expect(body.code).toBe('no_such_path');
  });

  test('tells a caller of a bug only where to look for it', async () => {
    const world = await aWorld();
    const api = anApi(world, {
      readPolicyFile: () => Promise.reject(new Error('the password is hunter2')),
    });
    const { status, body, headers } = await api.admin.post('/v1/policy/reload');
    expect([status, body.code]).toEqual([503, 'internal_error']);
    expect(JSON.stringify(body)).not.toContain('hunter2');
    expect(body.remedy).toContain(headers.get('x-trace-id'));
    expect(api.reports).toHaveLength(1);
  });

  test('gives every call a trace, which its events carry', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const { headers } = await (await api.agent('builder')).post('/v1/requests', {
      kind: 'question',
      question: { text: '1?' },
    });
    expect((await world.allEvents()).at(-1)?.traceId).toBe(headers.get('x-trace-id'));
  });
});

describe('listening', () => {
  const routes = () => new Hono<Env>().get('/', (c) => c.text('here'));

  test('takes any free port for 0, and ends', async () => {
    const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    serve(routes());
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
    expect([server.maxConnections, server.headersTimeout, server.requestTimeout]).toEqual([1_000, 10_000, 30_000]);
    await close(server, 100);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });

  test('on a port that is taken is refused with the way out', async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const { code, message, extras } = await refusalOf(listen({ host: '127.0.0.1', port }));
    expect([code, extras.reason]).toEqual(['unavailable', 'port_taken']);
    expect(message).toContain(String(port));
    expect(extras.remedy).toContain('GAIA_PORT');
  });

  test('on an address that is not ours is refused', async () => {
    expect((await refusalOf(listen({ host: '192.0.2.1', port: 0 }))).extras.reason).toBe('cannot_listen');
  });
});
