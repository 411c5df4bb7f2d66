import { FormattedString } from '@grammyjs/parse-mode';
import { Api, Bot, InputFile } from 'grammy';
import { describe, expect, onTestFinished, test } from 'vitest';
import { aTelegram } from './a-telegram.ts';

async function aGroup(options: Parameters<typeof aTelegram>[0] = {}) {
  const double = await aTelegram(options);
  const grace = double.user({ id: 101, firstName: 'Grace' });
  const chat = double.chat({ members: [grace] });
  const api = new Api(double.bot.token, { apiRoot: double.url });
  return { double, grace, chat, api };
}

const keyboard = {
  inline_keyboard: [
    [
      { text: 'Approve', callback_data: 'a1', style: 'success' as const },
      { text: 'Deny', callback_data: 'd1' },
    ],
  ],
};

describe('a card', () => {
  test('is tapped, answered and edited by a real bot; the edit takes its buttons away', async () => {
    const { double, grace, chat, api } = await aGroup();
    const bot = new Bot(double.bot.token, { client: { apiRoot: double.url } });
    onTestFinished(() => bot.stop());
    bot.callbackQuery('a1', async (ctx) => {
      await ctx.answerCallbackQuery({ text: 'Approved.', show_alert: true });
      await ctx.editMessageText(`Approved by ${ctx.from.first_name}`);
    });
    void bot.start();
    await api.sendMessage(chat.id, 'make deploy', { reply_markup: keyboard });
    expect(double.messageWith(chat, 'make deploy').buttons).toEqual([['Approve', 'Deny']]);

    const tap = grace.taps(double.messageWith(chat, 'make deploy'), 'Approve');
    const edited = await double.until(() => double.messagesIn(chat).find(({ isEdited }) => isEdited));

    expect(edited).toMatchObject({ text: 'Approved by Grace', buttons: [] });
    expect(tap.answer).toMatchObject({ text: 'Approved.', isAlert: true });
    expect(grace.answers).toHaveLength(1);
    expect(() => grace.taps(edited, 'Deny')).toThrow('no button "Deny" for Grace; there is none');
    expect(grace.tapsOld(edited, 'Deny').data).toBe('d1');
    expect(grace.tapsForged(edited, 'zz').data).toBe('zz');
  });

  test('comes back as the text and entities that were sent', async () => {
    const { chat, api } = await aGroup();
    const { text, entities } = FormattedString.b('Run').plain(' on 👩‍👩‍👧: ').pre('rm -rf ./build\n  two blanks', 'sh');
    const echo = await api.sendMessage(chat.id, text, { entities });
    expect(echo.text).toBe(text);
    expect(echo.entities).toEqual(entities);
  });

  test('is trimmed and cleaned, and links and commands in it are found', async () => {
    const { chat, api } = await aGroup();
    const echo = await api.sendMessage(chat.id, ' \n a\tb\r\nsee /rm at https://example.com/x, \u202eevil\n ', {
      entities: [{ type: 'bold', offset: 3, length: 3 }],
    });
    expect(echo.text).toBe('a b\nsee /rm at https://example.com/x, evil');
    expect(echo.entities).toEqual([
      { type: 'bold', offset: 0, length: 3 },
      { type: 'bot_command', offset: 8, length: 3 },
      { type: 'url', offset: 15, length: 21 },
    ]);
  });

  test('in HTML is parsed', async () => {
    const { chat, api } = await aGroup();
    const echo = await api.sendMessage(chat.id, '<b>a &lt; b</b> <pre>/rm</pre>', { parse_mode: 'HTML' });
    expect(echo).toMatchObject({
      text: 'a < b /rm',
      entities: [
        { type: 'bold', length: 5 },
        { type: 'pre', offset: 6 },
      ],
    });
  });

  test('with a document keeps its content, sent as multipart', async () => {
    const { double, chat, api } = await aGroup();
    const file = new InputFile(Buffer.from('--line--\r\n\r\nend ü'), 'command.txt');
    const sent = await api.sendDocument(chat.id, file, { caption: 'whole command', reply_markup: keyboard });
    expect(sent).toMatchObject({ caption: 'whole command', document: { file_name: 'command.txt', file_size: 18 } });
    expect(double.messageWith(chat, 'whole command')).toMatchObject({
      document: { name: 'command.txt', content: '--line--\r\n\r\nend ü' },
      buttons: [['Approve', 'Deny']],
    });
    expect(double.callsOf('sendDocument')[0]?.parameters).toMatchObject({
      chat_id: chat.id,
      document: { name: 'command.txt', bytes: 18 },
      reply_markup: keyboard,
    });
    await api.editMessageCaption(chat.id, sent.message_id, { caption: 'done' });
    expect(double.messageWith(chat, 'done').buttons).toEqual([]);
  });

  test('in a topic is answered in that topic, and its replies too', async () => {
    const { double, grace, api } = await aGroup();
    const forum = double.chat({ members: [grace], topics: { 12: 'Deploys' } });
    const card = await api.sendMessage(forum.id, 'card', { message_thread_id: 12 });
    expect(card).toMatchObject({ message_thread_id: 12, is_topic_message: true });
    grace.writes(forum, 'approve', { replyTo: { chat: forum, id: card.message_id } });
    const answer = await api.sendMessage(forum.id, 'done', { reply_parameters: { message_id: card.message_id } });
    expect(answer).toMatchObject({ message_thread_id: 12, reply_to_message: { text: 'card' } });
    expect(await api.getUpdates()).toMatchObject([{ message: { message_thread_id: 12, is_topic_message: true } }]);
  });

  test('outside topics is replied to with a thread id that leads nowhere', async () => {
    const { grace, chat, api } = await aGroup();
    const card = await api.sendMessage(chat.id, 'card');
    grace.writes(chat, 'approve', { replyTo: { chat, id: card.message_id } });
    const [update] = await api.getUpdates();
    expect(update?.message).toMatchObject({ message_thread_id: card.message_id });
    expect(update?.message?.is_topic_message).toBeUndefined();
  });

  test('that was deleted is tapped from an old phone without its text', async () => {
    const { double, grace, chat, api } = await aGroup();
    await api.sendMessage(chat.id, 'card', { reply_markup: keyboard });
    const card = double.messageWith(chat, 'card');
    grace.deletes(card);
    grace.tapsOld(card, 'Approve');
    expect(await api.getUpdates()).toMatchObject([
      { callback_query: { data: 'a1', message: { message_id: card.id, date: 0 } } },
    ]);
    expect(double.messagesIn(chat)).toEqual([]);
  });

  test('sent on loses its buttons, and says where it came from', async () => {
    const { double, grace, chat, api } = await aGroup();
    await api.sendMessage(chat.id, 'card', { reply_markup: keyboard });
    grace.forwards(double.messageWith(chat, 'card'), grace.privately());
    const [update] = await api.getUpdates();
    expect(update?.message).toMatchObject({
      text: 'card',
      forward_origin: { type: 'user', sender_user: { is_bot: true } },
    });
    expect(update?.message?.reply_markup).toBeUndefined();
  });

  test('is pinned, reacted to, and asks for a reply', async () => {
    const { double, grace, api } = await aGroup();
    grace.starts();
    const card = await api.sendMessage(101, 'Why?', { reply_markup: { force_reply: true, selective: true } });
    await api.pinChatMessage(101, card.message_id);
    await api.setMessageReaction(101, card.message_id, [{ type: 'emoji', emoji: '👀' }]);
    await api.sendChatAction(101, 'typing');
    const seen = double.messageWith(grace.privately(), 'Why?');
    expect(seen).toMatchObject({ isPinned: true, reactions: ['👀'], asksForReply: true });
    expect((await api.getChat(101)).pinned_message?.message_id).toBe(card.message_id);
    await api.unpinChatMessage(101);
    expect((await api.getChat(101)).pinned_message).toBeUndefined();
  });
});

