import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { lastWordSeconds, usualHookSeconds } from '../../../src/cli/commands/hook.ts';
import type { RequestAnswer } from '../../../src/core/wire/answers.ts';
import { aFakeGaia, aProblem, aRequestAnswer, type Reply } from '../a-fake-gaia.ts';
import { gaia, type Seat } from '../a-terminal.ts';

const key = `gaia_abcdefgh_${'k'.repeat(43)}`;
const route = '/v1/requests/r-7F3K2Q';
/** as Claude Code documents it */
const payload = {
  session_id: 'abc123',
  transcript_path: '/home/dev/.claude/projects/app/abc123.jsonl',
  cwd: '/srv/app',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'npm test', description: 'Run the tests', timeout: 120_000 },
  tool_use_id: 'toolu_01ABC123',
};
const client = { mode: 'client' as const };
const submitted = (of: Partial<RequestAnswer> = {}) => ({
  ...aRequestAnswer({ ...client, ...of }),
  joined: false,
  repeated: false,
});
const waited = (of: Partial<RequestAnswer>) => ({ ...aRequestAnswer({ ...client, ...of }), timedOut: false });
const vote = (verdict: 'approve' | 'deny') => ({
  ...{ person: 'grace', verdict, reason: null, answer: null, at: 0, source: 'telegram' },
});

async function hook(
  agent: string,
  replies: Record<string, Reply[]>,
  of: object = {},
  more: { args?: string[]; seat?: Seat } = {},
) {
  const server = await aFakeGaia(replies);
  const env = { GAIA_URL: server.url, GAIA_API_KEY: key };
  const stdin = JSON.stringify({ ...payload, ...of });
  const run = await gaia(['hook', agent, ...(more.args ?? [])], { env, stdin, ...more.seat });
  return { ...run, answer: run.stdout === '' ? undefined : JSON.parse(run.stdout), heard: server.heard };
}
const decision = (permissionDecision: 'allow' | 'deny', reason: string) => ({
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision,
    permissionDecisionReason: expect.stringContaining(reason),
  },
});

