import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generous } from '../proof/fixture.ts';
import { aHome, startProcess } from '../proof/gaia-process.ts';
import { caller } from '../proof/http.ts';
import type { Place, Said, TapOrder, Tapped } from './telegram-process.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

/** The least that a bot can be: it answers taps and stores nothing. Run by node as it stands, without a compiler in its memory. */
const bareBot = `
import { Bot } from 'grammy';
const [token, apiRoot, chat] = process.argv.slice(1);
const bot = new Bot(token, { client: { apiRoot } });
bot.on('callback_query:data', (ctx) => ctx.answerCallbackQuery('ok'));
await bot.init();
await bot.api.sendMessage(chat, 'a bare card', {
  reply_markup: { inline_keyboard: [[{ text: '✓ Approve', callback_data: 'approve' }]] },
});
await bot.start({ onStart: () => console.log('ready') });
`;

/** Gaia and a bare bot, each in a process of its own, behind one double of Telegram in a third. */
export async function openBots(root: string) {
  const { call, close } = caller(2);
  const home = aHome();
  const double = fork(fileURLToPath(new URL('./telegram-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
  });
  const started: ChildProcess[] = [double];
  const end = async (): Promise<void> => {
    close();
    await home.remove();
    for (const child of started) child.kill('SIGKILL');
  };
  try {
    const { place } = (await heard(double)) as { place: Place };
    writeFileSync(join(home.path, 'policy.yaml'), generous, { mode: 0o600 });
    const gaia = await startProcess(root, home, call, {
      TELEGRAM_API_ROOT: place.url,
      TELEGRAM_BOT_TOKEN: place.bots.gaia.token,
      CHAT_ID: String(place.bots.gaia.chat),
      TELEGRAM_APPROVER_IDS: String(place.person),
    });
    if (gaia === undefined) throw new Error(`Gaia did not start: ${home.printed.join('')}`);
    const { token, chat } = place.bots.bare;
    const bare = spawn(process.execPath, ['--input-type=module', '-e', bareBot, '--', token, place.url, String(chat)], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: '/usr/bin:/bin' },
    });
    started.push(bare);
    await once(bare.stdout, 'data');
    return {
      call,
      gaia,
      adminKey: home.adminKey(),
      pids: { gaia: gaia.pid, bare: bare.pid as number },
      async taps(order: TapOrder): Promise<Tapped> {
        double.send(order);
        return ((await heard(double)) as { tapped: Tapped }).tapped;
      },
      async close(): Promise<void> {
        await gaia.stop();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/** What the double says next. Throws what failed there. */
async function heard(double: ChildProcess): Promise<Said> {
  const gone = new AbortController();
  const died = (): void => gone.abort(new Error('the double ended'));
  double.once('exit', died);
  try {
    const [said] = (await once(double, 'message', { signal: gone.signal })) as [Said];
    if ('failed' in said) throw new Error(said.failed);
    return said;
  } finally {
    double.off('exit', died);
  }
}
