import { describe, expect, test } from 'vitest';
import type { RequestAnswer } from '../../../src/core/wire/answers.ts';
import { aFakeGaia, aProblem, aRequestAnswer, type Reply } from '../a-fake-gaia.ts';
import { gaia } from '../a-terminal.ts';
import { anOperatorsHome } from '../an-operators-home.ts';

const key = `gaia_abcdefgh_${'k'.repeat(43)}`;
const id = 'r-7F3K2Q';
const route = `/v1/requests/${id}`;
const real = (of: Partial<RequestAnswer> = {}) => aRequestAnswer({ mode: 'real', ...of });

async function anOperator(replies: Record<string, Reply[]>) {
  const server = await aFakeGaia(replies);
  const env = { GAIA_URL: server.url, ...anOperatorsHome(server.url) };
  return { ...server, call: (...argv: string[]) => gaia(argv, { env }) };
}

describe('gaia stop-command', () => {
  test('asks for the end of a running command', async () => {
    const { call, heard } = await anOperator({ [`POST ${route}/stop`]: [[200, real({ state: 'executing' })]] });
    const run = await call('stop-command', id);
    expect(run).toMatchObject({ exit: 0, stdout: expect.stringContaining('is told to end') });
    expect(heard.map(({ path }) => path)).toEqual([`${route}/stop`]);
  });

  test('says why it cannot', async () => {
    const { call } = await anOperator({ [`POST ${route}/stop`]: [[409, aProblem(409, 'not_running')]] });
    expect(await call('stop-command', id)).toMatchObject({
      exit: 7,
      stderr: 'It is not_running.\n→ Do the other thing.\n',
    });
  });
});

describe('gaia resolve', () => {
  test.each(['executed', 'failed'] as const)(
    'says that an unknown outcome is %s, and how one knows',
    async (verdict) => {
      const { call, heard } = await anOperator({ [`POST ${route}/resolve`]: [[200, real({ state: verdict })]] });
      const run = await call('resolve', id, verdict, '--reason', 'I looked.');
      expect(run).toMatchObject({ exit: 0, stdout: `Recorded. ${id} is ${verdict}.\n` });
      expect(heard[0]?.body).toEqual({ verdict, reason: 'I looked.' });
    },
  );

  test.each(['12', '#12'])('names what is there by its number (%s)', async (number) => {
    const { call, heard } = await anOperator({ [`POST ${route}/resolve`]: [[200, real({ state: 'executed' })]] });
    await call('resolve', id, 'executed', '--number', number, '--reason', 'I looked.');
    expect(heard[0]?.body).toEqual({ verdict: 'executed', reason: 'I looked.', number: 12 });
  });

  test.each(['twelve', '0', '1.5', '9999999999999999'])('refuses what is no number (%s)', async (number) => {
    const { call, heard } = await anOperator({});
    const run = await call('resolve', id, 'executed', '--number', number, '--reason', 'I looked.');
    expect([run.exit, heard]).toEqual([2, []]);
    expect(run.stderr).toContain(`${number} is no number.`);
  });

  test('refuses what is no verdict', async () => {
    const { call, heard } = await anOperator({});
    const run = await call('resolve', id, 'maybe', '--reason', 'so');
    expect([run.exit, heard]).toEqual([2, []]);
    expect(run.stderr).toContain('none of executed, failed and resend');
  });

  test('needs a reason', async () => {
    const { call, heard } = await anOperator({});
    expect([(await call('resolve', id, 'executed')).exit, heard]).toEqual([2, []]);
  });
});

describe('gaia pause', () => {
  test('ends running commands only where --kill says so', async () => {
    const { call, heard } = await anOperator({ 'POST /v1/pause': [[200, { paused: true, generation: 1 }]] });
    expect((await call('pause')).stdout).not.toContain('told to end');
    expect((await call('pause', '--kill', '--reason', 'fire')).stdout).toContain('Running commands are told to end.');
    expect(heard.map(({ body }) => body)).toEqual([{}, { reason: 'fire', kill: true }]);
  });
});

