import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aClient, at, refusal } from './a-client.ts';
import type { How } from './faults.ts';

const on = { ...at, issue_number: 1 };
const comments = '/repos/{owner}/{repo}/issues/{issue_number}/comments';

async function anIssue(options: Parameters<typeof aClient>[0] = {}) {
  const world = await aClient(options);
  const issue = world.app.addIssue({ title: 'a' });
  const say = (body = 'Done', signal?: AbortSignal) =>
    world.client.issues.createComment({ ...on, body, ...(signal ? { request: { signal } } : {}) });
  const said = () => issue.comments.map(({ body }) => body);
  const fails = (how: How) => world.github.fails({ method: 'POST', path: comments, how });
  return { ...world, issue, say, said, fails };
}

describe('a fault', () => {
  test.each<[How, number]>([
    ['reset_before', 0],
    ['reset_after', 1],
    [{ status: 500 }, 0],
    [{ status: 502, after: true }, 1],
    [{ status: 503, retryAfter: 30 }, 0],
    [{ limit: 'secondary', retryAfter: 60 }, 0],
    [{ limit: 'secondary', status: 429, retryAfter: 7 }, 0],
    [{ limit: 'primary', retryAfter: 900 }, 0],
  ])('%j is seen by the client, and leaves %i comments behind', async (how, left) => {
    const { github, say, said, fails } = await anIssue();
    const fault = fails(how);
    await refusal(say());
    expect(said()).toHaveLength(left);
    expect(github.created()).toEqual(left === 0 ? {} : { issue_comment: 1 });
    await say('again');
    expect(fault.hits).toBe(1);
    expect(github.requests({ method: 'POST' }).map(({ outcome }) => outcome.kind)).toEqual([
      how === 'reset_before' ? 'dropped' : left === 0 ? 'refused' : 'reply_lost',
      'answered',
    ]);
  });

  test('says when to come back', async () => {
    const { github, say, fails } = await anIssue();
    fails({ limit: 'secondary', retryAfter: 60 });
    expect(await refusal(say())).toMatchObject({ status: 403, response: { headers: { 'retry-after': '60' } } });
    fails({ limit: 'secondary', status: 429, retryAfter: 7 });
    expect(await refusal(say())).toMatchObject({ status: 429, response: { headers: { 'retry-after': '7' } } });
    fails({ limit: 'primary', retryAfter: 900 });
    expect((await refusal(say())).response.headers).toMatchObject({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(github.clock.now() / 1_000 + 900),
    });
  });

  test.each<[How, unknown]>([
    ['cut_body', expect.any(String)],
    ['garbled_body', expect.stringMatching(/^\{"id":/)],
    [{ alter: () => ({ message: 'fine' }) }, { message: 'fine' }],
  ])('%j is a success to the client whose content is something else', async (how, content) => {
    const { say, said, fails } = await anIssue();
    fails(how);
    const answer = await say();
    expect([answer.status, answer.data]).toEqual([201, content]);
    expect(said()).toEqual(['Done']);
  });

  test('hangs before anything is done, and does it when the client has long gone', async () => {
    const { github, say, said, fails } = await anIssue();
    const fault = fails('hang_before');
    const leaving = new AbortController();
    const gone = expect(say('late', leaving.signal)).rejects.toThrow();
    await github.until(() => fault.hits === 1);
    leaving.abort();
    await gone;
    expect(said()).toEqual([]);
    fault.end();
    await github.until(() => github.created().issue_comment === 1);
    expect(said()).toEqual(['late']);
  });

  test('hangs after everything was done', async () => {
    const { github, say, said, fails } = await anIssue();
    const fault = fails('hang_after');
    const answer = say();
    await github.until(() => github.created().issue_comment === 1);
    expect(said()).toEqual(['Done']);
    fault.end();
    expect((await answer).status).toBe(201);
  });

  test('that still hangs when the double closes is never done', async () => {
    const { github, say, said, fails } = await anIssue();
    const fault = fails('hang_before');
    const gone = refusal(say());
    await github.until(() => fault.hits === 1);
    await github.close();
    await gone;
    expect(said()).toEqual([]);
  });

  test('leads to another host, with the token if one lets it', async () => {
    const { say, fails } = await anIssue();
    const elsewhere = createServer((request, response) => {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ method: request.method }));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, 'listening');
    const redirect = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    fails({ redirect });
    expect((await say()).data).toEqual({ method: 'POST' });
  });

  test('shows a list as it was before what the API wrote', async () => {
    const { github, client, issue, say } = await anIssue();
    issue.comment('by a person', 'grace');
    await say();
    const fault = github.fails({ method: 'GET', path: comments, times: 2, how: 'stale_list' });
    const bodies = async () => (await client.issues.listComments(on)).data.map(({ body }) => body);
    expect([await bodies(), await bodies()]).toEqual([['by a person'], ['by a person']]);
    expect(await bodies()).toEqual(['by a person', 'Done']);
    expect(fault.hits).toBe(2);
  });

  test('meets only the method, the path, the body and the request it is for', async () => {
    const { github, say, said } = await anIssue();
    github.fails({ method: 'PATCH', how: 'reset_before' });
    github.fails({ path: '/repos/octo/other/issues/1/comments', how: 'reset_before' });
    const isNotSpared = (body: unknown) => (body as { body: string }).body !== 'spared';
    github.fails({ path: /comments$/, when: isNotSpared, nth: 2, times: 2, how: { status: 500 } });
    await say('first');
    await say('spared');
    await refusal(say('second'));
    await refusal(say('third'));
    await say('fourth');
    expect(said()).toEqual(['first', 'spared', 'fourth']);
  });
});

