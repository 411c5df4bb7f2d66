import { describe, expect, test } from 'vitest';
import { sha256 } from '../../../src/core/canonical.ts';
import { aLiveWorld, everything } from '../../stories/github/a-live-world.ts';
import { anApi } from '../../support/api.ts';
import type { World } from '../../support/world.ts';
import { aWorld } from '../../support/world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const changeset = { repo: 'local/demo', operations: [issue] };
const sha = 'a'.repeat(40);
const passes = async (world: World, seconds: number): Promise<void> => {
  for (let second = 0; second < seconds; second++) {
    await world.tick();
    world.clock.turn(1_000);
  }
};

// every answer is held against its description in OpenAPI by `anApi`
describe('POST /changesets', () => {
  test('is POST /v1/requests with the document as the body', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const agent = await api.agent('builder');
    const asked = await agent.post('/changesets', changeset);
    expect(asked).toMatchObject({ status: 201, body: { kind: 'changeset', state: 'pending', joined: false } });
    const again = await agent.post('/v1/requests', { kind: 'changeset', changeset });
    expect(again).toMatchObject({ status: 200, body: { id: asked.body.id, joined: true } });

    await world.person('local').approves({ ...asked.body, digest: asked.body.digest });
    await passes(world, 3);
    expect((await agent.get(`/v1/requests/${asked.body.id}`)).body).toMatchObject({
      state: 'executed',
      operations: [{ op: 'issue.create', outcome: 'done', written: { number: 1 } }],
      outcome: { dryRun: true, transport: 'local_fake' },
    });
  });

  test.each([
    [{ ...changeset, force: true }, 'force', 'is not known here'],
    [{ repo: 'local/demo', operations: [issue, { op: 'branch.delete' }] }, 'operations[1].op', 'is never possible'],
    [{ repo: 'local/demo', operations: [{ ...issue, state: 'open' }] }, 'operations[0].state', 'is not known here'],
    [{ repo: 'local/demo', operations: [] }, 'operations', 'name at least one operation'],
    [{ repo: 'nowhere', operations: [issue] }, 'repo', 'must be a repository, like owner/name'],
    [{ repo: 'local/demo', project: 'local/1', operations: [issue] }, 'repo', 'and not both'],
  ])('refuses %j, naming %s, and stores nothing', async (body, field, message) => {
    const world = await aWorld();
    const agent = await anApi(world).agent('builder');
    const refused = await agent.post('/changesets', body);
    expect(refused.status).toBe(400);
    const fault = (refused.body.faults as { field: string; message: string }[]).find((one) =>
      one.field.endsWith(field),
    );
    expect(fault?.message).toContain(message);
    expect((await agent.get('/v1/requests')).body.requests).toEqual([]);
    expect((await agent.post('/v1/github/preview', body)).status).toBe(400);
  });

  test('is for keys that may ask for writes', async () => {
    const api = anApi(await aWorld());
    const judge = await api.agent('judge', { scopes: ['gate:verification'] });
    expect((await judge.post('/changesets', changeset)).status).toBe(403);
    expect((await judge.post('/v1/github/preview', changeset)).status).toBe(403);
    expect((await api.nobody.post('/changesets', changeset)).status).toBe(401);
    expect((await api.admin.post('/changesets', changeset)).status).toBe(403);
  });
});

describe('POST /approvals/{id}', () => {
  test('decides like /v1/requests/{id}/decisions; agents and the admin key are refused', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const agent = await api.agent('builder');
    const browser = await api.browser('local');
    const { body: asked } = await agent.post('/changesets', changeset);
    for (const other of [agent, api.admin])
      expect((await other.post(`/approvals/${asked.id}`, { digest: asked.digest })).status).toBe(403);
    expect((await browser.post(`/approvals/${asked.id}`, { digest: 'f'.repeat(64) })).status).toBe(409);
    expect((await browser.post(`/approvals/${asked.id}`, { digest: asked.digest, grant: true })).status).toBe(400);
    expect((await browser.get(`/requests/${asked.id}`)).status).toBe(200);
    expect(await browser.post(`/approvals/${asked.id}`, { digest: asked.digest })).toMatchObject({
      status: 200,
      body: { state: 'approved' },
    });
  });

  test('denies with a reason', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const { body: asked } = await (await api.agent('builder')).post('/changesets', changeset);
    const denial = { digest: asked.digest, verdict: 'deny', reason: { code: 'not_now', text: 'After the release.' } };
    expect(await (await api.browser('local')).post(`/approvals/${asked.id}`, denial)).toMatchObject({
      status: 200,
      body: { state: 'denied', end: { code: 'not_now', text: 'After the release.' } },
    });
  });
});

