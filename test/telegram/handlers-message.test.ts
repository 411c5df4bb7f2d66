import type { Message } from 'grammy/types';
import { describe, expect, test } from 'vitest';
import { isAnonymous, meaningOf, senderOf, topicOf } from '../../src/telegram/handlers-message.ts';

const me = { id: 8_000, username: 'Gaia_bot' };
const grace = { id: 111, is_bot: false, first_name: 'Grace' };
const group = { id: -100, type: 'supergroup', title: 'Approvals' };
const aMessage = (of: object): Message =>
  ({ message_id: 5, date: 1, chat: group, from: grace, ...of }) as unknown as Message;
const aCommand = (text: string, of: object = {}) =>
  aMessage({ text, entities: [{ type: 'bot_command', offset: 0, length: text.split(/\s/)[0]?.length }], ...of });
const toCard = { reply_to_message: { message_id: 4, from: { id: me.id, is_bot: true } } };

describe('a message', () => {
  test.each([
    ['/status', { kind: 'command', name: 'status', words: '' }],
    ['/STATUS@gaia_BOT', { kind: 'command', name: 'status', words: '' }],
    ['/show  r-7F3K2Q ', { kind: 'command', name: 'show', words: 'r-7F3K2Q' }],
    ['/pause\nuntil Friday', { kind: 'command', name: 'pause', words: 'until Friday' }],
    ['/status@other_bot', { kind: 'nothing' }],
  ])('%j is a command as people write it', (text, meant) => expect(meaningOf(aCommand(text), me)).toEqual(meant));

  test('that replies to Gaia is a reply, with the message it answers', () => {
    expect(meaningOf(aMessage({ text: 'deny', ...toCard }), me)).toEqual({ kind: 'reply', messageId: 4, text: 'deny' });
  });

  test('that replies to somebody else, or to nothing, is words', () => {
    const toAlan = { reply_to_message: { message_id: 4, from: { id: 222, is_bot: false } } };
    expect(meaningOf(aMessage({ text: 'approve', ...toAlan }), me)).toEqual({ kind: 'words' });
    expect(meaningOf(aMessage({ text: 'approve' }), me)).toEqual({ kind: 'words' });
  });

  test.each([
    ['was sent on', { forward_origin: { type: 'user', sender_user: grace, date: 1 } }],
    ['was written by way of another bot', { via_bot: { id: 9, is_bot: true, first_name: 'Inline' } }],
  ])('that %s is never more than words', (_, how) => {
    expect(meaningOf(aMessage({ text: 'approve', ...toCard, ...how }), me)).toEqual({ kind: 'words' });
    expect(meaningOf(aCommand('/pause', how), me)).toEqual({ kind: 'words' });
  });

  test.each([
    ['of another bot', { from: { id: 9, is_bot: true, first_name: 'Bot' }, text: 'approve', ...toCard }],
    ['of a channel', { chat: { id: -5, type: 'channel', title: 'News' }, text: 'approve', ...toCard }],
    ['that Telegram copied from a channel', { is_automatic_forward: true, text: 'approve', ...toCard }],
    ['without words', { photo: [] }],
    ['without an author', { from: undefined, text: 'approve' }],
  ])('%s means nothing', (_, how) => expect(meaningOf(aMessage(how), me)).toEqual({ kind: 'nothing' }));

  test('in the name of a chat is anonymous, whoever Telegram names', () => {
    const hidden = { from: { id: 1_087_968_824, is_bot: true, first_name: 'Group' }, sender_chat: group };
    const message = aMessage({ text: 'approve', ...toCard, ...hidden });
    expect([isAnonymous(message), meaningOf(message, me).kind]).toEqual([true, 'reply']);
    expect(isAnonymous(aMessage({ text: 'approve' }))).toBe(false);
  });

  test('tells from both sides that a group moved', () => {
    const moved = { kind: 'moved', from: '-4', to: '-1004' };
    expect(meaningOf(aMessage({ chat: { id: -4, type: 'group' }, migrate_to_chat_id: -1004 }), me)).toEqual(moved);
    expect(meaningOf(aMessage({ chat: { id: -1004, type: 'supergroup' }, migrate_from_chat_id: -4 }), me)).toEqual(
      moved,
    );
  });

  test('stands in a topic only where the chat has topics', () => {
    expect(topicOf(aMessage({ is_topic_message: true, message_thread_id: 45 }))).toBe(45);
    expect(topicOf(aMessage({ message_thread_id: 4 }))).toBeNull();
  });
});

describe('a name', () => {
  test('is first and last name, nothing in it hidden, and not endless', () => {
    expect(senderOf({ ...grace, last_name: 'Hopper' })).toEqual({ id: '111', name: 'Grace Hopper' });
    expect(senderOf({ ...grace, first_name: 'Gra\u202Ece\u0000' }).name).toBe('Gra⟨U+202E⟩ce⟨U+0000⟩');
    expect([...senderOf({ ...grace, first_name: '😀'.repeat(300) }).name]).toHaveLength(64);
  });
});
