import { describe, expect, test } from 'vitest';
import { anApi } from '../../support/api.ts';
import { engines } from '../../support/store.ts';
import { aWorld } from '../../support/world.ts';

const question = (text: string, more: object = {}) => ({ kind: 'question', question: { text }, ...more });
const open = async (of: Parameters<typeof aWorld>[0] = {}) => {
  const world = await aWorld(of);
  return { world, api: anApi(world) };
};
const problem = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];

describe.each(engines)('asking over HTTP on %s', (engine) => {
  test('answers 201 with the request, and 200 when it joined or repeats', async () => {
    const { world, api } = await open({ engine });
    const builder = await api.agent('builder', { owner: 'local' });
    const command = { kind: 'command', idempotencyKey: 'k', command: { argv: ['echo', 'hi'], cwd: world.cwd } };
    const first = await builder.post('/v1/requests', command);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({
      state: 'pending',
      askedBy: 'agent:builder',
      owner: 'local',
      joined: false,
      repeated: false,
    });
    expect(await builder.post('/v1/requests', command)).toMatchObject({
      status: 200,
      body: { id: first.body.id, repeated: true },
    });
    const { idempotencyKey: _, ...same } = command;
    expect(await builder.post('/v1/requests', same)).toMatchObject({
      status: 200,
      body: { id: first.body.id, joined: true },
    });
    expect(problem(await builder.post('/v1/requests', { ...command, title: 'x' }))).toEqual([
      409,
      'idempotency_key_reused',
    ]);
  });

  test('answers 201 for what is blocked, with why', async () => {
    const { world, api } = await open({ engine });
    const builder = await api.agent('builder');
    const { status, body } = await builder.post('/v1/requests', {
      kind: 'command',
      command: { argv: ['no-such'], cwd: world.cwd },
    });
    expect([status, body.state, body.ended, body.blockers[0].code]).toEqual([
      201,
      'blocked',
      true,
      'executable_not_found',
    ]);
  });

  test('answers 400 with every fault by its field, 403 without the scope, 429 over a cap', async () => {
    const { api } = await open({ engine, policy: 'version: 1\ncaps: { open: 1 }\n' });
    const builder = await api.agent('builder', { scopes: ['submit:question'] });
    const faulty = await builder.post('/v1/requests', question('', { state: 'approved', approvedBy: 'me' }));
    expect(problem(faulty)).toEqual([400, 'invalid_input']);
    expect(faulty.body.faults.map((fault: { field: string }) => fault.field)).toEqual([
      'question.text',
      'state',
      'approvedBy',
    ]);
    expect(
      problem(await builder.post('/v1/requests', { kind: 'command', command: { argv: ['echo'], cwd: '/' } })),
    ).toEqual([403, 'scope_missing']);
    await builder.post('/v1/requests', question('1?'));
    const capped = await builder.post('/v1/requests', question('2?'));
    expect(problem(capped)).toEqual([429, 'open_cap']);
    expect(capped.headers.get('retry-after')).toBe('60');
  });
});

