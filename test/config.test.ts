import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readClientConfig } from '../src/client/settings.ts';
import { describeConfig, readConfig } from '../src/config.ts';
import { GaiaError } from '../src/core/errors.ts';

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'gaia-config-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const read = (env: Record<string, string> = {}) => readConfig(env, { cwd });

/** The faults of a configuration, by the name of the variable. */
function faultsOf(env: Record<string, string>): Record<string, string> {
  try {
    read(env);
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    expect(error.code).toBe('invalid');
    return Object.fromEntries((error.extras.faults ?? []).map(({ field, message }) => [field, message]));
  }
  return {};
}

async function writeEnvFile(name: string, text: string, mode = 0o600) {
  await mkdir(join(cwd, name, '..'), { recursive: true });
  await writeFile(join(cwd, name), text);
  await chmod(join(cwd, name), mode);
}

describe('the configuration', () => {
  test('is complete and safe without anything set', () => {
    expect(read()).toEqual({
      host: '127.0.0.1',
      port: 8080,
      home: join(cwd, '.gaia'),
      policyFile: join(cwd, '.gaia/policy.yaml'),
      policyFileIsNamed: false,
      localApprover: false,
      execution: { allow: false, sandbox: 'auto' },
      operating: { requeueLimits: { maxRetries: 3, maxAgeMs: 72 * 3_600_000, maxPerRun: 10 } },
      github: {
        transport: 'local_fake',
        updaterEnabled: false,
        allowedRepos: [],
        allowedProjects: [],
        apiUrl: 'https://api.github.com',
      },
      timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      logLevel: 'info',
      warnings: [],
    });
  });

  test('is what was set', () => {
    const config = read({
      GAIA_HOST: '0.0.0.0',
      GAIA_PORT: '0',
      GAIA_PUBLIC_URL: 'https://gaia.example/',
      GAIA_HOME: '/srv/gaia',
      DATABASE_URL: 'postgresql://gaia:hunter2@db.example/gaia',
      POLICY_FILE: 'rules.yaml',
      GAIA_TIME_ZONE: 'Europe/Berlin',
      LOG_LEVEL: 'silent',
      ALLOW_COMMAND_EXECUTION: '0',
      SANDBOX: 'required',
      EXEC_USER: 'gaia-exec',
      GAIA_FAIL_POINTS: 'store.commit.before:kill:2',
    });
    expect(config.execution).toEqual({ allow: false, sandbox: 'required', user: 'gaia-exec' });
    expect(config).toMatchObject({
      ...{
        host: '0.0.0.0',
        port: 0,
        publicUrl: 'https://gaia.example',
        home: '/srv/gaia',
        policyFile: join(cwd, 'rules.yaml'),
      },
      ...{ timeZone: 'Europe/Berlin', logLevel: 'silent', failPoints: 'store.commit.before:kill:2', warnings: [] },
    });
    expect(config.databaseUrl?.reveal()).toBe('postgresql://gaia:hunter2@db.example/gaia');
  });

  test('counts empty values as unset', () => {
    expect(read({ GAIA_PORT: '', DATABASE_URL: ' ', GAIA_ENV_FILE: '', GAIA_HOME: '' })).toEqual(read());
  });

  test('says all its faults at once, by name, and repeats no value', () => {
    const secret = 'mysql://root:hunter2@db/x';
    const env = {
      ...{
        GAIA_HOST: '0.0.0.0',
        GAIA_PORT: '65536',
        GAIA_PUBLIC_URL: 'http://gaia.example',
        GAIA_HOME: '~/gaia',
        POLICY_FILE: '~/p',
      },
      ...{ DATABASE_URL: secret, GAIA_TIME_ZONE: 'Mars/Olympus', LOG_LEVEL: 'loud', ALLOW_COMMAND_EXECUTION: 'yes' },
      ...{ GAIA_FAIL_POINTS: 'x:explode', GAIA_ENV_FILE: 'gone.env' },
    };
    expect(Object.keys(faultsOf(env)).sort()).toEqual(Object.keys(env).sort());
    expect(() => read(env)).toThrow(/11 faults/);
    expect(JSON.stringify(faultsOf(env))).not.toContain('hunter2');
    expect(faultsOf(env).ALLOW_COMMAND_EXECUTION).toContain('neither 0 nor 1');
  });

  test.each(['-1', '8080x', '1e3', '0x50', '99999', '80.5'])('refuses the port %s', (port) => {
    expect(faultsOf({ GAIA_PORT: port })).toHaveProperty('GAIA_PORT');
  });

  test.each([
    'ftp://x',
    'gaia.example',
    'https://gaia.example/path',
    'https://gaia.example?',
    'https://u:p@gaia.example',
    'https://x#y',
    'http://10.0.0.1',
  ])('refuses the public address %s', (url) => {
    expect(faultsOf({ GAIA_PUBLIC_URL: url })).toHaveProperty('GAIA_PUBLIC_URL');
  });

  test.each(['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:80', 'https://gaia.example:8443'])(
    'takes the public address %s',
    (url) => {
      expect(read({ GAIA_PUBLIC_URL: url }).publicUrl).toBe(new URL(url).origin);
    },
  );

  test.each(['0.0.0.0', '::', '192.168.1.2', 'gaia.lan'])('refuses to listen on %s in the clear', (host) => {
    expect(faultsOf({ GAIA_HOST: host }).GAIA_HOST).toContain('GAIA_PUBLIC_URL');
    expect(faultsOf({ GAIA_HOST: host, GAIA_PUBLIC_URL: 'http://localhost' })).toHaveProperty('GAIA_HOST');
    expect(faultsOf({ GAIA_HOST: host, GAIA_PUBLIC_URL: 'https://gaia.example' })).toEqual({});
  });

  test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('listens on %s without more', (host) => {
    expect(read({ GAIA_HOST: host }).host).toBe(host);
  });

  test.each(['127.evil.example', 'localhost.evil.example'])('does not take %s for this machine', (host) => {
    expect(faultsOf({ GAIA_HOST: host })).toHaveProperty('GAIA_HOST');
  });

  test.each(['+02:00', 'Nowhere', 'Europe'])('refuses the time zone %s', (zone) => {
    expect(faultsOf({ GAIA_TIME_ZONE: zone })).toHaveProperty('GAIA_TIME_ZONE');
  });

  test('warns of what this version does not do, without its value', () => {
    const { warnings } = read({ TELEGRAM_PROXY: '-77', GAIA_PROT: '80', GAIA_URL: 'http://x' });
    expect(warnings).toEqual([expect.stringContaining('GAIA_PROT'), expect.stringContaining('TELEGRAM_PROXY')]);
    expect(warnings.join()).not.toMatch(/80|77/);
  });

  test('shows no secret, however it is printed', () => {
    const config = read({ DATABASE_URL: 'postgres://gaia:hunter2@db.example:5433/gaia?password=hunter3' });
    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      `${config.databaseUrl}`,
      JSON.stringify(describeConfig(config)),
    ];
    expect(printed.join()).not.toMatch(/hunter/);
    expect(describeConfig(config)).toMatchObject({ database: 'postgres://db.example:5433/gaia', port: 8080 });
    expect(describeConfig(read())).toMatchObject({ database: 'sqlite' });
  });
});

