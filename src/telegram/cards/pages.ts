import { visible } from '../../core/text/visible.ts';
import { borderBefore, entitiesOf, type Line, lengthOf, type Piece, plain } from '../texts/text.ts';

/** What one message may hold. Telegram's own limits are 4,096 UTF-16 code units and about 100 entities. */
export const pageLimits = { units: 3_900, entities: 90 } as const;

export interface Room {
  units: number;
  entities: number;
}

export const fits = (lines: readonly Line[], room: Room): boolean =>
  lengthOf(lines) <= room.units && entitiesOf(lines) <= room.entities;

/**
 * Lines laid out on pages with this much room each, in order and whole. A line longer than what is left of a page is cut at
 * a grapheme border and goes on, marked, on the next. No page begins or ends with an empty line, which Telegram would drop.
 */
export function paginate(lines: readonly Line[], room: Room): Line[][] {
  const pages: Line[][] = [];
  let page: Line[] = [];
  const turn = () => {
    while (page.length > 0 && isEmpty(page.at(-1)!)) page.pop();
    if (page.length > 0)
      pages.push(page.map((line, at) => (at === 0 || at === page.length - 1 ? emptyShown(line) : line)));
    page = [];
  };
  for (const line of lines) {
    let rest: Line | undefined = line;
    while (rest !== undefined) {
      if (page.length === 0 && isEmpty(rest)) break;
      if (fits([...page, rest], room)) {
        page.push(rest);
        break;
      }
      const left = room.units - (page.length === 0 ? 0 : lengthOf(page) + 1);
      const isWorthCutting: boolean = rest.continued !== undefined && entitiesOf([...page, rest]) <= room.entities;
      const halves: [Line, Line] | undefined =
        isWorthCutting && lengthOf([rest]) > room.units / 2 ? cutLine(rest, left) : undefined;
      if (halves) {
        page.push(halves[0]);
        rest = halves[1];
      } else if (page.length === 0) {
        throw new RangeError('a line that may not be cut is longer than a page');
      }
      turn();
    }
  }
  turn();
  return pages;
}

const isEmpty = ({ pieces, block }: Line): boolean => !block && pieces.every(({ text }) => text === '');

/** An empty line of a block would be lost at the edge of a message; there it is spelled out. */
const emptyShown = (line: Line): Line =>
  line.block && lengthOf([line]) === 0 ? { ...line, pieces: [plain(visible(''))] } : line;

/** The least of a line that is worth starting at the foot of a page. */
const leastPart = 80;

/** The line up to `units`, and what is left of it; undefined where too little would stand before the cut. */
function cutLine(line: Line, units: number): [Line, Line] | undefined {
  const pieces: Piece[] = [];
  let left = units;
  for (const [index, piece] of line.pieces.entries()) {
    if (piece.text.length <= left) {
      pieces.push(piece);
      left -= piece.text.length;
      continue;
    }
    const at = placeToCut(piece.text, left);
    if (units - left + at < leastPart || at === 0) return undefined;
    const before = { ...piece, text: piece.text.slice(0, at) };
    const after = { ...piece, text: piece.text.slice(at) };
    return [
      { ...line, pieces: [...pieces, before] },
      { ...line, pieces: [plain(line.continued ?? ''), after, ...line.pieces.slice(index + 1)] },
    ];
  }
  return undefined;
}

/** A grapheme border outside every ⟨…⟩, with no blank on either side: Telegram trims blanks at the ends of a text. */
function placeToCut(text: string, at: number): number {
  let place = borderBefore(text, at);
  const opened = text.lastIndexOf('⟨', place - 1);
  if (opened > 0 && text.indexOf('⟩', opened) >= place) place = opened;
  while (place > 0 && (text[place - 1] === ' ' || text[place] === ' ')) place = borderBefore(text, place - 1);
  return place;
}
