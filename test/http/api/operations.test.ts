import { describe, expect, test } from 'vitest';
import { leaseDue, notify, settle } from '../../../src/actions/deliveries.ts';
import { anApi } from '../../support/api.ts';
import { formsOf } from '../../support/html.ts';
import { aWorld } from '../../support/world.ts';

const token = 'correct-horse-battery-staple';

/** An API whose monitor is known, over a store with dead messages. */
async function anApiWithDead(count = 2, { hasToken = true } = {}) {
  const world = await aWorld();
  for (let n = 0; n < count; n++)
    await world.db.write((tx) => notify(world.app, tx, 'system', { about: 'trouble', trouble: `number ${n}` }));
  for (const delivery of await leaseDue(world.app, 'terminal', 'one'))
    await settle(world.app, delivery, { ok: false, kind: 'permanent', error: 'refused' }, 0);
  if (hasToken) world.appoints({ monitor: 'monitor-12345678' });
  const api = anApi(world, hasToken ? { monitorToken: token } : {});
  const requeue = (
    body: unknown,
    headers: Record<string, string> = { 'x-admin-token': token },
    path = '/admin/requeue',
  ) => api.nobody.post(path, body, { headers });
  return { world, api, requeue, ids: (await world.deliveries('dead')).map(({ id }) => id) };
}

describe('POST /admin/requeue', () => {
  test('takes an id, the old name of it, an index, or all', async () => {
    const { requeue, ids } = await anApiWithDead(4);
    expect(await requeue({ id: ids[2] })).toMatchObject({ status: 200, body: { requeued: true, ids: [ids[2]] } });
    expect(await requeue({ callback_id: ids[1] })).toMatchObject({ status: 200, body: { ids: [ids[1]] } });
    expect(await requeue({ index: 1 })).toMatchObject({ status: 200, body: { ids: [ids[3]] } });
    expect(await requeue({ all: true })).toMatchObject({ status: 200, body: { ids: [ids[0]] } });
    expect(await requeue({ all: true })).toMatchObject({ status: 200, body: { requeued: false, ids: [] } });
  });

  test.each([
    [{ index: 2 }, 400, 'index_out_of_range'],
    [{ index: -1 }, 400, 'invalid_index'],
    [{ index: '0' }, 400, 'invalid_index'],
    [{ index: 1.5 }, 400, 'invalid_index'],
    [{}, 400, 'which_unclear'],
    [{ all: true, index: 0 }, 400, 'which_unclear'],
    [{ id: 'd-AAAAAA' }, 404, 'no_such_delivery'],
    [{ id: '../x' }, 400, 'no_id'],
    [{ every: true }, 400, 'invalid_input'],
  ])('refuses %j with %i, and requeues nothing', async (body, status, code) => {
    const { world, requeue } = await anApiWithDead();
    expect(await requeue(body)).toMatchObject({ status, body: { code } });
    expect(await world.deliveries('dead')).toHaveLength(2);
  });

  test('takes the token from the address of a script, counts it, and from no page', async () => {
    const { world, requeue, ids, api } = await anApiWithDead();
    const path = `/admin/requeue?token=${token}`;
    expect(await requeue({ id: ids[0] }, { origin: 'http://127.0.0.1:8080' }, path)).toMatchObject({
      status: 403,
      body: { code: 'token_from_page' },
    });
    expect(await requeue({ id: ids[0] }, { origin: 'https://evil.example' }, path)).toMatchObject({
      status: 403,
      body: { code: 'foreign_origin' },
    });
    expect(await world.deliveries('dead')).toHaveLength(2);
    expect(await requeue({ id: ids[0] }, {}, path)).toMatchObject({ status: 200 });
    const { body } = await api.admin.get('/v1/metrics');
    expect(body.metrics.find(({ name }: { name: string }) => name === 'auth_query_token').value).toBe(1);
    expect(await world.everythingKept()).not.toContain(token);
  });

  test('is closed without a configured token, also to an empty one', async () => {
    const { world, requeue } = await anApiWithDead(1, { hasToken: false });
    for (const given of ['', 'undefined', token])
      expect(await requeue({ all: true }, { 'x-admin-token': given })).toMatchObject({
        status: 401,
        body: { code: 'monitor_closed' },
      });
    expect(await world.deliveries('dead')).toHaveLength(1);
  });

  test('refuses wrong tokens, holds off whoever tries many, and the log keeps that but no token', async () => {
    const { world, requeue } = await anApiWithDead();
    for (let n = 0; n < 10; n++)
      expect(await requeue({ all: true }, { 'x-admin-token': `wrong-${n}` })).toMatchObject({
        status: 401,
        body: { code: 'token_wrong' },
      });
    expect(await requeue({ all: true })).toMatchObject({ status: 429 }); // from this address not even the right one
    expect(await world.deliveries('dead')).toHaveLength(2);
    expect((await world.allEvents()).filter(({ action }) => action === 'command.refused')).toHaveLength(10);
    expect(await world.everythingKept()).not.toContain('wrong-');
  });

  test('serves no agent and no other verb', async () => {
    const { api, world } = await anApiWithDead();
    const agent = await api.agent('builder');
    expect(await agent.post('/admin/requeue', { all: true })).toMatchObject({ status: 401 });
    expect(await agent.post('/v1/requeues', { all: true })).toMatchObject({ status: 403 });
    for (const path of ['/metrics', '/v1/metrics', '/v1/alerts', '/v1/deliveries/failed'])
      expect((await agent.get(path)).status).toBe(403);
    for (const path of ['/v1/pause', '/v1/alerts/backup_old/silence', '/v1/seal'])
      expect((await api.nobody.post(path, {}, { headers: { 'x-admin-token': token } })).status).toBe(401);
    expect(await world.deliveries('dead')).toHaveLength(2);
  });
});

