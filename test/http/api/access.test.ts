import { describe, expect, test } from 'vitest';
import { confirmLogin } from '../../../src/actions/sessions.ts';
import { person } from '../../../src/core/access/actor.ts';
import { anApi } from '../../support/api.ts';
import { engines } from '../../support/store.ts';
import { aWorld } from '../../support/world.ts';

const problem = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

describe.each(engines)('keys over HTTP on %s', (engine) => {
  test('are made, listed, rotated and revoked by the administrator; a secret is shown once', async () => {
    const api = anApi(await aWorld({ engine }));
    const made = await api.admin.post('/v1/keys', { name: 'builder', owner: 'local', expiresInDays: 30 });
    expect([made.status, made.body.key.state]).toEqual([201, 'live']);
    const { id } = made.body.key;
    expect((await api.bearer(made.body.secret).get('/v1/requests')).status).toBe(200);
    const rotated = await api.admin.post(`/v1/keys/${id}/rotate`);
    expect([rotated.status, rotated.body.key.replaces]).toEqual([201, id]);
    const listed = (await api.admin.get('/v1/keys')).body.keys;
    expect(listed).toHaveLength(2);
    expect(JSON.stringify(listed)).not.toContain('gaia_');
    expect((await api.admin.post(`/v1/keys/${id}/revoke`)).body.state).toBe('revoked');
    expect(problem(await api.bearer(made.body.secret).get('/v1/requests'))).toEqual([401, 'key_revoked']);
    expect((await api.bearer(rotated.body.secret).get('/v1/requests')).status).toBe(200);
  });

  test.each(['nonesuch', '%00', '0', 'x'.repeat(500)])('are not found under %s', async (id) => {
    const api = anApi(await aWorld({ engine }));
    for (const verb of ['rotate', 'revoke'])
      expect(problem(await api.admin.post(`/v1/keys/${id}/${verb}`))).toEqual([404, 'no_such_key']);
  });

  test('are not made by an agent or a person', async () => {
    const api = anApi(await aWorld({ engine }));
    const agent = await api.agent('builder');
    for (const caller of [agent, await api.terminal('local'), await api.browser('local')]) {
      expect(problem(await caller.post('/v1/keys', { name: 'mine' }))).toEqual([403, 'admin_only']);
      expect(problem(await caller.post(`/v1/keys/${agent.keyId}/revoke`))).toEqual([403, 'admin_only']);
    }
  });
});

describe('sign-in links over HTTP', () => {
  test('are made for the only person there is, or for the one who is named', async () => {
    const api = anApi(await aWorld());
    const { status, body } = await api.admin.post('/v1/sign-in-links');
    expect([status, body.url]).toEqual([
      201,
      expect.stringMatching(/^http:\/\/127\.0\.0\.1:8080\/sign-in\/[\w-]{43}$/),
    ]);
    const many = anApi(await aWorld({ approvers: ['111', '222'] }));
    expect((await many.admin.post('/v1/sign-in-links')).body.faults[0]).toEqual({
      field: 'person',
      message: 'must be one of: 111, 222',
    });
    expect((await many.admin.post('/v1/sign-in-links', { person: '222' })).status).toBe(201);
    expect(problem(await many.admin.post('/v1/sign-in-links', { person: '666' }))).toEqual([403, 'not_a_person_here']);
  });
});

describe('a terminal’s login over HTTP', () => {
  test('gives the session of whoever confirmed its code', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const { token, code, url } = (await api.nobody.post('/v1/logins')).body;
    expect(url).toBe('http://127.0.0.1:8080/login');
    expect((await api.nobody.post('/v1/logins/finish', { token })).body).toEqual({ confirmed: false });
    await confirmLogin(world.app, code, world.by(person('local')));
    const { body } = await api.nobody.post('/v1/logins/finish', { token });
    expect(body).toMatchObject({ confirmed: true, person: 'local' });
    expect((await api.bearer(body.session).get('/v1/status')).status).toBe(200);
    expect(problem(await api.nobody.post('/v1/logins/finish', { token }))).toEqual([401, 'login_over']);
  });

  test('cannot be begun more than thirty times a minute from one address', async () => {
    const world = await aWorld();
    const api = anApi(world);
    for (let n = 0; n < 30; n++) expect((await api.nobody.post('/v1/logins')).status).toBe(201);
    expect(problem(await api.nobody.post('/v1/logins'))).toEqual([429, 'rate_limited']);
    expect((await api.nobody.post('/v1/logins', undefined, { from: '10.0.0.2' })).status).toBe(201);
    world.clock.turn(60_000);
    expect((await api.nobody.post('/v1/logins')).status).toBe(201);
  });
});