describe('an outage', () => {
  test('refuses connections, and loses nothing', async () => {
    const { github, say, said } = await anIssue();
    await say('before');
    await github.breakDown();
    await refusal(say('during'));
    await github.recover();
    await say('after');
    expect(said()).toEqual(['before', 'after']);
  });
});

describe('a limit', () => {
  test('of an hour is kept for each token, and ends with the hour', async () => {
    const { github, say } = await anIssue({ limits: { perHour: 2 } });
    await say();
    github.clock.turn(59 * 60_000);
    await say();
    const { status, response } = await refusal(say());
    expect([status, response.headers['x-ratelimit-remaining']]).toEqual([403, '0']);
    expect(response.headers['retry-after']).toBeUndefined();
    github.clock.turn(60_000);
    await say();
    expect(github.created()).toEqual({ issue_comment: 3 });
  });

  test('of a minute meets who writes too much, with its own kind of refusal', async () => {
    const { github, say } = await anIssue({ limits: { contentPerMinute: 2 } });
    await say();
    await say();
    expect(await refusal(say())).toMatchObject({ status: 403, response: { headers: { 'retry-after': '60' } } });
    github.clock.turn(60_000);
    expect((await say()).status).toBe(201);
  });
});

describe('the journal', () => {
  test('knows what came, when, in whose name, and what it left', async () => {
    const { github, say } = await anIssue();
    github.clock.turn(1_000);
    const first = github.fails({ method: 'POST', how: 'hang_before' });
    const one = say('one');
    await github.until(() => first.hits === 1);
    await say('two');
    first.end();
    await one;
    expect(github.writes()).toMatchObject([
      {
        number: 1,
        at: Date.UTC(2026, 10, 21, 9, 0, 1),
        method: 'POST',
        path: '/repos/octo/app/issues/1/comments',
        template: comments,
        body: { body: 'one' },
        token: { account: { login: 'gaia-bot' } },
        writesInFlight: 0,
        outcome: { kind: 'answered', status: 201 },
        traces: [{ act: 'created', kind: 'issue_comment', repository: 'octo/app' }],
      },
      { number: 2, writesInFlight: 1 },
    ]);
  });
});
