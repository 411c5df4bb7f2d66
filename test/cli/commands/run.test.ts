import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RequestAnswer } from '../../../src/core/wire/answers.ts';
import { aFakeGaia, aProblem, aRequestAnswer, type Reply } from '../a-fake-gaia.ts';
import { gaia, type Seat } from '../a-terminal.ts';

const key = `gaia_abcdefgh_${'k'.repeat(43)}`;
const id = 'r-7F3K2Q';
const route = `/v1/requests/${id}`;

const asked = (of: Partial<RequestAnswer> = {}) => aRequestAnswer({ mode: 'client', ...of });
const submitted = (of: Partial<RequestAnswer> & { joined?: boolean } = {}): Reply => [
  201,
  { ...asked(of), joined: false, repeated: false, ...of },
];
const waited = (of: Partial<RequestAnswer> = {}): Reply => [200, { ...asked(of), timedOut: true }];
const released: Reply = [200, asked({ state: 'released' })];
const reported: Reply = [200, asked({ state: 'released' })];
/** from the question to the report, when people approve */
const approving: Record<string, Reply[]> = {
  'POST /v1/requests': [submitted()],
  [`GET ${route}/wait`]: [waited(), waited({ state: 'approved' })],
  [`POST ${route}/permit`]: [released],
  [`POST ${route}/report`]: [reported],
};

async function anAgent(replies: Record<string, Reply[]>) {
  const server = await aFakeGaia(replies);
  const env = { GAIA_URL: server.url, GAIA_API_KEY: key, GAIA_TIME_ZONE: 'UTC' };
  const call = (argv: string[], seat: Seat = {}) => gaia(argv, { ...seat, env: { ...env, ...seat.env } });
  return {
    ...server,
    call,
    run: (argv: string[], seat: Seat = {}) => call(['run', '--', ...argv], seat),
    posts: () => server.heard.filter(({ method }) => method === 'POST').map(({ path }) => path.replace(route, '…')),
    report: () => server.heard.find(({ path }) => path === `${route}/report`)?.body,
  };
}

function aDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-run-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

describe('gaia run', () => {
  test('says what a person asks meanwhile, and how to answer, and goes on waiting', async () => {
    const comments = [{ id: 1, author: 'person:111', text: 'Which branch?', at: 0 }];
    const { run } = await anAgent({
      ...approving,
      [`GET ${route}/wait`]: [waited({ comments }), waited({ comments }), waited({ state: 'approved', comments })],
    });
    const { exit, stderr } = await run(['true']);
    expect(exit).toBe(0);
    expect(stderr.split('Which branch?')).toHaveLength(2);
    expect(stderr).toContain(`→ answer it: gaia comment ${id} TEXT`);
  });

  test('asks, waits, takes the permit once, runs as stated and reports', async () => {
    const { call, heard, posts, report } = await anAgent(approving);
    const cwd = aDirectory();
    const options = [
      '--title',
      'T',
      '--reason',
      'R',
      '--cwd',
      cwd,
      '--env',
      'WHERE=b=c',
      '--timeout',
      '7',
      '--ttl',
      '60',
    ];
    const argv = [
      'node',
      '-e',
      'console.log(process.cwd(), process.env.WHERE, process.env.MINE, process.argv[1])',
      '$HOME;',
    ];
    const run = await call(['run', ...options, '--idempotency-key', 'k1', '--', ...argv], {
      env: { MINE: 'mine', PATH: process.env.PATH ?? '' },
    });

    expect(run).toMatchObject({ exit: 0, stdout: `${cwd} b=c mine $HOME;\n` });
    expect(run.programs).toHaveLength(1);
    expect(posts()).toEqual(['/v1/requests', '…/permit', '…/report']);
    expect(heard[0]).toMatchObject({ key });
    expect(heard[0]?.body).toEqual({
      ...{ kind: 'command', title: 'T', reason: 'R', ttlSeconds: 60, idempotencyKey: 'k1' },
      command: { argv, cwd, env: { WHERE: 'b=c' }, timeoutSeconds: 7, mode: 'client' },
    });
    expect(report()).toEqual({ exitCode: 0, signal: null, durationMs: expect.any(Number) });
    expect(run.stderr).toContain(`Asked ${id}`);
  });

  test.each([
    ['exit 3', 3, { exitCode: 3, signal: null }],
    ['kill -TERM $$', 143, { exitCode: null, signal: 'SIGTERM' }],
    ['kill -KILL $$', 137, { exitCode: null, signal: 'SIGKILL' }],
  ])('ends with the code of the command (%s)', async (script, exit, said) => {
    const { run, report } = await anAgent(approving);
    expect((await run(['sh', '-c', script])).exit).toBe(exit);
    expect(report()).toMatchObject(said);
  });

  test('sends nothing of what the command wrote', async () => {
    const { run, heard } = await anAgent(approving);
    expect((await run(['sh', '-c', 'echo hid""den; echo hid""den >&2'])).stdout).toBe('hidden\n');
    expect(JSON.stringify(heard)).not.toContain('hidden');
  });

  test('ends a command whose approved time is over', async () => {
    const effect = structuredClone(aRequestAnswer().effect) as { command: { timeoutSeconds: number } };
    effect.command.timeoutSeconds = 0.001;
    const { run, report } = await anAgent({
      ...approving,
      [`POST ${route}/permit`]: [[200, asked({ state: 'released', effect })]],
    });
    const ran = await run(['sleep', '600']);
    expect(ran.exit).toBe(143);
    expect(ran.stderr).toContain('--timeout');
    expect(report()).toMatchObject({ exitCode: null, signal: 'SIGTERM' });
  });
});