describe('the monitor token in the console', () => {
  test('leaves the address at once, signs in by a button, and lets look and requeue, but neither decide nor discard', async () => {
    const { api, world, ids } = await anApiWithDead();
    const first = await api.nobody.raw('GET', `/operations?token=${token}`);
    expect(first.status).toBe(303);
    const link = first.headers.get('location') ?? '';
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:8080\/sign-in\/[\w-]{43}\?to=%2Foperations$/);
    expect(first.headers.get('referrer-policy')).toBe('no-referrer');
    const origin = 'http://127.0.0.1:8080';
    const form = { 'content-type': 'application/x-www-form-urlencoded', origin };
    const [shown] = formsOf(await (await api.nobody.raw('GET', new URL(link).href.slice(origin.length))).text());
    const signedIn = await api.nobody.raw('POST', '/sign-in', {
      headers: form,
      body: new URLSearchParams(shown?.hidden).toString(),
    });
    expect(signedIn.headers.get('location')).toBe('/operations'); // where they wanted to go
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const page = await (await api.nobody.raw('GET', '/operations', { headers: { cookie } })).text();
    expect(page).toContain('whoever holds the monitor token');
    expect(page).not.toContain(token);
    const forms = formsOf(page);
    expect(forms.flatMap(({ buttons }) => buttons).filter((label) => /Discard|Silence/.test(label))).toEqual([]);
    const press = forms.find(({ buttons }) => buttons.includes(`Requeue ${ids[0]}`));
    const post = (path: string, fields: Record<string, string>) =>
      api.nobody.raw('POST', path, { headers: { ...form, cookie }, body: new URLSearchParams(fields).toString() });
    const csrf = press?.hidden.csrf ?? '';
    expect((await post('/operations/discard', { csrf, id: ids[1] ?? '', reason: 'no' })).status).toBe(403);
    expect((await post('/status/pause', { csrf })).status).toBe(403);
    expect((await post('/operations/requeue', { csrf, id: ids[0] ?? '' })).status).toBe(303);
    expect((await world.deliveries('dead')).map(({ id }) => id)).toEqual([ids[1]]);
    world.appoints({ monitor: 'monitor-87654321' }); // another token: whoever came in with the old one is out
    expect((await api.nobody.raw('GET', '/operations', { headers: { cookie, accept: 'text/html' } })).status).toBe(401);
  });

  test.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/a?b=c'])(
    'leads to no other place than a page of this console: %s',
    async (to) => {
      const { api } = await anApiWithDead();
      const link = (await api.nobody.raw('GET', `/operations?token=${token}`)).headers.get('location') ?? '';
      const signedIn = await api.nobody.raw('POST', '/sign-in', {
        headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'http://127.0.0.1:8080' },
        body: new URLSearchParams({ token: new URL(link).pathname.split('/').at(-1) ?? '', to }).toString(),
      });
      expect([signedIn.status, signedIn.headers.get('location')]).toEqual([303, '/']);
    },
  );

  test('is counted with the other doors where it is wrong', async () => {
    const { api, requeue } = await anApiWithDead();
    for (let n = 0; n < 5; n++) {
      expect((await api.nobody.raw('GET', '/?token=wrong')).status).toBe(401);
      expect(await requeue({ all: true }, { 'x-admin-token': 'wrong' })).toMatchObject({ status: 401 });
    }
    expect((await api.nobody.raw('GET', '/?token=wrong')).status).toBe(429);
    expect(await requeue({ all: true }, { 'x-admin-token': 'wrong' })).toMatchObject({ status: 429 });
  });

  test('that is wrong signs nobody in', async () => {
    const { api } = await anApiWithDead();
    const answer = await api.nobody.raw('GET', '/?token=wrong', { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain('wrong');
  });
});

