import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTimeOf } from '../../src/cli/living.ts';
import { scopes } from '../../src/core/access/key.ts';
import type { RequestState } from '../../src/core/approval/states.ts';
import type { RequestAnswer } from '../../src/core/wire/answers.ts';
import type { StatusAnswer } from '../../src/core/wire/answers-status.ts';
import { aFakeGaia, aProblem, aRequestAnswer, type Reply } from './a-fake-gaia.ts';
import { gaia, type Seat } from './a-terminal.ts';

const agentKey = `gaia_abcdefgh_${'k'.repeat(43)}`;
const adminKey = `gaia_admin_${'a'.repeat(43)}`;
const bearer = `gaia_session_${'s'.repeat(43)}`;
const id = 'r-7F3K2Q';
const route = `/v1/requests/${id}`;

function aHome(files: Record<string, string> = {}): string {
  const home = mkdtempSync(join(tmpdir(), 'gaia-cli-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text, { mode: 0o600 });
  return home;
}

/** A fake Gaia, and `gaia` called as an agent that knows it. */
async function anAgent(replies: Record<string, Reply[]>) {
  const server = await aFakeGaia(replies);
  const env = { GAIA_URL: server.url, GAIA_API_KEY: agentKey, GAIA_TIME_ZONE: 'UTC' };
  return {
    ...server,
    env,
    call: (argv: string[], seat: Seat = {}) => gaia(argv, { ...seat, env: { ...env, ...seat.env } }),
  };
}

/** The same, with a person logged in on this terminal. */
async function aPerson(replies: Record<string, Reply[]>) {
  const server = await aFakeGaia(replies);
  const session = { session: bearer, person: '7', expiresAt: Date.UTC(2026, 10, 21, 9, 30, 0), url: server.url };
  const home = aHome({ 'terminal-session.json': JSON.stringify(session) });
  const env = { GAIA_URL: server.url, GAIA_HOME: home, GAIA_TIME_ZONE: 'UTC' };
  return {
    ...server,
    home,
    call: (argv: string[], seat: Seat = {}) => gaia(argv, { ...seat, env: { ...env, ...seat.env } }),
  };
}

const aStatus: StatusAnswer = {
  ...{ version: '1', now: 0, startedAt: 0, generation: 1, paused: null, acceptance: null, store: 'sqlite' },
  ...{
    execution: 'dry_run',
    executionUser: null,
    trustBoundary: 'whoever can read the data directory is the administrator; '.repeat(4).trim(),
  },
  people: { approvers: ['local'], operators: ['local'] },
  policy: { digest: 'd'.repeat(64), rules: 0 },
  ...{
    requests: {},
    oldestPendingSeconds: null,
    figures: { days: 7, decisions: 0, medianMs: null, hastyShare: null, people: [] },
    deliveries: {},
  },
  log: { seq: 1, hash: 'h', at: 0, lastSealSeq: null, lastSealAt: null },
  ...{ telegram: null, next: 'Nothing waits.' },
};

const submitted = (of: Partial<RequestAnswer> = {}) => ({ ...aRequestAnswer(of), joined: false, repeated: false });
const waited = (of: Partial<RequestAnswer> = {}) => ({ ...aRequestAnswer(of), timedOut: false });
const rehearsed = {
  dryRun: true,
  exitCode: null,
  signal: null,
  stdout: '',
  stderr: '',
  truncated: false,
  durationMs: 0,
};

describe('what a person asks about a request', () => {
  const asks = (text: string, commentId = 1) => ({ id: commentId, author: 'person:111', text, at: 0 });
  test.each([
    ['gaia wait', ['wait', id]],
    ['--wait', ['request', 'command', '--wait', '--', 'echo', 'hello']],
    ['--json', ['wait', id, '--json']],
  ])('is said by %s, which goes on waiting', async (_, argv) => {
    const { call, heard } = await anAgent({
      'POST /v1/requests': [[201, submitted()]],
      [`GET ${route}`]: [[200, aRequestAnswer()]],
      [`GET ${route}/wait`]: [
        [200, waited({ comments: [asks('Why now?\u001b[2J')] })],
        [200, waited({ state: 'denied', ended: true, comments: [asks('Why now?')] })],
      ],
    });
    const run = await call(argv);
    expect(run.exit).toBe(3);
    expect(run.stderr).toContain('Why now?');
    expect(run.stderr).not.toContain('\u001b[2J');
    expect(run.stderr.split('Why now?')).toHaveLength(2);
    expect(run.stderr).toContain(`→ answer it: gaia comment ${id} TEXT`);
    const waits = heard.filter(({ path }) => path.startsWith(`${route}/wait`)).map(({ path }) => path);
    expect(waits.map((path) => /comments=(\d)/.exec(path)?.[1])).toEqual(['0', '1']);
  });
  test('before somebody began to wait is said at once', async () => {
    const { call } = await anAgent({
      [`GET ${route}`]: [[200, aRequestAnswer({ comments: [asks('Still there?')] })]],
      [`GET ${route}/wait`]: [[200, waited({ state: 'executed', ended: true })]],
    });
    expect((await call(['wait', id])).stderr).toContain('Still there?');
  });
});

describe('the exit code of a request that was waited for', () => {
  test.each<[RequestState, Partial<RequestAnswer>, number]>([
    ['executed', { outcome: { ...rehearsed, dryRun: false, exitCode: 0 } }, 0],
    ['executed', { outcome: rehearsed }, 10],
    ['executed', { outcome: rehearsed, isTest: true }, 0],
    ['answered', { answer: 'yes' }, 0],
    ['failed', {}, 1],
    ['denied', {}, 3],
    ['expired', {}, 4],
    ['withdrawn', {}, 4],
    ['pending', {}, 5],
    ['blocked', {}, 6],
    ['stale', {}, 6],
    ['unknown', {}, 11],
  ])('that is %s (%j) is right', async (state, of, exit) => {
    const { call } = await anAgent({
      'POST /v1/requests': [[201, submitted()]],
      [`GET ${route}/wait`]: [[200, waited({ state, ...of })]],
    });
    const run = await call(['request', 'command', '--wait', '--json', '--', 'echo', 'hello']);
    expect(run.exit).toBe(exit);
    expect(JSON.parse(run.stdout)).toMatchObject({ id, state });
  });

  test.each([['--test'], ['--mode', 'dry_run']])(
    'that was to be no more than a rehearsal (%s) is 0',
    async (...options) => {
      const end = waited({ state: 'executed', outcome: rehearsed });
      const { call } = await anAgent({
        'POST /v1/requests': [[201, submitted()]],
        [`GET ${route}/wait`]: [[200, end]],
      });
      expect((await call(['request', 'command', '--wait', ...options, '--', 'echo'])).exit).toBe(0);
    },
  );
});

describe('the exit code of a refusal', () => {
  test.each([
    [400, 2],
    [401, 9],
    [403, 9],
    [404, 1],
    [409, 7],
    [429, 9],
    [500, 1],
    [503, 8],
  ])('with status %i is %i, with its remedy on standard error', async (status, exit) => {
    const { call } = await anAgent({ [`GET ${route}`]: [[status, aProblem(status, 'so')]] });
    const plain = await call(['show', id]);
    expect(plain).toMatchObject({ exit, stdout: '', stderr: 'It is so.\n→ Do the other thing.\n' });
    const json = await call(['show', id, '--json']);
    expect(json).toMatchObject({ exit, stdout: '' });
    expect(JSON.parse(json.stderr)).toMatchObject({ code: 'so', status, remedy: 'Do the other thing.' });
  });

  test('of nobody at all is 8', async () => {
    const run = await gaia(['status', '--json'], { env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: agentKey } });
    expect(run.exit).toBe(8);
    expect(JSON.parse(run.stderr)).toMatchObject({
      code: 'unreachable',
      remedy: expect.stringContaining('gaia start'),
    });
  });

  test.each([
    [['nonsense']],
    [['request']],
    [['show']],
    [['show', id, '--bogus']],
    [['wait', id, '--seconds', 'ten']],
    [['request', 'question', '--expect', 'yes', 'Push?']],
    [['deny', id]],
    [[]],
  ])('to read %j is 2, also as JSON', async (argv) => {
    expect(await gaia(argv)).toMatchObject({ exit: 2, stdout: '' });
    const run = await gaia([...argv, '--json']);
    expect(run).toMatchObject({ exit: 2, stdout: '' });
    expect(JSON.parse(run.stderr)).toMatchObject({ code: 'usage', status: 400 });
  });

  test.each([
    [['foo'], "unknown command 'foo'", 'Try gaia --help.'],
    [['version', '--json-ish'], "unknown command 'version'", 'Try gaia --help.'],
    [['statsu'], "unknown command 'statsu'", 'Did you mean status?'],
    [['--bogus'], "unknown option '--bogus'", 'Try gaia --help.'],
    [['request', 'foo'], "unknown command 'foo'", 'Try gaia request --help.'],
    [['show'], "missing required argument 'id'", 'For example: gaia show r-7F3K2Q'],
    [['key', 'revoke'], "missing required argument 'id'", 'For example: gaia key revoke k7f3k2qa'],
    [['request', 'command'], "missing required argument 'cmd'", 'For example: gaia request command -- make deploy'],
    [['deny', id], '--reason or --code is missing', 'gaia deny r-7F3K2Q --code not_now'],
  ])('of %j says what to type instead', async (argv, what, instead) => {
    const { exit, stderr } = await gaia(argv);
    expect(exit).toBe(2);
    expect(stderr).toContain(what);
    expect(stderr).toContain(instead);
    const own = argv.filter((part) => part !== '--json-ish');
    expect(JSON.parse((await gaia([...own, '--json'])).stderr).remedy).toContain(instead);
  });

  test('of input names the option that was typed; programs get the field', async () => {
    const fault = { field: 'ttlSeconds', message: 'must be at least 30' };
    const other = { field: 'command.env.PATH', message: 'is not known here' };
    const detail = 'The request is not valid: ttlSeconds must be at least 30 (and 1 more).';
    const refused = aProblem(400, 'invalid_input', { detail, faults: [fault, other] });
    const { call } = await anAgent({ 'POST /v1/requests': [[400, refused]] });
    const run = await call(['request', 'command', '--ttl', '1', '--', 'echo']);
    expect(run.stderr).toBe(
      'The request is not valid: --ttl must be at least 30 (and 1 more).\n  --env (PATH) is not known here\n→ Do the other thing.\n',
    );
    const json = await call(['request', 'command', '--ttl', '1', '--json', '--', 'echo']);
    expect(JSON.parse(json.stderr).faults).toEqual([fault, other]);
  });

  test('has a title for people', async () => {
    const away = await gaia(['status', '--json'], { env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: agentKey } });
    expect(JSON.parse(away.stderr).title).toBe('Gaia cannot be reached');
    const nobody = await gaia(['list', '--json']);
    expect(JSON.parse(nobody.stderr).title).toBe('Nobody is signed in');
  });

  test('for want of a key is 9 and says how to get one', async () => {
    const run = await gaia(['request', 'command', '--', 'echo'], { env: { GAIA_URL: 'http://127.0.0.1:9' } });
    expect(run.exit).toBe(9);
    expect(run.stderr).toContain('gaia key create NAME');
    expect(
      (await gaia(['pause'], { env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: agentKey } })).stderr,
    ).toContain('gaia login');
  });
});

