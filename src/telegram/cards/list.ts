import { digestOf } from '../../core/canonical.ts';
import { counted } from '../../core/text/count.ts';
import { relativeTime } from '../../core/text/times.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import { asker } from '../texts/names.ts';
import { bold, compose, gap, type Line, line, passing } from '../texts/text.ts';
import { clockTime } from '../texts/times.ts';
import type { Card, CardFacts } from './card.ts';
import { marks, summaryPiece, tierSign } from './head.ts';
import { buttonFor } from './keyboard.ts';

/** The most requests on one list card. */
export const listed = 20;

/** One card for many waiting requests: a line and a Show button for each, and no button that decides. */
export function renderList(requests: readonly RequestAnswer[], waiting: number, facts: CardFacts): Card {
  const shown = requests.slice(0, listed);
  const left = waiting - shown.length;
  const lines = [
    line(bold(`● ${counted(waiting, 'request')} waiting`)),
    line('Press Show to see one whole and decide.'),
    ...shown.flatMap((request, index) => [gap, ...rowLines(request, index + 1, facts)]),
    ...(left > 0 ? [gap, line(`${counted(left, 'more request')} after these.`)] : []),
  ];
  const keyboard = inPairs(
    shown.map(({ id }, index) => buttonFor(`${index + 1}. Show ${id}`, facts.button({ kind: 'show', requestId: id }))),
  );
  return {
    pages: [compose(lines)],
    keyboard,
    digestOfRendering: digestOf('list-card', {
      lasting: compose(lines.map((each) => ({ ...each, pieces: each.pieces.filter((piece) => !piece.passing) }))).text,
      keyboard: keyboard.flat().map(({ callback_data }) => callback_data),
    }),
  };
}

/** One request on a list: which, how risky, who asks, what, until when. */
export function rowLines(
  request: RequestAnswer,
  place: number,
  { names, ...clock }: Pick<CardFacts, 'names' | 'now' | 'timeZone'>,
): Line[] {
  const until = request.state === 'pending' ? request.expiresAt : undefined;
  return [
    line(`${place}. `, bold(`${request.id}${marks(request)}`), ` ${tierSign(request)}`),
    line(asker(request.askedBy, names), ': ', summaryPiece(request, 48)),
    ...(until === undefined
      ? []
      : [line(`until ${clockTime(until, clock)}`, passing(` (${relativeTime(until, clock.now)})`))]),
  ];
}

const inPairs = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / 2) }, (_, row) => all.slice(row * 2, row * 2 + 2));
