import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { aTelegram } from '../../support/telegram/a-telegram.ts';
import { gaia } from '../a-terminal.ts';
test('x', async () => {
  const telegram = await aTelegram();
  const cwd = mkdtempSync(join(tmpdir(), 'gaia-init-'));
  const grace = telegram.user({ id: 1001, firstName: 'Grace' });
  grace.starts();
  let stop = (): void => undefined;
  const running = gaia(['init'], { cwd, now: Date.now(), env: { GAIA_HOME: join(cwd, 'home'), TELEGRAM_API_ROOT: telegram.url }, answers: [telegram.bot.token, '1', '1', 'y'], interruptible: (p) => { stop = p; } });
  setTimeout(() => stop(), 4000);
  const r = await running;
  console.log(r.exit, r.stderr, r.stdout);
  console.log(telegram.messagesIn(grace.privately()));
  console.log(JSON.stringify(telegram.journal.callsOf('sendMessage', 'editMessageText','getUpdates').map((c) => [c.method, c.outcome])).slice(0,3000));
}, 20000);
