import { describe, expect, test } from 'vitest';
import { anApi } from '../support/api.ts';
import { aConsole } from '../support/console.ts';
import { aWorld, type World } from '../support/world.ts';

const refusals = async (world: World) =>
  (await world.allEvents())
    .filter(({ action }) => action === 'command.refused')
    .map(({ actor, source, subject, detail }) => ({ actor, source, subject, ...JSON.parse(detail ?? '{}') }));

async function anApiWithPeople() {
  const world = await aWorld({ approvers: ['local', '4711'], operators: ['local'] });
  return { world, api: anApi(world) };
}

describe('the refusal of an act', () => {
  test('is kept with who tried, what, and why, whatever barred it', async () => {
    const { world, api } = await anApiWithPeople();
    const agent = await api.agent('builder', { scopes: ['submit:question'] });
    const approver = await api.terminal('4711');
    const operator = await api.terminal('local');
    const request = await (await world.agent('other')).asksToRun(['echo']);
    await agent.post('/v1/pause', {});
    await agent.post('/v1/requests', { kind: 'command', command: { argv: ['echo'], cwd: '/' } });
    await approver.post(`/v1/requests/${request.id}/stop`, undefined, { headers: { 'x-gaia-client': 'cli/1' } });
    await operator.post(`/v1/requests/${request.id}/stop`);
    await operator.post('/v1/requeues', { id: 'd-AAAAAA' });
    await api.admin.post('/v1/keys/k-AAAAAA/revoke');
    await api.admin.post('/v1/pause', { reasons: 'x' });
    expect(
      (await refusals(world)).map(({ actor, source, call, command, id, because }) =>
        [actor, source, call, command, id, because].join(' | '),
      ),
    ).toEqual([
      'agent:builder | http | POST /v1/pause | pause |  | not_an_operator',
      'agent:builder | http | POST /v1/requests | requests |  | scope_missing',
      `person:4711 | cli | POST /v1/requests/:id/stop | stop | ${request.id} | not_an_operator`,
      `person:local | cli | POST /v1/requests/:id/stop | stop | ${request.id} | not_running`,
      'person:local | cli | POST /v1/requeues | requeue |  | no_such_delivery',
      'admin | http | POST /v1/keys/:id/revoke | revoke | k-AAAAAA | no_such_key',
      'admin | http | POST /v1/pause | pause |  | invalid_input',
    ]);
    expect((await world.allEvents()).map(({ action }) => action)).not.toContain('system.paused');
  });

  test('is kept when the holder of the monitor token asked', async () => {
    const world = await aWorld();
    world.appoints({ monitor: 'monitor-12345678' });
    const api = anApi(world, { monitorToken: 'correct-horse-battery-staple' });
    const headers = { 'x-admin-token': 'correct-horse-battery-staple' };
    await api.nobody.post('/admin/requeue', { index: 5 }, { headers });
    expect(await refusals(world)).toMatchObject([
      { actor: 'person:monitor-12345678', command: 'requeue', because: 'index_out_of_range' },
    ]);
  });

  test('is kept when a page of the console shows it', async () => {
    const { world, signedIn } = await aConsole({ approvers: ['local', '4711'], operators: ['local'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    const approver = await signedIn('4711');
    const { csrf } = (await approver.form('/status', 'Sign out')).hidden;
    const fields = { csrf: csrf! };
    await approver.post('/status/pause', fields);
    await approver.post('/operations/requeue', { ...fields, all: 'yes' });
    await approver.post('/grants/g-AAAAAA/revoke', fields);
    await approver.post(`/requests/${request.id}/resolve`, { ...fields, verdict: 'executed', reason: 'seen' });
    await approver.post('/login', { ...fields, code: 'ABCD-EFGH' });
    await approver.post('/status/pause', {});
    const kept = await refusals(world);
    expect(kept.map(({ command, id, because }) => [command, id, because])).toEqual([
      ['pause', null, 'not_an_operator'],
      ['requeue', null, 'not_an_operator'],
      ['revoke', 'g-AAAAAA', 'not_an_operator'],
      ['resolve', request.id, 'not_an_operator'],
      ['login', null, 'no_such_login'],
      ['pause', null, 'csrf_mismatch'],
    ]);
    expect(new Set(kept.map(({ actor, source, subject }) => `${actor} ${source} ${subject}`))).toEqual(
      new Set(['person:4711 console person:4711']),
    );
  });

  test('is kept once a minute, and ten of one caller at most', async () => {
    const { world, api } = await anApiWithPeople();
    const agent = await api.agent('builder');
    for (let n = 0; n < 3; n++) await agent.post('/v1/pause', {});
    expect(await refusals(world)).toHaveLength(1);
    for (let n = 10; n < 40; n++) await agent.post(`/v1/deliveries/d-AAAA${n}/discard`, { reason: 'x' });
    expect(await refusals(world)).toHaveLength(10);
    await (await api.agent('other')).post('/v1/pause', {});
    expect(await refusals(world)).toHaveLength(11);
    world.clock.turn(60_000);
    await agent.post('/v1/pause', {});
    expect(await refusals(world)).toHaveLength(12);
  });

  test('is not kept of anybody unknown', async () => {
    const { world, api } = await anApiWithPeople();
    const before = await world.allEvents();
    await api.nobody.post('/v1/pause', {});
    await api.bearer(`gaia_${'x'.repeat(50)}`).post('/v1/pause', {});
    await api.bearer(`gaia_admin_${'b'.repeat(43)}`).post('/v1/policy/reload');
    await api.nobody.post('/admin/requeue', { all: true });
    expect(await world.allEvents()).toEqual(before);
  });

  test('holds nothing that came with the call', async () => {
    const { world, api } = await anApiWithPeople();
    const operator = await api.terminal('local');
    await operator.post('/v1/deliveries/ghp_secretSECRETsecret/discard', { reason: 'a-body-of-mine' });
    await operator.post('/v1/alerts/sk-secret-in-a-path/silence', { for: 'a-length-of-mine' });
    await operator.post('/v1/pause?token=secret-in-a-query', { reason: 7 });
    expect(await refusals(world)).toHaveLength(3);
    const kept = await world.everythingKept();
    for (const part of ['ghp_secret', 'of-mine', 'secret-in-a']) expect(kept).not.toContain(part);
  });

  test('of a decision stands in the log once, as that', async () => {
    const { world, api } = await anApiWithPeople();
    const agent = await api.agent('builder');
    const request = await (await world.agent('other')).asksToRun(['echo']);
    const said = { verdict: 'approve', digest: request.digest };
    expect(await agent.post(`/v1/requests/${request.id}/decisions`, said)).toMatchObject({ status: 403 });
    expect(await agent.post(`/approvals/${request.id}`, { digest: request.digest })).toMatchObject({ status: 403 });
    expect(await refusals(world)).toEqual([]);
    expect((await world.allEvents()).filter(({ action }) => action === 'decision.refused')).toHaveLength(1);
  });

  test('is none where an agent sends what does not parse, or asks for what is not there', async () => {
    const { world, api } = await anApiWithPeople();
    const agent = await api.agent('builder');
    expect(await agent.post('/v1/requests', { kind: 'nothing' })).toMatchObject({ status: 400 });
    expect(await agent.get('/v1/requests/r-AAAAAA')).toMatchObject({ status: 404 });
    expect(await refusals(world)).toEqual([]);
  });
});
