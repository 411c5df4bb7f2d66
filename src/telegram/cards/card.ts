import { digestOf, sha256 } from '../../core/canonical.ts';
import { counted } from '../../core/text/count.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { asker, type Names, personName } from '../texts/names.ts';
import { bold, code, compose, entitiesOf, gap, type Line, lengthOf, line, plain, type Text } from '../texts/text.ts';
import type { Clock } from '../texts/times.ts';
import { apart, contentLines, effectOf } from './content.ts';
import { choicesOf, faceLines, identityLine, standingLines } from './foot.ts';
import { askerLine, marks, riskLines, stateLine, summaryPiece } from './head.ts';
import { type CardFace, type Keyboard, keyboardFor, keyboardForUnknown, type Reference } from './keyboard.ts';
import { fits, pageLimits, paginate } from './pages.ts';
import { settledLines } from './settled.ts';
import { unknownLines } from './unknown.ts';

/**
 * A request as messages. They are sent in this order: the document, the pages; the last page is the card proper, which carries
 * the keyboard and alone is edited from then on. What stands in the document and in the other pages never changes while the
 * request waits. Every text is as Telegram leaves it: well-formed, trimmed, within its limits, nothing in it linked.
 */
export interface Card {
  pages: Text[];
  document?: { fileName: string; content: string; caption: string };
  keyboard: Keyboard;
  /** of everything but the words that only the clock changes: equal digests need no new sending */
  digestOfRendering: string;
}

export interface CardFacts extends Clock {
  names: Names;
  button: Reference;
  /** the card has a button that also allows the same in advance */
  hasAllowButton?: boolean;
}

/** Messages of content before the card proper; with more, everything goes into one document. */
const contentPages = 3;
/** Room that the card proper keeps for what changes: state, votes, what is missing, the question of the face. */
const reserve = { units: 2_300, entities: 55 } as const;
const contentRoom = {
  units: pageLimits.units - reserve.units,
  entities: pageLimits.entities - reserve.entities,
} as const;

/** How a request that waits is spread over messages; the same at every rendering of the same request. */
type Layout =
  | { kind: 'one'; content: Line[] }
  | { kind: 'pages'; pages: Line[][] }
  | { kind: 'document'; content: string; lines: number };

export function renderCard(request: RequestAnswer, face: CardFace, facts: CardFacts): Card {
  if (request.state !== 'pending') {
    const isUnknownWrite = request.state === 'unknown' && request.kind === 'changeset';
    if (!isUnknownWrite) return sealed([settledLines(request, facts.names, facts)], []);
    const asks = unknownLines(request, face, facts.names);
    return sealed([apart([settledLines(request, facts.names, facts), asks])], keyboardForUnknown(face, facts.button));
  }
  const isDecidable = effectOf(request) !== undefined && request.digest !== null && facts.now < request.expiresAt;
  const layout = layOut(request, facts.names);
  const mayAllow = request.grantable && facts.hasAllowButton === true;
  const keyboard = isDecidable ? keyboardFor(face, answersTo(request), facts.button, { mayAllow }) : [];
  const card = cardLines(request, isDecidable ? face : undefined, layout, facts);
  if (layout.kind === 'pages') return sealed([...layout.pages, card], keyboard);
  if (layout.kind === 'one') return sealed([card], keyboard);
  return sealed([card], keyboard, {
    fileName: `${request.id}.txt`,
    content: layout.content,
    caption: `${request.id}${marks(request)}: the whole of what is asked. Read it before you decide.`,
  });
}

const answersTo = (request: RequestAnswer): readonly string[] | 'approval' | 'free' =>
  request.kind === 'question' ? (choicesOf(request) ?? 'free') : 'approval';