describe('Telegram', () => {
  const token = '123456789:AAE-not-a-real-token_0123456789';
  const bot = { TELEGRAM_BOT_TOKEN: token, CHAT_ID: '-1001', TELEGRAM_APPROVER_IDS: '11' };

  test('is not configured without a token, and what is set for it is said to lie idle', () => {
    const { telegram, warnings } = read({ CHAT_ID: '-1001', TELEGRAM_APPROVER_IDS: '11' });
    expect(telegram).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/^CHAT_ID, TELEGRAM_APPROVER_IDS set, but TELEGRAM_BOT_TOKEN/)]);
  });

  test('is what was set', () => {
    const config = read({
      ...{ TELEGRAM_BOT_TOKEN: ` ${token} `, CHAT_ID: ' -1001234567890:45 ', TELEGRAM_NOTIFY_CHAT: '77' },
      ...{ TELEGRAM_APPROVER_IDS: '11, 12\t13;11', TELEGRAM_OPERATOR_IDS: '14', GAIA_LOCAL_APPROVER: '1' },
      TELEGRAM_API_ROOT: 'http://127.0.0.1:8081/',
    });
    expect(config).toMatchObject({
      telegram: { apiRoot: 'http://127.0.0.1:8081', chat: '-1001234567890:45', noticeChat: '77' },
      localApprover: true,
      warnings: [],
    });
    expect(config.telegram).toMatchObject({ approvers: ['11', '12', '13'], operators: ['14'] });
    expect(config.telegram?.token.reveal()).toBe(token);
  });

  test('takes each chat for the other, the approvers for operators, and Telegram itself unless told', () => {
    const expected = { chat: '-1001', noticeChat: '-1001', operators: ['11'], apiRoot: 'https://api.telegram.org' };
    expect(read(bot)).toMatchObject({ telegram: expected, localApprover: false, warnings: [] });
    expect(read({ ...bot, CHAT_ID: '', TELEGRAM_NOTIFY_CHAT: '-1001' }).telegram).toMatchObject(expected);
  });

  test('without approvers lets nobody approve, and says so', () => {
    const none = read({ ...bot, TELEGRAM_APPROVER_IDS: ' , ' });
    expect(none.telegram).toMatchObject({ approvers: [], operators: [] });
    expect(none.warnings).toEqual([expect.stringContaining('nobody may approve')]);
    expect(read({ ...bot, TELEGRAM_APPROVER_IDS: '', GAIA_LOCAL_APPROVER: '1' }).warnings).toEqual([
      expect.stringContaining('only the person at this machine'),
    ]);
  });

  test('says all its faults at once, by name, and repeats no token', () => {
    const env = {
      ...{ TELEGRAM_BOT_TOKEN: `${token}!`, CHAT_ID: '@approvals', TELEGRAM_NOTIFY_CHAT: 'https://t.me/x' },
      ...{ TELEGRAM_APPROVER_IDS: '@grace', TELEGRAM_OPERATOR_IDS: '-100', TELEGRAM_API_ROOT: 'http://10.0.0.1' },
      GAIA_LOCAL_APPROVER: 'yes',
    };
    const faults = faultsOf(env);
    expect(Object.keys(faults).sort()).toEqual(Object.keys(env).sort());
    expect(faults.TELEGRAM_BOT_TOKEN).toContain('@BotFather');
    expect(faults.CHAT_ID).toContain('/start');
    expect(faults.TELEGRAM_APPROVER_IDS).toMatch(/@grace, which is a name.*\/start/);
    expect(faults.TELEGRAM_OPERATOR_IDS).toContain('-100, which is a chat');
    expect(JSON.stringify(faults)).not.toContain('not-a-real-token');
  });

  test('needs a chat beside a token', () => {
    expect(faultsOf({ TELEGRAM_BOT_TOKEN: token })).toEqual({ CHAT_ID: expect.stringContaining('gaia init') });
  });

  test.each(['123:short', 'bot123456789:AAE-not-a-real-token_0123456789', '123456789', 'AAE', '1 2:x'])(
    'refuses the token %s',
    (wrong) => {
      expect(faultsOf({ ...bot, TELEGRAM_BOT_TOKEN: wrong })).toHaveProperty('TELEGRAM_BOT_TOKEN');
    },
  );

  test.each(['0', '-0', '+1', '1e5', '-100:x', '-100:', '-100:0', '-100:1', '-100:045', '5:2', '- 100', '١٢٣'])(
    'refuses the chat %s',
    (chat) => {
      expect(faultsOf({ ...bot, CHAT_ID: chat })).toHaveProperty('CHAT_ID');
    },
  );

  test.each(['0', '011', '1.5', '11 grace', '-5', '1087968824', '136817688', '777000', '123456789'])(
    'refuses the approver %s, who is not one person',
    (id) => {
      expect(faultsOf({ ...bot, TELEGRAM_APPROVER_IDS: id })).toHaveProperty('TELEGRAM_APPROVER_IDS');
    },
  );

  test.each(['http://api.telegram.org', 'https://api.telegram.org/bot', 'ftp://127.0.0.1', 'api.telegram.org'])(
    'refuses to call %s',
    (root) => {
      expect(faultsOf({ ...bot, TELEGRAM_API_ROOT: root })).toHaveProperty('TELEGRAM_API_ROOT');
    },
  );

  test('never shows its token, however it is printed', () => {
    const config = read(bot);
    const printed = [JSON.stringify(config), inspect(config, { depth: 9, showHidden: true })];
    expect(`${printed} ${JSON.stringify(describeConfig(config))} ${config.telegram?.token}`).not.toContain('AAE');
    expect(describeConfig(config)).toMatchObject({ telegram: { chat: '-1001', approvers: ['11'] } });
  });
});

