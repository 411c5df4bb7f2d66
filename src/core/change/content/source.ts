import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';

/** The parts of a Markdown tree that are looked at. */
export interface Node {
  type: string;
  value?: string;
  url?: string;
  alt?: string | null;
  identifier?: string;
  children?: Node[];
  position?: { start: { offset?: number }; end: { offset?: number } };
}

/** Addresses that are only found in finished text would leave what stands around them without a place in the source. */
const mdastExtensions = gfmFromMarkdown().map(({ transforms: _, ...extension }) => extension);
const extensions = [gfm()];

/** Trees of the last texts: a text is looked at from several sides, and parsing is what takes long. */
const trees = new Map<string, Node>();
const mostTrees = 4;

export function parse(markdown: string): Node {
  const known = trees.get(markdown);
  if (known) return known;
  const tree = fromMarkdown(markdown, { extensions, mdastExtensions }) as unknown as Node;
  trees.set(markdown, tree);
  if (trees.size > mostTrees) trees.delete(trees.keys().next().value as string);
  return tree;
}

export const placeOf = ({ position }: Node): [start: number, end: number] => [
  position?.start.offset ?? 0,
  position?.end.offset ?? 0,
];

/** One thing that the page shows, and where the source says it. */
export interface Unit {
  at: number;
  end: number;
  shows: string;
}

const spelled = /\\[!-/:-@[-`{-~]|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|[\s\S]/g;
const named = new Map<string, string>();
const unnamed = new Map<string, string>();
const mostUnnamed = 5_000;

/** What a character reference stands for; itself where there is none of that name. */
function meaningOf(reference: string): string {
  const [, decimal, hex] = /^&#(?:(\d+)|[xX]([0-9a-fA-F]+));$/.exec(reference) ?? [];
  if (decimal !== undefined || hex !== undefined) {
    const point = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    const isOne = point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff);
    return isOne ? String.fromCodePoint(point) : '\ufffd';
  }
  let meaning = named.get(reference) ?? unnamed.get(reference);
  if (meaning === undefined) {
    meaning = textOf(fromMarkdown(`x${reference}x`) as unknown as Node).slice(1, -1);
    // names that are none are without number
    if (meaning === reference && unnamed.size >= mostUnnamed) unnamed.clear();
    (meaning === reference ? unnamed : named).set(reference, meaning);
  }
  return meaning;
}

/** A source as what it shows, piece by piece; in HTML a backslash is one. */
export function unitsIn(source: string, { inHtml = false } = {}): Unit[] {
  return [...source.matchAll(spelled)].flatMap(({ 0: piece, index: at }): Unit[] => {
    if (piece.startsWith('\\') && piece.length === 2)
      return inHtml
        ? [...piece].map((shows, place) => ({ at: at + place, end: at + place + 1, shows }))
        : [{ at, end: at + 2, shows: piece.slice(1) }];
    return [{ at, end: at + piece.length, shows: piece.length === 1 ? piece : meaningOf(piece) }];
  });
}

/** The units of a stretch of plain text that make up its value; undefined where the two cannot be brought together. */
export function unitsOf(source: string, value: string): Unit[] | undefined {
  const kept: Unit[] = [];
  let from = 0;
  for (const unit of unitsIn(source)) {
    if (!value.startsWith(unit.shows, from)) {
      // blanks at the end of a line, and what marks a line as part of a quote or a list
      if (/^[ \t>]$/.test(unit.shows) && unit.end - unit.at === 1) continue;
      return undefined;
    }
    kept.push(unit);
    from += unit.shows.length;
  }
  return from === value.length ? kept : undefined;
}

/** Where in the source a part of the shown text stands. */
export function spanOf(units: readonly Unit[], start: number, length: number): { at: number; end: number } {
  let seen = 0;
  let at: number | undefined;
  for (const unit of units) {
    if (at === undefined && seen + unit.shows.length > start) at = unit.at;
    seen += unit.shows.length;
    if (seen >= start + length) return { at: at ?? unit.at, end: unit.end };
  }
  throw new Error('a part of a text lies outside of it');
}

export const shownBy = (units: readonly Unit[]): string => units.map(({ shows }) => shows).join('');

/** Character references as the characters they stand for. */
export const decoded = (text: string): string => shownBy(unitsIn(text, { inHtml: true }));

export const textOf = (node: Node): string => node.value ?? node.alt ?? (node.children ?? []).map(textOf).join('');
