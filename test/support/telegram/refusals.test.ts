import { type Api, Api as GrammyApi, GrammyError } from 'grammy';
import { describe, expect, test } from 'vitest';
import { aTelegram, type TelegramWorld } from './a-telegram.ts';
import type { Chat } from './chat.ts';
import type { User } from './user.ts';

interface Scene {
  double: TelegramWorld;
  api: Api;
  chat: Chat;
  grace: User;
  /** a message of the bot in the chat */
  card: number;
}

async function aScene(): Promise<Scene> {
  const double = await aTelegram();
  const grace = double.user({ id: 101, firstName: 'Grace' });
  const chat = double.chat({ members: [grace], topics: { 12: 'Deploys', 13: 'Closed' } });
  chat.topics.set(13, { name: 'Closed', isClosed: true });
  const api = new GrammyApi(double.bot.token, { apiRoot: double.url });
  const { message_id: card } = await api.sendMessage(chat.id, 'card', { entities: [] });
  return { double, api, chat, grace, card };
}

const button = (data: string) => ({ inline_keyboard: [[{ text: 'Go', callback_data: data }]] });
const bad = (text: string) => `Bad Request: ${text}`;
const notModified =
  'message is not modified: specified new message content and reply markup are exactly the same as a current ' +
  'content and reply markup of the message';
const tooOld = 'query is too old and response timeout expired or query ID is invalid';

