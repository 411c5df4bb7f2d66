import { FormattedString } from '@grammyjs/parse-mode';
import type { MessageEntity } from 'grammy/types';
import { visible } from '../../core/text/visible.ts';

/** A text with its formatting as entities: nothing in it is markup. Offsets and lengths are UTF-16 code units. */
export interface Text {
  text: string;
  entities: MessageEntity[];
}

/** A run of one line in one style. `passing`: true only at this instant, and no reason to send the line again. */
export interface Piece {
  text: string;
  style?: 'bold' | 'code';
  passing?: true;
}

/**
 * One line without a line feed. `block`: neighbouring lines of it stand together in a frame of their own, unformatted.
 * `continued` stands before what is left of the line where it had to be cut; a line without it is never cut.
 */
export interface Line {
  pieces: Piece[];
  block?: true;
  continued?: string;
}

export const plain = (text: string): Piece => ({ text });
export const bold = (text: string): Piece => ({ text, style: 'bold' });
export const code = (text: string): Piece => ({ text, style: 'code' });
export const passing = (text: string): Piece => ({ text, passing: true });

export const line = (...pieces: (Piece | string | readonly Piece[])[]): Line => ({
  pieces: pieces.flatMap((piece) => (typeof piece === 'string' ? plain(piece) : piece)),
});

/** Keeps two blocks apart. */
export const gap: Line = { pieces: [] };

/**
 * Words that came from outside, in the flow of a line. What Telegram would turn into a link, a mention, a tag or a
 * command stands as code, where it leaves everything as it is: the echo must equal what was sent.
 */
export function words(text: string): Piece[] {
  return wordsShown(visible(text));
}

/** The same for text that is visible already; as one run of code where more than `maxCodes` words need it. */
export function wordsShown(shown: string, maxCodes = 6): Piece[] {
  const parts = shown.split(' ');
  const linked = parts.map((part) => linkable.test(part));
  if (linked.filter((each) => each).length > maxCodes) return [code(shown)];
  const pieces: Piece[] = [];
  parts.forEach((part, index) => {
    const last = pieces.at(-1);
    const space = index === 0 ? '' : ' ';
    if (last && (last.style === 'code') === linked[index]) last.text += `${space}${part}`;
    else if (linked[index]) {
      if (space) pieces.push(plain(space));
      pieces.push(code(part));
    } else pieces.push(plain(`${space}${part}`));
  });
  return pieces;
}

/** The same, cut to `max` code units: for what is told, never for what is decided on. */
export const brief = (text: string, max: number): Piece[] => wordsShown(clipped(visible(text), max), 2);

/** Signs that Telegram's own search for links, mentions, tags and commands starts from. */
const linkable = /[@＠#＃$/]|[.:](?=[^\s.:…])|\d{13}/u;

/** The text of lines, line feeds between them. No entity begins or ends with a blank, and none touches another. */
export function compose(lines: readonly Line[]): Text {
  const parts = lines.flatMap((each, index): (string | FormattedString)[] => {
    const feed = index === 0 || isInside(lines, index) ? [] : ['\n'];
    if (isInside(lines, index)) return [];
    if (each.block) return [...feed, FormattedString.pre(blockFrom(lines, index).join('\n'))];
    return [...feed, ...each.pieces.filter(({ text }) => text !== '').map(formatted)];
  });
  const { text, entities } = FormattedString.join(parts);
  return { text, entities };
}

const formatted = ({ text, style }: Piece): string | FormattedString => {
  if (style === undefined) return text;
  return style === 'bold' ? FormattedString.b(text) : FormattedString.code(text);
};

/** Whether a line goes on with the block that the line before it began. */
const isInside = (lines: readonly Line[], index: number): boolean =>
  lines[index]?.block === true && lines[index - 1]?.block === true;

const textOf = ({ pieces }: Line): string => pieces.map(({ text }) => text).join('');

function blockFrom(lines: readonly Line[], start: number): string[] {
  const end = lines.findIndex((each, index) => index > start && !each.block);
  return lines.slice(start, end === -1 ? undefined : end).map(textOf);
}

/** Text of several lines in a frame of its own, every line visible. */
export const framed = (shown: readonly string[]): Line[] =>
  shown.map((each) => ({ pieces: [plain(each)], block: true, continued: '… ' }));

/** UTF-16 code units of the composed text. */
export const lengthOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, each) => sum + 1 + textOf(each).length, -1);

export const entitiesOf = (lines: readonly Line[]): number =>
  lines.reduce((sum, { pieces, block }, index) => {
    if (block) return sum + (isInside(lines, index) ? 0 : 1);
    return sum + pieces.filter(({ style, text }) => style !== undefined && text !== '').length;
  }, 0);

/** At most `max` code units, cut at a grapheme border, the cut seen. For what is told, never for what is decided on. */
export function clipped(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, borderBefore(text, max - 1)).trimEnd()}…`;
}

/** The last border between graphemes at or before `at`; between code points inside a cluster longer than that. */
export function borderBefore(text: string, at: number): number {
  if (at >= text.length) return text.length;
  // A grapheme longer than this is no letter of a living script; the window keeps the segmenter cheap.
  const from = Math.max(0, at - 200);
  const start = isLow(text, from) ? from + 1 : from;
  let border = start;
  for (const { index } of graphemes.segment(text.slice(start, at + 200))) {
    if (start + index > at) break;
    border = start + index;
  }
  if (border > start) return border;
  return isLow(text, at) ? at - 1 : at;
}

const isLow = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
