import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GaiaProblem } from '../../../client/problem.ts';
import { type Config, readConfig } from '../../../config.ts';
import { GaiaError } from '../../../core/errors.ts';
import { errnoOf } from '../../../home/file-errors.ts';
import { type BotAccount, type TelegramLook, telegramLook } from '../../../telegram/look.ts';
import type { Cli } from '../../cli.ts';
import { problemOf, problemText } from '../../text/problem.ts';
import type { Dialogue } from './dialogue.ts';

export interface KnownBot {
  token: string;
  account: BotAccount;
  look: TelegramLook;
}

export interface Given {
  tokenFile?: string | undefined;
  chat?: string | undefined;
  approvers?: readonly string[] | undefined;
  /** of the env file */
  tokenBefore?: string | undefined;
}

const mostTries = 5;

/** Finds out which bot it is to be: by file, environment or question; Telegram has confirmed its token. */
export async function meetBot(cli: Cli, dialogue: Dialogue, given: Given): Promise<KnownBot> {
  const { env } = cli.terminal;
  const token =
    given.tokenFile === undefined
      ? env.TELEGRAM_BOT_TOKEN?.trim() || (cli.terminal.canAsk ? undefined : given.tokenBefore)
      : await readToken(cli, given.tokenFile);
  if (token !== undefined) return known(cli, token, given);

  cli.note(
    'Gaia speaks in Telegram through a bot of your own. To make one, open https://t.me/BotFather, send /newbot,',
    'and answer its two questions (a name, and a user name that ends in “bot”). It then gives you a token.',
    '',
  );
  const keep = given.tokenBefore === undefined ? '' : ', or Enter for the one in the env file';
  for (let tries = 1; ; tries++) {
    const answer = (await dialogue.ask(`The token (it is not shown${keep}): `, { hidden: true })).trim();
    try {
      return await known(cli, answer || given.tokenBefore || '', given);
    } catch (error) {
      if (!(error instanceof GaiaError) || !isAboutToken(error) || tries === mostTries) throw error;
      cli.note(...problemText(problemOf(error)));
    }
  }
}

async function known(cli: Cli, token: string, given: Given): Promise<KnownBot> {
  const { telegram } = draftOf(cli, token, given);
  const look = telegramLook({ token, apiRoot: telegram.apiRoot });
  return { token, look, account: await look.me() };
}

/** The configuration with what is known so far, and stand-ins for the rest: faults are said before anything else is asked. */
function draftOf({ terminal: { env, cwd } }: Cli, token: string, { chat, approvers }: Given) {
  const standIns = { CHAT_ID: chat ?? '1', TELEGRAM_APPROVER_IDS: approvers?.join(',') ?? '1' };
  // an empty value would count as unset, and bring back that of the env file
  const settings = { ...standIns, TELEGRAM_BOT_TOKEN: token || '-' };
  return readConfig({ ...env, ...settings }, { cwd }) as Config & { telegram: NonNullable<Config['telegram']> };
}

const isAboutToken = ({ extras: { reason, faults = [] } }: GaiaError): boolean =>
  reason === 'token_refused' || (faults.length > 0 && faults.every(({ field }) => field === 'TELEGRAM_BOT_TOKEN'));

async function readToken({ terminal }: Cli, file: string): Promise<string> {
  if (file === '-')
    return Buffer.from(await terminal.readAll())
      .toString('utf8')
      .trim();
  const path = resolve(terminal.cwd, file);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    throw new GaiaProblem({
      status: 400,
      code: 'usage',
      detail: `${path} cannot be read (${code}).`,
      remedy: 'Name a file that holds the token and that you may read, or - for standard input.',
    });
  }
}