describe('the hook of Claude Code', () => {
  test('allows what was approved, once its permit is taken', async () => {
    const { answer, exit, heard } = await hook('claude-code', {
      'POST /v1/requests': [[201, submitted()]],
      [`GET ${route}/wait`]: [[200, waited({ state: 'approved', votes: [vote('approve')] })]],
      [`POST ${route}/permit`]: [[200, aRequestAnswer({ state: 'released' })]],
    });
    expect(answer).toEqual(decision('allow', 'Approved by grace (r-7F3K2Q)'));
    expect(exit).toBe(0);
    expect(heard.map(({ path }) => path.replace(/\?.*/, ''))).toEqual([
      '/v1/requests',
      `${route}/wait`,
      `${route}/permit`,
    ]);
    expect(heard[0]?.body).toMatchObject({ command: { argv: ['npm', 'test'], cwd: '/srv/app', mode: 'client' } });
  });

  test('denies with the person’s reason', async () => {
    const { answer, exit } = await hook('claude-code', {
      'POST /v1/requests': [[201, submitted()]],
      [`GET ${route}/wait`]: [
        [
          200,
          waited({
            state: 'denied',
            ended: true,
            votes: [vote('deny')],
            end: { code: 'wrong_target', text: 'use staging' },
          }),
        ],
      ],
    });
    expect(answer).toEqual(decision('deny', 'Wrong target: use staging'));
    expect(exit).toBe(0);
  });

  test('denies when nobody decided in time, takes the request back, and does not call it a denial', async () => {
    const { answer, heard } = await hook(
      'claude-code',
      {
        'POST /v1/requests': [[201, submitted()]],
        [`GET ${route}`]: [[200, aRequestAnswer()]],
        [`POST ${route}/withdraw`]: [[200, aRequestAnswer({ state: 'withdrawn' })]],
      },
      {},
      { args: ['--seconds', '0'] },
    );
    expect(answer).toEqual(decision('deny', 'It was not denied'));
    expect(heard.at(-1)?.path).toBe(`${route}/withdraw`);
  });

  test.each([
    ['joined', { joined: true }, {}],
    ['others joined', {}, { joins: 1 }],
  ])('never takes back a request that it shares: %s', async (_, asked, later) => {
    const { answer, heard } = await hook(
      'claude-code',
      {
        'POST /v1/requests': [[201, { ...submitted(), ...asked }]],
        [`GET ${route}`]: [[200, aRequestAnswer(later)]],
        [`POST ${route}/withdraw`]: [[200, aRequestAnswer({ state: 'withdrawn' })]],
      },
      {},
      { args: ['--seconds', '0'] },
    );
    expect(answer).toEqual(decision('deny', 'stays for the others'));
    expect(heard.some(({ path }) => path.endsWith('/withdraw'))).toBe(false);
  });

  test('denies the second of two equal questions: one answer allows one call', async () => {
    const { answer, heard } = await hook(
      'claude-code',
      { 'POST /v1/requests': [[200, { ...submitted({ kind: 'question' }), joined: true }]] },
      { tool_name: 'Write', tool_input: { file_path: '/srv/app/a.ts', content: 'x' } },
    );
    expect(answer).toEqual(decision('deny', 'allows that one alone'));
    expect(heard).toHaveLength(1);
  });

  test('has the last word in time, however long Gaia takes', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    let reached: () => void = () => undefined;
    const hangs = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const running = hook(
      'claude-code',
      { 'POST /v1/requests': [[201, submitted()]], [`GET ${route}/wait`]: [() => reached()] },
      {},
      { args: ['--seconds', '30'] },
    );
    await hangs;
    await vi.advanceTimersByTimeAsync((30 + lastWordSeconds) * 1000);
    const { answer, exit } = await running;
    expect(answer).toEqual(decision('deny', 'no answer 10 s after the 30 s'));
    expect(exit).toBe(0);
  });

  test('blocks when its input does not come', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const running = gaia(['hook', 'claude-code', '--seconds', '5'], { readAll: () => new Promise(() => undefined) });
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    await vi.waitFor(() => vi.getTimerCount() > 0);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await running).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('nothing is allowed') });
  });

  test('denies what expired, was blocked, went stale or was withdrawn', async () => {
    for (const state of ['expired', 'blocked', 'stale', 'withdrawn', 'unknown', 'executed'] as const) {
      const { answer } = await hook('claude-code', {
        'POST /v1/requests': [[201, submitted()]],
        [`GET ${route}/wait`]: [[200, waited({ state, ended: state !== 'unknown' })]],
      });
      expect(answer, state).toEqual(decision('deny', 'r-7F3K2Q'));
    }
  });

  test('denies, and quickly, when Gaia cannot be reached', async () => {
    const begun = performance.now();
    const run = await gaia(['hook', 'claude-code'], {
      env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: key },
      stdin: JSON.stringify(payload),
    });
    expect(JSON.parse(run.stdout)).toEqual(decision('deny', 'cannot be reached'));
    expect(run.exit).toBe(0);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  test('denies without a key, and when Gaia refuses', async () => {
    const run = await gaia(['hook', 'claude-code'], { stdin: JSON.stringify(payload) });
    expect(JSON.parse(run.stdout)).toEqual(decision('deny', 'nothing is allowed'));
    const { answer } = await hook('claude-code', { 'POST /v1/requests': [[429, aProblem(429, 'open_cap')]] });
    expect(answer).toEqual(decision('deny', 'It is open_cap.'));
  });

  test('denies when the answer to the permit is lost: whoever gets none does not run', async () => {
    const { answer } = await hook('claude-code', {
      'POST /v1/requests': [[201, submitted({ state: 'approved' })]],
      [`POST ${route}/permit`]: ['drop'],
    });
    expect(answer).toEqual(decision('deny', 'cannot be reached'));
  });

  test('waits on while the permit cannot be taken yet', async () => {
    const { answer, heard } = await hook('claude-code', {
      'POST /v1/requests': [[201, submitted({ state: 'approved' })]],
      [`POST ${route}/permit`]: [
        [409, aProblem(409, 'not_yet')],
        [200, aRequestAnswer({ state: 'released' })],
      ],
      [`GET ${route}/wait`]: [[200, waited({ state: 'approved' })]],
    });
    expect(answer).toEqual(decision('allow', 'r-7F3K2Q'));
    expect(heard.filter(({ path }) => path.endsWith('/permit'))).toHaveLength(2);
  });

  test('passes a person’s question on instead of waiting', async () => {
    const { answer } = await hook('claude-code', {
      'POST /v1/requests': [[201, submitted()]],
      [`GET ${route}/wait`]: [[200, waited({ comments: [{ id: 1, author: 'person:1', text: 'Why now?', at: 0 }] })]],
    });
    expect(answer).toEqual(decision('deny', '“Why now?”'));
    expect(answer.hookSpecificOutput.permissionDecisionReason).toContain('gaia comment r-7F3K2Q');
  });

  test('of a question passes on that it is asked for anew, since one answer is for one call', async () => {
    const comments = [{ id: 1, author: 'person:1', text: 'Why now?', at: 0 }];
    const { answer } = await hook(
      'claude-code',
      {
        'POST /v1/requests': [[201, submitted({ kind: 'question' })]],
        [`GET ${route}/wait`]: [[200, waited({ kind: 'question', comments })]],
      },
      { tool_name: 'Write' },
    );
    expect(answer).toEqual(decision('deny', 'gaia withdraw r-7F3K2Q) and make the same call again'));
  });

  test('asks for the shell string where Gaia does not find the program', async () => {
    const blockers = [{ code: 'executable_not_found', phase: 'submit' as const, message: 'm', remedy: 'r' }];
    const { heard } = await hook('claude-code', {
      'POST /v1/requests': [
        [201, submitted({ state: 'blocked', blockers })],
        [201, submitted({ state: 'approved' })],
      ],
      [`POST ${route}/permit`]: [[200, aRequestAnswer({ state: 'released' })]],
    });
    expect(heard[1]?.body).toMatchObject({
      command: { argv: ['/bin/bash', '--noprofile', '--norc', '-c', 'npm test'] },
    });
  });

  test.each([
    ['allow', 'allow'],
    ['do not allow', 'deny'],
  ] as const)('of another tool: the answer “%s” is %s', async (answered, verdict) => {
    const { answer, heard } = await hook(
      'claude-code',
      {
        'POST /v1/requests': [[201, submitted({ kind: 'question' })]],
        [`GET ${route}/wait`]: [[200, waited({ kind: 'question', state: 'answered', ended: true, answer: answered })]],
      },
      { tool_name: 'Write', tool_input: { file_path: '/srv/app/a.ts', content: 'x' } },
    );
    expect(answer).toEqual(decision(verdict, 'r-7F3K2Q'));
    expect(heard[0]?.body).toMatchObject({
      kind: 'question',
      question: { text: expect.stringContaining('"file_path"') },
    });
  });

  test('answers a permission request in its own form', async () => {
    const { answer } = await hook(
      'claude-code',
      { 'POST /v1/requests': [[201, submitted({ state: 'denied', ended: true })]] },
      { hook_event_name: 'PermissionRequest' },
    );
    expect(answer).toEqual({
      hookSpecificOutput: {
        hookEventName: 'PermissionRequest',
        decision: { behavior: 'deny', message: expect.stringContaining('Denied') },
      },
    });
  });

  test.each(['', '{', '[]', '{"hook_event_name":"Stop"}'])(
    'blocks by its exit code what is no tool call: %j',
    async (stdin) => {
      const run = await gaia(['hook', 'claude-code'], {
        env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: key },
        stdin,
      });
      expect(run).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('not allowed') });
    },
  );
});

