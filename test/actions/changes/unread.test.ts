import { describe, expect, test } from 'vitest';
import { unreadBlocker } from '../../../src/actions/changes/unread.ts';
import { unavailable } from '../../../src/core/errors.ts';

const where = { operation: { index: 1, op: 'issue.create' } };
const refused = (reason: string) => unavailable('It was not read.', { reason, remedy: 'Propose it again.' });

describe('what holds a text that was not read', () => {
  test.each([
    ['text_unread', 'payload_invalid'],
    ['texts_busy', 'timeout'],
  ])('does not proceed, and may later (%s)', (reason, code) =>
    expect(unreadBlocker(refused(reason), where)).toMatchObject({
      ...where,
      code,
      phase: 'submit',
      message: 'It was not read.',
      remedy: 'Propose it again.',
      retryable: true,
    }),
  );

  test.each([refused('not_ready'), new Error('text_unread'), 'text_unread'])(
    'is not what stands behind any other error (%s)',
    (error) => expect(unreadBlocker(error, where)).toBeUndefined(),
  );
});