describe('waiting for a command that Gaia runs', () => {
  const live = (text: string): Reply => [
    200,
    { running: true, stdout: { text, end: text.length }, stderr: { text: 'warned\n', end: 7 } },
  ];
  const waited = (of: Partial<RequestAnswer>): Reply => [200, { ...real(of), timedOut: true }];
  const ended = (of: Partial<RequestAnswer>): Reply =>
    waited({
      state: 'executed',
      outcome: {
        ...{ dryRun: false, exitCode: 0, signal: null, truncated: false, durationMs: 1_200 },
        stdout: 'one\ntwo\n',
        stderr: 'warned\n',
      },
      ...of,
    });

  async function anAgent(replies: Record<string, Reply[]>) {
    const server = await aFakeGaia(replies);
    const env = { GAIA_URL: server.url, GAIA_API_KEY: key, GAIA_TIME_ZONE: 'UTC' };
    return { ...server, call: (...argv: string[]) => gaia(argv, { env }) };
  }
  const running = {
    'POST /v1/requests': [[201, { ...real(), joined: false, repeated: false }]] as Reply[],
    [`GET ${route}`]: [[200, real()]] as Reply[],
    [`GET ${route}/wait`]: [
      waited({ state: 'approved' }),
      waited({ state: 'executing' }),
      waited({ state: 'executing' }),
      ended({}),
    ],
    [`GET ${route}/output`]: [live('one\n'), live('one\ntw')],
  };

  test.each([
    ['request', 'command', '--wait', '--', 'echo'],
    ['wait', id],
  ])('shows what it writes as it comes, once (%s)', async (...argv) => {
    const { call } = await anAgent(running);
    const run = await call(...argv);
    expect(run.exit).toBe(0);
    expect(run.stdout).toMatch(/^one\ntwo\nr-7F3K2Q /);
    expect(run.stdout.match(/two/g)).toHaveLength(1);
    expect(run.stderr.match(/warned/g)).toHaveLength(1);
    expect(run.stdout).toContain('code 0 after 1 s');
  });

  test('shows the outcome whole where nothing was seen before the end', async () => {
    const { call } = await anAgent({ ...running, [`GET ${route}/wait`]: [ended({})] });
    const run = await call('wait', id);
    expect(run.stdout).toMatch(/output +one\n +two\nerrors +warned\n/);
  });

  test('gives programs nothing but the final JSON', async () => {
    const { call, heard } = await anAgent({ ...running, [`GET ${route}/wait`]: [ended({ state: 'failed' })] });
    const run = await call('wait', id, '--json');
    expect(run.exit).toBe(1);
    expect(JSON.parse(run.stdout).outcome.stdout).toBe('one\ntwo\n');
    expect(heard.filter(({ path }) => path.endsWith('/output'))).toEqual([]);
  });

  test('ends at an unknown outcome with 11', async () => {
    const { call } = await anAgent({ ...running, [`GET ${route}/wait`]: [waited({ state: 'unknown' })] });
    expect((await call('wait', id)).exit).toBe(11);
  });

  test('stops after the seconds given', async () => {
    const { call } = await anAgent({ ...running, [`GET ${route}/wait`]: [waited({ state: 'executing' })] });
    expect((await call('wait', id, '--seconds', '0')).exit).toBe(5);
  });
});

describe('a request that its agent runs itself', () => {
  test('is asked for with the word of who runs it', async () => {
    const answer = { ...aRequestAnswer({ mode: 'client' }), joined: false, repeated: false };
    const { url, heard } = await aFakeGaia({ 'POST /v1/requests': [[201, answer]] });
    const run = await gaia(['request', 'command', '--mode', 'client', '--', 'echo'], {
      env: { GAIA_URL: url, GAIA_API_KEY: key },
    });
    expect(run.stderr).toContain('gaia run -- CMD');
    expect(heard[0]?.body).toMatchObject({ command: { mode: 'client' } });
  });
});
