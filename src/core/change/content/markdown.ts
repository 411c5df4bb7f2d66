import { isExhausting } from './exhausting.ts';
import { isHidden, withoutHidden } from './hidden.ts';
import { type HtmlPiece, htmlPiecesIn, unpaired } from './html.ts';
import { type Node, parse, placeOf, shownBy, spanOf, textOf, type Unit, unitsIn, unitsOf } from './source.ts';
import {
  addressPattern,
  botCommand,
  botCommandInCode,
  crossReference,
  isAmong,
  isEveryone,
  isReference,
  mentionPattern,
  repoIn,
} from './words.ts';

/** What may stand as it is. */
export interface Allowed {
  /** logins and teams that may be mentioned */
  mentions: readonly string[];
  /** repositories that may be referred to, the target's own among them */
  repos: readonly string[];
  /** GitHub's own hosts, in lower case */
  hosts: readonly string[];
}

export interface Tamed {
  text: string;
  /** what was changed, in words, each once */
  changed: string[];
  /** mentions that stay, because they are allowed */
  mentioned: string[];
  /** whether everybody at once was called */
  callsEveryone: boolean;
}

interface Edit {
  start: number;
  end: number;
  by: string;
  why: string;
}

/** Passes until nothing is left to change; text that needs more was made to escape. */
const mostPasses = 12;
/**
 * Markdown without what acts behind the reader's back. What it says stays; mentions, foreign references and commands become
 * inert, comments and scripts go. What comes out is left alone when it is given in again. Undefined where the text cannot be
 * tamed.
 */
export function tame(markdown: string, allowed: Allowed): Tamed | undefined {
  const changed = new Set<string>();
  let text = markdown;
  let callsEveryone = false;
  for (let pass = 0; pass < mostPasses; pass++) {
    if (isExhausting(text)) return undefined;
    const { edits, names } = lookThrough(text, allowed);
    callsEveryone ||= names.some(isEveryone);
    for (const { why } of edits) changed.add(why);
    const after = plainly(withClosedFence(apply(text, edits), changed), changed);
    if (after === text) return { text, changed: [...changed], mentioned: [...new Set(names)], callsEveryone };
    text = after;
  }
  return undefined;
}

/** Without what cannot be seen, blanks around it, and what looks like one of Gaia's marks. */
export function plainly(text: string, changed: Set<string>): string {
  const { text: visible, removed } = withoutHidden(text);
  if (removed.length > 0)
    changed.add(
      `characters that cannot be seen were taken out: ${removed.slice(0, 8).join(', ')}${removed.length > 8 ? ', …' : ''}`,
    );
  const unmarked = visible.replace(/<!--\s*gaia:(?:[^\n]*?-->)?/gi, () => {
    changed.add("one of Gaia's own marks was taken out");
    return '';
  });
  return unmarked.trim();
}

function apply(text: string, edits: readonly Edit[]): string {
  let result = '';
  let from = 0;
  for (const { start, end, by } of [...edits].sort((one, other) => one.start - other.start || other.end - one.end)) {
    if (start < from) continue; // it lies within a part that was replaced: the next pass looks at it
    result += text.slice(from, start) + by;
    from = end;
  }
  return result + text.slice(from);
}

/** Where HTML or code stands, and where there is text. */
interface Stretch {
  start: number;
  end: number;
  kind: 'code' | 'html';
}

