import type { Bot } from '../bot.ts';
import type { Parameters } from '../parameters.ts';
import type { Telegram } from '../telegram.ts';

/** One call, ready to be carried out. */
export interface Context {
  telegram: Telegram;
  bot: Bot;
  parameters: Parameters;
  /** aborted when the client has gone, or the server closes */
  gone: AbortSignal;
}

/** Carries a call out and gives its `result`; throws a BotApiError. */
export type Method = (context: Context) => unknown;
export type Methods = Record<string, Method>;