const refusals: [string, (scene: Scene) => unknown, string][] = [
  ['an unknown chat', ({ api }) => api.sendMessage(-100, 'a'), bad('chat not found')],
  ['an unknown person', ({ api }) => api.sendMessage(999, 'a'), bad('chat not found')],
  ['no chat', ({ api }) => api.sendMessage('', 'a'), bad('chat_id is empty')],
  ['no text', ({ api, chat }) => api.sendMessage(chat.id, ''), bad('message text is empty')],
  ['a text of blanks', ({ api, chat }) => api.sendMessage(chat.id, ' \n '), bad('message text is empty')],
  ['a text of 4,097 units', ({ api, chat }) => api.sendMessage(chat.id, 'a'.repeat(4_097)), bad('message is too long')],
  ['2,049 emoji', ({ api, chat }) => api.sendMessage(chat.id, '😀'.repeat(2_049)), bad('message is too long')],
  ['more than 32 KiB', ({ api, chat }) => api.sendMessage(chat.id, 'a'.repeat(32_769)), bad('text is too long')],
  ['half a character', ({ api, chat }) => api.sendMessage(chat.id, 'a\ud800'), bad('strings must be encoded in UTF-8')],
  [
    'an entity beyond the text',
    ({ api, chat }) => api.sendMessage(chat.id, 'abc', { entities: [{ type: 'bold', offset: 1, length: 3 }] }),
    bad('entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 3'),
  ],
  [
    'an entity through an emoji',
    ({ api, chat }) => api.sendMessage(chat.id, '😀', { entities: [{ type: 'bold', offset: 0, length: 1 }] }),
    bad('entity ends in a middle of a UTF-16 symbol at byte offset 1'),
  ],
  [
    'an entity from half an emoji',
    ({ api, chat }) => api.sendMessage(chat.id, '😀', { entities: [{ type: 'bold', offset: 1, length: 1 }] }),
    bad('entity begins in a middle of a UTF-16 symbol at byte offset 1'),
  ],
  [
    'open HTML',
    ({ api, chat }) => api.sendMessage(chat.id, '<b>a', { parse_mode: 'HTML' }),
    bad(`can't parse entities: Can't find end tag corresponding to start tag "b"`),
  ],
  [
    'foreign HTML',
    ({ api, chat }) => api.sendMessage(chat.id, 'é<script>', { parse_mode: 'HTML' }),
    bad(`can't parse entities: Unsupported start tag "script" at byte offset 2`),
  ],
  [
    'data of 65 bytes',
    ({ api, chat }) => api.sendMessage(chat.id, 'a', { reply_markup: button(`${'é'.repeat(32)}a`) }),
    bad('BUTTON_DATA_INVALID'),
  ],
  [
    'a button without an action',
    ({ api, chat }) =>
      api.sendMessage(chat.id, 'a', { reply_markup: { inline_keyboard: [[{ text: 'Go' } as never]] } }),
    bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
  ],
  [
    'a topic that is not there',
    ({ api, chat }) => api.sendMessage(chat.id, 'a', { message_thread_id: 99 }),
    bad('message thread not found'),
  ],
  [
    'the General topic by its number',
    ({ api, chat }) => api.sendMessage(chat.id, 'a', { message_thread_id: 1 }),
    bad('message thread not found'),
  ],
  ['a closed topic', ({ api, chat }) => api.sendMessage(chat.id, 'a', { message_thread_id: 13 }), bad('TOPIC_CLOSED')],
  [
    'a reply to nothing',
    ({ api, chat }) => api.sendMessage(chat.id, 'a', { reply_parameters: { message_id: 99 } }),
    bad('message to be replied not found'),
  ],
  [
    'no document',
    ({ api, chat }) => api.sendDocument(chat.id, ''),
    bad('wrong remote file identifier specified: Wrong string length'),
  ],
  ['an equal edit', ({ api, chat, card }) => api.editMessageText(chat.id, card, 'card'), bad(notModified)],
  ['taking away no keyboard', ({ api, chat, card }) => api.editMessageReplyMarkup(chat.id, card), bad(notModified)],
  ['an edit of nothing', ({ api, chat }) => api.editMessageText(chat.id, 99, 'a'), bad('message to edit not found')],
  [
    'an edit of what a person deleted',
    ({ api, chat, grace, card }) => {
      grace.deletes({ chat, id: card });
      return api.editMessageText(chat.id, card, 'a');
    },
    bad('MESSAGE_ID_INVALID'),
  ],
  [
    'an edit of what the bot deleted',
    async ({ api, chat, card }) => {
      await api.deleteMessage(chat.id, card);
      return api.editMessageText(chat.id, card, 'a');
    },
    bad('message to edit not found'),
  ],
  [
    'an edit of what a person wrote',
    ({ api, chat, grace }) => api.editMessageText(chat.id, grace.writes(chat, 'a').id, 'b'),
    bad("message can't be edited"),
  ],
  [
    'an edit of what asks for a reply',
    async ({ api, chat }) => {
      const asked = await api.sendMessage(chat.id, 'Why?', { reply_markup: { force_reply: true } });
      return api.editMessageText(chat.id, asked.message_id, 'b');
    },
    bad("message can't be edited"),
  ],
  [
    'a long edit',
    ({ api, chat, card }) => api.editMessageText(chat.id, card, 'a'.repeat(4_097)),
    bad('MESSAGE_TOO_LONG'),
  ],
  [
    'a caption for a text',
    ({ api, chat, card }) => api.editMessageCaption(chat.id, card, { caption: 'a' }),
    bad('there is no caption in the message to edit'),
  ],
  ['deleting nothing', ({ api, chat }) => api.deleteMessage(chat.id, 99), bad('message to delete not found')],
  [
    'deleting after two days',
    ({ double, api, chat, card }) => {
      double.clock.turn(48 * 3_600_000 + 1_000);
      return api.deleteMessage(chat.id, card);
    },
    bad("message can't be deleted for everyone"),
  ],
  [
    'pinning without the right',
    ({ api, chat, card }) => api.pinChatMessage(chat.id, card),
    bad('not enough rights to manage pinned messages in the chat'),
  ],
  ['an unknown tap', ({ api }) => api.answerCallbackQuery('17'), bad(tooOld)],
  [
    'an answer of 201 units',
    ({ api }) => api.answerCallbackQuery('17', { text: 'a'.repeat(201) }),
    bad('MESSAGE_TOO_LONG'),
  ],
  [
    'a second answer',
    async ({ api, chat, grace, card }) => {
      const tap = grace.tapsForged({ chat, id: card }, 'x');
      await api.answerCallbackQuery(tap.id);
      return api.answerCallbackQuery(tap.id);
    },
    bad(tooOld),
  ],
  [
    'a late answer',
    ({ double, api, chat, grace, card }) => {
      const tap = grace.tapsForged({ chat, id: card }, 'x');
      double.clock.turn(60_001);
      return api.answerCallbackQuery(tap.id);
    },
    bad(tooOld),
  ],
  [
    'a right that is missing',
    ({ double, api, chat }) => {
      chat.members.set(double.bot.id, { status: 'restricted' });
      return api.sendMessage(chat.id, 'a');
    },
    bad('not enough rights to send text messages to the chat'),
  ],
  [
    'a channel without administration',
    ({ double, api }) => api.sendMessage(double.chat({ kind: 'channel', bot: { status: 'member' } }).id, 'a'),
    bad('need administrator rights in the channel chat'),
  ],
  [
    'being kicked',
    ({ double, api }) => api.sendMessage(double.chat({ bot: { status: 'kicked' } }).id, 'a'),
    'Forbidden: bot was kicked from the supergroup chat',
  ],
  [
    'being kicked from a group',
    ({ double, api }) => api.sendMessage(double.chat({ kind: 'group', bot: { status: 'kicked' } }).id, 'a'),
    'Forbidden: bot was kicked from the group chat',
  ],
  [
    'having left',
    ({ double, api }) => api.sendMessage(double.chat({ bot: { status: 'left' } }).id, 'a'),
    'Forbidden: bot is not a member of the supergroup chat',
  ],
  [
    'never having been there',
    ({ double, api }) => api.getChat(double.chat({ bot: undefined }).id),
    bad('chat not found'),
  ],
  [
    'who never started it',
    ({ api }) => api.sendMessage(101, 'a'),
    "Forbidden: bot can't initiate conversation with a user",
  ],
  [
    'who blocked it',
    ({ api, grace }) => {
      grace.starts();
      grace.blocks();
      return api.sendMessage(101, 'a');
    },
    'Forbidden: bot was blocked by the user',
  ],
  [
    'who deleted their account',
    ({ api, grace }) => {
      grace.starts();
      grace.deactivates();
      return api.sendMessage(101, 'a');
    },
    'Forbidden: user is deactivated',
  ],
  [
    'a reaction that is none',
    ({ api, chat, card }) => api.setMessageReaction(chat.id, card, [{ type: 'emoji', emoji: 'x' as '👍' }]),
    bad('REACTION_INVALID'),
  ],
  ['an unknown member', ({ api, chat }) => api.getChatMember(chat.id, 5), bad('user not found')],
  [
    'a command in capitals',
    ({ api }) => api.setMyCommands([{ command: 'Help', description: 'a' }]),
    bad('BOT_COMMAND_INVALID'),
  ],
  ['a method that is none', ({ api }) => api.raw.sendDice({ chat_id: 1 } as never), 'Not Found: method not found'],
  ['a wrong token', ({ double }) => new GrammyApi('1:wrong', { apiRoot: double.url }).getMe(), 'Unauthorized'],
  [
    'polling while a webhook is set',
    ({ double, api }) => {
      double.bot.webhookUrl = 'https://example.com';
      return api.getUpdates();
    },
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  ],
];

describe('the refusal of', () => {
  test.each(refusals)('%s is worded as by Telegram', async (_, call, description) => {
    const scene = await aScene();
    const refused = await Promise.resolve(call(scene)).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(GrammyError);
    const { error_code: code, description: said } = refused as GrammyError;
    expect(said).toBe(description);
    const codes: [RegExp, number][] = [
      [/^Bad/, 400],
      [/^Un/, 401],
      [/^For/, 403],
      [/^Not/, 404],
      [/^Con/, 409],
    ];
    expect(code).toBe(codes.find(([words]) => words.test(description))?.[1]);
  });

  test('a message at its limits is none', async () => {
    const { api, chat, card } = await aScene();
    expect(
      (await api.editMessageText(chat.id, card, '😀'.repeat(2_048), { reply_markup: button('a'.repeat(64)) })) && 1,
    ).toBe(1);
    const lenient = { message_id: 99, allow_sending_without_reply: true };
    expect(await api.sendMessage(chat.id, 'a', { reply_parameters: lenient })).not.toHaveProperty('reply_to_message');
  });
});