describe('the env file', () => {
  test('is .env, or else .tmp/telegram.env; the environment wins', async () => {
    await writeEnvFile('.tmp/telegram.env', 'GAIA_PORT=1\n');
    expect(read()).toMatchObject({ port: 1, envFile: join(cwd, '.tmp/telegram.env') });
    await writeEnvFile('.env', '# c\nGAIA_PORT="2"\nLOG_LEVEL=warn\nGAIA_TIME_ZONE=\n');
    expect(read()).toMatchObject({ port: 2, logLevel: 'warn', envFile: join(cwd, '.env') });
    expect(read({ GAIA_PORT: '3' })).toMatchObject({ port: 3, logLevel: 'warn' });
    expect(read({ GAIA_PORT: '' })).toMatchObject({ port: 2 });
  });

  test('is the one named, and only that', async () => {
    await writeEnvFile('.env', 'GAIA_PORT=1');
    await writeEnvFile('other.env', 'LOG_LEVEL=warn');
    expect(read({ GAIA_ENV_FILE: 'other.env' })).toMatchObject({ port: 8080, logLevel: 'warn' });
    expect(faultsOf({ GAIA_ENV_FILE: 'none.env' }).GAIA_ENV_FILE).toContain('does not exist');
  });

  test.each([0o644, 0o640, 0o620, 0o602])('is refused with mode %o, with what to type, and not read', async (mode) => {
    await writeEnvFile('.env', 'GAIA_PORT=wrong', mode);
    expect(faultsOf({})).toEqual({ GAIA_ENV_FILE: expect.stringContaining(`chmod 600 ${join(cwd, '.env')}`) });
  });

  test('is refused when it is a directory or a device', async () => {
    await mkdir(join(cwd, '.env'));
    expect(faultsOf({}).GAIA_ENV_FILE).toContain('not a regular file');
    expect(faultsOf({ GAIA_ENV_FILE: '/dev/null' }).GAIA_ENV_FILE).toContain('not a regular file');
  });

  test('has its faults said with those of the environment', async () => {
    await writeEnvFile('.env', 'GAIA_PORT=wrong');
    expect(Object.keys(faultsOf({ LOG_LEVEL: 'loud' })).sort()).toEqual(['GAIA_PORT', 'LOG_LEVEL']);
  });
});

