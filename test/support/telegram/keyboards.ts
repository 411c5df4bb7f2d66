import type { ForceReply, InlineKeyboardButton, InlineKeyboardMarkup } from 'grammy/types';
import { badRequest } from './bot-api-error.ts';

export interface Markup {
  /** undefined: none, which is also what an empty one means */
  inline: InlineKeyboardMarkup | undefined;
  forceReply: ForceReply | undefined;
  /** an old-style reply keyboard, or its removal */
  hasReplyKeyboard: boolean;
}

/** Bytes of UTF-8, Bot API. */
const longestData = 64;
const mostButtons = 100;
const actions = ['callback_data', 'url', 'copy_text', 'disabled', 'web_app', 'switch_inline_query', 'login_url', 'pay'];

/** What `reply_markup` says, checked as Telegram checks it. */
export function readMarkup(value: unknown): Markup {
  const none: Markup = { inline: undefined, forceReply: undefined, hasReplyKeyboard: false };
  if (value === undefined) return none;
  if (typeof value !== 'object' || value === null) throw badRequest('object expected as reply markup');
  if ('force_reply' in value) return { ...none, forceReply: value as ForceReply };
  if ('keyboard' in value || 'remove_keyboard' in value) return { ...none, hasReplyKeyboard: true };
  if (!('inline_keyboard' in value)) return none;
  const rows = value.inline_keyboard;
  if (!Array.isArray(rows)) throw badRequest('field "inline_keyboard" must be of type Array');
  const kept = rows.map(readRow).filter((row) => row.length > 0);
  if (kept.flat().length > mostButtons) throw badRequest('reply markup is too long');
  return { ...none, inline: kept.length === 0 ? undefined : { inline_keyboard: kept } };
}

function readRow(row: unknown): InlineKeyboardButton[] {
  if (!Array.isArray(row)) throw badRequest('field "inline_keyboard" must be an Array of Arrays');
  for (const button of row) checkButton(button);
  return row as InlineKeyboardButton[];
}

function checkButton(button: unknown): void {
  const refuse = (reason: string) => badRequest(`can't parse inline keyboard button: ${reason}`);
  if (typeof button !== 'object' || button === null) throw refuse('InlineKeyboardButton must be an Object');
  const { text, callback_data, copy_text, style } = button as Record<string, unknown>;
  if (typeof text !== 'string' || text.trim() === '') throw refuse('Field "text" must be a non-empty String');
  const given = actions.filter((action) => action in button);
  if (given.length === 0) throw refuse('Text buttons are unallowed in the inline keyboard');
  if (given.length > 1) throw refuse('exactly one action must be used');
  if (style !== undefined && !['danger', 'success', 'primary'].includes(String(style))) {
    throw refuse('invalid button style specified');
  }
  if (callback_data !== undefined) {
    const bytes = Buffer.byteLength(String(callback_data));
    if (typeof callback_data !== 'string' || bytes < 1 || bytes > longestData) throw badRequest('BUTTON_DATA_INVALID');
  }
  if (copy_text !== undefined) {
    const length = (copy_text as { text?: string }).text?.length ?? 0;
    if (length < 1 || length > 256) throw badRequest('BUTTON_COPY_TEXT_INVALID');
  }
}

export const sameKeyboard = (a: InlineKeyboardMarkup | undefined, b: InlineKeyboardMarkup | undefined): boolean =>
  JSON.stringify(a?.inline_keyboard ?? []) === JSON.stringify(b?.inline_keyboard ?? []);

/** Finds a button by its label, else by its data. */
export function findButton(keyboard: InlineKeyboardMarkup, name: string): InlineKeyboardButton | undefined {
  const buttons = keyboard.inline_keyboard.flat();
  return (
    buttons.find(({ text }) => text === name) ??
    buttons.find((button) => 'callback_data' in button && button.callback_data === name)
  );
}
