import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { CallToolResult, Progress } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { comment } from '../../src/actions/comments.ts';
import { person } from '../../src/core/access/actor.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { close, httpRoutes, listen } from '../../src/http/server.ts';
import { findRequest } from '../../src/store/requests.ts';
import { anApi } from '../support/api.ts';
import { aWorld } from '../support/world.ts';

/** The SDK's own client, speaking over standard input and output to `gaia mcp`, which speaks to a whole Gaia. */
async function anAgent({ url, seconds = 20 }: { url?: string; seconds?: number } = {}) {
  const world = await aWorld({ approvers: ['111'] });
  const api = anApi(world);
  const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
  serve(httpRoutes(api.door, port));
  onTestFinished(() => close(server, 0));
  const { secret } = await api.agent('builder');
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ['dist/cli/main.js', 'mcp'],
    env: {
      PATH: process.env.PATH ?? '',
      GAIA_URL: url ?? `http://127.0.0.1:${port}`,
      GAIA_API_KEY: secret,
      GAIA_HOME: '/nowhere',
    },
    stderr: 'pipe',
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const progress: Progress[] = [];
  const call = async (name: string, input: object = {}, signal?: AbortSignal) => {
    const result = (await client.callTool({ name, arguments: { ...input } }, undefined, {
      onprogress: (each) => progress.push(each),
      timeout: seconds * 1000,
      ...(signal && { signal }),
    })) as CallToolResult;
    const [content] = result.content;
    return {
      isError: result.isError ?? false,
      text: content?.type === 'text' ? content.text : '',
      // biome-ignore lint/suspicious/noExplicitAny: what a test reads of it is what it checks
      output: result.structuredContent as any,
    };
  };
  return {
    world,
    client,
    progress,
    call,
    asks: (more: object = {}) => call('request_command', { argv: ['ls'], cwd: world.cwd, reason: 'to look', ...more }),
    stored: async (id: string): Promise<Request> => (await findRequest(world.db.read, id)) as Request,
    /** the first progress after what was called */
    untilProgress: async () => {
      while (progress.length === 0) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const issue = { op: 'issue.create', ref: 'a', title: 'The build is slow', body: 'It takes 20 minutes.' };

describe('the MCP server', () => {
  test('lists its tools and resources; no tool decides', async () => {
    const { client } = await anAgent();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual([
      'answer_comment',
      'ask_human',
      'get_request',
      'list_requests',
      'propose_changeset',
      'request_command',
      'wait_for_decision',
      'withdraw_request',
    ]);
    for (const { inputSchema, outputSchema } of tools) {
      expect(inputSchema.additionalProperties).toBe(false);
      expect(outputSchema?.properties).toBeDefined();
    }
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri).sort()).toEqual(['gaia://policy', 'gaia://requests/open']);
  });

  test('asks, waits with progress, and gets the denial’s reason', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    expect(output).toMatchObject({ state: 'pending', summary: 'ls', ended: false });
    const waiting = agent.call('wait_for_decision', { id: output.id, seconds: 60 });
    await agent.untilProgress();
    expect(agent.progress[0]).toMatchObject({ total: 60, message: expect.stringContaining(`${output.id} is pending`) });
    await agent.world.person('111').denies(await agent.stored(output.id), 'wrong_target', 'not this directory');
    const denied = await waiting;
    expect(denied.output).toMatchObject({
      state: 'denied',
      ended: true,
      denial: { code: 'wrong_target', text: 'not this directory' },
    });
    expect(denied.text).toContain('not this directory');

    const again = await agent.asks({ argv: ['ls', '-l'], supersedes: output.id });
    expect(await agent.stored(again.output.id)).toMatchObject({ supersedes: output.id });
  });

  test('proposes a changeset, waits, and gets how each operation came out, with links', async () => {
    const agent = await anAgent();
    const asked = await agent.call('propose_changeset', {
      changeset: {
        repo: 'local/demo',
        operations: [issue, { op: 'issue.comment.create', number: '$a', body: 'Now.' }],
      },
      reason: 'it is slow',
    });
    expect(asked.output).toMatchObject({
      kind: 'changeset',
      state: 'pending',
      summary: 'issue.create, issue.comment.create in local/demo',
      operations: null,
    });
    const waiting = agent.call('wait_for_decision', { id: asked.output.id, seconds: 60 });
    await agent.untilProgress();
    await agent.world.person('111').approves(await agent.stored(asked.output.id));
    for (let second = 0; second < 5; second++) {
      await agent.world.tick();
      agent.world.clock.turn(1_000);
    }
    const { output, text } = await waiting;
    expect(output).toMatchObject({ state: 'executed', ended: true, blockers: [] });
    expect(output.operations).toMatchObject([
      { index: 0, outcome: 'done', number: 1, url: 'local://github/local/demo/issues/1' },
      { index: 1, outcome: 'done', url: expect.stringContaining('local://github/local/demo/issues/1#') },
    ]);
    expect(text).toContain('operations[0] issue.create, a new issue: done local://github/local/demo/issues/1');
  });

  test('hears which operation of a changeset is in the way, and what to do', async () => {
    const agent = await anAgent();
    const { output, text } = await agent.call('propose_changeset', {
      changeset: { repo: 'local/demo', operations: [issue, { ...issue, ref: 'b', title: 'Other', body: 'Fixes #1' }] },
    });
    expect(output).toMatchObject({
      state: 'blocked',
      blockers: [{ code: 'closing_keyword', operation: { index: 1, op: 'issue.create' } }],
    });
    expect(text).toContain('operations[1] (issue.create): ');
  });

  test('refuses a malformed changeset, naming what and where, and asks nobody', async () => {
    const agent = await anAgent();
    const faults: [changeset: object, what: string, where: string][] = [
      [{ repo: 'local/demo', operations: [issue, { op: 'pr.merge', number: 1 }] }, 'never merges', 'operations[1].op'],
      [{ repo: 'local/demo', operations: [issue, { ...issue, ref: 'b', state: 'closed' }] }, 'state', 'operations[1]'],
      [{ repo: 'local/demo', operations: [issue], force: true }, 'force', 'changeset'],
      [
        { repo: 'local/demo', operations: [{ op: 'issue.comment.create', number: '$x', body: 'y' }] },
        '$x',
        'operations[0].number',
      ],
      [{ operations: [issue] }, 'project must be given', 'repo'],
    ];
    for (const [changeset, what, where] of faults) {
      const refused = await agent.call('propose_changeset', { changeset });
      expect(refused.isError).toBe(true);
      expect(refused.text).toContain(what);
      expect(refused.text).toContain(where);
    }
    expect((await agent.call('list_requests')).output.requests).toEqual([]);
  });

  test('gets the answer of a person', async () => {
    const agent = await anAgent();
    const { output } = await agent.call('ask_human', { question: 'Release?', choices: ['yes', 'no'] });
    await agent.world.person('111').answers(await agent.stored(output.id), 'no');
    expect((await agent.call('wait_for_decision', { id: output.id })).output).toMatchObject({
      state: 'answered',
      answer: 'no',
    });
  });

  test('hears a person’s question while it waits, answers it, and waits on', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    const waiting = agent.call('wait_for_decision', { id: output.id, seconds: 60 });
    await agent.untilProgress();
    await comment(agent.world.app, output.id, 'Why now?', agent.world.by(person('111')));
    expect((await waiting).output).toMatchObject({
      state: 'pending',
      question: { text: 'Why now?', author: 'person:111' },
    });
    const answered = await agent.call('answer_comment', { id: output.id, text: 'The disk is full.' });
    expect(answered.output.question).toBeNull();
    expect((await agent.call('wait_for_decision', { id: output.id, seconds: 1 })).output.state).toBe('pending');
  });

  test('says so when nobody decided within the time given, and when the request ran out first', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    expect((await agent.call('wait_for_decision', { id: output.id, seconds: 1 })).output).toMatchObject({
      state: 'pending',
    });
    const waiting = agent.call('wait_for_decision', { id: output.id, seconds: 300 });
    agent.world.clock.turn(31 * 60_000);
    await agent.world.tick();
    expect((await waiting).output).toMatchObject({ state: 'expired', ended: true, denial: null });
  });

  test('looks at, lists and withdraws its own requests', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    expect((await agent.call('get_request', { id: output.id })).output).toMatchObject({ id: output.id });
    expect((await agent.call('list_requests', { state: 'pending' })).output.requests).toMatchObject([
      { id: output.id },
    ]);
    expect((await agent.call('withdraw_request', { id: output.id })).output).toMatchObject({ state: 'withdrawn' });
    const foreign = await (await agent.world.agent('other')).asks('Mine?');
    expect(await agent.call('get_request', { id: foreign.id })).toMatchObject({
      isError: true,
      text: expect.stringContaining('no request'),
    });
  });

  test('reads the policy and what is open', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    const read = async (uri: string) => {
      const [found] = (await agent.client.readResource({ uri })).contents;
      return JSON.parse(found && 'text' in found ? found.text : '');
    };
    expect(await read('gaia://policy')).toMatchObject({
      caps: { open: 20, perMinute: 30 },
      rules: [],
      tiers: { normal: { approvals: 1 } },
    });
    expect(await read('gaia://requests/open')).toMatchObject({ requests: [{ id: output.id }] });
  });

  test.each([
    ['request_command', { argv: ['ls'], cwd: '/', shell: true }],
    ['request_command', { argv: [], cwd: '/' }],
    ['request_command', { argv: 'ls', cwd: '/' }],
    ['ask_human', { question: 'x', choices: ['only one'] }],
    ['wait_for_decision', { id: 'r-7F3K2Q', seconds: 3_000 }],
    ['get_request', { id: '../keys' }],
    ['get_request', {}],
    ['answer_comment', { id: 'r-7F3K2Q', text: 'x', verdict: 'approve' }],
    ['decide', { id: 'r-7F3K2Q' }],
  ])('refuses %s %j, and asks nobody', async (name, input) => {
    const agent = await anAgent();
    const refused = await agent.call(name, input).catch((error: Error) => ({ isError: true, text: error.message }));
    expect(refused.isError).toBe(true);
    expect(refused.text).not.toBe('');
    expect((await agent.call('list_requests')).output.requests).toEqual([]);
  });

  test('says what is wrong, and what to do, when Gaia is not reachable', async () => {
    const agent = await anAgent({ url: 'http://127.0.0.1:9' });
    const refused = await agent.asks();
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('GAIA_URL') });
    expect(await agent.call('wait_for_decision', { id: 'r-7F3K2Q' })).toMatchObject({ isError: true });
  });

  test('takes back what was asked for when its client cancels the asking', async () => {
    const agent = await anAgent();
    const stop = new AbortController();
    const asking = agent.call('request_command', { argv: ['ls'], cwd: agent.world.cwd, waitSeconds: 300 }, stop.signal);
    await agent.untilProgress();
    stop.abort('no longer');
    await expect(asking).rejects.toThrow();
    await expect
      .poll(async () => (await agent.call('list_requests')).output.requests)
      .toMatchObject([{ state: 'withdrawn' }]);
  });

  test('does not take back what it joined', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    const stop = new AbortController();
    const joining = agent.call(
      'request_command',
      { argv: ['ls'], cwd: agent.world.cwd, reason: 'to look', waitSeconds: 300 },
      stop.signal,
    );
    await agent.untilProgress();
    stop.abort('no longer');
    await expect(joining).rejects.toThrow();
    const { output: later } = await agent.asks({ argv: ['ls', '-l'] }); // the server has heard of the cancelling
    expect(later.state).toBe('pending');
    expect((await agent.call('get_request', { id: output.id })).output.state).toBe('pending');
  });

  test('shows what is open, however much came after it', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    const builder = await agent.world.agent('builder');
    for (let n = 0; n < 101; n++) {
      await builder.withdraws(await builder.asks(`${n}?`));
      agent.world.clock.turn(5_000);
    }
    const [found] = (await agent.client.readResource({ uri: 'gaia://requests/open' })).contents;
    expect(JSON.parse(found && 'text' in found ? found.text : '').requests).toMatchObject([{ id: output.id }]);
  });

  test('ends a wait that its client gave up; the request stands', async () => {
    const agent = await anAgent();
    const { output } = await agent.asks();
    const stop = new AbortController();
    const waiting = agent.call('wait_for_decision', { id: output.id, seconds: 300 }, stop.signal);
    await agent.untilProgress();
    stop.abort('no longer');
    await expect(waiting).rejects.toThrow();
    expect((await agent.call('get_request', { id: output.id })).output.state).toBe('pending');
  });
});