describe('the endpoints of GitHub', () => {
  test('are for whom they are for', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const agent = await api.agent('builder');
    const { body: asked } = await agent.post('/changesets', changeset);
    for (const verb of ['publish', 'look', 'repair'])
      expect((await agent.post(`/v1/requests/${asked.id}/${verb}`)).status).toBe(403);
    expect((await agent.get('/v1/github/status')).status).toBe(403);
    expect((await agent.post('/v1/github/checkpoints/1/revoke')).status).toBe(403);
    expect(await api.admin.post('/v1/github/checkpoints/x/revoke')).toMatchObject({ status: 400 });
    expect(await api.admin.get('/v1/github/status')).toMatchObject({ status: 200, body: { transport: 'local_fake' } });
    expect(await api.admin.post(`/v1/requests/${asked.id}/publish`)).toMatchObject({
      status: 200,
      body: { blockers: [{ code: 'approval_pending', retryable: true }] },
    });
    expect(await api.admin.post(`/v1/requests/${asked.id}/look`)).toMatchObject({
      status: 409,
      body: { code: 'not_unknown' },
    });
    expect((await api.admin.post('/v1/requests/r-000000/repair')).status).toBe(404);
  });

  test('carry a run through its gates, and refuse what does not fit', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const builder = await api.agent('builder');
    const tester = await api.agent('tester', { scopes: ['gate:verification'] });
    const asked = { workspace: world.cwd, repo: 'local/demo', head: 'gaia/a', base: 'main' };
    expect((await builder.post('/v1/github/runs', { ...asked, workspace: 'here' })).status).toBe(400);
    const { status, body: run } = await builder.post('/v1/github/runs', asked);
    expect([status, run.state, run.epoch]).toEqual([201, 'running', 0]);
    const at = `/v1/github/runs/${run.id}`;
    const verdict = { gate: 'verification', verdict: 'PASS', headSha: sha };
    const early = await tester.post(`${at}/gates`, { ...verdict, verdict: 'FAIL' });
    expect(early).toMatchObject({ status: 409, body: { code: 'run_state' } });
    world.writes('tests.xml', '<ok/>');
    const passed = { ...verdict, artifacts: [{ path: 'tests.xml', sha256: sha256('<ok/>') }] };
    expect(await tester.post(`${at}/gates`, verdict)).toMatchObject({ status: 400, body: { code: 'artifact_needed' } });
    expect((await builder.post(`${at}/verify`, { headSha: sha })).body).toMatchObject({
      state: 'verification',
      epoch: 1,
      gates: [{ verdict: 'PENDING' }, { verdict: 'PENDING' }],
    });
    expect(await builder.post(`${at}/gates`, verdict)).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    expect(await api.admin.post(`${at}/gates`, verdict)).toMatchObject({ body: { code: 'admin_cannot_judge' } });
    const artifacts = [{ path: 'tests.xml', sha256: 'b'.repeat(64) }];
    expect(await tester.post(`${at}/gates`, { ...verdict, artifacts })).toMatchObject({
      status: 400,
      body: { code: 'artifact_differs', faults: [{ field: 'artifacts[0]' }] },
    });
    expect((await tester.post(`${at}/gates`, passed)).body.state).toBe('internal_review');
    expect((await builder.post(`${at}/fail`, { reason: 'given up' })).body).toMatchObject({ state: 'failed' });
    expect((await builder.get('/v1/github/runs/g-000000')).status).toBe(404);
  });

  test('tell the status whether writes leave the machine, what opens the way, the budget, and what was lost', async () => {
    const writesOf = async (world: Omit<World, 'writes'>) =>
      (await anApi(world as World).admin.get('/v1/status')).body.operations;
    const transportOf = async (world: Omit<World, 'writes'>) => (await writesOf(world)).transport;
    expect(await transportOf(await aWorld())).toBe(
      "local_fake: a world of Gaia's own, nothing leaves this machine; 0 writes in the last hour, of 60",
    );

    const live = await aLiveWorld({ withoutCheckpoint: true, updaterEnabled: false });
    const { host } = live.app.github.transport;
    expect(await transportOf(live)).toBe(
      `live, at ${host}; the updater is not enabled; No CHECKPOINT_<n>.md lies in the data directory; 0 writes in the last hour, of 60`,
    );
    const open = await aLiveWorld({ policy: everything.replace('github:\n', 'github:\n  budgets: { perHour: 12 }\n') });
    await open.writes([{ ...issue, title: 'Another' }]);
    open.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    expect((await open.writes([issue], { seconds: 100 })).state).toBe('unknown');
    expect(await transportOf(open)).toMatch(
      /the updater is enabled; CHECKPOINT_1\.md is approved; 2 writes in the last hour, of 12; 1 write with an unknown outcome$/,
    );
    expect((await writesOf(open)).writeBudget).toEqual({ used: 2, of: 12 });
    open.clock.turn(3_600_000);
    expect((await writesOf(open)).writeBudget).toEqual({ used: 0, of: 12 });
  });
});
