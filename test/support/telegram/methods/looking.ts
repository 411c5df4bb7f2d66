import type { BotCommand } from 'grammy/types';
import { readableChat } from '../access.ts';
import { badRequest } from '../bot-api-error.ts';
import type { Chat, Member } from '../chat.ts';
import { apiChat, apiMessage } from '../message.ts';
import type { Context, Methods } from './method.ts';

const mostCommands = 100;
const scopes = ['default', 'all_private_chats', 'all_group_chats', 'all_chat_administrators'].concat([
  'chat',
  'chat_administrators',
  'chat_member',
]);

export const looking: Methods = {
  getMe: ({ bot }) => bot.me,

  getChat({ telegram, bot, parameters }) {
    const chat = readableChat(telegram, bot, parameters);
    const pinned = chat.messages.get(chat.pinned.at(-1) ?? 0);
    return {
      ...apiChat(chat),
      accent_color_id: 0,
      max_reaction_count: 11,
      accepted_gift_types: {},
      ...(pinned === undefined ? {} : { pinned_message: apiMessage(pinned) }),
    };
  },

  getChatMember(context) {
    const { telegram, bot, parameters } = context;
    const chat = readableChat(telegram, bot, parameters);
    const id = parameters.integer('user_id');
    if (id === undefined) throw badRequest('invalid user_id specified');
    const known = id === bot.id || telegram.users.has(id) || telegram.bots.some((each) => each.id === id);
    if (!known) throw badRequest('user not found');
    return apiMember(context, chat, id);
  },

  getChatAdministrators(context) {
    const chat = readableChat(context.telegram, context.bot, context.parameters);
    if (chat.kind === 'private') throw badRequest('there are no administrators in the private chat');
    return [...chat.members.keys()].filter((id) => chat.isAdministeredBy(id)).map((id) => apiMember(context, chat, id));
  },

  getChatMemberCount({ telegram, bot, parameters }) {
    const chat = readableChat(telegram, bot, parameters);
    return [...chat.members.keys()].filter((id) => chat.has(id)).length;
  },

  setMyCommands(context) {
    const commands = context.parameters.object('commands');
    if (!Array.isArray(commands)) throw badRequest("can't parse BotCommands JSON object");
    if (commands.length > mostCommands) throw badRequest('BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of commands as Partial<BotCommand>[]) {
      if (!/^\/?[a-z0-9_]{1,32}$/.test(command ?? '')) throw badRequest('BOT_COMMAND_INVALID');
      const { length } = description ?? '';
      if (length < 1 || length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
    }
    context.bot.commands.set(scopeOf(context), commands as BotCommand[]);
    return true;
  },

  getMyCommands: (context) => context.bot.commands.get(scopeOf(context)) ?? [],

  deleteMyCommands(context) {
    context.bot.commands.delete(scopeOf(context));
    return true;
  },
};

/** The scope and language that a call names, as the key under which a bot keeps its commands. */
function scopeOf({ telegram, bot, parameters }: Context): string {
  const scope = (parameters.object('scope') ?? { type: 'default' }) as {
    type: string;
    chat_id?: number;
    user_id?: number;
  };
  if (!scopes.includes(scope.type)) throw badRequest("can't parse BotCommandScope: Unsupported type specified");
  if (scope.type.startsWith('chat')) {
    const known =
      scope.chat_id !== undefined && (telegram.chats.has(Number(scope.chat_id)) || Number(scope.chat_id) > 0);
    if (!known) throw badRequest('chat not found');
    if (Number(scope.chat_id) > 0 && !telegram.users.get(Number(scope.chat_id))?.hasMet(bot)) {
      throw badRequest('chat not found');
    }
  }
  return commandsKey(scope, parameters.text('language_code'));
}

/** The key of a scope in `bot.commands`. */
export const commandsKey = (
  { type, chat_id, user_id }: { type: string; chat_id?: number; user_id?: number },
  language = '',
): string => [type, chat_id ?? '', user_id ?? '', language].join(' ').trim();

function apiMember({ telegram }: Context, chat: Chat, id: number): Record<string, unknown> {
  const member = chat.memberOf(id);
  const user = telegram.users.get(id)?.api ?? telegram.bots.find((bot) => bot.id === id)?.user;
  return { user, status: member.status, ...rightsOf(chat, member) };
}

function rightsOf(chat: Chat, member: Member): Record<string, unknown> {
  const { status, maySend = false, maySendDocuments = false, mayPost = true, mayPin = true, mayDelete = true } = member;
  if (status === 'creator') return { is_anonymous: member.isAnonymous ?? false };
  if (status === 'kicked') return { until_date: 0 };
  if (status === 'restricted') {
    return { is_member: true, until_date: 0, can_send_messages: maySend, can_send_documents: maySendDocuments };
  }
  if (status !== 'administrator') return {};
  return {
    can_be_edited: false,
    is_anonymous: member.isAnonymous ?? false,
    can_manage_chat: true,
    can_delete_messages: mayDelete,
    ...(chat.kind === 'channel' ? { can_post_messages: mayPost } : { can_pin_messages: mayPin }),
  };
}
