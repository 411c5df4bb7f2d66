import { GrammyError, HttpError } from 'grammy';
import { describe, expect, test } from 'vitest';
import { failureOf, withoutTokens } from '../../src/telegram/api-errors.ts';

const refusal = (code: number, description: string, parameters = {}) =>
  new GrammyError('said no', { ok: false, error_code: code, description, parameters }, 'sendMessage', {});
const broken = (code?: string) => new HttpError('broke', Object.assign(new Error('at https://x/bot123'), { code }));

describe('a failed call', () => {
  test.each([
    [429, 'Too Many Requests: retry after 7', 'flood'],
    [400, 'Bad Request: message is not modified: specified new message content …', 'not_modified'],
    [400, 'Bad Request: message to edit not found', 'message_gone'],
    [400, 'Bad Request: MESSAGE_ID_INVALID', 'message_gone'],
    [400, 'Bad Request: message thread not found', 'topic_gone'],
    [400, 'Bad Request: TOPIC_CLOSED', 'topic_gone'],
    [400, 'Bad Request: chat not found', 'chat_closed'],
    [403, 'Forbidden: bot was blocked by the user', 'chat_closed'],
    [403, 'Forbidden: something new', 'chat_closed'],
    [400, 'Bad Request: not enough rights to send documents to the chat', 'refused'],
    [400, 'Bad Request: message is too long', 'refused'],
    [401, 'Unauthorized', 'unauthorized'],
    [404, 'Not Found', 'unauthorized'],
    [404, 'Not Found: method not found', 'refused'],
    [500, 'Internal Server Error: restart', 'lost'],
    [502, 'Bad Gateway', 'lost'],
  ] as const)('%i %s is %s', (code, description, expected) => {
    expect(failureOf(refusal(code, description))).toMatchObject({ class: expected, description });
  });

  test('says how long to wait, and into what a group was turned', () => {
    expect(failureOf(refusal(429, 'Too Many Requests', { retry_after: 7 }))).toMatchObject({ retryAfter: 7 });
    expect(failureOf(refusal(429, 'Too Many Requests')).retryAfter).toBeGreaterThan(0);
    expect(
      failureOf(refusal(400, 'Bad Request: group chat was upgraded', { migrate_to_chat_id: -100_123 })),
    ).toMatchObject({ class: 'migrated', migrateTo: '-100123' });
  });

  test.each([
    ['ECONNREFUSED', 'not_sent'],
    ['ENOTFOUND', 'not_sent'],
    ['ECONNRESET', 'lost'],
    [undefined, 'lost'],
  ] as const)('that broke with %s is %s', (code, expected) => {
    expect(failureOf(broken(code)).class).toBe(expected);
  });

  test('never tells where it went, which would tell the token', () => {
    expect(JSON.stringify(failureOf(broken('ECONNRESET')))).not.toContain('bot123');
    expect(withoutTokens('https://t/bot123456789:AAF-double-of-telegram-0123456789abcdef/getMe')).toBe(
      'https://t/bot<token>/getMe',
    );
    expect(failureOf(refusal(400, 'Bad: 123456789:AAF-double-of-telegram-0123456789abcdef')).description).toBe(
      'Bad: <token>',
    );
  });

  test('that is none is a bug and travels on', () => {
    expect(() => failureOf(new TypeError('a bug'))).toThrow('a bug');
  });
});
