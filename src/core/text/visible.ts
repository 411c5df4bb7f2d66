/**
 * Text as a person may safely read it: whatever could hide, reorder, strike out or pad is spelled out
 * between ⟨ and ⟩ (`⟨U+202E⟩`, `⟨newline⟩`, `⟨space×4⟩`, `⟨empty⟩`). One line, well-formed, in NFC, and reversible:
 * two different texts never look the same to this function's reader.
 */
export function visible(text: string): string {
  if (text === '') return token('empty');
  let shown = '';
  /** the last base character shown as itself, with its marks: what a following mark would attach to */
  let cluster = '';
  let at = 0;
  while (at < text.length) {
    if (text[at] === ' ') {
      const end = endOfBlanks(text, at);
      shown += blanks(end - at, at === 0 || end === text.length);
      cluster = '';
      at = end;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at)!);
    if (showsAsItself(character, cluster)) {
      shown += character;
      cluster = mark.test(character) ? cluster + character : character;
    } else {
      shown += spelledOut(character);
      cluster = '';
    }
    at += character.length;
  }
  return shown;
}

/** The text that `visible` shows so. Throws a RangeError for what `visible` never writes. */
export function unvisible(shown: string): string {
  return shown.replace(/⟨([^⟨⟩]*)⟩|[⟨⟩]/gu, (whole, name: string | undefined) => {
    const meant = name === undefined ? undefined : meaningOf(name);
    if (meant === undefined) throw new RangeError(`${whole} is not a visible form`);
    return meant;
  });
}

/**
 * The same for content of several lines (scripts, standard input): line feeds end lines, everything else is spelled out.
 * An empty line is shown as `⟨empty⟩` where it could be overlooked: at the start, at the end, and after another.
 */
export function visibleLines(text: string): string[] {
  const lines = text.split('\n');
  return lines.map((line, index) => {
    const standsAlone = line === '' && index > 0 && index < lines.length - 1 && lines[index - 1] !== '';
    return standsAlone ? '' : visible(line);
  });
}

/** The text that `visibleLines` shows so. */
export const unvisibleLines = (lines: readonly string[]): string => lines.map(unvisible).join('\n');

const named = new Map([
  ['\n', 'newline'],
  ['\t', 'tab'],
  ['\r', 'return'],
]);
const meantBy = new Map([...named].map(([character, name]) => [name, character]));

/**
 * Controls, formats (bidi, zero-width, tags, BOM, soft hyphen), surrogates, private use, unassigned; blanks and breaks
 * other than a space; what fonts draw as nothing (fillers, selectors, the empty Braille cell); our own brackets.
 */
const unseen = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{16fe4}\u{1d159}⟨⟩]/u;
const mark = /^\p{M}$/u;
const letter = /^\p{L}/u;
/** Marks that strike out, enclose or cover the letter they follow. */
const covering = /\p{Me}|[\u0334-\u0338]|[\u20d2\u20d3\u20d8-\u20da\u20e5-\u20eb]/u;
/** Marks in a row that living scripts need; more pile up over the neighbouring lines. */
const maxMarks = 4;

function showsAsItself(character: string, cluster: string): boolean {
  if (character >= '!' && character <= '~') return true;
  if (unseen.test(character)) return false;
  if (mark.test(character)) {
    if (!letter.test(cluster) || covering.test(character) || [...cluster].length > maxMarks) return false;
  }
  // What normalisation would change looks the same as something else: é as two characters, the Greek question mark.
  return (cluster + character).normalize('NFC') === cluster + character;
}

const token = (name: string): string => `⟨${name}⟩`;

const spelledOut = (character: string): string => {
  const point = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return token(named.get(character) ?? `U+${point}`);
};

function blanks(count: number, atAnEdge: boolean): string {
  if (count > 1) return token(`space×${count}`);
  return atAnEdge ? token('space') : ' ';
}

function endOfBlanks(text: string, start: number): number {
  let end = start;
  while (text[end] === ' ') end += 1;
  return end;
}

function meaningOf(name: string): string | undefined {
  if (name === 'empty') return '';
  if (name === 'space') return ' ';
  const [, count] = /^space×([1-9]\d{0,8})$/.exec(name) ?? [];
  if (count !== undefined) return ' '.repeat(Number(count));
  const [, point] = /^U\+([0-9A-F]{4,6})$/.exec(name) ?? [];
  if (point === undefined) return meantBy.get(name);
  const value = Number.parseInt(point, 16);
  return value <= 0x10ffff ? String.fromCodePoint(value) : undefined;
}
