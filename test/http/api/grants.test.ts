import { describe, expect, test } from 'vitest';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';

async function aPlace() {
  const world = await aWorld({ approvers: ['111', '222'], operators: ['222'] });
  const api = anApi(world);
  const builder = await api.agent('builder', { owner: '222' });
  const other = await api.agent('other');
  const asks = async (argv = ['ls']) =>
    (await builder.post('/v1/requests', { kind: 'command', command: { argv, cwd: world.cwd } })).body;
  return { world, api, builder, other, asks, grace: await api.terminal('111'), alan: await api.terminal('222') };
}

describe('grants over HTTP', () => {
  test('are given with an approval, listed to those they concern, and taken back', async () => {
    const { builder, other, asks, grace, alan, world } = await aPlace();
    const first = await asks();
    expect(first.grantable).toBe(true);
    await grace.post(`/v1/requests/${first.id}/shown`, { digest: first.digest });
    const decided = await grace.post(`/v1/requests/${first.id}/decisions`, {
      ...{ verdict: 'approve', digest: first.digest, allow: true },
    });
    expect(decided.status).toBe(200);
    await world.tick();
    const [grant] = (await builder.get('/v1/grants')).body.grants;
    expect(grant).toMatchObject({ agent: 'builder', what: 'ls', givenBy: '111', state: 'live' });
    expect((await other.get('/v1/grants')).body.grants).toEqual([]);
    expect(await asks()).toMatchObject({ state: 'approved', grant: grant.id });

    expect((await builder.post(`/v1/grants/${grant.id}/revoke`)).status).toBe(403);
    expect((await alan.post(`/v1/grants/${grant.id.toLowerCase()}/revoke`)).body).toMatchObject({ endCode: 'revoked' });
    expect((await grace.get('/v1/grants?all=true')).body.grants).toMatchObject([{ state: 'over' }]);
    expect(await asks(['ls', '-l'])).toMatchObject({ state: 'pending', grant: null });
    expect((await alan.post('/v1/grants/nonsense/revoke')).status).toBe(404);
  });
});

describe('comments over HTTP', () => {
  test('a person asks, the agent’s wait answers with it, the agent answers', async () => {
    const { builder, other, asks, grace } = await aPlace();
    const { id } = await asks();
    const waiting = builder.get(`/v1/requests/${id}/wait?seconds=60&comments=0`);
    expect((await grace.post(`/v1/requests/${id}/comments`, { text: 'Why?' })).status).toBe(201);
    expect((await waiting).body).toMatchObject({ state: 'pending', timedOut: false, comments: [{ text: 'Why?' }] });
    expect((await builder.post(`/v1/requests/${id}/comments`, { text: 'The disk.' })).body).toMatchObject({
      comment: { author: 'agent:builder', text: 'The disk.' },
    });
    expect((await other.post(`/v1/requests/${id}/comments`, { text: 'x' })).status).toBe(404);
    expect((await builder.post(`/v1/requests/${id}/comments`, { text: 'x', verdict: 'approve' })).status).toBe(400);
    expect((await builder.get(`/v1/requests/${id}`)).body.state).toBe('pending');
  });
});

describe('waiting', () => {
  test('for a decision ends with it, before the request has ended', async () => {
    const { world, builder, asks, grace } = await aPlace();
    const { id } = await asks();
    await world.person('222').pauses();
    const waiting = builder.get(`/v1/requests/${id}/wait?seconds=60&until=decided`);
    const { digest } = (await grace.get(`/v1/requests/${id}`)).body;
    await grace.post(`/v1/requests/${id}/shown`, { digest });
    await grace.post(`/v1/requests/${id}/decisions`, { verdict: 'approve', digest });
    expect((await waiting).body).toMatchObject({ state: 'approved', ended: false, timedOut: false });
  });
  test('with a key that is revoked meanwhile ends at once, with nothing', async () => {
    const { api, builder, asks } = await aPlace();
    const { id } = await asks();
    const waiting = builder.get(`/v1/requests/${id}/wait?seconds=60`);
    await api.admin.post(`/v1/keys/${builder.keyId}/revoke`);
    expect(await waiting).toMatchObject({ status: 401, body: { code: 'key_revoked' } });
  });
});

describe('agents and the policy over HTTP', () => {
  test('agents are listed to people, not to agents', async () => {
    const { builder, asks, grace } = await aPlace();
    await asks();
    expect((await builder.get('/v1/agents')).status).toBe(403);
    expect((await grace.get('/v1/agents')).body.agents).toMatchObject([
      { name: 'builder', owner: '222', keys: 1, open: 1, openMax: 20, lastMinute: 1, perMinuteMax: 30 },
      { name: 'other', owner: null, open: 0 },
    ]);
  });
  test('the policy is told to those it is about, with their own caps', async () => {
    const { world, builder, api } = await aPlace();
    await world.loadsPolicy(
      'version: 1\ncaps: { agents: { builder: { open: 3 } } }\nrules:\n  - { name: no rm, match: { argv: [rm] }, deny: Never. }\n',
    );
    expect((await builder.get('/v1/policy')).body).toMatchObject({
      caps: { open: 3, perMinute: 30 },
      rules: [{ name: 'no rm', tier: null, deny: 'Never.' }],
      tiers: { critical: { approvals: 2 } },
    });
    expect((await api.nobody.get('/v1/policy')).status).toBe(401);
  });
  test('reminders are put off by people alone', async () => {
    const { builder, asks, grace } = await aPlace();
    const { id } = await asks();
    expect((await grace.post(`/v1/requests/${id}/snooze`, { seconds: 600 })).status).toBe(200);
    expect((await builder.post(`/v1/requests/${id}/snooze`, { seconds: 600 })).status).toBe(403);
    expect((await grace.post(`/v1/requests/${id}/snooze`, { seconds: 5 })).status).toBe(400);
  });
});
