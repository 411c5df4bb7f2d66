import { describe, expect, test } from 'vitest';
import { revokeKey } from '../../src/actions/keys.ts';
import { createSignInLink, signIn } from '../../src/actions/sessions.ts';
import { formatAdminKey } from '../../src/core/access/key.ts';
import { anApi } from '../support/api.ts';
import { aWorld } from '../support/world.ts';

const problem = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
const open = async () => {
  const world = await aWorld();
  return { world, api: anApi(world) };
};

describe('whoever calls', () => {
  test('is nobody without a key, and is told how to become somebody', async () => {
    const { api } = await open();
    const answer = await api.nobody.get('/v1/requests');
    expect(problem(answer)).toEqual([401, 'key_missing']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.body.remedy).toContain('Bearer gaia_');
  });

  test.each([
    ['another Gaia’s admin key', formatAdminKey('b'.repeat(43)), 'key_unknown'],
    ['a key that was made up', `gaia_abcdefgh_${'x'.repeat(43)}`, 'key_unknown'],
    ['a session that was made up', `gaia_session_${'x'.repeat(43)}`, 'session_ended'],
    ['a GitHub token', `ghp_${'a1B2'.repeat(9)}`, 'key_unknown'],
    ['an index', '0', 'key_unknown'],
  ])('with %s is nobody, and it is not repeated to them', async (_, secret, code) => {
    const { api } = await open();
    const answer = await api.bearer(secret).get('/v1/requests');
    expect(problem(answer)).toEqual([401, code]);
    if (secret.length > 10) expect(JSON.stringify(answer.body)).not.toContain(secret);
  });

  test('by Basic, or by a key in the query, is nobody', async () => {
    const { api } = await open();
    const basic = { authorization: `Basic ${Buffer.from(`admin:${api.adminKey}`).toString('base64')}` };
    expect((await api.call('GET', '/v1/status', { headers: basic })).status).toBe(401);
    expect((await api.nobody.get(`/v1/status?token=${api.adminKey}`)).status).toBe(401);
  });

  test('with a revoked key is nobody from the next call on', async () => {
    const { world, api } = await open();
    const builder = await api.agent('builder');
    expect((await builder.get('/v1/requests')).status).toBe(200);
    await revokeKey(world.app, builder.keyId, world.admin);
    expect(problem(await builder.get('/v1/requests'))).toEqual([401, 'key_revoked']);
  });

  test('with a console’s session in place of a terminal’s, or the other way round, is nobody', async () => {
    const { world, api } = await open();
    const { token } = await signIn(world.app, (await createSignInLink(world.app, 'local')).token, {
      source: 'console',
      traceId: 't',
    });
    expect((await api.call('GET', '/v1/status', { headers: { cookie: `gaia_session=${token}` } })).status).toBe(200);
    expect(problem(await api.bearer(`gaia_session_${token}`).get('/v1/status'))).toEqual([401, 'session_ended']);
  });

  test('with a wrong key too often is held off, while right keys go on from the same address', async () => {
    const { world, api } = await open();
    const builder = await api.agent('builder');
    for (let n = 0; n < 10; n++)
      expect((await api.bearer('wrong').get('/v1/requests', { from: '10.0.0.9' })).status).toBe(401);
    const held = await api.bearer('wrong').get('/v1/requests', { from: '10.0.0.9' });
    expect(problem(held)).toEqual([429, 'rate_limited']);
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await builder.get('/v1/requests', { from: '10.0.0.9' })).status).toBe(200);
    expect((await api.bearer('wrong').get('/v1/requests', { from: '10.0.0.8' })).status).toBe(401);
    world.clock.turn(60_000);
    expect((await api.bearer('wrong').get('/v1/requests', { from: '10.0.0.9' })).status).toBe(401);
  });

  test('with one key too often is held off, and no other key with it', async () => {
    const { world, api } = await open();
    const [one, two] = [await api.agent('one'), await api.agent('two')];
    for (let n = 0; n < 1_200; n++) await one.raw('GET', '/v1/keys');
    expect(problem(await one.get('/v1/keys'))).toEqual([429, 'rate_limited']);
    expect(problem(await two.get('/v1/keys'))).toEqual([403, 'admin_only']);
    world.clock.turn(60_000);
    expect(problem(await one.get('/v1/keys'))).toEqual([403, 'admin_only']);
  });
});