describe('an agent over HTTP', () => {
  test('that waits hears what a person says from then on, and not what was said before', async () => {
    const { api } = await open();
    const builder = await api.agent('builder');
    const grace = await api.terminal('local');
    const { id } = (await builder.post('/v1/requests', question('1?'))).body;
    await grace.post(`/v1/requests/${id}/comments`, { text: 'before' });
    expect((await builder.get(`/v1/requests/${id}/wait?seconds=0`)).body).toMatchObject({ timedOut: true });
    let answered: { timedOut: boolean; comments: unknown[] } | undefined;
    const waiting = builder.get(`/v1/requests/${id}/wait?seconds=60`).then(({ body }) => {
      answered = body;
    });
    for (let n = 0; answered === undefined && n < 30; n++)
      await grace.post(`/v1/requests/${id}/comments`, { text: `${n}?` }); // until it has begun to wait
    await waiting;
    expect(answered).toMatchObject({ timedOut: false, state: 'pending' });
    expect(answered?.comments.length).toBeGreaterThan(1);
  });

  test('sees its own requests and no others: not by list, id, wait, again or withdrawal', async () => {
    const { api } = await open();
    const [one, two] = [await api.agent('one'), await api.agent('two')];
    const { id } = (await one.post('/v1/requests', question('1?'))).body;
    expect((await one.get('/v1/requests')).body.requests.map((each: { id: string }) => each.id)).toEqual([id]);
    expect((await two.get('/v1/requests')).body).toEqual({ requests: [], next: null });
    for (const path of [`/v1/requests/${id}`, `/v1/requests/${id}/wait?seconds=0`])
      expect(problem(await two.get(path))).toEqual([404, 'no_such_request']);
    for (const verb of ['withdraw', 'again'])
      expect(problem(await two.post(`/v1/requests/${id}/${verb}`))).toEqual([404, 'no_such_request']);
    expect((await one.get(`/v1/requests/${id}`)).body.state).toBe('pending');
  });

  test('cannot decide: neither with its key, nor the admin’s, nor as somebody it names', async () => {
    const { world, api } = await open();
    const builder = await api.agent('builder');
    const { id, digest } = (await builder.post('/v1/requests', question('1?'))).body;
    const verdict = { verdict: 'answer', answer: 'yes', digest };
    for (const caller of [builder, api.admin, await api.agent('local')])
      expect(problem(await caller.post(`/v1/requests/${id}/decisions`, verdict))).toEqual([
        403,
        'agents_cannot_decide',
      ]);
    expect(problem(await builder.post(`/v1/requests/${id}/decisions`, { ...verdict, personId: 'local' }))).toEqual([
      400,
      'invalid_input',
    ]);
    expect(problem(await api.nobody.post(`/v1/requests/${id}/decisions`, verdict))).toEqual([401, 'key_missing']);
    expect((await builder.get(`/v1/requests/${id}`)).body).toMatchObject({ state: 'pending', votes: [] });
    expect((await world.allEvents()).filter(({ action }) => action === 'decision.refused')).toHaveLength(3);
  });

  test('takes its request back, and asks again', async () => {
    const { api } = await open();
    const builder = await api.agent('builder');
    const { id } = (await builder.post('/v1/requests', question('1?'))).body;
    expect((await builder.post(`/v1/requests/${id}/withdraw`)).body).toMatchObject({ state: 'withdrawn', ended: true });
    expect(await builder.post(`/v1/requests/${id.toLowerCase()}/again`)).toMatchObject({
      status: 201,
      body: { supersedes: id },
    });
  });

  test.each(['0', '1', 'r-1', 'r-7F3K2U', '%00', '..%2F..', "r-7F3K2Q'--", 'R-ZZZZZZ'])(
    'finds nothing under the id %s',
    async (id) => {
      const { api } = await open();
      const builder = await api.agent('builder');
      await builder.post('/v1/requests', question('1?'));
      expect(problem(await builder.get(`/v1/requests/${id}`))).toEqual([404, 'no_such_request']);
    },
  );
});

