import type { MessageEntity } from 'grammy/types';
import { badRequest } from './bot-api-error.ts';
import { foundEntities } from './found-entities.ts';
import { readHtml } from './html.ts';
import type { Parameters } from './parameters.ts';

/** A text as it is shown; offsets and lengths count UTF-16 units. */
export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

/** Bytes of a text before its entities are read ("text is too long"). */
const longestRawBytes = 32_768;
/** Entities beyond these are dropped without a word. */
const mostEntities = 100;

/**
 * The text of a call as Telegram keeps it: markup read, some characters replaced or removed, ends trimmed, entities
 * checked, and links, commands and mentions that it finds itself added.
 * @param names of the parameters, `['text', 'entities']` or `['caption', 'caption_entities']`
 */
export function readFormattedText(parameters: Parameters, [name, list]: readonly [string, string]): FormattedText {
  const raw = parameters.text(name) ?? '';
  if (Buffer.byteLength(raw) > longestRawBytes) throw badRequest('text is too long');
  const mode = parameters.text('parse_mode')?.toLowerCase() ?? '';
  if (mode === 'html') return tidy(readHtml(raw));
  if (mode !== '') throw badRequest('unsupported parse_mode');
  return tidy({ text: raw, entities: readEntities(parameters.object(list)) });
}

/** @param entities as a call or a person's client gives them */
export function tidy({ text, entities }: FormattedText): FormattedText {
  checkPlaces(text, entities);
  const whole = clean(text, entities);
  const trimmed = trim(whole.text, whole.entities);
  const kept = withoutHidden(trimmed.text, trimmed.entities);
  return {
    text: trimmed.text,
    entities: sorted([...kept, ...foundEntities(trimmed.text, kept)]).slice(0, mostEntities),
  };
}

export const sameText = (a: FormattedText, b: FormattedText): boolean =>
  a.text === b.text && JSON.stringify(a.entities) === JSON.stringify(b.entities);

function readEntities(value: unknown): MessageEntity[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badRequest("can't parse entities JSON object");
  for (const entity of value) {
    if (typeof entity?.type !== 'string' || !Number.isInteger(entity.offset) || !Number.isInteger(entity.length)) {
      throw badRequest("can't parse MessageEntity: Expected an object with type, offset and length");
    }
  }
  return value as MessageEntity[];
}

function checkPlaces(text: string, entities: readonly MessageEntity[]): void {
  const splits = (at: number) => at > 0 && at < text.length && /^[\udc00-\udfff]/.test(text.slice(at, at + 1));
  for (const { offset, length } of entities) {
    if (offset < 0 || length < 0 || offset + length > text.length) {
      throw badRequest(
        `entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${text.length}`,
      );
    }
    if (splits(offset)) throw badRequest(`entity begins in a middle of a UTF-16 symbol at byte offset ${offset}`);
    if (splits(offset + length)) {
      throw badRequest(`entity ends in a middle of a UTF-16 symbol at byte offset ${offset + length}`);
    }
  }
}

/**
 * What TDLib does to every text: carriage returns, line and paragraph separators, direction overrides and three
 * combining marks vanish; other control characters and tabs become blanks.
 */
function clean(text: string, entities: readonly MessageEntity[]): FormattedText {
  let cleaned = '';
  const places: number[] = [];
  for (let at = 0; at < text.length; at++) {
    places.push(cleaned.length);
    const unit = text.charAt(at);
    if (!/[\r\u2028-\u202e]|\u0333|\u033f|\u030a/.test(unit)) cleaned += /[\x00-\x09\x0b-\x1f]/.test(unit) ? ' ' : unit;
  }
  places.push(cleaned.length);
  const place = (at: number) => places[at] ?? cleaned.length;
  return {
    text: cleaned,
    entities: entities.map((entity) => moved(entity, place(entity.offset), place(entity.offset + entity.length))),
  };
}

/** Blanks and line breaks go at the end, and at the start as far as the first entity. */
function trim(text: string, entities: readonly MessageEntity[]): FormattedText {
  const end = text.search(/[ \n]*$/);
  const blanks = /^[ \n]*/.exec(text)?.[0].length ?? 0;
  const start = Math.min(blanks, end, ...entities.map(({ offset }) => offset));
  const place = (at: number) => Math.max(0, Math.min(at, end) - start);
  return {
    text: text.slice(start, end),
    entities: entities.map((entity) => moved(entity, place(entity.offset), place(entity.offset + entity.length))),
  };
}

/** Empty entities go, those of blanks only, and whatever stands inside code. */
function withoutHidden(text: string, entities: readonly MessageEntity[]): MessageEntity[] {
  const code = entities.filter(({ type }) => type === 'pre' || type === 'code');
  const isInside = (inner: MessageEntity, outer: MessageEntity) =>
    inner !== outer &&
    !inner.type.endsWith('blockquote') &&
    inner.offset >= outer.offset &&
    inner.offset + inner.length <= outer.offset + outer.length &&
    !(inner.length === outer.length && outer.type === 'code' && inner.type === 'pre');
  return entities.filter(
    (entity) =>
      text.slice(entity.offset, entity.offset + entity.length).trim() !== '' &&
      !code.some((outer) => isInside(entity, outer)),
  );
}

const moved = (entity: MessageEntity, start: number, end: number): MessageEntity => ({
  ...entity,
  offset: start,
  length: end - start,
});

const sorted = (entities: MessageEntity[]): MessageEntity[] =>
  entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);
