import { describe, expect, test } from 'vitest';
import { readSeal } from '../../../src/core/audit/seal.ts';
import { anApi } from '../../support/api.ts';
import { aWorld } from '../../support/world.ts';

const problem = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
const open = async (of: Parameters<typeof aWorld>[0] = {}, over: Parameters<typeof anApi>[1] = {}) => {
  const world = await aWorld(of);
  return { world, api: anApi(world, over) };
};

describe('what only some may do', () => {
  const doors: Record<string, { method: 'get' | 'post'; may: string[] }> = {
    '/v1/status': { method: 'get', may: ['admin', 'approver', 'operator'] },
    '/v1/deliveries': { method: 'get', may: ['admin', 'approver', 'operator'] },
    '/v1/pause': { method: 'post', may: ['admin', 'operator'] },
    '/v1/resume': { method: 'post', may: ['admin', 'operator'] },
    '/v1/seal': { method: 'post', may: ['admin'] },
    '/v1/policy/reload': { method: 'post', may: ['admin'] },
    '/v1/keys': { method: 'get', may: ['admin'] },
    '/v1/sign-in-links': { method: 'post', may: ['admin'] },
  };

  test.each(Object.entries(doors))('%s is for those it is for', async (path, { method, may }) => {
    const { api } = await open({ approvers: ['111'], operators: ['999'] });
    const callers = {
      admin: api.admin,
      approver: await api.terminal('111'),
      operator: await api.browser('999'),
      agent: await api.agent('builder'),
    };
    const body = path === '/v1/sign-in-links' ? { person: '111' } : {};
    for (const [who, caller] of Object.entries(callers)) {
      const { status } = method === 'get' ? await caller.get(path) : await caller.post(path, body);
      expect([who, status < 300 ? 'may' : status]).toEqual([who, may.includes(who) ? 'may' : 403]);
    }
    expect((method === 'get' ? await api.nobody.get(path) : await api.nobody.post(path, body)).status).toBe(401);
  });
});

describe('operating over HTTP', () => {
  test('pauses and resumes, with the reason', async () => {
    const { api } = await open();
    expect((await api.admin.post('/v1/pause', { reason: 'Lunch.' })).body).toEqual({ paused: true, generation: 1 });
    expect((await api.admin.get('/v1/status')).body.paused).toMatchObject({ by: 'admin', reason: 'Lunch.' });
    expect((await api.admin.post('/v1/resume')).body).toEqual({ paused: false, generation: 1 });
    expect((await api.admin.post('/v1/pause', { reason: 1 })).body.faults[0].field).toBe('reason');
    expect((await api.admin.post('/v1/resume', { force: true })).body.faults[0].field).toBe('force');
  });

  test('seals, with a line that holds; null while nothing was logged', async () => {
    const { world, api } = await open();
    expect((await api.admin.post('/v1/seal')).body).toEqual({ seal: null, seq: null });
    await (await world.agent('builder')).asks('1?');
    const { seal, seq } = (await api.admin.post('/v1/seal')).body;
    expect(readSeal(seal)).toMatchObject({ seq, generation: 1 });
  });

  test('reads the policy file again; one with faults is refused by line and changes nothing', async () => {
    let file = 'version: 1\nbind: ["Makefile"]\n';
    const { world, api } = await open({}, { readPolicyFile: async () => file });
    const reloaded = await api.admin.post('/v1/policy/reload');
    expect(reloaded.body.digest).toBe(world.app.inForce.digest);
    file = 'version: 2\n';
    const { status, body } = await api.admin.post('/v1/policy/reload');
    expect([status, body.code, body.faults[0].field]).toEqual([
      400,
      'policy_invalid',
      expect.stringMatching(/^line 1:/),
    ]);
    expect(world.app.inForce.policy.bind).toEqual(['Makefile']);
  });

  test('explains thirty times a minute to one key, and still to another', async () => {
    const world = await aWorld();
    const api = anApi(world);
    const [one, two] = [await api.agent('one'), await api.agent('two')];
    const asked = { kind: 'question', question: { text: '1?' } };
    for (let n = 0; n < 30; n++) expect((await one.post('/v1/policy/explain', asked)).status).toBe(200);
    expect((await one.post('/v1/policy/explain', asked)).status).toBe(429);
    expect((await two.post('/v1/policy/explain', asked)).status).toBe(200);
  });

  test('explains what the policy would say, and stores nothing', async () => {
    const { world, api } = await open();
    const { body } = await (await api.agent('builder')).post('/v1/policy/explain', {
      kind: 'command',
      command: { argv: ['sh', '-c', 'x'], cwd: world.cwd },
    });
    expect(body).toMatchObject({ verdict: 'ask', sentence: expect.stringMatching(/^Tier high/) });
    expect((await api.admin.get('/v1/requests')).body.requests).toEqual([]);
  });

  test('lists what is owed to people, by state', async () => {
    const { world, api } = await open();
    await (await world.agent('builder')).asks('1?');
    expect((await api.admin.get('/v1/deliveries?state=queued')).body.deliveries).toHaveLength(1);
    expect((await api.admin.get('/v1/deliveries?state=dead')).body.deliveries).toEqual([]);
    expect(problem(await api.admin.get('/v1/deliveries?state=lost'))).toEqual([400, 'invalid_input']);
  });
});