describe('a person over HTTP', () => {
  test('decides from a terminal: 200 with the request, and again the same', async () => {
    const { world, api } = await open();
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    const grace = await api.terminal('local');
    const approval = { verdict: 'approve', digest: request.digest };
    expect(problem(await grace.post(`/v1/requests/${request.id}/decisions`, approval))).toEqual([409, 'not_shown']);
    await world.person('local').sees(request);
    const approved = await grace.post(`/v1/requests/${request.id}/decisions`, approval);
    expect(approved).toMatchObject({
      status: 200,
      body: { state: 'approved', repeated: false, votes: [{ person: 'local', source: 'cli' }] },
    });
    expect((await grace.post(`/v1/requests/${request.id}/decisions`, approval)).body.repeated).toBe(true);
  });

  test('is shown a request by what their terminal says it shows, and then approves', async () => {
    const { world, api } = await open({ approvers: ['local', '222'], operators: ['local', '333'] });
    const builder = await api.agent('builder');
    const request = await (await world.agent('other')).asksToRun(['echo']);
    const path = `/v1/requests/${request.id}/shown`;
    const shown = { digest: request.digest };
    for (const key of [builder, api.admin])
      expect(problem(await key.post(path, shown))).toEqual([403, 'agents_cannot_decide']);
    expect(problem(await (await api.terminal('333')).post(path, shown))).toEqual([403, 'not_an_approver']);
    const grace = await api.terminal('local');
    expect(problem(await grace.post(path, { digest: 'f'.repeat(64) }))).toEqual([409, 'digest_mismatch']);
    expect(problem(await grace.post(path, {}))).toEqual([400, 'invalid_input']);
    expect((await world.now(request)).shownAt).toBeNull();

    expect(await grace.post(path, shown)).toMatchObject({ status: 200, body: { shownAt: world.clock.now() } });
    expect((await (await api.terminal('222')).post(path, shown)).status).toBe(200);
    const told = (await world.allEvents()).filter(({ action }) => action === 'request.shown');
    expect(told).toMatchObject([{ actor: 'person:local', source: 'cli' }]);
    const approval = { verdict: 'approve', digest: request.digest };
    expect((await grace.post(`/v1/requests/${request.id}/decisions`, approval)).status).toBe(200);
  });

  test('is asked to confirm where the tier is high: 202 first, then 200', async () => {
    const { world, api } = await open({
      policy: 'version: 1\nrules:\n  - name: care\n    match: { kind: command }\n    tier: high\n',
    });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').sees(request);
    const grace = await api.browser('local');
    const approval = { verdict: 'approve', digest: request.digest };
    const first = await grace.post(`/v1/requests/${request.id}/decisions`, approval);
    expect(first).toMatchObject({ status: 202, body: { confirmBy: world.clock.now() + 60_000 } });
    expect((await world.now(request)).state).toBe('pending');
    expect(await grace.post(`/v1/requests/${request.id}/decisions`, { ...approval, confirm: true })).toMatchObject({
      status: 200,
      body: { state: 'approved' },
    });
  });

  test('who lost a race is told who won', async () => {
    const { world, api } = await open({ approvers: ['111', '222'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').denies(request);
    const late = await (await api.terminal('222')).post(`/v1/requests/${request.id}/decisions`, {
      verdict: 'approve',
      digest: request.digest,
    });
    expect(problem(late)).toEqual([409, 'already_settled']);
    expect(late.body.facts).toMatchObject({ state: 'denied', decidedBy: ['111'] });
  });

  test('cannot decide what they asked for over the same door', async () => {
    const { api } = await open();
    const grace = await api.terminal('local');
    const { id, digest, state } = (await grace.post('/v1/requests', question('1?'))).body;
    expect(state).toBe('blocked'); // nobody else could ever answer it
    expect(digest).not.toBeNull();
    expect((await grace.post(`/v1/requests/${id}/decisions`, { verdict: 'deny', digest })).status).toBe(403);
  });

  test.each<[object, string]>([
    [{ verdict: 'maybe', digest: 'd'.repeat(64) }, 'verdict'],
    [{ verdict: 'approve' }, 'digest'],
    [{ verdict: 'approve', digest: 'd'.repeat(12) }, 'digest'],
    [{ verdict: 'deny', digest: 'd'.repeat(64), reason: { code: 'because' } }, 'reason.code'],
    [{ verdict: 'approve', digest: 'd'.repeat(64), confirm: 'yes' }, 'confirm'],
  ])('is told what is wrong with %j', async (body, field) => {
    const { world, api } = await open();
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    const answer = await (await api.terminal('local')).post(`/v1/requests/${request.id}/decisions`, body);
    expect([answer.status, answer.body.faults[0].field]).toEqual([400, field]);
  });
});

describe('a list over HTTP', () => {
  test('goes on from page to page by its cursor', async () => {
    const { api } = await open();
    const builder = await api.agent('builder');
    for (const text of ['1?', '2?', '3?']) await builder.post('/v1/requests', question(text));
    const first = (await builder.get('/v1/requests?limit=2')).body;
    const second = (await builder.get(`/v1/requests?limit=2&cursor=${first.next}`)).body;
    expect([first.requests.length, second.requests.length, second.next]).toEqual([2, 1, null]);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=many', 'limit'],
    ['state=pendign', 'state'],
    ['cursor=0', 'cursor'],
    ['askedBy=agent:other', 'askedBy'],
    ['offset=3', 'offset'],
  ])('refuses ?%s by its name', async (query, field) => {
    const { api } = await open();
    const { status, body } = await (await api.agent('builder')).get(`/v1/requests?${query}`);
    expect([status, body.faults[0].field]).toEqual([400, field]);
  });
});

describe('waiting over HTTP', () => {
  const asked = async () => {
    const { world, api } = await open();
    const builder = await api.agent('builder');
    const { id } = (await builder.post('/v1/requests', question('1?'))).body;
    const request = (await world.now({ id } as never)) as Awaited<ReturnType<typeof world.now>>;
    return { world, api, builder, request };
  };

  test('answers at once where it has ended', async () => {
    const { world, builder, request } = await asked();
    await world.person('local').answers(request, 'yes');
    expect((await builder.get(`/v1/requests/${request.id}/wait?seconds=300`)).body).toMatchObject({
      timedOut: false,
      answer: 'yes',
    });
  });

  test('answers when it ends', async () => {
    const { world, builder, request } = await asked();
    const waiting = builder.get(`/v1/requests/${request.id}/wait?seconds=300`);
    await world.person('local').sees(request);
    await world.person('local').answers(request, 'yes');
    expect((await waiting).body).toMatchObject({ state: 'answered', timedOut: false });
  });

  test('answers that the time is over, when it is', async () => {
    const { builder, request } = await asked();
    expect((await builder.get(`/v1/requests/${request.id}/wait?seconds=0.02`)).body).toMatchObject({
      state: 'pending',
      timedOut: true,
    });
  });

  test.each(['0', '0.0000001'])('answers for %s seconds, which no timer has', async (seconds) => {
    const { api, builder, request } = await asked();
    expect((await builder.get(`/v1/requests/${request.id}/wait?seconds=${seconds}`)).body.timedOut).toBe(true);
    expect(api.reports).toEqual([]);
  });

  test('is open to fifty of one caller at once, and to others beside it', async () => {
    const { api, builder, request } = await asked();
    const path = `/v1/requests/${request.id}/wait?seconds=300`;
    const waiting = Array.from({ length: 50 }, () => builder.get(path));
    const other = await api.agent('other');
    expect(problem(await builder.get(path))).toEqual([429, 'too_many_waits']);
    expect((await other.get(path)).status).toBe(404);
    api.stop();
    for (const each of waiting) expect((await each).status).toBe(200);
    expect((await builder.get(path)).status).toBe(200);
  });

  test('answers when Gaia stops', async () => {
    const { api, builder, request } = await asked();
    const waiting = builder.get(`/v1/requests/${request.id}/wait?seconds=300`);
    api.stop();
    expect((await waiting).body).toMatchObject({ timedOut: true });
  });

  test('ends when its caller has gone', async () => {
    const { builder, request } = await asked();
    const gone = new AbortController();
    const waiting = builder.get(`/v1/requests/${request.id}/wait?seconds=300`, { signal: gone.signal });
    gone.abort();
    expect((await waiting).body).toMatchObject({ timedOut: true });
  });

  test.each(['-1', '301', 'long'])('is refused for %s seconds', async (seconds) => {
    const { builder, request } = await asked();
    expect((await builder.get(`/v1/requests/${request.id}/wait?seconds=${seconds}`)).body.faults[0].field).toBe(
      'seconds',
    );
  });
});
