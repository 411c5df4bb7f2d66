import type { ResponseParameters } from 'grammy/types';

/** A refusal as the Bot API words it: HTTP status and `error_code`, `description`, and what a client can act on. */
export class BotApiError extends Error {
  readonly code: number;
  readonly parameters: ResponseParameters | undefined;

  constructor(code: number, description: string, parameters?: ResponseParameters) {
    super(description);
    this.name = 'BotApiError';
    this.code = code;
    this.parameters = parameters;
  }
}

export const badRequest = (reason: string, parameters?: ResponseParameters): BotApiError =>
  new BotApiError(400, `Bad Request: ${reason}`, parameters);

export const forbidden = (reason: string): BotApiError => new BotApiError(403, `Forbidden: ${reason}`);

export const unauthorized = (): BotApiError => new BotApiError(401, 'Unauthorized');

export const methodNotFound = (): BotApiError => new BotApiError(404, 'Not Found: method not found');

/** Said to the older of two long polls. */
export const otherPoller = (): BotApiError =>
  new BotApiError(
    409,
    'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
  );

export const webhookIsActive = (): BotApiError =>
  new BotApiError(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  );

/** @param retryAfter whole seconds */
export const tooManyRequests = (retryAfter: number): BotApiError =>
  new BotApiError(429, `Too Many Requests: retry after ${retryAfter}`, { retry_after: retryAfter });

export const upgraded = (supergroupId: number): BotApiError =>
  badRequest('group chat was upgraded to a supergroup chat', { migrate_to_chat_id: supergroupId });

export const notModified = (): BotApiError =>
  badRequest(
    'message is not modified: specified new message content and reply markup are exactly the same as a current ' +
      'content and reply markup of the message',
  );

/** A callback query answered too late, twice, or never asked. */
export const queryIsTooOld = (): BotApiError =>
  badRequest('query is too old and response timeout expired or query ID is invalid');