describe('a client', () => {
  test('finds Gaia on this machine unless told', () => {
    expect(readClientConfig({}, '/w')).toEqual({ url: 'http://127.0.0.1:8080', home: '/w/.gaia' });
    expect(
      readClientConfig({ GAIA_URL: 'https://g.example/x/', GAIA_API_KEY: ' gaia_k\n', GAIA_HOME: 'h' }, '/w'),
    ).toEqual({
      ...{ url: 'https://g.example/x', apiKey: 'gaia_k', home: '/w/h' },
    });
    expect(readClientConfig({ GAIA_URL: '', GAIA_API_KEY: ' ' }, '/w')).not.toHaveProperty('apiKey');
  });

  test.each(['gaia.example', 'file:///etc', 'http://u:p@x', 'http://x?a'])(
    'refuses the address %s without repeating it',
    (url) => {
      expect(() => readClientConfig({ GAIA_URL: url })).toThrow('GAIA_URL is not');
    },
  );
});

describe('env.example', () => {
  const example = () => readFile(new URL('../env.example', import.meta.url), 'utf8');

  test('names every variable once, each explained in the line above', async () => {
    const lines = (await example()).split('\n');
    const named = lines.flatMap((line, at) =>
      /^#[A-Z_]+=/.test(line) ? [{ name: line.slice(1).split('=')[0], above: lines[at - 1] }] : [],
    );
    expect(named.map(({ name }) => name).sort()).toEqual(
      [
        ...[
          'ALLOW_COMMAND_EXECUTION',
          'EXEC_USER',
          'SANDBOX',
          'CHAT_ID',
          'DATABASE_URL',
          'GAIA_API_KEY',
          'GAIA_ENV_FILE',
          'GAIA_FAIL_POINTS',
          'GAIA_HOME',
          'GAIA_HOST',
          'GAIA_LOCAL_APPROVER',
        ],
        ...[
          'ENABLE_REMOTE_UPDATER',
          'GITHUB_ALLOWED_PROJECTS',
          'GITHUB_ALLOWED_REPOS',
          'GITHUB_API_URL',
          'GITHUB_APP_ID',
        ],
        ...['GITHUB_APP_PRIVATE_KEY_FILE', 'GITHUB_INSTALLATION_ID', 'GITHUB_TOKEN', 'GITHUB_TRANSPORT'],
        ...['TELEGRAM_API_ROOT', 'TELEGRAM_APPROVER_IDS', 'TELEGRAM_BOT_TOKEN'],
        ...['TELEGRAM_ESCALATION_CHAT', 'TELEGRAM_NOTIFY_CHAT', 'TELEGRAM_OPERATOR_IDS'],
        ...['AUTO_REQUEUE_MAX_AGE_HOURS', 'AUTO_REQUEUE_MAX_PER_RUN', 'AUTO_REQUEUE_MAX_RETRIES'],
        ...['HEARTBEAT_URL', 'MONITOR_ADMIN_TOKEN'],
        ...['GAIA_PORT', 'GAIA_PUBLIC_URL', 'GAIA_TIME_ZONE', 'GAIA_URL', 'LOG_LEVEL', 'POLICY_FILE'],
      ].sort(),
    );
    expect(named.every(({ above }) => /^# [A-Z].*\.$/.test(above ?? ''))).toBe(true);
  });

  test('changes nothing as it is, and shows the defaults when its lines are taken', async () => {
    await writeEnvFile('.env', await example());
    const { envFile, ...untouched } = read();
    expect(envFile).toBeDefined();
    await writeEnvFile('.env', (await example()).replaceAll(/^#(?=[A-Z_]+=)/gm, ''));
    const { envFile: _, ...taken } = read();
    expect(taken).toEqual(untouched);
    await rm(join(cwd, '.env'));
    expect(untouched).toEqual(read());
  });
});
