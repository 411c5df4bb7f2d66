import { resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { readConfig } from '../../config.ts';
import { conflict, GaiaError, invalid } from '../../core/errors.ts';
import { type RunningGaia, runningGaia } from '../../home/running.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { InitOptions } from '../program.ts';
import { type Finding, failure } from './doctor/check.ts';
import { ofApprovers, ofChat } from './doctor/telegram.ts';
import { type Given, type KnownBot, meetBot } from './init/bot.ts';
import { Dialogue, Interrupted } from './init/dialogue.ts';
import { findEnvFile, refuseShadowed, writeSettings } from './init/env-file.ts';
import { tryOut, tryOutAlone } from './init/try-out.ts';

/** `gaia init`: sets up Telegram with whoever sits there, or from flags, and ends with a test that is approved there. */
export async function init(cli: Cli, options: InitOptions): Promise<Exit> {
  const interrupt = new AbortController();
  const stopListening = cli.terminal.onInterrupt(() => interrupt.abort(new Interrupted()));
  try {
    return await setUp(cli, options, interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw asOwnFailure(error);
    cli.note('', 'Stopped; nothing is left half done. gaia init begins again.');
    return exits.failed;
  } finally {
    stopListening();
  }
}

async function setUp(cli: Cli, options: InitOptions, signal: AbortSignal): Promise<Exit> {
  const { env, cwd, canAsk } = cli.terminal;
  const file = findEnvFile(cli.terminal);
  const values = { ...file.values, ...env };
  const home = resolve(cwd, values.GAIA_HOME?.trim() || '.gaia');
  const running = await runningGaia(home);
  if (running) return tryRunning(cli, options, { ...running, home, signal });

  const given: Given = {
    tokenFile: options.tokenFile,
    chat: options.chat ?? (env.CHAT_ID?.trim() || undefined),
    approvers: options.approver ?? asList(env.TELEGRAM_APPROVER_IDS),
    tokenBefore: file.values.TELEGRAM_BOT_TOKEN?.trim() || undefined,
  };
  if (!canAsk) refuseUnlessTold(options, given, env.TELEGRAM_BOT_TOKEN);
  const dialogue = new Dialogue(cli, signal);
  const bot = await meetBot(cli, dialogue, given);
  cli.note(`The bot is @${bot.account.username}.`);
  const { chat, approvers } = await choose(cli, dialogue, bot, given);

  const settings = { TELEGRAM_BOT_TOKEN: bot.token, CHAT_ID: chat, TELEGRAM_APPROVER_IDS: approvers.join(',') };
  refuseShadowed(env, settings);
  readConfig({ ...env, ...settings }, { cwd });
  cli.note(
    '',
    `To ${file.path}, which only you may read:`,
    `  TELEGRAM_BOT_TOKEN=(the token of @${bot.account.username})`,
    `  CHAT_ID=${settings.CHAT_ID}`,
    `  TELEGRAM_APPROVER_IDS=${settings.TELEGRAM_APPROVER_IDS}`,
  );
  if (!options.yes && !(await dialogue.agrees('Write it?'))) {
    cli.note('Nothing was written.');
    return exits.failed;
  }
  signal.throwIfAborted();
  await writeSettings(file, settings);
  cli.note('Written.');

  const done = { envFile: file.path, bot: bot.account.username, chat, approvers };
  if (!options.test) return finish(cli, { ...done, test: null });
  cli.note('', 'Now a TEST request goes to the chat: press Approve there. Nothing is run. (Ctrl-C takes it back.)');
  const request = await tryOutAlone(cli, readConfig(env, { cwd }), signal);
  return finish(cli, { ...done, test: request.state });
}

/** Lets the chat and the approvers be chosen until the bot may write there, unless they were given. */
async function choose(
  cli: Cli,
  dialogue: Dialogue,
  { look, account }: KnownBot,
  { chat, approvers }: Given,
): Promise<{ chat: string; approvers: readonly string[] }> {
  for (;;) {
    const chosen =
      chat !== undefined && approvers !== undefined
        ? { chat, approvers }
        : await dialogue.choosePlaceAndPeople(look, account.username, { chat, approvers });
    const place = await ofChat(look, chosen.chat).catch(failure);
    if (place.verdict === 'fail' && chat !== undefined)
      throw invalid(place.message, { reason: 'chat_unusable', ...(place.remedy && { remedy: place.remedy }) });
    tell(cli, place);
    if (place.verdict === 'fail') continue;
    tell(cli, await ofApprovers(look, chosen.chat, chosen.approvers).catch(failure));
    return chosen;
  }
}

function tell(cli: Cli, { verdict, message, remedy }: Finding): void {
  if (verdict !== 'ok') cli.note(cli.paintErr('yellow', message), ...(remedy ? [`→ ${remedy}`] : []));
}

/** A Gaia that runs already keeps the bot to itself: it can be tried, and nothing else. */
async function tryRunning(
  cli: Cli,
  { tokenFile, chat, approver, test }: InitOptions,
  running: RunningGaia & { home: string; signal: AbortSignal },
): Promise<Exit> {
  const { env, cwd } = cli.terminal;
  const { pid, url, home, signal } = running;
  const config = readConfig(env, { cwd });
  const changes = tokenFile !== undefined || chat !== undefined || approver !== undefined;
  if (changes || config.telegram === undefined || url === undefined || !test)
    throw conflict(`Gaia runs on ${home} (process ${pid}), and reads its settings only when it starts.`, {
      reason: 'gaia_runs',
      remedy: 'Stop it first (gaia stop), and type gaia init again.',
    });
  cli.note('Gaia runs already. A TEST request goes to its chat: press Approve there. (Ctrl-C takes it back.)');
  const { state } = await tryOut(cli, { url, home, signal });
  const { approvers, chat: place } = config.telegram;
  return finish(cli, { envFile: config.envFile ?? null, bot: null, chat: place, approvers, test: state });
}

interface Done {
  envFile: string | null;
  bot: string | null;
  chat: string;
  approvers: readonly string[];
  /** what became of the TEST request */
  test: string | null;
}

function finish(cli: Cli, done: Done): Exit {
  const arrived = ['executed', 'denied'].includes(done.test ?? '');
  const words =
    done.test === 'executed'
      ? [cli.paint('green', 'It works: your approval arrived, and the test was rehearsed.')]
      : done.test === 'denied'
        ? [cli.paint('green', 'It works: your “no” arrived, and nothing was started.')]
        : done.test === null
          ? ['Telegram is set up.']
          : [
              cli.paint('red', `The test ended as ${done.test}: no decision arrived. The settings stay.`),
              '→ gaia doctor looks at what may be wrong; runbooks/telegram.md has more.',
            ];
  cli.answer(done, [
    ...words,
    '',
    'Next:',
    '  npm start                                              runs Gaia',
    '  npx gaia request command --wait -- echo hello          asks for something',
    '  npx gaia doctor                                        looks at everything it needs',
  ]);
  return arrived || done.test === null ? exits.done : exits.failed;
}

function refuseUnlessTold({ yes }: InitOptions, { tokenFile, chat, approvers, tokenBefore }: Given, token?: string) {
  const missing = [
    ...(tokenFile === undefined && !token?.trim() && tokenBefore === undefined ? ['--token-file FILE'] : []),
    ...(chat === undefined ? ['--chat ID'] : []),
    ...(approvers === undefined ? ['--approver ID'] : []),
    ...(yes ? [] : ['--yes']),
  ];
  if (missing.length === 0) return;
  throw invalid('Nobody is there to answer questions.', {
    reason: 'not_a_terminal',
    remedy: `Run it on a terminal, or add ${missing.join(', ')}.`,
  });
}

const asList = (text: string | undefined): string[] | undefined => {
  const found = (text ?? '').split(/[\s,;]+/).filter(Boolean);
  return found.length === 0 ? undefined : found;
};

/** Exit code 8 is for a Gaia that cannot be reached; that Telegram was not is a failure of this command. */
function asOwnFailure(error: unknown): unknown {
  if (!(error instanceof GaiaError) || ['invalid', 'conflict'].includes(error.code)) return error;
  const { reason, remedy } = error.extras;
  return new GaiaProblem({
    status: 500,
    code: reason ?? error.code,
    detail: error.message,
    ...(remedy && { remedy }),
  });
}