function lookThrough(text: string, allowed: Allowed): { edits: Edit[]; names: string[] } {
  const edits: Edit[] = [];
  const names: string[] = [];
  const stretches: Stretch[] = [];
  const elements: HtmlPiece[] = [];
  const code = codeIn(text);
  const look = (node: Node) => {
    const [start, end] = placeOf(node);
    const source = text.slice(start, end);
    const edit = (by: string, why: string) => void edits.push({ start, end, by, why });
    switch (node.type) {
      case 'code':
      case 'inlineCode':
        return void stretches.push({ start, end, kind: 'code' });
      case 'html': {
        stretches.push({ start, end, kind: 'html' });
        const found = inHtml(source, allowed);
        names.push(...found.names);
        edits.push(...found.edits.map((one) => ({ ...one, start: start + one.start, end: start + one.end })));
        elements.push(...found.elements.map((one) => ({ ...one, at: start + one.at, end: start + one.end })));
        return;
      }
      case 'text': {
        const units = unitsOf(source, node.value ?? '');
        if (units === undefined) return edit(plainOf(node.value ?? ''), 'a text was spelled out');
        const found = inText(units, allowed, (what, at, last) => code(what, text, start + at, start + last));
        names.push(...found.names);
        edits.push(...found.edits.map((one) => ({ ...one, start: start + one.start, end: start + one.end })));
        return;
      }
      case 'definition':
        if (isDangerous(node.url)) return edit('', 'a dangerous link was taken out');
        if (isForeign(node.url, allowed)) return edit(code(source, text, start, end), madeInert);
        return;
      case 'image':
        if (!isOwnImage(node.url, allowed)) edit(plainOf(node.alt ?? ''), 'a foreign image was replaced by its text');
        return;
      case 'imageReference':
        return edit(plainOf(node.alt ?? ''), 'a foreign image was replaced by its text');
      case 'link': {
        const label = plainOf(textOf(node));
        if (isDangerous(node.url)) return edit(label, 'a dangerous link was taken out');
        const isBare = !source.startsWith('[');
        if (isForeign(node.url, allowed)) {
          const shown = code(node.url ?? '', text, start, end);
          return edit(isBare || textOf(node) === node.url ? shown : `${label} ${shown}`, madeInert);
        }
        // an address is a link as a whole: nothing within it is looked at by anyone
        if (isBare) return;
      }
    }
    node.children?.forEach(look);
  };
  look(parse(text));
  for (const { at, end } of unpaired(elements.sort((one, other) => one.at - other.at)))
    edits.push({ start: at, end, by: '', why: 'an HTML element without its other half was taken out' });
  edits.push(...commandsIn(text, stretches, code));
  return { edits, names };
}

const madeInert = 'a reference to another repository was made inert';

/** What acts in a stretch of shown text. `quote` makes code of it. */
function inText(
  units: readonly Unit[],
  allowed: Allowed,
  quote: (what: string, start: number, end: number) => string,
): { edits: Edit[]; names: string[] } {
  const shown = shownBy(units);
  const edits: Edit[] = [];
  const names: string[] = [];
  const inert = (what: string, index: number, why: string) => {
    const { at, end } = spanOf(units, index, what.length);
    edits.push({ start: at, end, by: quote(what, at, end), why });
  };
  for (const { 1: address = '', index } of shown.matchAll(addressPattern))
    if (isForeign(address.replace(/^www\./i, 'https://$&'), allowed)) inert(address, index, madeInert);
  for (const { 0: mention, 1: name = '', index } of shown.matchAll(mentionPattern)) {
    names.push(name);
    if (!isAmong(name, allowed.mentions)) inert(mention, index, `the mention of ${mention} was made inert`);
  }
  for (const { 0: reference, 1: repo = '', index } of shown.matchAll(crossReference))
    if (!isAmong(repo, allowed.repos)) inert(reference, index, madeInert);
  for (const { at, end, shows } of units)
    if (end - at > 1 && [...shows].some(isHidden))
      edits.push({
        start: at,
        end,
        by: /^\s+$/.test(shows) ? ' ' : '',
        why: 'a character that cannot be seen was taken out',
      });
  return { edits, names };
}

function inHtml(source: string, allowed: Allowed): { edits: Edit[]; names: string[]; elements: HtmlPiece[] } {
  const edits: Edit[] = [];
  const names: string[] = [];
  const pieces = htmlPiecesIn(source);
  for (const { at, end, kind, why } of pieces)
    if (kind !== 'element') edits.push({ start: at, end, by: kind === 'sign' ? '&lt;' : '', why });
  const ends = [{ at: 0, end: 0 } as HtmlPiece, ...pieces, { at: source.length, end: source.length } as HtmlPiece];
  for (let index = 1; index < ends.length; index++) {
    const [before, after] = [ends[index - 1] as HtmlPiece, ends[index] as HtmlPiece];
    const isCode = before.name === 'code' && !before.closes && after.name === 'code' && after.closes;
    if (isCode) continue;
    const units = unitsIn(source.slice(before.end, after.at), { inHtml: true });
    const found = inText(units, allowed, (what) => `<code>${what.replace(/&/g, '&amp;')}</code>`);
    names.push(...found.names);
    edits.push(...found.edits.map((one) => ({ ...one, start: before.end + one.start, end: before.end + one.end })));
  }
  return { edits, names, elements: pieces.filter(({ kind }) => kind === 'element') };
}

