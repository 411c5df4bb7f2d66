import { z } from 'zod';
import { faultOfOrigin } from './config-checks.ts';
import { Secret } from './config-secret.ts';
import type { Fault } from './core/errors.ts';

/** How Gaia speaks in Telegram. */
export interface TelegramConfig {
  token: Secret;
  /** an origin; https, or http on this machine */
  apiRoot: string;
  /** where requests go: `-100123`, or `-100123:45` for a topic */
  chat: string;
  /** where notices go */
  noticeChat: string;
  /** where a request's card goes as well when little of its time is left */
  escalationChat?: string;
  /** numeric ids of people; empty: nobody may approve */
  approvers: readonly string[];
  operators: readonly string[];
}

/** What `withoutTokens` recognises: a token of this shape never slips through into a log. */
const tokenShape = /^\d{5,20}:[\w-]{20,200}$/;

const token = z
  .string()
  .trim()
  .regex(tokenShape, 'does not look like a token: copy the whole line that @BotFather gave, like 123456789:AAE…')
  .transform((value) => new Secret(value));

/** Ids are compared as texts, so each has one spelling. */
const chat = z
  .string()
  .trim()
  .superRefine((value, context) => {
    const fault = faultOfChat(value);
    if (fault) context.addIssue(fault);
  });

const people = z
  .string()
  .superRefine((value, context) => {
    for (const id of separated(value)) {
      const fault = faultOfPerson(id);
      if (fault) context.addIssue(fault);
    }
  })
  .transform((value) => [...new Set(separated(value))]);

/** The variables of Telegram. */
export const telegramVariables = {
  TELEGRAM_BOT_TOKEN: token.optional(),
  CHAT_ID: chat.optional(),
  TELEGRAM_NOTIFY_CHAT: chat.optional(),
  TELEGRAM_ESCALATION_CHAT: chat.optional(),
  TELEGRAM_APPROVER_IDS: people.optional(),
  TELEGRAM_OPERATOR_IDS: people.optional(),
  TELEGRAM_API_ROOT: z
    .string()
    .default('https://api.telegram.org')
    .superRefine((url, context) => {
      const fault = faultOfOrigin(url);
      if (fault) context.addIssue(fault);
    })
    .transform((url) => new URL(url).origin),
  GAIA_LOCAL_APPROVER: z
    .string()
    .trim()
    .refine((value) => ['0', '1'].includes(value), 'is neither 0 nor 1: set it to 0, or unset it')
    .default('0')
    .transform((value) => value === '1'),
};

type Values = z.output<z.ZodObject<typeof telegramVariables>>;

/** Telegram as configured; undefined without a token: the console is then the channel. */
export function telegramOf({
  TELEGRAM_BOT_TOKEN,
  CHAT_ID,
  TELEGRAM_NOTIFY_CHAT,
  ...rest
}: Values): TelegramConfig | undefined {
  const chat = CHAT_ID ?? TELEGRAM_NOTIFY_CHAT;
  if (TELEGRAM_BOT_TOKEN === undefined || chat === undefined) return undefined;
  const approvers = rest.TELEGRAM_APPROVER_IDS ?? [];
  return {
    token: TELEGRAM_BOT_TOKEN,
    apiRoot: rest.TELEGRAM_API_ROOT,
    chat,
    noticeChat: TELEGRAM_NOTIFY_CHAT ?? chat,
    ...(rest.TELEGRAM_ESCALATION_CHAT && { escalationChat: rest.TELEGRAM_ESCALATION_CHAT }),
    approvers,
    operators: rest.TELEGRAM_OPERATOR_IDS ?? approvers,
  };
}

/** Faults of several variables together; said also where others are at fault. */
export function telegramFaultsTogether(values: Record<string, string | undefined>): Fault[] {
  const { TELEGRAM_BOT_TOKEN: token, CHAT_ID: chat, TELEGRAM_NOTIFY_CHAT: noticeChat } = values;
  if (token === undefined) return [];
  const faults: Fault[] = [];
  if (chat === undefined && noticeChat === undefined) {
    const message = `is missing beside TELEGRAM_BOT_TOKEN: set it to the numeric id of the chat where requests go. ${howToFindIds}`;
    faults.push({ field: 'CHAT_ID', message });
  }
  const ownId = /^\s*(\d+):/.exec(token)?.[1];
  for (const field of ['TELEGRAM_APPROVER_IDS', 'TELEGRAM_OPERATOR_IDS']) {
    if (ownId !== undefined && separated(values[field] ?? '').includes(ownId))
      faults.push({ field, message: `holds ${ownId}, which is the bot itself: take the ids of people` });
  }
  return faults;
}

/** What is configured but does not do what it seems to. */
export function telegramWarnings(values: Record<string, string | undefined>): string[] {
  if (values.TELEGRAM_BOT_TOKEN === undefined) {
    const idle = [
      'CHAT_ID',
      'TELEGRAM_NOTIFY_CHAT',
      'TELEGRAM_ESCALATION_CHAT',
      'TELEGRAM_APPROVER_IDS',
      'TELEGRAM_OPERATOR_IDS',
    ].filter((name) => values[name] !== undefined);
    if (idle.length === 0) return [];
    return [`${idle.join(', ')} set, but TELEGRAM_BOT_TOKEN is not: the console is the channel. gaia init sets it up.`];
  }
  if (separated(values.TELEGRAM_APPROVER_IDS ?? '').length > 0) return [];
  return [
    values.GAIA_LOCAL_APPROVER === '1'
      ? `TELEGRAM_APPROVER_IDS is empty: only the person at this machine may approve. ${howToFindIds}`
      : `TELEGRAM_APPROVER_IDS is empty: nobody may approve. ${howToFindIds}`,
  ];
}

const howToFindIds =
  'gaia init shows the ids of whoever writes to the bot; the bot of a running Gaia tells them to anyone who sends it /start.';

const separated = (list: string): string[] => list.split(/[\s,;]+/).filter((each) => each !== '');

function faultOfChat(value: string): string | undefined {
  const [, id, topic] = /^(-?[1-9]\d{0,15})(?::(\d{1,10}))?$/.exec(value) ?? [];
  if (id === undefined)
    return `is not the id of a chat: write a number such as -1001234567890, with :TOPIC behind it for a topic of a group; no name or link. ${howToFindIds}`;
  if (topic === undefined) return undefined;
  if (!id.startsWith('-')) return 'names a topic of a private chat: only groups have them, so leave the topic out';
  if (topic === '0' || topic === '1')
    return `names topic ${topic}: the General topic is meant by leaving the topic out`;
  return topic.startsWith('0') ? 'has a topic that begins with 0: write its number' : undefined;
}

/** Accounts that stand for many people at once; whoever counted on them would let in all of these. */
const notOnePerson: Record<string, string> = {
  '1087968824': 'every anonymous administrator',
  '136817688': 'every channel that writes in a group',
  '777000': 'Telegram itself',
};

function faultOfPerson(id: string): string | undefined {
  if (notOnePerson[id])
    return `holds ${id}, which stands for ${notOnePerson[id]}: take the person's own id. ${howToFindIds}`;
  if (/^[1-9]\d{0,15}$/.test(id)) return undefined;
  if (/^-\d+$/.test(id)) return `holds ${id}, which is a chat: write the ids of people, which are above 0`;
  const shown = /^@?[A-Za-z]\w{3,31}$/.test(id) ? `${id}, which is a name` : 'something that is no numeric id';
  return `holds ${shown}: names can change hands, so write the person's numeric id. ${howToFindIds}`;
}
