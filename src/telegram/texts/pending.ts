import { counted } from '../../core/text/count.ts';
import type { RequestAnswer } from '../../core/wire/answers.ts';
import type { CardFacts } from '../cards/card.ts';
import { buttonFor, type Keyboard } from '../cards/keyboard.ts';
import { rowLines } from '../cards/list.ts';
import { bold, gap, line, type Text } from './text.ts';
import { told } from './told.ts';

/** A part of what waits: `offset` requests stand before it, `waiting` wait in all. */
export interface PendingPage {
  requests: readonly RequestAnswer[];
  offset: number;
  waiting: number;
  pageSize: number;
}

/** `/pending [page]`: what waits, the longest waiting first, with a Show button for each and no button that decides. */
export function pendingText(page: PendingPage, facts: CardFacts): Text & { keyboard: Keyboard } {
  const { requests, offset, waiting, pageSize } = page;
  if (waiting === 0) return { ...told([line('✓ Nothing waits.')]), keyboard: [] };
  const pages = Math.ceil(waiting / pageSize);
  const at = Math.floor(offset / pageSize) + 1;
  const text = told([
    line(bold(`● ${counted(waiting, 'request')} waiting`), pages > 1 ? `, page ${at} of ${pages}` : ''),
    ...(requests.length === 0 ? [line('None on this page.')] : []),
    ...requests.flatMap((request, index) => [gap, ...rowLines(request, offset + index + 1, facts)]),
    ...(at < pages ? [gap, line(`More: /pending ${at + 1}`)] : []),
  ]);
  const keyboard = requests.map(({ id }, index) => [
    buttonFor(`${offset + index + 1}. Show ${id}`, facts.button({ kind: 'show', requestId: id })),
  ]);
  return { ...text, keyboard };
}
