import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { processLog } from '../../../src/log.ts';
import { startGaia } from '../../../src/main.ts';
import { aTelegram } from '../../support/telegram/a-telegram.ts';

/** The whole of Gaia as a user starts it, against a double of Telegram that goes by the same clock. */
async function anInstallation() {
  const telegram = await aTelegram({ clock: { now: Date.now, turn: () => undefined } });
  const grace = telegram.user({ id: 111, firstName: 'Grace' });
  const group = telegram.chat({ members: [grace] });
  const home = mkdtempSync(join(tmpdir(), 'gaia-bot-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const lines: string[] = [];
  const log = processLog('warn', { stream: { write: (line: string) => lines.push(line) } as never, isTerminal: false });
  const start = async (over: Record<string, string> = {}) => {
    const env = {
      GAIA_HOME: home,
      GAIA_PORT: '0',
      TELEGRAM_BOT_TOKEN: telegram.bot.token,
      TELEGRAM_API_ROOT: telegram.url,
      CHAT_ID: String(group.id),
      TELEGRAM_APPROVER_IDS: '111',
      ...over,
    };
    const gaia = await startGaia(readConfig(env, { cwd: home }), { log, write: async () => undefined });
    onTestFinished(() => gaia.stop());
    const call = async (key: 'admin.key' | 'agent.key', path: string, body?: object) => {
      const response = await fetch(`${gaia.url}${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          authorization: `Bearer ${readFileSync(join(home, key), 'utf8').trim()}`,
          'content-type': 'application/json',
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      // biome-ignore lint/suspicious/noExplicitAny: what a test reads of it is what it checks
      return { status: response.status, body: (await response.json()) as any };
    };
    const untilStatus = async (
      so: (telegram: { trouble: { text: string } | null; closedChats: unknown[] }) => boolean,
    ) => {
      for (let looks = 0; looks < 400; looks++) {
        const { body } = await call('admin.key', '/v1/status');
        if (so(body.telegram)) return body;
      }
      throw new Error('the status never says so');
    };
    return { gaia, call, untilStatus };
  };
  return { telegram, grace, group, start, lines };
}
const echo = { kind: 'command', command: { argv: ['echo', 'hello'], cwd: '/' } };

describe('Gaia with a bot', () => {
  test('asks in the group, hears the tap, and tells the agent', async () => {
    const { telegram, grace, group, start } = await anInstallation();
    const { gaia, call } = await start();
    const asked = (await call('agent.key', '/v1/requests', echo)).body;
    expect(asked.owner).toBeNull();
    const waiting = call('agent.key', `/v1/requests/${asked.id}/wait?seconds=20`);
    const card = await telegram.until(() =>
      telegram.messagesIn(group).find(({ buttons }) => buttons.flat().includes('✓ Approve')),
    );
    grace.taps(card, '✓ Approve');
    expect((await waiting).body.request ?? (await waiting).body).toMatchObject({ state: 'executed' });
    await telegram.until(() => telegram.messageWith(group, asked.id).buttons.length === 0);
    expect(grace.answers.map(({ text }) => text)).toEqual(['Approved.']);
    await gaia.stop();
    expect(telegram.bot.isPolled).toBe(false);
  });

  test('has nobody at the machine who decides, unless that is allowed', async () => {
    const { start } = await anInstallation();
    const first = await start();
    expect(await first.gaia.signInLink()).toBeUndefined();
    for (const body of [{}, { person: 'local' }, { person: '111' }])
      expect(await first.call('admin.key', '/v1/sign-in-links', body)).toMatchObject({
        status: 403,
        body: { code: 'ask_the_bot' },
      });
    await first.gaia.stop();
    const second = await start({ GAIA_LOCAL_APPROVER: '1' });
    expect(await second.gaia.signInLink()).toContain('/sign-in/');
    expect((await second.call('admin.key', '/v1/sign-in-links', { person: '111' })).status).toBe(403);
    const { people } = (await second.call('admin.key', '/v1/status')).body;
    expect(people).toEqual({ approvers: ['111', 'local'], operators: ['111'] });
  });
});

describe('Gaia stays up, says what is wrong and what to do, and its API goes on', () => {
  test('with a token that Telegram does not know', async () => {
    const { start, lines } = await anInstallation();
    const token = `123456789:${'A'.repeat(35)}`;
    const { call, untilStatus } = await start({ TELEGRAM_BOT_TOKEN: token });
    const status = await untilStatus(({ trouble }) => trouble !== null);
    expect(status.telegram.trouble.text).toContain('TELEGRAM_BOT_TOKEN');
    expect(status.next).toContain('@BotFather');
    expect((await call('agent.key', '/v1/requests', echo)).status).toBe(201);
    expect(lines.join('')).not.toContain(token);
  });

  test('with a chat that does not exist, which it knows before anything is to be sent', async () => {
    const { start } = await anInstallation();
    const { untilStatus } = await start({ CHAT_ID: '-1009999999999' });
    const status = await untilStatus(({ closedChats }) => closedChats.length > 0);
    expect(status.telegram.closedChats).toEqual([
      { chat: '-1009999999999', why: expect.stringContaining('chat not found') },
    ]);
    expect(status.next).toContain('-1009999999999');
  });

  test('without Telegram, and works when it is back', async () => {
    const { telegram, group, start } = await anInstallation();
    await telegram.breakDown();
    const { call, untilStatus } = await start();
    expect((await untilStatus(({ trouble }) => trouble !== null)).next).toContain('TELEGRAM_API_ROOT');
    const { id } = (await call('agent.key', '/v1/requests', echo)).body;
    await telegram.recover();
    await telegram.until(() => telegram.messagesIn(group).some(({ text }) => text.includes(id)));
    expect((await untilStatus(({ trouble }) => trouble === null)).telegram.heardAt).not.toBeNull();
  });
});