function layOut(request: RequestAnswer, names: Names): Layout {
  const content = contentLines(request, names);
  if (fits(content, contentRoom)) return { kind: 'one', content };
  const head = pageHead(request, 1, contentPages);
  const room = {
    units: pageLimits.units - lengthOf([...head, gap, gap]),
    entities: pageLimits.entities - entitiesOf(head),
  };
  const isForPages =
    lengthOf(content) <= contentPages * room.units && entitiesOf(content) <= contentPages * room.entities;
  const pages = isForPages ? paginate(content, room) : [];
  if (isForPages && pages.length <= contentPages) {
    return {
      kind: 'pages',
      pages: pages.map((page, index) => [...pageHead(request, index + 1, pages.length), gap, ...page]),
    };
  }
  const lines = [
    line(`${request.id}${marks(request)}`),
    line(
      asker(request.askedBy, names),
      request.owner === null ? '' : ', agent of ',
      request.owner === null ? '' : personName(request.owner, names),
    ),
    line(`digest ${request.digest ?? 'none'}`),
    gap,
    ...content,
  ];
  return { kind: 'document', content: `${lines.map(lineOfFile).join('\n')}\n`, lines: lines.length };
}

/** In a file nothing is framed, so lines of a frame begin with a bar: no words of an agent can pass for a line of Gaia's. */
const lineOfFile = ({ pieces, block }: Line): string =>
  `${block ? '│ ' : ''}${pieces.map(({ text }) => text).join('')}`.trimEnd();

const pageHead = (request: RequestAnswer, page: number, of: number): Line[] => [
  line(bold(`${request.id} · part ${page} of ${of}${marks(request)}`)),
];

/** The card proper: what it is, what is asked or where it stands, how it stands, what the buttons do. */
function cardLines(
  request: RequestAnswer,
  face: CardFace | undefined,
  layout: Layout,
  { names, ...clock }: CardFacts,
): Line[] {
  const messages = layout.kind === 'pages' ? layout.pages.length + 1 : layout.kind === 'document' ? 2 : 1;
  return apart([
    [stateLine(request), ...riskLines(request)],
    [
      askerLine(request, names),
      ...(request.supersedes === null ? [] : [line('in place of ', plain(request.supersedes), ', asked again')]),
    ],
    layout.kind === 'one' ? layout.content : elsewhere(request, layout),
    standingLines(request, names, clock),
    [
      identityLine(request),
      ...(face === undefined ? notHere(request, clock) : faceLines(request, face, names, messages)),
    ],
  ]);
}

/** Where all of it stands when it is not on the card, and how to tell that it is all. */
function elsewhere(request: RequestAnswer, layout: Exclude<Layout, { kind: 'one' }>): Line[] {
  const where =
    layout.kind === 'pages'
      ? [line(`All of it stands above, in ${counted(layout.pages.length, 'message')}. It begins:`)]
      : [
          line('All of it stands in the file above:'),
          line(code(`${request.id}.txt`)),
          line(`${counted(layout.lines, 'line')}, ${counted(Buffer.byteLength(layout.content), 'byte')}`),
          line('sha256 ', code(sha256(layout.content))),
          line('It begins:'),
        ];
  return [...where, line(summaryPiece(request, 160))];
}

function notHere(request: RequestAnswer, { now }: Clock): Line[] {
  if (now >= request.expiresAt) return [line('Its time is over; nothing can be decided any more.')];
  return [line('It cannot be shown whole here, so it cannot be decided here.')];
}

/** Throws a RangeError where a page broke a limit of Telegram: a card is sent whole or not at all. */
function sealed(pages: readonly Line[][], keyboard: Keyboard, document?: NonNullable<Card['document']>): Card {
  const texts = pages.map(compose);
  for (const { text, entities } of texts) {
    if (text.length > 4_096 || entities.length > 100) {
      throw new RangeError(
        `a message of ${text.length} units and ${entities.length} entities is over Telegram's limits`,
      );
    }
    if (!text.isWellFormed() || text.trim() !== text)
      throw new RangeError('a message is not as Telegram would leave it');
  }
  const lasting = pages.map(
    (lines) => compose(lines.map((each) => ({ ...each, pieces: each.pieces.filter((piece) => !piece.passing) }))).text,
  );
  const digestOfRendering = digestOf('card', {
    lasting,
    document: document === undefined ? null : sha256(document.content),
    keyboard: keyboard.map((row) => row.map(({ text, callback_data }) => [text, callback_data])),
  });
  return { pages: texts, ...(document ? { document } : {}), keyboard, digestOfRendering };
}