/** What may stand before the first word of a line. */
const lineStart = /^(?:[ \t>|]|[-*+][ \t]|\d{1,9}[.)][ \t]|\[[ xX]\][ \t]|\[\^[^\]\n]*\]:|#{1,6}[ \t]|<[^>\n]*>)*/;

/** Bots read the raw text: a command counts at the start of a line, whatever Markdown makes of the line. */
function commandsIn(text: string, stretches: readonly Stretch[], code: Code): Edit[] {
  const why = 'a command to a bot was made inert';
  const edits: Edit[] = [];
  let from = 0;
  for (const line of text.split('\n')) {
    const indent = lineStart.exec(line)?.[0].length ?? 0;
    const at = from + indent;
    from += line.length + 1;
    const kind = stretches.find(({ start, end }) => start <= at && at < end)?.kind ?? 'text';
    if (kind === 'code') {
      // nothing can be written out in code, so the line begins with a blank instead
      if (indent === 0 && botCommandInCode.test(line)) edits.push({ start: at, end: at, by: ' ', why });
      continue;
    }
    const command = botCommand.exec(line.slice(indent))?.[0];
    if (command === undefined) continue;
    const end = at + command.length;
    const slash = kind === 'html' ? '&#47;' : '\\/';
    const word = kind === 'html' ? `<code>${command}</code>` : code(command, text, at, end);
    edits.push({ start: at, end, by: command === '/' ? slash : word, why });
  }
  return edits;
}

type Code = (what: string, text: string, start: number, end: number) => string;

/** Makes code of a part of a text: between more backticks than stand together anywhere in it, so that these pair with each other only. */
function codeIn(text: string): Code {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const run = '`'.repeat(longest + 1);
  return (what, whole, start, end) => {
    const before = /[`\\]/.test(whole[start - 1] ?? '') ? ' ' : '';
    const after = whole[end] === '`' ? ' ' : '';
    return `${before}${run}${what.replace(/[`\n]/g, '')}${run}${after}`;
  };
}

const isDangerous = (url = ''): boolean => {
  // browsers skip white space and controls before and within a scheme
  const bare = shownBy(unitsIn(url, { inHtml: true })).replace(/[\u0000-\u0020\u007f-\u009f]/g, '');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(bare)?.[1]?.toLowerCase();
  return scheme !== undefined && !['http', 'https', 'mailto'].includes(scheme);
};

function isForeign(url = '', { repos, hosts }: Allowed): boolean {
  const repo = repoIn(url, hosts);
  return repo !== undefined && isReference(url, hosts) && !isAmong(repo, repos);
}

function isOwnImage(url = '', { repos, hosts }: Allowed): boolean {
  const repo = repoIn(url, hosts);
  return repo !== undefined && /^https:/i.test(url) && isAmong(repo, repos);
}

/** Text as text: nothing in it is markup any more. */
const plainOf = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/([\\`*_[\]<>!|~&])/g, '\\$1')
    .trim();

/** A fence left open would swallow what follows: Gaia's mark, a footer. */
function withClosedFence(text: string, changed: Set<string>): string {
  const last = parse(text).children?.at(-1);
  if (last?.type !== 'code') return text;
  const [start, end] = placeOf(last);
  const source = text.slice(start, end);
  const opening = /^(`{3,}|~{3,})/.exec(source)?.[1];
  if (opening === undefined) return text;
  const lines = source.split('\n');
  const closes = new RegExp(`^ {0,3}\\${opening[0]}{${opening.length},}[ \\t]*$`);
  if (lines.length > 1 && closes.test(lines.at(-1) as string)) return text;
  changed.add('an open code fence was closed');
  return `${text.replace(/\n+$/, '')}\n${opening}`;
}
