import { GrammyError, HttpError } from 'grammy';
import type { CallFailure, FailureClass } from '../core/delivery/failure.ts';

/** Reads what grammY throws; anything else is a bug and is thrown on. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof GrammyError) return refusalOf(error);
  if (error instanceof HttpError) return brokenCall(error);
  throw error;
}

function refusalOf({ error_code: code, description: said, parameters }: GrammyError): CallFailure {
  const description = withoutTokens(said);
  const { retry_after: retryAfter, migrate_to_chat_id: migrateTo } = parameters;
  if (code === 429) return { class: 'flood', description, retryAfter: retryAfter ?? unsaidWaitSeconds };
  if (migrateTo !== undefined) return { class: 'migrated', description, migrateTo: String(migrateTo) };
  if (code === 401 || (code === 404 && said === 'Not Found')) return { class: 'unauthorized', description };
  if (code >= 500) return { class: 'lost', description };
  return { class: classOf(code, said), description };
}

/** Where Telegram says to wait, but not how long. */
const unsaidWaitSeconds = 5;

/** The Bot API tells these apart by words alone; as the official server spells them (tdlib/telegram-bot-api). */
const spellings: readonly [RegExp, FailureClass][] = [
  [/message is not modified/i, 'not_modified'],
  [/message to edit not found|MESSAGE_ID_INVALID|message can't be edited/i, 'message_gone'],
  [/message thread not found|TOPIC_(CLOSED|DELETED)/i, 'topic_gone'],
  [/chat not found|PEER_ID_INVALID|group chat was (deactivated|deleted)|upgraded to a supergroup/i, 'chat_closed'],
  [/not enough rights to send text messages|need administrator rights|CHAT_WRITE_FORBIDDEN/i, 'chat_closed'],
  [/have no rights to send a message/i, 'chat_closed'],
];

function classOf(code: number, said: string): FailureClass {
  const known = spellings.find(([pattern]) => pattern.test(said));
  if (known) return known[1];
  return code === 403 ? 'chat_closed' : 'refused';
}

/** The connection never stood, so nothing can have been done. */
const neverConnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

function brokenCall({ error }: HttpError): CallFailure {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && neverConnected.test(code)) {
    return { class: 'not_sent', description: `Telegram cannot be reached (${code}).` };
  }
  return {
    class: 'lost',
    description: `No answer came from Telegram${typeof code === 'string' ? ` (${code})` : ''}.`,
  };
}

/** `123456789:AA…`, wherever it may stand. */
export const withoutTokens = (text: string): string => text.replaceAll(/\d{5,}:[\w-]{20,}/g, '<token>');
