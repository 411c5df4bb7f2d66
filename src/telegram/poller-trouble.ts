import { GrammyError, HttpError } from 'grammy';
import { failureOf, withoutTokens } from './api-errors.ts';

/** Why Telegram gave no updates, in the few ways that matter to whoever asks. */
export type Failure =
  /** nobody has this token, or it was revoked */
  | { kind: 'token' }
  /** another program reads the same bot's updates */
  | { kind: 'other_poller' }
  /** the updates go to a webhook */
  | { kind: 'webhook' }
  | { kind: 'busy'; waitMs: number }
  /** no answer, or none that helps; `why` holds no address, which would show the token */
  | { kind: 'unreachable'; why: string };

/** What an error of a look for updates means; undefined for one that is not Telegram's. */
export function pollFailureOf(error: unknown): Failure | undefined {
  if (!(error instanceof GrammyError || error instanceof HttpError)) return undefined;
  if (error instanceof GrammyError && error.error_code === 409) {
    return { kind: /webhook/i.test(error.description) ? 'webhook' : 'other_poller' };
  }
  const { class: found, description, retryAfter = 0 } = failureOf(error);
  if (found === 'unauthorized') return { kind: 'token' };
  if (found === 'flood') return { kind: 'busy', waitMs: retryAfter * 1_000 };
  return { kind: 'unreachable', why: description };
}

/** What an error says, as it may be kept. */
export const wordsOfError = (error: unknown): string =>
  withoutTokens(error instanceof Error ? error.message : String(error)).slice(0, 500);

/** What people are told while it lasts, with what to do. */
export const troubleWords = {
  token:
    'Telegram does not accept the bot’s token. Take the present one from @BotFather, set TELEGRAM_BOT_TOKEN, and start Gaia again. The console goes on working.',
  other_poller:
    'Another program reads this bot’s messages, so taps may go to it. Stop the other one, or give each its own bot. Gaia ends after five minutes of this.',
  unreachable: (why: string): string =>
    `${why} Gaia asks again every few seconds, and the console goes on working. Look at the network, the proxy, and TELEGRAM_API_ROOT.`,
} as const;
