import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Check, type Checked, ok, runChecks } from '../../../src/cli/local/doctor/check.ts';
import { bindingFinding, diskFinding, fsyncFinding, ofNode } from '../../../src/cli/local/doctor/machine.ts';
import { clockFinding } from '../../../src/cli/local/doctor/telegram.ts';
import { readConfig } from '../../../src/config.ts';
import { processLog } from '../../../src/log.ts';
import { startGaia } from '../../../src/main.ts';
import { openStore } from '../../../src/store/open.ts';
import { aTelegram, type TelegramWorld } from '../../support/telegram/a-telegram.ts';
import { gaia } from '../a-terminal.ts';

function aDesk(telegram?: TelegramWorld) {
  const cwd = mkdtempSync(join(tmpdir(), 'gaia-doctor-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const home = join(cwd, 'home');
  const env: Record<string, string> = { GAIA_HOME: home, LOG_LEVEL: 'silent' };
  if (telegram) Object.assign(env, { TELEGRAM_API_ROOT: telegram.url, TELEGRAM_BOT_TOKEN: telegram.bot.token });
  const examine = async (more: Record<string, string> = {}) => {
    const { exit, stdout, stderr } = await gaia(['doctor', '--json'], {
      cwd,
      now: Date.now(),
      env: { ...env, ...more },
    });
    const { verdict, checks } = JSON.parse(stdout) as { verdict: string; checks: Checked[] };
    const of = (name: string) => checks.find(({ check }) => check === name) as Checked;
    return { exit, verdict, checks, of, said: `${stdout}${stderr}` };
  };
  const openedStore = () => openStore({ home, now: Date.now });
  return { cwd, home, env, examine, openedStore };
}

const revoke = ({ bot }: TelegramWorld): void => bot.revoke();
const pushElsewhere = ({ bot }: TelegramWorld): void => {
  bot.webhookUrl = 'https://x.example/s';
};

describe('gaia doctor', () => {
  test('finds nothing wrong where nothing was set up, and makes nothing', async () => {
    const { cwd, examine } = aDesk();
    const { exit, verdict, checks } = await examine();
    expect([exit, verdict]).toEqual([0, 'warn']); // Gaia does not run
    expect(checks.filter(({ verdict: found }) => found === 'fail')).toEqual([]);
    expect(checks.every(({ verdict: found, remedy }) => (found === 'ok') === (remedy === undefined))).toBe(true);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('finds a Gaia that runs, its store, and its keys', async () => {
    const { home, env, cwd, examine } = aDesk();
    const config = { ...readConfig(env, { cwd }), port: 0 };
    const log = processLog('silent', { stream: process.stderr, isTerminal: false });
    const running = await startGaia(config, { log, write: async () => undefined });
    onTestFinished(() => running.stop());
    const { exit, of } = await examine();
    expect(exit).toBe(0);
    for (const name of ['running', 'store', 'store_pages', 'store_state', 'data_directory', 'secret_files', 'sqlite'])
      expect([name, of(name).verdict]).toEqual([name, 'ok']);
    expect(of('running').message).toContain(running.url);
    chmodSync(join(home, 'admin.key'), 0o644);
    expect((await examine()).of('secret_files')).toMatchObject({
      verdict: 'fail',
      remedy: expect.stringContaining('chmod 600'),
    });
  }, 20_000);

  test('says how commands are run, and what would keep Gaia from starting', async () => {
    const { examine } = aDesk();
    expect((await examine()).of('execution')).toMatchObject({
      verdict: 'ok',
      message: expect.stringContaining('never'),
    });
    const unsandboxed = (await examine({ ALLOW_COMMAND_EXECUTION: '1', SANDBOX: 'off' })).of('execution');
    expect(unsandboxed).toMatchObject({ verdict: 'warn', message: expect.stringContaining('UNSANDBOXED') });
    const nobody = (await examine({ ALLOW_COMMAND_EXECUTION: '1', EXEC_USER: 'no-such-user-here' })).of('execution');
    expect(nobody).toMatchObject({ verdict: 'fail', message: expect.stringContaining('EXEC_USER=no-such-user-here') });
  });

  test('names every fault of the configuration, and still looks at the machine', async () => {
    const { examine } = aDesk();
    const { exit, of, said } = await examine({ GAIA_PORT: 'x', TELEGRAM_BOT_TOKEN: '12345:secret', CHAT_ID: 'y' });
    expect(exit).toBe(1);
    expect(of('configuration').message).toMatch(/GAIA_PORT[\s\S]*TELEGRAM_BOT_TOKEN[\s\S]*CHAT_ID/);
    expect(of('sqlite').verdict).toBe('ok');
    expect(said).not.toContain('secret');
  });

  test('finds a policy with faults, an open directory, an old backup, and a log shorter than it was', async () => {
    const { home, examine, openedStore } = aDesk();
    await (await openedStore()).close();
    writeFileSync(join(home, 'policy.yaml'), 'rules: 5\n');
    writeFileSync(join(home, 'head.json'), `{"generation":1,"seq":9,"hash":"${'0'.repeat(64)}"}\n`);
    mkdirSync(join(home, 'backups'));
    writeFileSync(join(home, 'backups/before-0001_more-1600000000000.db'), '');
    chmodSync(home, 0o755);
    const { exit, of } = await examine();
    expect(exit).toBe(1);
    expect(of('policy')).toMatchObject({ verdict: 'fail', remedy: expect.stringContaining('policy check') });
    expect(of('data_directory')).toMatchObject({ verdict: 'fail', remedy: expect.stringContaining('chmod 700') });
    expect(of('backups').verdict).toBe('warn');
    expect(of('store_state')).toMatchObject({
      verdict: 'fail',
      remedy: expect.stringContaining('--accept-generation'),
    });
  });

  test('finds a database that is none', async () => {
    const { home, examine } = aDesk();
    mkdirSync(home, { mode: 0o700 });
    writeFileSync(join(home, 'gaia.db'), 'not a database, but long enough to look at'.repeat(100), { mode: 0o600 });
    const { exit, of } = await examine();
    expect([exit, of('store').verdict, of('store_pages').verdict]).toEqual([1, 'fail', 'fail']);
  });

  test('finds the bot, its chat and the approvers in it', async () => {
    const telegram = await aTelegram();
    const grace = telegram.user({ id: 11, firstName: 'Grace' });
    const group = telegram.chat({ members: [grace], topics: { 7: 'Work' } });
    const { examine } = aDesk(telegram);
    const { of } = await examine({ CHAT_ID: `${group.id}:7`, TELEGRAM_APPROVER_IDS: '11' });
    for (const name of ['configuration', 'clock', 'token', 'webhook', 'chat', 'approvers'])
      expect([name, of(name)]).toEqual([name, expect.objectContaining({ verdict: 'ok' })]);
    const stranger = await examine({ CHAT_ID: String(group.id), TELEGRAM_APPROVER_IDS: '11,12' });
    expect(stranger.of('approvers')).toMatchObject({ verdict: 'warn', message: expect.stringMatching(/: 12\.$/) });
    expect(stranger.exit).toBe(0);
  });

  test.each([
    ['is in nobody’s hands', 'token', 'fail', revoke],
    ['is pushed elsewhere', 'webhook', 'warn', pushElsewhere],
  ] as const)('finds a bot that %s, and shows no token', async (_, name, verdict, spoil) => {
    const telegram = await aTelegram();
    spoil(telegram);
    const { examine } = aDesk(telegram);
    const { of, said } = await examine({ CHAT_ID: '-5', TELEGRAM_APPROVER_IDS: '11' });
    expect(of(name)).toMatchObject({ verdict, remedy: expect.any(String) });
    expect(said).not.toContain(telegram.bot.token.slice(12));
  });

  test.each([
    ['was removed from', 'fail', { status: 'kicked' as const }, ''],
    ['may not write in', 'fail', { status: 'restricted' as const }, ''],
    ['may not send files to', 'warn', { status: 'restricted' as const, maySend: true }, ''],
    ['knows no such topic of', 'fail', { status: 'member' as const }, ':9'],
  ])('finds a chat that the bot %s', async (_, verdict, bot, topic) => {
    const telegram = await aTelegram();
    const chat = telegram.chat({ bot, topics: { 7: 'Work' } });
    const { of } = await aDesk(telegram).examine({ CHAT_ID: `${chat.id}${topic}`, TELEGRAM_APPROVER_IDS: '11' });
    expect(of('chat')).toMatchObject({ verdict, remedy: expect.any(String) });
  });

  test('finds a person who blocked the bot', async () => {
    const telegram = await aTelegram();
    const grace = telegram.user({ id: 11, firstName: 'Grace' });
    grace.starts();
    grace.blocks();
    const { of } = await aDesk(telegram).examine({ CHAT_ID: '11', TELEGRAM_APPROVER_IDS: '11' });
    expect(of('chat')).toMatchObject({ verdict: 'fail', message: expect.stringContaining('blocked') });
    expect(telegram.callsOf('sendMessage')).toEqual([]);
  });

  test('shows no token, wherever it may stand, and nothing that steers a terminal', async () => {
    const token = '123456789:AAE-not-a-real-token_0123456789';
    const { of, said } = await aDesk().examine({ POLICY_FILE: `/nowhere/${token}\u202e` });
    expect(of('policy').message).toContain('<token>');
    expect(said).not.toMatch(/not-a-real|\u202e|\\u202e/);
  });

  test('says it in lines for people, a remedy under each', async () => {
    const { cwd, env } = aDesk();
    const { stdout } = await gaia(['doctor'], { cwd, now: Date.now(), env });
    expect(stdout).toMatch(/^warn {2}running +Gaia does not run[^\n]*\n +→ Start it: npm start$/m);
    expect(stdout).toMatch(/\d+ ok, \d+ to look at, 0 failed\n$/);
  });
});

describe('a check', () => {
  const never: Check = { name: 'never', look: () => new Promise(() => undefined) };

  test('that hangs is given up and told so, and holds up no other', async () => {
    let givenUp = false;
    const heeds: Check = {
      name: 'heeds',
      look: (signal) => new Promise(() => signal.addEventListener('abort', () => (givenUp = true))),
    };
    const found = await runChecks([never, { name: 'quick', look: () => ok('fine') }, heeds], () => undefined, 20);
    expect(found.map(({ verdict }) => verdict)).toEqual(['fail', 'ok', 'fail']);
    expect(givenUp).toBe(true);
  });

  test('that breaks is a failure whose words do not come through', async () => {
    const breaks: Check = {
      name: 'breaks',
      look: () => {
        throw new Error('https://api.example/bot123456:SECRET');
      },
    };
    const [found] = await runChecks([breaks], () => undefined);
    expect([found?.verdict, JSON.stringify(found)]).toEqual(['fail', expect.not.stringContaining('SECRET')]);
  });

  test('draws its lines where the runbooks say', () => {
    expect(['v20.18.9', 'v18.20.0', 'v20.19.0', 'v24.1.0'].map((version) => ofNode(version).verdict)).toEqual([
      'fail',
      'fail',
      'ok',
      'ok',
    ]);
    expect([49, 50, 499, 500].map((mib) => diskFinding(mib * 1024 * 1024).verdict)).toEqual([
      'fail',
      'warn',
      'warn',
      'ok',
    ]);
    expect(
      [
        [1, 99, 9],
        [1, 11, 12],
      ].map((took) => fsyncFinding(took).verdict),
    ).toEqual(['ok', 'warn']);
    expect([5_000, -5_000, 5_001, -5_001].map((ahead) => clockFinding(ahead).verdict)).toEqual([
      'ok',
      'ok',
      'warn',
      'warn',
    ]);
  });

  test('knows a native part that was not built, or for another Node', () => {
    const missing = new Error('Could not locate the bindings file. Tried: …');
    expect(bindingFinding(missing)?.remedy).toMatch(/npm rebuild better-sqlite3[\s\S]*allowScripts/);
    const other = Object.assign(new Error('was compiled against'), { code: 'ERR_DLOPEN_FAILED' });
    expect(bindingFinding(other)?.message).toContain('another Node');
    expect(bindingFinding(new Error('something else'))).toBeUndefined();
  });
});
