import { describe, expect, test } from 'vitest';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';

const problem = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

/** An agent over HTTP, and a command of it in the mode asked for, approved. */
async function approved(mode: 'real' | 'client') {
  const world = await aWorld({ approvers: ['111'], operators: ['111'], executes: true });
  const api = anApi(world);
  const builder = await api.agent('builder');
  const { body } = await builder.post('/v1/requests', {
    kind: 'command',
    command: { argv: ['echo', 'hi'], cwd: world.cwd, mode },
  });
  const request = { id: body.id, digest: body.digest } as never;
  await world.person('111').approves(request);
  return { world, api, builder, id: body.id as string };
}

describe('a permit over HTTP', () => {
  test('is taken once, and what came of it is reported', async () => {
    const { api, builder, id } = await approved('client');
    expect(problem(await (await api.agent('other')).post(`/v1/requests/${id}/permit`, {}))).toEqual([
      404,
      'no_such_request',
    ]);
    expect(await builder.post(`/v1/requests/${id}/permit`, {})).toMatchObject({
      status: 200,
      body: { state: 'released' },
    });
    expect(problem(await builder.post(`/v1/requests/${id}/permit`, {}))).toEqual([409, 'permit_used']);
    const faulty = await builder.post(`/v1/requests/${id}/report`, { exitCode: 300, durationMs: 1, output: 'x' });
    expect(faulty.status).toBe(400);
    expect(faulty.body.faults.map(({ field }: { field: string }) => field)).toEqual(['exitCode', 'output']);
    expect(await builder.post(`/v1/requests/${id}/report`, { exitCode: 0, durationMs: 5 })).toMatchObject({
      status: 200,
      body: { outcome: { exitCode: 0, statedByAgent: true } },
    });
    expect(problem(await builder.post(`/v1/requests/${id}/report`, { exitCode: 1, durationMs: 5 }))).toEqual([
      409,
      'already_reported',
    ]);
  });
});

describe('a running command over HTTP', () => {
  test('shows its last output to its agent and to nobody else’s', async () => {
    const { world, api, builder, id } = await approved('real');
    expect((await builder.get(`/v1/requests/${id}/output`)).body).toEqual({
      running: false,
      stdout: { text: '', end: 0 },
      stderr: { text: '', end: 0 },
    });
    await world.tick();
    expect((await builder.get(`/v1/requests/${id}/output`)).body).toMatchObject({
      running: true,
      stdout: { text: 'so far\n', end: 7 },
    });
    expect(problem(await (await api.agent('other')).get(`/v1/requests/${id}/output`))).toEqual([
      404,
      'no_such_request',
    ]);
  });

  test('is stopped and resolved by operators, never by agents', async () => {
    const { world, api, builder, id } = await approved('real');
    await world.tick();
    expect(problem(await builder.post(`/v1/requests/${id}/stop`, {}))).toEqual([403, 'not_an_operator']);
    expect((await api.admin.post(`/v1/requests/${id}/stop`, {})).status).toBe(200);
    await world.tick();
    expect(world.executes.stops(id)).toBe(1);
    world.executes.losesItsSupervisor(id);
    await world.tick();
    const found = { verdict: 'failed', reason: 'it was cut off' };
    expect(problem(await builder.post(`/v1/requests/${id}/resolve`, found))).toEqual([403, 'not_an_operator']);
    expect((await api.admin.post(`/v1/requests/${id}/resolve`, { verdict: 'failed' })).status).toBe(400);
    expect((await api.admin.post(`/v1/requests/${id}/resolve`, found)).body).toMatchObject({
      state: 'failed',
      end: { code: 'resolved', text: 'it was cut off' },
    });
    expect(problem(await api.admin.post(`/v1/requests/${id}/resolve`, found))).toEqual([409, 'not_unknown']);
  });

  test('is not waited for any longer when its outcome is unknown', async () => {
    const { world, builder, id } = await approved('real');
    await world.tick();
    world.executes.losesItsSupervisor(id);
    await world.tick();
    expect((await builder.get(`/v1/requests/${id}/wait?seconds=60`)).body).toMatchObject({
      state: 'unknown',
      ended: false,
      timedOut: false,
    });
  });
});
