import { conflict, forbidden, type GaiaError, invalid, notFound, tooMany, unavailable } from '../core/errors.ts';
import { failureOf } from './api-errors.ts';
import { pollFailureOf } from './poller-trouble.ts';

/** What Telegram said, as a refusal with a remedy. */
export function lookRefusal(error: unknown): GaiaError {
  const polling = pollFailureOf(error)?.kind;
  if (polling === 'other_poller')
    return conflict('Another program reads this bot’s messages.', {
      reason: 'other_poller',
      remedy: 'Stop the other one (another Gaia, a second bot program), or make a bot of its own at @BotFather.',
    });
  if (polling === 'webhook')
    return conflict('This bot’s messages are pushed to a web address (a webhook).', {
      reason: 'webhook_set',
      remedy:
        'Take the bot away from that program, or make another one at @BotFather; Gaia removes the webhook at start.',
    });
  const { class: found, description, retryAfter, migrateTo } = failureOf(error);
  const says = `Telegram says “${description}”.`;
  switch (found) {
    case 'unauthorized':
      return forbidden('Telegram does not accept the bot’s token: nobody has it, or it was revoked.', {
        reason: 'token_refused',
        remedy: 'Take the present one: send /mybots to @BotFather, choose the bot, API Token.',
      });
    case 'flood':
      return tooMany('Telegram asks this bot to wait.', {
        reason: 'telegram_busy',
        remedy: `Try again in ${retryAfter ?? 5} s.`,
        ...(retryAfter !== undefined && { retryAfterSeconds: retryAfter }),
      });
    case 'migrated':
      return conflict(`The group became a supergroup and has a new id${migrateTo ? `: ${migrateTo}` : ''}.`, {
        reason: 'chat_migrated',
        remedy: `Set the new id in the env file${migrateTo ? ` (${migrateTo})` : ''} and start Gaia again.`,
        ...(migrateTo && { facts: { migrateTo } }),
      });
    case 'chat_closed':
      return notFound(says, {
        reason: 'chat_closed',
        remedy:
          'Check the id, and open the chat to the bot: in private, press Start there; in a group, add it as a member that may write.',
      });
    case 'topic_gone':
      return notFound(says, {
        reason: 'topic_gone',
        remedy: 'Open the topic again, or name another one behind the chat’s id.',
      });
    case 'not_sent':
    case 'lost':
      return unavailable(description, {
        reason: 'telegram_unreachable',
        remedy: 'Look at the network, the proxy, and TELEGRAM_API_ROOT.',
      });
    default:
      return invalid(says, { reason: 'telegram_refused', remedy: 'Check the ids in the configuration.' });
  }
}
