import { digestOf, sha256 } from '../../core/canonical.ts';
import type { Face } from '../../core/delivery/card.ts';
import type { CardMessage } from '../../store/cards.ts';
import type { Card } from '../cards/card.ts';
import type { CardFace } from '../cards/keyboard.ts';
import type { Text } from '../texts/text.ts';
import type { Paper, Speech } from './calls.ts';

/** One call that brings a card nearer to what it should be. `rendering` identifies what it will show. */
export type Step =
  | { kind: 'page'; place: number; speech: Speech; rendering: string }
  | { kind: 'document'; place: number; paper: Paper; rendering: string }
  | { kind: 'front'; speech: Speech; rendering: string }
  | { kind: 'edit'; messageId: number; isFront: boolean; speech: Speech; rendering: string };

/** What Gaia knows of a card in its chat. */
export interface Standing {
  messages: readonly CardMessage[];
  wholeAt: number | null;
  /** nothing is decided on it any more; its buttons are for what became of it */
  isDecided: boolean;
}

/** A part that stands in the chat, but not as it was sent, has no rendering. */
const isBroken = ({ part, rendering }: CardMessage): boolean =>
  (part === 'page' || part === 'document') && rendering === null;

const frontOf = (messages: readonly CardMessage[]) => messages.find(({ part }) => part === 'front');

/**
 * What the card offers. Decisions only where all of it arrived word for word; a card whose front stands there without that
 * did not, and never will.
 */
export function faceOf(face: Face, { messages, wholeAt, isDecided }: Standing, now: number): CardFace {
  const isHopeless = !isDecided && (messages.some(isBroken) || (frontOf(messages) !== undefined && wholeAt === null));
  if (isHopeless) return { kind: 'waiting' };
  return 'confirmBy' in face && face.confirmBy <= now ? { kind: 'open' } : face;
}

/**
 * The calls that are left until the messages match the card: the document and pages that are missing, then the card
 * proper, then whatever shows something older. Nothing of them is done twice.
 */
export function planFor(card: Card, messages: readonly CardMessage[]): Step[] {
  const front: Speech = { ...(card.pages.at(-1) as Text), keyboard: card.keyboard };
  const rendering = card.digestOfRendering;
  const steps: Step[] = [];
  if (!frontOf(messages)) {
    if (!messages.some(isBroken)) steps.push(...missingParts(card, messages));
    steps.push({ kind: 'front', speech: front, rendering });
  }
  for (const { messageId, part, rendering: shown } of messages) {
    if ((part !== 'front' && part !== 'copy') || shown === rendering) continue;
    steps.push({ kind: 'edit', messageId, isFront: part === 'front', speech: front, rendering });
  }
  return steps;
}

function missingParts({ document, pages }: Card, messages: readonly CardMessage[]): Step[] {
  const isThere = (part: CardMessage['part'], at: number) =>
    messages.some((message) => message.part === part && message.place === at);
  const steps: Step[] = [];
  if (document && !isThere('document', 0)) {
    steps.push({ kind: 'document', place: 0, paper: document, rendering: sha256(document.content) });
  }
  for (const [place, page] of pages.slice(0, -1).entries()) {
    if (isThere('page', place)) continue;
    const { text } = page;
    steps.push({ kind: 'page', place, speech: { ...page, isSilent: true }, rendering: digestOf('page', { text }) });
  }
  return steps;
}