describe('a person', () => {
  test('who hides as an administrator is hidden in messages, and named in taps', async () => {
    const { double, api } = await aGroup();
    const ada = double.user({ id: 102, firstName: 'Ada' });
    const chat = double.chat({ administrators: [ada] });
    await api.sendMessage(chat.id, 'card', { reply_markup: keyboard });
    ada.writesAnonymously(chat, '/pause');
    ada.taps(double.messageWith(chat, 'card'), 'Approve');
    expect(await api.getUpdates()).toMatchObject([
      { message: { from: { id: 1_087_968_824 }, sender_chat: { id: chat.id } } },
      { callback_query: { from: { id: 102 } } },
    ]);
  });

  test('who posts in a channel is not named, and its discussion group gets a copy', async () => {
    const { double, grace, chat, api } = await aGroup();
    const channel = double.chat({ kind: 'channel', title: 'News' });
    channel.linked = chat;
    chat.members.set(double.bot.id, { status: 'administrator' });
    grace.posts(channel, 'approve');
    const updates = await api.getUpdates();
    expect(updates).toMatchObject([
      { channel_post: { sender_chat: { id: channel.id } } },
      { message: { from: { id: 777_000 }, sender_chat: { id: channel.id }, is_automatic_forward: true } },
    ]);
    expect(updates[0]?.channel_post?.from).toBeUndefined();
  });

  test('who blocks the bot, or removes it from a group, is told of', async () => {
    const { double, grace, chat, api } = await aGroup();
    grace.starts();
    grace.blocks();
    grace.moves(double.bot, chat, { status: 'kicked' });
    expect((await api.getUpdates()).slice(1)).toMatchObject([
      { my_chat_member: { chat: { id: 101 }, new_chat_member: { status: 'kicked' } } },
      { my_chat_member: { chat: { id: chat.id }, new_chat_member: { status: 'kicked' } } },
    ]);
  });
});

