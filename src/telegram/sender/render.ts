import { digestOf } from '../../core/canonical.ts';
import type { ButtonAction } from '../../core/delivery/card.ts';
import { type CardView, listWaitingOn } from '../../views/cards.ts';
import type { Viewer } from '../../views/requests.ts';
import { type Card, renderCard } from '../cards/card.ts';
import type { CardFace } from '../cards/keyboard.ts';
import { listed, renderList } from '../cards/list.ts';
import type { Names } from '../texts/names.ts';
import { bold, compose, line } from '../texts/text.ts';
import type { Clock } from '../texts/times.ts';

/** A card, of a request or of what waits, as it should be now. */
export async function renderView(
  viewer: Viewer,
  view: CardView,
  face: CardFace,
  { names, ...clock }: Clock & { names: Names },
): Promise<Card> {
  const button = (action: ButtonAction): string => {
    const ref = view.refer(action);
    if (ref === undefined) throw new Error(`the card has no reference for ${action.kind}`);
    return ref;
  };
  if (view.request)
    return renderCard(view.request, face, {
      ...clock,
      names,
      button,
      hasAllowButton: view.refer({ kind: 'allow' }) !== undefined,
    });
  const { requests, waiting } = await listWaitingOn(viewer, view, listed);
  return waiting === 0 ? nothingWaits : renderList(requests, waiting, { ...clock, names, button });
}

const nothingWaits: Card = {
  pages: [compose([line(bold('✓ Nothing on this list waits any more.'))])],
  keyboard: [],
  digestOfRendering: digestOf('list-card', 'nothing waits'),
};
