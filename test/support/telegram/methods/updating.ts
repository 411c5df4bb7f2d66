import { badRequest, webhookIsActive } from '../bot-api-error.ts';
import { defined } from '../message.ts';
import type { Methods } from './method.ts';

const mostUpdates = 100;
const longestPollSeconds = 50;
/** UTF-16 units, Bot API. */
const longestAnswer = 200;

export const updating: Methods = {
  getUpdates({ bot, parameters, gone }) {
    if (bot.webhookUrl !== '') throw webhookIsActive();
    const kinds = parameters.object('allowed_updates');
    if (Array.isArray(kinds)) bot.queue.allow(kinds.map(String));
    const limit = parameters.integer('limit') ?? mostUpdates;
    return bot.poll({
      offset: parameters.integer('offset') ?? 0,
      limit: limit < 1 || limit > mostUpdates ? mostUpdates : limit,
      timeoutSeconds: Math.min(longestPollSeconds, Math.max(0, parameters.integer('timeout') ?? 0)),
      gone,
    });
  },

  deleteWebhook({ bot, parameters }) {
    bot.webhookUrl = '';
    if (parameters.flag('drop_pending_updates')) bot.queue.clear();
    return true;
  },

  getWebhookInfo: ({ bot }) =>
    defined({
      url: bot.webhookUrl,
      has_custom_certificate: false,
      pending_update_count: bot.queue.size,
      allowed_updates: bot.queue.allowed,
    }),

  answerCallbackQuery({ telegram, bot, parameters }) {
    const text = parameters.text('text') ?? '';
    if (text.length > longestAnswer) throw badRequest('MESSAGE_TOO_LONG');
    const isAlert = parameters.flag('show_alert');
    telegram.queries.answer(bot, parameters.text('callback_query_id') ?? '', { text, isAlert });
    return true;
  },
};