describe('GET /metrics', () => {
  test('is what the tables say, for people and for the monitor token', async () => {
    const { api, world, requeue } = await anApiWithDead();
    await (await world.agent('builder')).asks('Release?');
    await requeue({ all: true });
    const { status, headers, body } = await api.nobody.get('/metrics', {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'gaia_requests{state="pending",kind="question"} 1',
      'gaia_delivery_moved_dead_total 2',
      'gaia_delivery_requeued_total 2',
      'gaia_delivery_send_errors_total 2',
      'gaia_alert_firing{alert="deliveries_dead"} 0',
    ])
      expect(body).toContain(line);
    expect((await api.nobody.get('/metrics')).status).toBe(401);
  });
});

describe('POST /v1/alerts/check', () => {
  test('looks at thresholds, by their old names too, and tells people once however often cron looks', async () => {
    const { api, world } = await anApiWithDead();
    const check = (body: object) => api.admin.post('/v1/alerts/check', body);
    const thresholds = { 'telegram.retry.attempt.error': 2, deliveries_dead: 2 };
    expect((await check({ thresholds, dryRun: true })).body).toMatchObject({ firing: true, dryRun: true });
    expect(await world.deliveries('queued')).toEqual([]);
    expect((await check({ thresholds: { deliveries_dead: 3 } })).body.firing).toBe(false);
    for (let n = 0; n < 3; n++) expect((await check({ thresholds: { deliveries_dead: 2 } })).body.firing).toBe(true);
    expect((await world.deliveries('queued')).filter(({ body }) => body.about === 'alert')).toHaveLength(1);
  });

  test.each([
    [{ thresholds: { nonsense: 1 } }, 'unknown_metric'],
    [{ window: 'soon' }, 'invalid_window'],
    [{ thresholds: { deliveries_dead: -1 } }, 'invalid_input'],
  ])('refuses %j', async (body, code) => {
    const { api } = await anApiWithDead(0);
    expect(await api.admin.post('/v1/alerts/check', body)).toMatchObject({ status: 400, body: { code } });
  });

  test.each([
    ['backup_old', { for: '' }, 'silence_without_end'],
    ['backup_old', { for: 'forever' }, 'silence_without_end'],
    ['backup_old', { for: '31d' }, 'silence_without_end'],
    ['nonsense', { for: '1h' }, 'no_such_alert'],
  ])('a silence of %s with %j is refused', async (name, body, code) => {
    const { api } = await anApiWithDead(0);
    expect((await api.admin.post(`/v1/alerts/${name}/silence`, body)).body.code).toBe(code);
  });
});