describe('gaia run runs nothing and ends with 125', () => {
  const vote = {
    ...{ person: '7', verdict: 'deny' as const, answer: null, at: 0, source: 'telegram' },
    reason: { code: 'too_risky', text: 'not on a Friday' },
  };
  const blocker = { code: 'policy_denied', phase: 'submit' as const, message: 'No rm here.', remedy: 'Do without.' };

  test.each<[string, Partial<RequestAnswer>, string[]]>([
    ['denied', { state: 'denied', votes: [vote] }, ['was denied by 7 (Too risky: not on a Friday)', 'ask again']],
    [
      'expired',
      { state: 'expired', end: { code: 'never_shown', text: null } },
      ['Nobody who may decide ever opened it'],
    ],
    [
      'stale',
      { state: 'stale', end: { code: 'policy_stricter', text: null } },
      ['The policy became stricter', 'Ask again'],
    ],
    ['withdrawn', { state: 'withdrawn' }, ['was withdrawn']],
    ['released to another', { state: 'released' }, ['was taken before']],
  ])('where it is %s', async (_, of, words) => {
    const { run, posts } = await anAgent({ ...approving, [`GET ${route}/wait`]: [waited(), waited(of)] });
    const ran = await run(['true']);
    expect([ran.exit, ran.programs, posts()]).toEqual([125, [], ['/v1/requests']]);
    for (const word of words) expect(ran.stderr).toContain(word);
  });

  test('where it is blocked, with each remedy', async () => {
    const { run, heard } = await anAgent({
      'POST /v1/requests': [submitted({ state: 'blocked', blockers: [blocker] })],
    });
    const ran = await run(['true']);
    expect([ran.exit, ran.programs, heard.length]).toEqual([125, [], 1]);
    expect(ran.stderr).toContain('No rm here.');
    expect(ran.stderr).toContain('→ Do without.');
  });

  test('where the answer to the permit is lost, and does not ask for it again', async () => {
    for (const lost of ['drop', [503, aProblem(503, 'store_unsure')]] as Reply[]) {
      const { run, posts } = await anAgent({ ...approving, [`POST ${route}/permit`]: [lost, released] });
      const ran = await run(['true']);
      expect([ran.exit, ran.programs, posts()]).toEqual([125, [], ['/v1/requests', '…/permit']]);
      expect(ran.stderr).toContain('whether the permit of r-7F3K2Q was taken is not known');
    }
  });

  test('where the permit was taken before, or things became stale at the last moment', async () => {
    for (const code of ['permit_used', 'already_ended']) {
      const { run } = await anAgent({ ...approving, [`POST ${route}/permit`]: [[409, aProblem(409, code)]] });
      const ran = await run(['true']);
      expect([ran.exit, ran.programs]).toEqual([125, []]);
      expect(ran.stderr).toContain(`It is ${code}.\n→ Do the other thing.`);
    }
  });

  test('where Gaia is not reachable, does not know the key, or nothing can be read of the call', async () => {
    const away = { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: key };
    const { run } = await anAgent({ 'POST /v1/requests': [[401, aProblem(401, 'key_unknown')]] });
    const runs = [
      await gaia(['run', '--', 'true'], { env: away }),
      await gaia(['run', '--', 'true']),
      await gaia(['run']),
      await gaia(['run', '--bogus', '--', 'true'], { env: away }),
      await gaia(['run', '--env', 'NOVALUE', '--', 'true'], { env: away }),
      await run(['true']),
    ];
    for (const { exit, stderr, programs } of runs) {
      expect([exit, programs]).toEqual([125, []]);
      expect(stderr).not.toBe('');
    }
    expect((await gaia(['run', '--help'])).exit).toBe(0);
  });

  test('before anyone is asked, where there is no such program or directory', async () => {
    const { run, call, heard } = await anAgent(approving);
    const plain = join(aDirectory(), 'plain');
    writeFileSync(plain, 'x', { mode: 0o644 });
    const runs = [
      await run(['no-such-program-here']),
      await run([plain]),
      await call(['run', '--cwd', '/nowhere/at/all', '--', 'true']),
    ];
    expect(runs.map(({ exit }) => exit)).toEqual([125, 125, 125]);
    expect(runs[0]?.stderr).toContain('no-such-program-here on the PATH');
    expect(heard).toEqual([]);
  });

  test('and says so as JSON with --json', async () => {
    const { call } = await anAgent({
      ...approving,
      [`GET ${route}/wait`]: [waited({ state: 'denied', votes: [vote] })],
    });
    const ran = await call(['run', '--json', '--', 'true']);
    expect([ran.exit, ran.stdout]).toEqual([125, '']);
    expect(JSON.parse(ran.stderr.trim().split('\n').at(-1) as string)).toMatchObject({ code: 'not_run_denied' });
  });
});

