import { type Card, insertCardMessage, listCards } from '../store/cards.ts';
import type { Tx } from '../store/database.ts';
import { getRequest } from '../store/requests.ts';
import type { App } from './app.ts';
import { makeCard, refreshCard } from './deliveries.ts';

/** Puts a request's card into a chat where it has none yet, or brings the one it has up to date. */
export async function putCard(app: App, tx: Tx, requestId: string, chat: string, topic: number | null): Promise<void> {
  const request = await getRequest(tx, requestId);
  const known = (await listCards(tx, requestId)).find((card) => card.chat === chat);
  const card = known ?? (await makeCard(app, tx, request, chat, topic));
  await refreshCard(app, tx, card, { about: 'request', requestId, because: 'submitted' });
}

/** A copy that Gaia did not know of (the answer to its sending was lost) becomes one it keeps truthful. */
export async function adopt(app: App, tx: Tx, card: Card, messageId: number): Promise<void> {
  await insertCardMessage(tx, {
    cardId: card.id,
    chat: card.chat,
    messageId,
    part: 'copy',
    place: 0,
    rendering: null,
    sentAt: tx.now,
  });
  await refreshCard(app, tx, card, { about: 'request', requestId: card.requestId as string, because: 'adopted' });
}
