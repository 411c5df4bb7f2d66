import { placeOf } from '../../../actions/deliveries.ts';
import type { TelegramConfig } from '../../../config-telegram.ts';
import { GaiaError } from '../../../core/errors.ts';
import { readTelegramClock, type TelegramLook, telegramLook } from '../../../telegram/look.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

/** The bot, its chats, and the people who may approve. */
export function telegramChecks(telegram: TelegramConfig, now: () => number): Check[] {
  const { apiRoot, token, chat, noticeChat, approvers } = telegram;
  const look = telegramLook({ token: token.reveal(), apiRoot, timeoutSeconds: 4 });
  return [
    { name: 'clock', look: (signal) => ofClock(apiRoot, now, signal) },
    { name: 'token', look: () => ofToken(look) },
    { name: 'webhook', look: () => ofWebhook(look) },
    { name: 'chat', look: () => ofChat(look, chat) },
    ...(noticeChat === chat ? [] : [{ name: 'notice_chat', look: () => ofChat(look, noticeChat) }]),
    { name: 'approvers', look: () => ofApprovers(look, chat, approvers) },
  ];
}

const skewMs = 5_000;

async function ofClock(apiRoot: string, now: () => number, signal: AbortSignal): Promise<Finding> {
  const before = now();
  const at = await readTelegramClock(apiRoot, signal).catch((error: unknown) => {
    if (error instanceof Error) return undefined; // no answer, no clock: the token's check says why
    throw error;
  });
  if (at === undefined) return warn('Telegram’s clock could not be read.', 'Look at the network.');
  return clockFinding((before + now()) / 2 - (at + 500));
}

/** @param ahead ms by which this machine is ahead of Telegram */
export function clockFinding(ahead: number): Finding {
  const seconds = Math.round(Math.abs(ahead) / 1_000);
  if (Math.abs(ahead) <= skewMs) return ok('This machine’s clock agrees with Telegram’s.');
  return warn(
    `This machine’s clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} Telegram’s.`,
    'Set it by NTP (timedatectl set-ntp true): replies count for two minutes only.',
  );
}

async function ofToken(look: TelegramLook): Promise<Finding> {
  const { username, mayJoinGroups } = await look.me();
  return ok(
    `The bot is @${username}${mayJoinGroups ? '' : '; it may not join groups (/setjoingroups at @BotFather)'}.`,
  );
}

async function ofWebhook(look: TelegramLook): Promise<Finding> {
  const { host, pending } = await look.webhook();
  if (host === null) return ok(`None is set; ${pending} updates wait.`);
  return warn(
    `Updates are pushed to ${host}, so another program uses this bot.`,
    'Take the bot away from it; Gaia removes the webhook at its start.',
  );
}

export async function ofChat(look: TelegramLook, place: string): Promise<Finding> {
  const { chat, topic } = placeOf(place);
  const me = await look.me();
  const { title, kind, hasTopics } = await look.chat(chat);
  const name = `“${title}” (${kind} ${place})`;
  if (kind === 'channel')
    return fail(`${name} is a channel: nobody can press a button there by name.`, 'Take a group, or a private chat.');
  if (topic !== null && !hasTopics) return fail(`${name} has no topics.`, 'Leave :TOPIC out, or turn topics on there.');
  if (kind !== 'private') {
    const { isIn, mayWrite, maySendFiles, status } = await look.member(chat, me.id);
    if (!isIn) return fail(`The bot is not in ${name} (${status}).`, `Add @${me.username} to the group.`);
    if (!mayWrite)
      return fail(`The bot may not write in ${name}.`, 'Let it send messages, or make it an administrator.');
    if (!maySendFiles)
      return warn(
        `The bot may not send files to ${name}: long commands cannot be shown there, and so not approved.`,
        'Let it send files, or make it an administrator.',
      );
  }
  await look.tryPlace({ chat, ...(topic !== null && { topic }) });
  return ok(`${name}: the bot may write there.`);
}

export async function ofApprovers(look: TelegramLook, place: string, approvers: readonly string[]): Promise<Finding> {
  if (approvers.length === 0)
    return warn('Nobody may approve: TELEGRAM_APPROVER_IDS is empty.', 'Set it, or let gaia init do it.');
  const { chat } = placeOf(place);
  const strangers = (await Promise.all(approvers.map((id) => isAbsent(look, chat, id)))).filter(
    (id) => id !== undefined,
  );
  const count = `${approvers.length} ${approvers.length === 1 ? 'person' : 'people'} may approve`;
  if (strangers.length === 0) return ok(`${count}, and all of them are in the chat.`);
  const isPrivate = !chat.startsWith('-');
  return warn(
    `${count}, but not in the chat of requests: ${strangers.join(', ')}.`,
    isPrivate
      ? 'A private chat has one person. With several approvers, take a group.'
      : 'Add them to the group, or correct the ids; Telegram may also not know them until they write there once.',
  );
}

/** The id of somebody who cannot see the chat. */
async function isAbsent(look: TelegramLook, chat: string, id: string): Promise<string | undefined> {
  if (!chat.startsWith('-')) return chat === id ? undefined : id;
  try {
    return (await look.member(chat, id)).isIn ? undefined : id;
  } catch (error) {
    if (error instanceof GaiaError && ['telegram_refused', 'chat_closed'].includes(error.extras.reason ?? ''))
      return id;
    throw error;
  }
}
