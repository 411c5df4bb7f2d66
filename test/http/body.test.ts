import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { GaiaError } from '../../src/core/errors.ts';
import { jsonBody } from '../../src/http/body.ts';
import { anApi } from '../support/api.ts';
import { aWorld } from '../support/world.ts';

const open = async () => {
  const world = await aWorld();
  return { world, api: anApi(world) };
};

describe('a body', () => {
  test.each([
    ['is not JSON', '{"kind":', 'not_json'],
    ['is a list', '[]', 'not_json'],
    ['is a text', '"question"', 'not_json'],
    ['is null', 'null', 'not_json'],
    ['is a form', 'kind=question&question=1', 'not_json'],
    ['is not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 'not_utf8'],
    ['is larger than a megabyte', JSON.stringify({ kind: 'x'.repeat(1024 * 1024) }), 'body_too_large'],
    ['is empty, where something is needed', '', 'invalid_input'],
  ])('that %s is refused, and nothing is stored', async (_, body, code) => {
    const { world, api } = await open();
    const builder = await api.agent('builder');
    const events = await world.allEvents();
    const answer = await builder.post('/v1/requests', body);
    expect([answer.status, answer.body.code]).toEqual([400, code]);
    expect(answer.body.remedy).not.toBe('');
    expect(await world.allEvents()).toEqual(events);
  });

  test('is not believed when it says that it is small', async () => {
    const { api } = await open();
    const builder = await api.agent('builder');
    const body = JSON.stringify({ kind: 'x'.repeat(1024 * 1024) });
    const answer = await builder.post('/v1/requests', body, { headers: { 'content-length': '10' } });
    expect(answer.body.code).toBe('body_too_large');
  });

  test.each(['/v1/logins', '/v1/logins/finish', '/v1/sign-in-links', '/v1/keys', '/v1/pause', '/v1/resume'])(
    'of %s is refused beyond four KiB, announced or not',
    async (path) => {
      const { world, api } = await open();
      const body = JSON.stringify({ reason: 'x'.repeat(4096) });
      const caller = path.includes('pause') || path.includes('resume') ? await api.terminal('local') : api.admin;
      const events = await world.allEvents();
      for (const headers of [{}, { 'content-length': '10' }]) {
        const answer = await caller.post(path, body, { headers });
        expect([answer.status, answer.body.code]).toEqual([400, 'body_too_large']);
      }
      const kept = (await world.allEvents()).filter(({ action }) => action !== 'command.refused');
      expect(kept).toEqual(events);
    },
  );

  test('that is cut off is the fault of its sender, and no error of Gaia', async () => {
    const cut = new ReadableStream({
      pull: (to) => to.error(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })),
    });
    const init = { method: 'POST', body: cut, duplex: 'half' } as RequestInit;
    const routes = new Hono().post('/', async (c) => c.json(await jsonBody(c)));
    routes.onError((error, c) => c.text(error instanceof GaiaError ? (error.extras.reason ?? '') : 'a bug'));
    expect(await (await routes.fetch(new Request('http://x/', init))).text()).toBe('body_cut_off');
  });

  test('that is nested deeply is refused like any other', async () => {
    const { api } = await open();
    const builder = await api.agent('builder');
    const answer = await builder.post(
      '/v1/requests',
      `{"kind":"question","question":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    );
    expect(answer.status).toBe(400);
    expect(api.reports).toEqual([]);
  });
});