describe('gaia request command', () => {
  test('sends the command in the directory of the caller, with a key for a second try', async () => {
    const { call, heard } = await anAgent({ 'POST /v1/requests': ['drop', [201, submitted()]] });
    const options = [
      '--title',
      'T',
      '--reason',
      'R',
      '--env',
      'A=b=c',
      '--stdin',
      '-',
      '--timeout',
      '5',
      '--ttl',
      '60',
    ];
    const run = await call(['request', 'command', ...options, '--', 'make', '--json', '--wait'], {
      cwd: '/srv',
      stdin: 'in\n',
    });
    expect(run.exit).toBe(0);
    expect(heard).toHaveLength(2);
    expect(heard[1]?.body).toEqual(heard[0]?.body);
    expect(heard[0]).toMatchObject({ key: agentKey, headers: { 'x-gaia-client': 'cli' } });
    expect(heard[0]?.body).toEqual({
      ...{
        kind: 'command',
        title: 'T',
        reason: 'R',
        ttlSeconds: 60,
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      command: { argv: ['make', '--json', '--wait'], cwd: '/srv', env: { A: 'b=c' }, stdin: 'in\n', timeoutSeconds: 5 },
    });
    expect(run.stdout).toContain('echo hello'); // what Gaia understood, not what was sent
    expect(run.stderr).toContain('gaia wait r-7F3K2Q');
  });

  test('that is blocked says why and ends with 6', async () => {
    const blocker = { code: 'paused', phase: 'publish' as const, message: 'Gaia is paused.', remedy: 'Wait.' };
    const { call } = await anAgent({
      'POST /v1/requests': [[201, submitted({ state: 'blocked', blockers: [blocker] })]],
    });
    const run = await call(['request', 'command', '--', 'echo']);
    expect(run.exit).toBe(6);
    expect(run.stdout).toContain('paused: Gaia is paused.');
    expect(run.stdout).toContain('→ Wait.');
  });

  test('refuses what it cannot send, without sending anything or repeating a value', async () => {
    const { call, heard } = await anAgent({});
    const noValue = await call(['request', 'command', '--env', 's3cret', '--', 'echo']);
    expect([noValue.exit, noValue.stderr.includes('s3cret')]).toEqual([2, false]);
    expect((await call(['request', 'command', '--stdin', '/nowhere/x', '--', 'echo'])).exit).toBe(2);
    expect(
      (await call(['request', 'command', '--stdin', '-', '--', 'echo'], { stdin: Buffer.from([0xff, 0xfe]) })).exit,
    ).toBe(2);
    expect(heard).toEqual([]);
  });

  test('refuses a variable that is given twice', async () => {
    const { call, heard } = await anAgent({});
    const run = await call(['request', 'command', '--env', 'A=1', '--env', 'B=2', '--env', 'A=s3cret', '--', 'echo']);
    expect([run.exit, run.stderr.includes('A twice'), run.stderr.includes('s3cret'), heard]).toEqual([
      2,
      true,
      false,
      [],
    ]);
  });

  test('left by Ctrl-C while waiting leaves the request, and says how to take it back', async () => {
    let interrupt = (): void => undefined;
    const hang: Reply = () => interrupt();
    const { call, heard } = await anAgent({ 'POST /v1/requests': [[201, submitted()]], [`GET ${route}/wait`]: [hang] });
    const run = await call(['request', 'command', '--wait', '--', 'echo'], {
      interruptible: (how) => (interrupt = how),
    });
    expect(run.exit).toBe(5);
    expect(run.stderr).toContain('gaia withdraw r-7F3K2Q');
    expect(heard.map(({ method, path }) => `${method} ${path.replace(/\?.*/, '')}`)).toEqual([
      'POST /v1/requests',
      `GET ${route}/wait`,
    ]);
  });

  test('shows a person nothing that steers the terminal', async () => {
    const evil = 'x\x1b[2Jy\u202ez\u009b1m';
    const answer = submitted({ title: evil, reason: evil, url: 'http://127.0.0.1:8080/x' });
    const { call } = await anAgent({ 'POST /v1/requests': [[201, answer]] });
    const run = await call(['request', 'command', '--', 'echo'], { isTerminal: true });
    expect(run.stdout.replaceAll(/\x1b\[\d+m/g, '')).not.toMatch(/[\x1b\u202e\u009b]/);
    expect(run.stdout).toContain('⟨U+001B⟩');
    const json = await call(['request', 'command', '--json', '--', 'echo']);
    expect(json.stdout).not.toMatch(/[\x1b\u202e\u009b]/);
    expect(JSON.parse(json.stdout).title).toBe(evil);
  });
});

/** What the Gaia of a data directory notes of itself: here this very process. */
const living = (url: string, pid = process.pid) => {
  const startTime = startTimeOf(pid);
  return {
    'gaia.pid': JSON.stringify({ pid, url, startedAt: '2026-11-21T09:00:00Z', ...(startTime && { startTime }) }),
  };
};

describe('gaia request question', () => {
  test('takes one answer per --choice, and never the question for one', async () => {
    const { call, heard } = await anAgent({ 'POST /v1/requests': [[201, submitted({ kind: 'question' })]] });
    await call(['request', 'question', '--choice', 'yes', '--choice', 'no', 'Release?']);
    expect(heard[0]?.body).toMatchObject({ question: { text: 'Release?', choices: ['yes', 'no'] } });
    expect((await call(['request', 'question', '--choice', 'yes', 'no', 'Release?'])).exit).toBe(2);
    expect(heard).toHaveLength(1);
  });
});

describe('the help', () => {
  test.each([['start'], ['stop'], ['demo'], ['audit', 'verify'], ['audit', 'export'], ['policy', 'check']])(
    'of gaia %s %s names no address: it calls nobody',
    async (...command) => {
      const run = await gaia([...command, '--help']);
      expect([run.exit, run.stdout.includes('--url')]).toEqual([0, false]);
    },
  );

  test('of gaia names every command once, by what people come for', async () => {
    const { stdout } = await gaia(['--help']);
    const headings = [...stdout.matchAll(/^([A-Z][^:\n]+):$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([
      'Options',
      'Set up and run Gaia',
      'Ask, as an agent, a job or yourself',
      'Decide, as a person',
      'Operate',
      'The policy and the log',
      'Write to GitHub',
      'Exit codes',
    ]);
    const named = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) /gm)].map(([, name]) => name);
    expect(named).toEqual([...new Set(named)]);
    expect(named).toEqual(expect.arrayContaining(['start', 'request', 'approve', 'requeue', 'audit', 'github']));
  });

  test.each([
    [['show'], 'gaia show r-7F3K2Q'],
    [['key', 'rotate'], 'gaia key rotate k7f3k2qa'],
    [['github', 'run', 'status'], 'gaia github run status g-7F3K2Q'],
    [['github', 'checkpoint', 'revoke'], 'gaia github checkpoint revoke 1'],
  ])('of gaia %j ends with what to type, the whole of it', async (command, typed) => {
    expect((await gaia([...command, '--help'])).stdout).toContain(`For example: ${typed}\n`);
    expect((await gaia(command)).stderr).toContain(`(For example: ${typed})`);
  });

  test('of a key names every scope it may have', async () => {
    const { stdout } = await gaia(['key', 'create', '--help']);
    for (const scope of scopes) expect(stdout).toContain(scope);
  });

  test('of what calls Gaia names its address', async () => {
    expect((await gaia(['status', '--help'])).stdout).toContain('--url');
  });
});

describe('gaia status', () => {
  test('keeps to the width of a terminal', async () => {
    const { call } = await anAgent({ 'GET /v1/status': [[200, aStatus]] });
    const { stdout } = await call(['status']);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThan(110);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(aStatus.trustBoundary);
  });

  test('says of what runs by the clock and was not recorded as ended that it runs, or was cut off', async () => {
    const none = { count: 0, oldestSeconds: null };
    const schedule = { dueAt: 0, endedAt: null, outcome: null, said: null };
    const operations: StatusAnswer['operations'] = {
      ...{ owed: none, dead: none, executing: none, unknown: 0, alerts: [], silences: [], backup: null, disk: null },
      transport: 'off: changesets are refused',
      writeBudget: { used: 0, of: 60 },
      schedules: [
        { ...schedule, name: 'backup', startedAt: 1 },
        { ...schedule, name: 'forget', startedAt: null },
      ],
    };
    const { call } = await anAgent({ 'GET /v1/status': [[200, { ...aStatus, operations }]] });
    const { stdout } = await call(['status']);
    expect(stdout).toMatch(/backup: runs, or was cut off, since/);
    expect(stdout).toMatch(/forget: not run yet/);
  });
});

describe('a key', () => {
  test('that Gaia does not know is named by its file and the two that were compared', async () => {
    const { url } = await aFakeGaia({ 'POST /v1/pause': [[401, aProblem(401, 'key_unknown')]] });
    const home = aHome({ 'admin.key': `${adminKey}\n`, ...living(url) });
    const run = await gaia(['pause'], { env: { GAIA_URL: url, GAIA_HOME: home } });
    expect(run.exit).toBe(9);
    expect(run.stderr).toContain(`admin.key of ${home} is not the one of the Gaia at ${url}.`);
    expect(run.stderr).not.toContain(adminKey);
  });

  test('of the data directory is for nobody but its living Gaia', async () => {
    const { url, heard } = await aFakeGaia({ 'GET /v1/status': [[200, {}]] });
    const keys = { 'agent.key': agentKey, 'admin.key': adminKey };
    const gone = { 'gaia.pid': JSON.stringify({ pid: process.pid, startTime: '1', url }) };
    const elsewhere = living('http://127.0.0.1:1');
    for (const [home, exit] of [
      [keys, 8],
      [{ ...keys, ...gone }, 8],
      [{ ...keys, ...elsewhere }, 9],
    ] as const) {
      const run = await gaia(['status'], { env: { GAIA_URL: url, GAIA_HOME: aHome(home) } });
      expect(run).toMatchObject({ exit, stdout: '' });
      expect(run.stderr).not.toContain('gaia_admin_');
    }
    expect(heard).toEqual([]);
  });

  test('of the data directory is used for its own verbs, and never shown', async () => {
    const { url, heard } = await aFakeGaia({
      'POST /v1/pause': [[403, aProblem(403, 'no')]],
      'GET /v1/requests': [[401, aProblem(401, 'no')]],
    });
    const env = {
      GAIA_URL: url,
      GAIA_HOME: aHome({ ...living(url), 'agent.key': `${agentKey}\n`, 'admin.key': `${adminKey}\n` }),
    };
    const runs = [
      await gaia(['pause'], { env }),
      await gaia(['list', '--json'], { env }),
      await gaia(['withdraw', id], { env }),
    ];
    expect(heard.map(({ key }) => key)).toEqual([adminKey, adminKey, agentKey]);
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toMatch(/gaia_(admin_|abcdefgh_)/);
  });

  test('that others may read is not used', async () => {
    const home = aHome();
    writeFileSync(join(home, 'admin.key'), adminKey, { mode: 0o644 });
    const { url, heard } = await aFakeGaia({});
    const run = await gaia(['pause'], { env: { GAIA_URL: url, GAIA_HOME: home } });
    expect([run.exit, heard]).toEqual([9, []]);
    expect(run.stderr).toContain('chmod 600');
  });

  test.each(['http://gaia.example', 'http://10.0.0.1:8080'])(
    'is not sent to %s, where it would be readable',
    async (url) => {
      const run = await gaia(['status'], { env: { GAIA_URL: url, GAIA_API_KEY: agentKey } });
      expect(run).toMatchObject({ exit: 2, stdout: '' });
      expect(run.stderr).toContain('in the clear');
      expect(run.stderr).not.toContain(agentKey);
    },
  );

  test('that is malformed is refused without being shown', async () => {
    const run = await gaia(['status'], { env: { GAIA_URL: 'http://127.0.0.1:9', GAIA_API_KEY: 'gaia_x\ny' } });
    expect(run.exit).toBe(2);
    expect(run.stderr).not.toContain('gaia_x');
  });

  test('that is made goes alone to standard output', async () => {
    const key = {
      id: 'abcdefgh',
      agent: 'ci',
      owner: null,
      scopes: ['submit:command'],
      state: 'live',
      createdAt: 0,
      expiresAt: null,
      revokedAt: null,
      replaces: null,
    };
    const { url, heard } = await aFakeGaia({ 'POST /v1/keys': [[201, { key, secret: agentKey }]] });
    const run = await gaia(['key', 'create', 'ci', '--scope', 'submit:command', '--owner', '7'], {
      env: { GAIA_URL: url, GAIA_HOME: aHome({ ...living(url), 'admin.key': adminKey }) },
    });
    expect(run).toMatchObject({ exit: 0, stdout: `${agentKey}\n` });
    expect(run.stderr).not.toContain(agentKey);
    expect(heard[0]?.body).toEqual({ name: 'ci', owner: '7', scopes: ['submit:command'] });
  });
});

describe('the settings', () => {
  test('come from the env file and from the Gaia of the data directory', async () => {
    const { url, heard } = await aFakeGaia({ 'GET /v1/requests': [[200, { requests: [], next: null }]] });
    const cwd = aHome({ '.env': `GAIA_URL=${url}\nGAIA_API_KEY=${agentKey}\nDATABASE_URL=postgres://x\n` });
    expect((await gaia(['list'], { cwd })).exit).toBe(0);
    const home = aHome({ ...living(url), 'agent.key': agentKey });
    expect((await gaia(['list'], { env: { GAIA_HOME: home } })).exit).toBe(0);
    expect(heard.map(({ key }) => key)).toEqual([agentKey, agentKey]);
  });

  test('of an env file never send a key of the data directory elsewhere', async () => {
    const cwd = aHome({ '.env': 'GAIA_URL=https://gaia.example\n', 'agent.key': agentKey });
    const run = await gaia(['withdraw', id], { cwd, env: { GAIA_HOME: cwd } });
    expect(run.exit).toBe(9);
    expect(run.stderr).toContain('is not sent to https://gaia.example');
  });

  test('of an env file that others may read give no key', async () => {
    const cwd = aHome();
    writeFileSync(join(cwd, '.env'), `GAIA_API_KEY=${agentKey}\n`, { mode: 0o644 });
    const run = await gaia(['list'], { cwd });
    expect([run.exit, run.stderr.includes('chmod 600'), run.stderr.includes(agentKey)]).toEqual([2, true, false]);
  });
});

describe('a decision on the terminal', () => {
  const decisions = `POST ${route}/decisions`;
  const pending = [200, aRequestAnswer()] as Reply;
  const shown = { [`POST ${route}/shown`]: [[200, aRequestAnswer({ shownAt: 1 })]] as Reply[] };
  const decided = [200, { ...aRequestAnswer({ state: 'approved' }), repeated: false }] as Reply;

  test('shows the whole request, asks, and names the digest that was shown', async () => {
    const { call, heard } = await aPerson({ ...shown, [`GET ${route}`]: [pending], [decisions]: [decided] });
    const run = await call(['approve', id], { answers: ['y'] });
    expect(run).toMatchObject({
      exit: 0,
      stdout: 'Recorded. r-7F3K2Q is approved.\n',
      asked: ['Approve this? [y/N] '],
    });
    expect(run.stderr).toContain('echo hello');
    expect(run.stderr).toContain('in 29 min, 09:29:00');
    expect(heard[1]).toMatchObject({ key: bearer, path: `${route}/shown`, body: { digest: 'd'.repeat(64) } });
    expect(heard[2]).toMatchObject({ key: bearer, body: { verdict: 'approve', digest: 'd'.repeat(64) } });
    expect(run.stdout + run.stderr).not.toContain(bearer);
  });

  test.each([['n'], [''], ['no']])('answered with %j decides nothing', async (answer) => {
    const { call, heard } = await aPerson({ ...shown, [`GET ${route}`]: [pending] });
    expect((await call(['approve', id], { answers: [answer] })).exit).toBe(1);
    expect(heard.map(({ path }) => path)).toEqual([route, `${route}/shown`]);
  });

  test('that must be confirmed asks a second time, and a second no decides nothing', async () => {
    const toConfirm = [202, { confirmBy: Date.UTC(2026, 10, 21, 9, 1, 0), message: 'This runs a shell.' }] as Reply;
    const { call, heard } = await aPerson({
      ...shown,
      [`GET ${route}`]: [pending],
      [decisions]: [toConfirm, decided, toConfirm],
    });
    const run = await call(['approve', id], { answers: ['y', 'y'] });
    expect(run.exit).toBe(0);
    expect(run.asked[1]).toBe('This runs a shell. Confirm by 09:01:00: sure? [y/N] ');
    expect(heard.slice(2).map(({ body }) => body?.confirm)).toEqual([undefined, true]);
    expect((await call(['approve', id], { answers: ['y', 'n'] })).exit).toBe(1);
    expect(heard.filter(({ body }) => body?.confirm)).toHaveLength(1);
  });

  test('without anyone to ask needs --yes and the digest that was seen', async () => {
    const { call, heard } = await aPerson({ ...shown, [`GET ${route}`]: [pending], [decisions]: [decided] });
    expect((await call(['approve', id])).exit).toBe(2);
    expect((await call(['approve', id, '--yes'])).exit).toBe(2);
    expect((await call(['approve', id, '--yes', '--digest', 'ddd'])).exit).toBe(7);
    expect((await call(['approve', id, '--yes', '--digest', 'c'.repeat(64)])).exit).toBe(7);
    expect(heard.filter(({ method }) => method === 'POST')).toEqual([]);
    expect((await call(['approve', id, '--yes', '--digest', 'd'.repeat(12)])).exit).toBe(0);
  });

  test('on what is over decides nothing', async () => {
    const { call, heard } = await aPerson({ [`GET ${route}`]: [[200, aRequestAnswer({ state: 'denied' })]] });
    expect((await call(['approve', id], { answers: ['y'] })).exit).toBe(7);
    expect(heard).toHaveLength(1);
  });

  test('that was refused prints the remedy', async () => {
    const { call } = await aPerson({
      ...shown,
      [`GET ${route}`]: [pending],
      [decisions]: [[409, aProblem(409, 'not_shown', { remedy: 'Open its page in the console first.' })]],
    });
    const run = await call(['approve', id], { answers: ['y'] });
    expect([run.exit, run.stderr.includes('→ Open its page in the console first.')]).toEqual([7, true]);
  });

  test('sends the reason of a denial and the words of an answer', async () => {
    const { call, heard } = await aPerson({ ...shown, [`GET ${route}`]: [pending], [decisions]: [decided] });
    await call(['deny', id, '--reason', 'no', '--code', 'too_risky'], { answers: ['yes'] });
    await call(['answer', id, 'blue'], { answers: ['yes'] });
    expect(heard.filter(({ body }) => body?.verdict).map(({ body }) => body)).toMatchObject([
      { verdict: 'deny', reason: { code: 'too_risky', text: 'no' } },
      { verdict: 'answer', answer: 'blue' },
    ]);
    await call(['deny', id, '--code', 'not_now'], { answers: ['yes'] });
    expect(heard.at(-1)?.body).toEqual({ verdict: 'deny', digest: 'd'.repeat(64), reason: { code: 'not_now' } });
  });

  test('does not say that something was shown which was shown before', async () => {
    const seen = [200, aRequestAnswer({ shownAt: 1 })] as Reply;
    const { call, heard } = await aPerson({ [`GET ${route}`]: [seen], [decisions]: [decided] });
    expect((await call(['approve', id], { answers: ['y'] })).exit).toBe(0);
    expect(heard.map(({ path }) => path)).toEqual([route, `${route}/decisions`]);
  });

  test('is never made with a key: an agent is told to log in', async () => {
    const { call, heard } = await anAgent({ [`GET ${route}`]: [pending] });
    const run = await call(['approve', id], { answers: ['y'], env: { GAIA_HOME: aHome({ 'admin.key': adminKey }) } });
    expect([run.exit, heard]).toEqual([9, []]);
    expect(run.stderr).toContain('gaia login');
  });

  test('is not made with a session that is over, or of another Gaia', async () => {
    const { call, home, heard } = await aPerson({ ...shown, [`GET ${route}`]: [pending] });
    expect((await call(['approve', id], { answers: ['y'], now: Date.UTC(2026, 10, 21, 9, 30, 0) })).exit).toBe(9);
    const other = await aFakeGaia({});
    expect((await call(['approve', id], { answers: ['y'], env: { GAIA_URL: other.url, GAIA_HOME: home } })).exit).toBe(
      9,
    );
    expect([...heard, ...other.heard]).toEqual([]);
  });
});

describe('gaia login', () => {
  test('shows the code, waits for the person, and keeps the session for this user alone', async () => {
    const expiresAt = Date.UTC(2026, 10, 21, 10, 0, 0);
    const { url, heard } = await aFakeGaia({
      'POST /v1/logins': [[201, { token: 't0ken', code: 'BCDF-GHJK', url: 'http://127.0.0.1/login', expiresAt }]],
      'POST /v1/logins/finish': [
        [200, { confirmed: false }],
        [200, { confirmed: true, session: bearer, person: '7', expiresAt }],
      ],
      'POST /v1/logout': [[200, { ended: true }]],
    });
    const home = aHome();
    const env = { GAIA_URL: url, GAIA_HOME: home, GAIA_TIME_ZONE: 'UTC' };
    const run = await gaia(['login'], { env });
    expect(run).toMatchObject({ exit: 0, stdout: 'You act here as 7 until 10:00:00. End it: gaia logout\n' });
    expect(run.stderr).toContain('BCDF-GHJK');
    expect(run.stdout + run.stderr).not.toMatch(/t0ken|gaia_session_/);
    expect(statSync(join(home, 'terminal-session.json')).mode & 0o777).toBe(0o600);
    expect(readdirSync(home)).toEqual(['terminal-session.json']);
    expect(heard.every(({ key }) => key === undefined)).toBe(true);
    const out = await gaia(['logout'], { env });
    expect(out).toMatchObject({ exit: 0, stdout: 'Nobody is logged in here any more.\n' });
    expect(heard.at(-1)).toMatchObject({ path: '/v1/logout', key: bearer });
    expect(readdirSync(home)).toEqual([]);
  });

  test('keeps the session with the user where the data directory is closed', async () => {
    const expiresAt = Date.UTC(2026, 10, 21, 10, 0, 0);
    const { url } = await aFakeGaia({
      'POST /v1/logins': [[201, { token: 't', code: 'C', url: 'http://127.0.0.1/login', expiresAt }]],
      'POST /v1/logins/finish': [[200, { confirmed: true, session: bearer, person: '7', expiresAt }]],
    });
    const state = aHome();
    mkdirSync(join(state, 'x'));
    await gaia(['login'], { env: { GAIA_URL: url, GAIA_HOME: '/nowhere/gaia', XDG_STATE_HOME: join(state, 'x') } });
    expect(statSync(join(state, 'x', 'gaia', 'terminal-session.json')).mode & 0o777).toBe(0o600);
  });
});

describe('gaia list', () => {
  test('prints aligned columns and where the next page is', async () => {
    const page = {
      requests: [aRequestAnswer(), aRequestAnswer({ id: 'r-8', state: 'denied', title: 'x' })],
      next: 'c1',
    };
    const { call } = await anAgent({ 'GET /v1/requests': [[200, page]] });
    const run = await call(['list', '--state', 'pending']);
    expect(run.stdout).toMatchInlineSnapshot(`
      "ID        STATE    ASKED BY       ASKED               WHAT
      r-7F3K2Q  pending  agent:builder  60 s ago, 08:59:00  echo hello
      r-8       denied   agent:builder  60 s ago, 08:59:00  x
      "
    `);
    expect(run.stderr).toBe('There are more: gaia list --state pending --cursor c1\n');
  });

  test('with --all follows every page', async () => {
    const { call, heard } = await anAgent({
      'GET /v1/requests': [
        [200, { requests: [aRequestAnswer()], next: 'c1' }],
        [200, { requests: [aRequestAnswer({ id: 'r-9' })], next: null }],
      ],
    });
    const run = await call(['list', '--all', '--json']);
    expect(JSON.parse(run.stdout).requests.map((request: RequestAnswer) => request.id)).toEqual([id, 'r-9']);
    expect(heard[1]?.path).toContain('cursor=c1');
  });
});

describe('colour', () => {
  test('is for terminals whose people have not said no', async () => {
    const { call } = await anAgent({ [`GET ${route}`]: [[200, aRequestAnswer()]] });
    expect((await call(['show', id], { isTerminal: true })).stdout).toContain('\x1b[');
    expect((await call(['show', id])).stdout).not.toContain('\x1b[');
    expect((await call(['show', id], { isTerminal: true, env: { NO_COLOR: '1' } })).stdout).not.toContain('\x1b[');
    expect((await call(['show', id, '--json'], { isTerminal: true })).stdout).not.toContain('\x1b[');
  });
});

describe('gaia policy check', () => {
  test('names every fault with its line, and is quiet about a good file', async () => {
    const cwd = aHome({ 'bad.yaml': 'version: 1\nrules: 7\nnonsense: 1\n', 'good.yaml': 'version: 1\n' });
    const bad = await gaia(['policy', 'check', 'bad.yaml'], { cwd });
    expect(bad.exit).toBe(1);
    expect(bad.stdout).toContain(`${cwd}/bad.yaml:2:`);
    expect(bad.stdout).toContain(`${cwd}/bad.yaml:3:`);
    expect((await gaia(['policy', 'check', 'good.yaml'], { cwd })).exit).toBe(0);
    expect((await gaia(['policy', 'check', 'none.yaml'], { cwd })).exit).toBe(2);
    expect((await gaia(['policy', 'check'], { cwd, env: { GAIA_HOME: cwd } })).stdout).toContain('built-in rules hold');
  });
});

describe('a question with an expected answer', () => {
  test.each([
    ['push', 0],
    ['stop', 3],
  ])('that is answered “%s” ends with %i', async (answer, exit) => {
    const agent = await anAgent({
      'POST /v1/requests': [[201, submitted({ kind: 'question' })]],
      [`GET ${route}/wait`]: [[200, waited({ kind: 'question', state: 'answered', answer })]],
    });
    const argv = ['request', 'question', '--wait', '--expect', 'push', '--choice', 'push', '--choice', 'stop', 'Push?'];
    expect((await agent.call(argv)).exit).toBe(exit);
  });
});

describe('what was allowed in advance', () => {
  const grant = {
    ...{ id: 'g-7F3K2Q', agent: 'builder', effectDigest: 'e'.repeat(64), what: 'make test', request: id },
    ...{ givenBy: '7', givenAt: 0, expiresAt: Date.UTC(2026, 10, 21, 10), uses: 3, usesMax: 10 },
    ...{ state: 'live', endedAt: null, endedBy: null, endCode: null },
  };
  test('is listed', async () => {
    const agent = await anAgent({ 'GET /v1/grants': [[200, { grants: [grant] }]] });
    const { stdout } = await agent.call(['grants']);
    expect(stdout).toContain('make test');
    expect(stdout).toContain('3 of 10');
  });
  test('is taken back by a person', async () => {
    const person = await aPerson({
      'POST /v1/grants/g-7F3K2Q/revoke': [[200, { ...grant, state: 'over', endCode: 'revoked' }]],
    });
    expect((await person.call(['revoke', 'g-7F3K2Q'])).stdout).toContain('allows nothing any more');
  });
});
