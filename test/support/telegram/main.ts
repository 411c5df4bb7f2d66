import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { playPage } from './page/page.ts';
import { openTelegram } from './telegram-double.ts';

/** `npm run telegram-double -- [--port N]`: a stand-in for Telegram to try Gaia with, on the real clock. */
const { values } = parseArgs({ options: { port: { type: 'string', default: '8081' } } });
const double = await openTelegram({
  clock: { now: Date.now },
  port: Number(values.port),
  bot: { name: 'Gaia', username: 'gaia_double_bot' },
  page: playPage(),
});
const grace = double.user({ id: 1001, firstName: 'Grace', username: 'grace' });
const alan = double.user({ id: 1002, firstName: 'Alan', username: 'alan' });
const chat = double.chat({ title: 'Approvals', members: [grace, alan] });
chat.members.set(double.bot.id, { status: 'administrator' });

process.stdout.write(`Telegram's stand-in runs. Play Grace (an approver) and Alan (a stranger) at ${double.url}/

Start Gaia with these settings, in its environment or its .env file:

TELEGRAM_API_ROOT=${double.url}
TELEGRAM_BOT_TOKEN=${double.bot.token}
CHAT_ID=${chat.id}
TELEGRAM_APPROVER_IDS=${grace.id}

What is said here is forgotten when this program ends (Ctrl-C).
`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await double.close();
