import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { withSettings } from '../../../src/cli/local/init/env-file.ts';
import { aTelegram, type TelegramWorld } from '../../support/telegram/a-telegram.ts';
import type { Chat } from '../../support/telegram/chat.ts';
import { gaia, type Seat } from '../a-terminal.ts';

interface Desk {
  telegram: TelegramWorld;
  cwd: string;
  env: Record<string, string>;
  envFile: string;
  type: (argv: readonly string[], seat?: Seat) => ReturnType<typeof gaia>;
}

async function aDesk(): Promise<Desk> {
  const telegram = await aTelegram();
  const cwd = mkdtempSync(join(tmpdir(), 'gaia-init-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const env = { GAIA_HOME: join(cwd, 'home'), TELEGRAM_API_ROOT: telegram.url, LOG_LEVEL: 'silent' };
  const type = (argv: readonly string[], seat: Seat = {}) =>
    gaia(argv, { cwd, now: Date.now(), ...seat, env: { ...env, ...seat.env } });
  return { telegram, cwd, env, envFile: join(cwd, '.env'), type };
}

const cardIn = (telegram: TelegramWorld, chat: Chat, text: string) =>
  telegram.until(() => {
    const card = telegram.messagesIn(chat).findLast((message) => message.text.includes('Gaia works'));
    return card !== undefined && JSON.stringify(card).includes(text) ? card : undefined;
  });

describe('gaia init', () => {
  test('leads from a token to an approved request, and writes what Gaia needs', async () => {
    const { telegram, envFile, env, type } = await aDesk();
    const grace = telegram.user({ id: 1001, firstName: 'Grace', username: 'grace' });
    const { token } = telegram.bot;
    const writesFirst = () => {
      grace.starts();
      return token;
    };
    const running = type(['init', '--json'], { answers: [writesFirst, '1', '1', 'y'] });
    grace.taps(await cardIn(telegram, grace.privately(), 'Approve'), '✓ Approve');
    const { exit, stdout, stderr, asked } = await running;

    expect([exit, stderr]).toEqual([0, expect.stringContaining('Grace @grace (1001)')]);
    expect(JSON.parse(stdout)).toMatchObject({ chat: '1001', approvers: ['1001'], test: 'executed' });
    expect(asked[0]).toContain('(hidden)');
    expect(`${stdout}${stderr}${asked}`).not.toContain(token.slice(12));
    expect(readFileSync(envFile, 'utf8')).toBe(
      `TELEGRAM_BOT_TOKEN=${token}\nCHAT_ID=1001\nTELEGRAM_APPROVER_IDS=1001\n`,
    );
    expect(statSync(envFile).mode & 0o777).toBe(0o600);
    expect(existsSync(join(env.GAIA_HOME ?? '', 'gaia.pid'))).toBe(false);
    const card = telegram.messageWith(grace.privately(), 'Gaia works');
    expect(JSON.stringify(card.buttons)).not.toContain('Approve');
  }, 30_000);

  test('waits for a message, and offers groups, topics and people, but nobody who hides', async () => {
    const { telegram, type, envFile } = await aDesk();
    const grace = telegram.user({ id: 1001, firstName: 'Grace\u202e' });
    const alan = telegram.user({ id: 1002, firstName: 'Alan' });
    const group = telegram.chat({
      title: 'Approvals',
      members: [grace],
      administrators: [alan],
      topics: { 7: 'Work' },
    });
    const { token } = telegram.bot;
    const running = type(['init', '--no-test'], { answers: [token, '9', 'x', '2', '2', '1', 'y'] });
    await telegram.until(() => telegram.bot.isPolled);
    alan.writesAnonymously(group, '/start');
    await telegram.until(() => telegram.callsOf('getUpdates').length > 1);
    grace.writes(group, '/start', { topic: 7 });
    const { exit, stderr } = await running;

    expect([exit, stderr]).toEqual([0, expect.stringContaining(`(topic 7 of a supergroup, ${group.id}:7)`)]);
    expect(stderr).toContain('Nobody was seen by name');
    expect(stderr).not.toMatch(/\u202e|Alan/);
    expect(readFileSync(envFile, 'utf8')).toContain(`CHAT_ID=${group.id}:7\nTELEGRAM_APPROVER_IDS=1001\n`);
    expect(telegram.bot.queue.size).toBeGreaterThan(0); // Gaia gets them too
  });

  test('writes nothing unless told to', async () => {
    const { telegram, type, envFile } = await aDesk();
    telegram.user({ id: 1001, firstName: 'Grace' }).starts();
    const { exit, stderr } = await type(['init'], { answers: [telegram.bot.token, '1', '1', ''] });
    expect([exit, stderr]).toEqual([1, expect.stringContaining('Nothing was written.')]);
    expect(existsSync(envFile)).toBe(false);
    expect(telegram.callsOf('sendMessage')).toEqual([]);
  });

  test('asks again for a token that is none, or that Telegram refuses, and shows neither', async () => {
    const { telegram, type } = await aDesk();
    telegram.user({ id: 1001, firstName: 'Grace' }).starts();
    const wrong = '123456789:AAE-wrong-but-shaped-like-one-0123';
    const answers = ['nonsense', '', wrong, telegram.bot.token, '1', '1', 'y'];
    const { exit, stderr } = await type(['init', '--no-test'], { answers });
    expect([exit, stderr]).toEqual([0, expect.stringMatching(/does not look like a token[\s\S]*does not accept/)]);
    expect(stderr).not.toMatch(/nonsense|wrong-but/);
  });

  test('keeps the other lines of the env file', async () => {
    const { telegram, type, envFile } = await aDesk();
    telegram.user({ id: 1001, firstName: 'Grace' }).starts();
    writeFileSync(envFile, '# mine\nGAIA_PORT=0\nCHAT_ID=-5\n', { mode: 0o600 });
    const flags = ['--token-file', '-', '--chat', '1001', '--approver', '1001', '1002', '--yes', '--no-test'];
    const { exit, stderr } = await type(['init', ...flags], { stdin: `${telegram.bot.token}\n` });
    expect([exit, stderr]).toEqual([0, expect.stringContaining('A private chat has one person')]);
    expect(readFileSync(envFile, 'utf8')).toBe(
      `# mine\nGAIA_PORT=0\nCHAT_ID=1001\nTELEGRAM_BOT_TOKEN=${telegram.bot.token}\nTELEGRAM_APPROVER_IDS=1001,1002\n`,
    );
  });

  test('without anyone to ask names the flags it lacks', async () => {
    const { type } = await aDesk();
    const { exit, stderr } = await type(['init', '--chat', '1']);
    expect([exit, stderr]).toEqual([2, expect.stringMatching(/--token-file FILE, --approver ID, --yes/)]);
  });

  test.each([
    ['a chat the bot is not in', { bot: undefined }, 'chat not found'],
    ['a group that lets nobody write', { bot: { status: 'restricted' as const } }, 'may not write'],
    ['a channel', { kind: 'channel' as const }, 'is a channel'],
  ])('refuses %s, and writes nothing', async (_, how, words) => {
    const { telegram, type, envFile } = await aDesk();
    const chat = telegram.chat(how);
    const argv = ['init', '--chat', String(chat.id), '--approver', '1', '--yes'];
    const { exit, stderr } = await type(argv, { env: { TELEGRAM_BOT_TOKEN: telegram.bot.token } });
    expect([exit, stderr]).toEqual([2, expect.stringMatching(new RegExp(`${words}[\\s\\S]*→`))]);
    expect(existsSync(envFile)).toBe(false);
  });

  test('says that another program reads the bot, that there is no network, and that others may read the env file', async () => {
    const { telegram, type, envFile } = await aDesk();
    const { token } = telegram.bot;
    telegram.bot.webhookUrl = `https://hook.example/${token}`;
    const webhook = await type(['init'], { answers: [token] });
    expect([webhook.exit, webhook.stderr]).toEqual([7, expect.stringContaining('webhook')]);
    expect(webhook.stderr).not.toContain(token);
    telegram.bot.webhookUrl = '';
    telegram.faults.refuse({ method: 'getUpdates' }, 409, 'Conflict: terminated by other getUpdates request');
    const other = await type(['init'], { answers: [token] });
    expect([other.exit, other.stderr]).toEqual([7, expect.stringContaining('Another program reads')]);
    await telegram.breakDown();
    const away = await type(['init'], { answers: [token] });
    expect([away.exit, away.stderr]).toEqual([1, expect.stringContaining('TELEGRAM_API_ROOT')]);
    writeFileSync(envFile, '');
    chmodSync(envFile, 0o644);
    const open = await type(['init'], { answers: [token] });
    expect([open.exit, open.stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
  });

  test('refuses to write what the environment says otherwise', async () => {
    const { telegram, type, envFile } = await aDesk();
    telegram.user({ id: 1001, firstName: 'Grace' }).starts();
    const env = { TELEGRAM_BOT_TOKEN: telegram.bot.token, CHAT_ID: '-77' };
    const { exit, stderr } = await type(['init', '--chat', '1001', '--approver', '1001', '--yes'], { env });
    expect([exit, stderr]).toEqual([7, expect.stringContaining('unset CHAT_ID')]);
    expect(existsSync(envFile)).toBe(false);
  });

  test('interrupted while it waits for a message leaves nothing', async () => {
    const { telegram, type, envFile } = await aDesk();
    let interrupt = (): void => undefined;
    const interruptible = (press: () => void) => {
      interrupt = press;
    };
    const running = type(['init'], { answers: [telegram.bot.token], interruptible });
    await telegram.until(() => telegram.bot.isPolled);
    interrupt();
    const { exit, stderr } = await running;
    expect([exit, stderr]).toEqual([1, expect.stringContaining('nothing is left half done')]);
    expect(existsSync(envFile)).toBe(false);
  });

  test('interrupted while the test waits takes it back, and its card says so', async () => {
    const { telegram, type, envFile } = await aDesk();
    const grace = telegram.user({ id: 1001, firstName: 'Grace' });
    grace.starts();
    let interrupt = (): void => undefined;
    const interruptible = (press: () => void) => {
      interrupt = press;
    };
    const running = type(['init'], { answers: [telegram.bot.token, '1', '1', 'y'], interruptible });
    await cardIn(telegram, grace.privately(), 'Approve');
    interrupt();
    expect((await running).exit).toBe(1);
    expect(existsSync(envFile)).toBe(true);
    const card = telegram.messageWith(grace.privately(), 'Gaia works');
    expect(card.text).toMatch(/withdrawn|taken back/i);
    expect(JSON.stringify(card.buttons)).not.toContain('Approve');
  }, 30_000);
});

describe('the env file that gaia init writes', () => {
  const settings = { CHAT_ID: '-1', TELEGRAM_BOT_TOKEN: 't' };

  test('has each setting once, where it stood or at the end', () => {
    expect(withSettings('', settings)).toBe('CHAT_ID=-1\nTELEGRAM_BOT_TOKEN=t\n');
    expect(withSettings('a=1\nexport CHAT_ID = "5"\n#CHAT_ID=6\nCHAT_ID=7\n\n', settings)).toBe(
      'a=1\nCHAT_ID=-1\n#CHAT_ID=6\nTELEGRAM_BOT_TOKEN=t\n',
    );
  });

  test('is left alone where a quoted text only looks like a setting', () => {
    expect(() => withSettings('NOTE="\nCHAT_ID=5\n"\n', settings)).toThrow('without touching other lines');
  });
});
