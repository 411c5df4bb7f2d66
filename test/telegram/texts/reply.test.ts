import { expect, test } from 'vitest';
import { readReply } from '../../../src/telegram/texts/reply.ts';

test.each([
  ['approve', { kind: 'approve' }],
  ['  Approve\n', { kind: 'approve' }],
  ['deny', { kind: 'deny' }],
  ['DENY  not on a Friday\nreally ', { kind: 'deny', text: 'not on a Friday\nreally' }],
])('the reply %j decides', (text, says) => expect(readReply(text)).toEqual(says));

test.each(['approved', 'approve.', 'approve it', 'I approve', 'аpprove', 'denying', 'yes', '✓', ''])(
  'the reply %j is talk, and decides nothing',
  (text) => expect(readReply(text)).toEqual({ kind: 'text', text: text.trim() }),
);