test('a hook’s last word comes before the ten minutes of its agent, its own start included', () =>
  expect(usualHookSeconds + lastWordSeconds).toBeLessThanOrEqual(600 - 30));

describe('the hook of Codex', () => {
  test('says nothing where it allows, which Codex takes for yes', async () => {
    const run = await hook('codex', {
      'POST /v1/requests': [[201, submitted({ state: 'approved' })]],
      [`POST ${route}/permit`]: [[200, aRequestAnswer({ state: 'released' })]],
    });
    expect(run).toMatchObject({ exit: 0, stdout: '' });
  });
  test('denies in words', async () => {
    const { answer } = await hook('codex', {
      'POST /v1/requests': [[201, submitted({ state: 'denied', ended: true })]],
    });
    expect(answer).toEqual(decision('deny', 'Denied'));
  });
  test('allows a permission request in words', async () => {
    const { answer } = await hook(
      'codex',
      {
        'POST /v1/requests': [[201, submitted({ state: 'approved' })]],
        [`POST ${route}/permit`]: [[200, aRequestAnswer({ state: 'released' })]],
      },
      { hook_event_name: 'PermissionRequest' },
    );
    expect(answer).toEqual({
      hookSpecificOutput: { hookEventName: 'PermissionRequest', decision: { behavior: 'allow' } },
    });
  });
});
