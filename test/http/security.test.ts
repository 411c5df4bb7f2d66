import { describe, expect, test } from 'vitest';
import { anApi } from '../support/api.ts';
import { aWorld } from '../support/world.ts';

const open = async () => anApi(await aWorld());
const codeOf = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code];

describe('every answer', () => {
  test.each(['/healthz', '/openapi.json', '/v1/requests', '/no/such/place'])(
    'says the same of itself at %s',
    async (path) => {
      const { headers } = await (await open()).nobody.get(path);
      expect(
        Object.fromEntries(
          [...headers].filter(
            ([name]) => !['content-type', 'x-trace-id', 'www-authenticate', 'retry-after'].includes(name),
          ),
        ),
      ).toEqual({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      expect(headers.get('x-trace-id')).toMatch(/^[0-9a-f]{16}$/);
    },
  );
});

describe('a host name', () => {
  test.each(['127.0.0.1:8080', 'localhost:8080', 'LOCALHOST:8080', '[::1]:8080'])('%s is this Gaia’s', async (host) => {
    expect((await (await open()).nobody.get('/healthz', { headers: { host } })).status).toBe(200);
  });

  test.each([
    'evil.example',
    'evil.example:8080',
    '127.0.0.1.evil.example:8080',
    'localhost',
    'localhost:8081',
    '127.0.0.1:8080.evil',
    '10.0.0.5:8080',
    'localhost.:8080',
    '',
  ])('“%s” is not: a page that rebinds its name reaches nothing', async (host) => {
    const api = await open();
    for (const path of ['/healthz', '/v1/requests', '/openapi.json'])
      expect(await codeOf(await api.admin.raw('GET', path, { headers: { host } }))).toEqual([403, 'foreign_host']);
  });
});

describe('a change', () => {
  const change = async (headers: Record<string, string>) => {
    const world = await aWorld();
    const api = anApi(world);
    const response = await (await api.browser('local')).raw('POST', '/v1/pause', { headers });
    return { response, acts: (await world.allEvents()).map(({ action }) => action) };
  };

  test.each<Record<string, string>>([
    { origin: 'http://127.0.0.1:8080' },
    { origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
    {},
  ])('from its own pages, or from no page, is taken (%j)', async (headers) => {
    expect((await change(headers)).response.status).toBe(200);
  });

  test.each<Record<string, string>>([
    { origin: 'http://evil.example' },
    { origin: 'https://127.0.0.1:8080' },
    { origin: 'http://127.0.0.1:8081' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:8080.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ])('from another site is refused, and does nothing (%j)', async (headers) => {
    const { response, acts } = await change(headers);
    expect(await codeOf(response)).toEqual([403, 'foreign_origin']);
    expect(acts).toEqual(['session.opened']);
  });

  test.each(['', 'x', 'A'.repeat(43)])('by cookie without the token of its page is refused (%j)', async (token) => {
    const world = await aWorld();
    const api = anApi(world);
    const browser = await api.browser('local', { csrf: false });
    const headers: Record<string, string> = token === '' ? {} : { 'x-csrf-token': token };
    expect(await codeOf(await browser.raw('POST', '/v1/pause', { headers }))).toEqual([403, 'csrf_mismatch']);
    expect((await browser.get('/v1/status')).status).toBe(200);
    expect((await world.allEvents()).map(({ action }) => action)).toEqual(['session.opened']);
  });

  test('is never made by looking', async () => {
    const world = await aWorld();
    const api = anApi(world);
    for (const path of ['/v1/pause', '/v1/resume', '/v1/seal', '/v1/keys/abcdefgh/revoke', '/v1/logins'])
      expect((await api.admin.get(path)).status).toBe(404);
    expect(await world.allEvents()).toEqual([]);
  });
});