describe('gaia run that is approved', () => {
  test('waits on while the permit may not be taken yet', async () => {
    const { run, posts } = await anAgent({
      ...approving,
      [`POST ${route}/permit`]: [[409, aProblem(409, 'not_yet')], [429, aProblem(429, 'rate_limited')], released],
    });
    expect((await run(['true'])).exit).toBe(0);
    expect(posts()).toEqual(['/v1/requests', '…/permit', '…/permit', '…/permit', '…/report']);
  });

  test.each([
    ['is gone by then', (path: string) => rmSync(path), 127, 'ENOENT'],
    ['cannot be executed by then', (path: string) => chmodSync(path, 0o644), 126, 'EACCES'],
  ])('and whose program %s ends as env does, and reports it', async (_, spoil, exit, code) => {
    const program = join(aDirectory(), 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    const { run, report } = await anAgent({
      ...approving,
      [`POST ${route}/permit`]: [
        (response) => {
          spoil(program);
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(released[1]));
        },
      ],
    });
    const ran = await run([program]);
    expect(ran.exit).toBe(exit);
    expect(ran.stderr).toContain('could not be started');
    expect(report()).toMatchObject({ exitCode: exit, signal: null, stderr: expect.stringContaining(code) });
  });

  test('keeps the code of the command where the report does not arrive, and says so', async () => {
    for (const lost of ['drop', [409, aProblem(409, 'already_reported')]] as Reply[]) {
      const { run } = await anAgent({ ...approving, [`POST ${route}/report`]: [lost] });
      const ran = await run(['sh', '-c', 'exit 4']);
      expect(ran.exit).toBe(4);
      expect(ran.stderr).toContain(`the report on ${id} did not arrive`);
    }
  });
});

describe('a signal to gaia run', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('while it waits (%s) withdraws the request', async (signal) => {
    let send = (_: NodeJS.Signals): void => undefined;
    const { run, posts } = await anAgent({
      ...approving,
      [`GET ${route}/wait`]: [() => send(signal)],
      [`POST ${route}/withdraw`]: [[200, asked({ state: 'withdrawn' })]],
    });
    const ran = await run(['true'], { signals: (how) => (send = how) });
    expect([ran.exit, ran.programs, posts()]).toEqual([125, [], ['/v1/requests', '…/withdraw']]);
    expect(ran.stderr).toContain(`request ${id} is withdrawn`);
  });

  test('while it waits leaves a request that someone else asked, and says how to take it back', async () => {
    let send = (_: NodeJS.Signals): void => undefined;
    const { run, posts } = await anAgent({
      'POST /v1/requests': [submitted({ joined: true })],
      [`GET ${route}/wait`]: [() => send('SIGINT')],
    });
    const ran = await run(['true'], { signals: (how) => (send = how) });
    expect([ran.exit, posts()]).toEqual([125, ['/v1/requests']]);
    expect(ran.stderr).toContain(`gaia withdraw ${id}`);
  });

  test('that comes with the permit starts nothing, and reports that', async () => {
    let send = (_: NodeJS.Signals): void => undefined;
    const { run, report } = await anAgent({
      ...approving,
      [`POST ${route}/permit`]: [
        (response) => {
          send('SIGTERM');
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(released[1]));
        },
      ],
    });
    let isFirst = true;
    const ran = await run(['true'], {
      signals: (how) => {
        if (isFirst) send = how;
        isFirst = false;
      },
    });
    expect([ran.exit, ran.programs]).toEqual([125, []]);
    expect(ran.stderr).toContain('nothing was run');
    expect(report()).toEqual({ exitCode: null, signal: 'SIGTERM', durationMs: 0 });
  });

  test('goes to the command once it runs, and the report is still sent', async () => {
    let send = (_: NodeJS.Signals): void => undefined;
    const { run, report } = await anAgent(approving);
    const script = 'trap "echo told; exit 9" TERM; echo ready; while :; do sleep 0.01; done';
    const ran = await run(['sh', '-c', script], {
      signals: (how) => (send = how),
      started: (child) => child.stdout?.once('data', () => send('SIGTERM')),
    });
    expect(ran).toMatchObject({ exit: 9, stdout: 'ready\ntold\n' });
    expect(report()).toMatchObject({ exitCode: 9 });
  });

  test('of a terminal is not sent to the command a second time', async () => {
    let send = (_: NodeJS.Signals): void => undefined;
    const { run } = await anAgent(approving);
    const go = join(aDirectory(), 'go');
    const script = 'trap "echo twice; exit 1" INT; echo ready; while [ ! -e "$0" ]; do sleep 0.01; done';
    const ran = await run(['sh', '-c', script, go], {
      isTerminal: true,
      signals: (how) => (send = how),
      started: (child) =>
        child.stdout?.once('data', () => {
          send('SIGINT');
          writeFileSync(go, '');
        }),
    });
    expect([ran.exit, ran.stdout]).toEqual([0, 'ready\n']);
  });
});