describe('a group', () => {
  test('that became a supergroup says where it went, and starts its message ids anew', async () => {
    const { double, grace, api } = await aGroup();
    const group = double.chat({ kind: 'group', members: [grace] });
    await api.sendMessage(group.id, 'card');
    const supergroup = double.upgrade(group);
    await expect(api.sendMessage(group.id, 'again')).rejects.toMatchObject({
      error_code: 400,
      description: 'Bad Request: group chat was upgraded to a supergroup chat',
      parameters: { migrate_to_chat_id: supergroup.id },
    });
    expect((await api.sendMessage(supergroup.id, 'again')).message_id).toBe(2);
    expect(await api.getUpdates()).toMatchObject([
      { message: { chat: { id: group.id }, migrate_to_chat_id: supergroup.id } },
      { message: { chat: { id: supergroup.id }, migrate_from_chat_id: group.id } },
    ]);
    expect(double.messagesIn(supergroup).map(({ text }) => text)).toEqual(['again']);
  });

  test('shares its message ids with private chats; supergroups count their own', async () => {
    const { double, grace, chat, api } = await aGroup();
    const group = double.chat({ kind: 'group', members: [grace] });
    expect(grace.starts().id).toBe(1);
    expect((await api.sendMessage(group.id, 'two')).message_id).toBe(2);
    expect((await api.sendMessage(chat.id, 'one')).message_id).toBe(1);
  });
});

describe('commands', () => {
  test('are kept by scope', async () => {
    const { chat, api } = await aGroup();
    const scope = { type: 'chat', chat_id: chat.id } as const;
    await api.setMyCommands([{ command: 'help', description: 'Help' }]);
    await api.setMyCommands([{ command: 'pause', description: 'Pause' }], { scope });
    expect(await api.getMyCommands()).toMatchObject([{ command: 'help' }]);
    expect(await api.getMyCommands({ scope })).toMatchObject([{ command: 'pause' }]);
    await api.deleteMyCommands({ scope });
    expect(await api.getMyCommands({ scope })).toEqual([]);
  });
});

describe('a member', () => {
  test('is looked up with their place and rights', async () => {
    const { double, grace, chat, api } = await aGroup();
    chat.members.set(double.bot.id, { status: 'administrator', mayPin: false });
    expect(await api.getChatMember(chat.id, grace.id)).toMatchObject({
      status: 'member',
      user: { first_name: 'Grace' },
    });
    expect(await api.getChatMember(chat.id, double.bot.id)).toMatchObject({ can_pin_messages: false });
    expect(await api.getChatAdministrators(chat.id)).toHaveLength(1);
    expect(await api.getChatMemberCount(chat.id)).toBe(2);
    expect(await api.getMe()).toMatchObject({ is_bot: true, can_read_all_group_messages: false });
  });
});
