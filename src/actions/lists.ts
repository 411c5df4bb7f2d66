import { voteEditsApartMs } from '../core/delivery/card.ts';
import type { Delivery } from '../core/delivery/delivery.ts';
import {
  type Card,
  findCard,
  findListCard,
  insertButton,
  insertCard,
  listButtons,
  listCardMessages,
} from '../store/cards.ts';
import type { Handle, Tx } from '../store/database.ts';
import { listFirstSends, settleWaiting } from '../store/lanes.ts';
import { findRequest } from '../store/requests.ts';
import { type App, newRef } from './app.ts';
import { refreshCard } from './deliveries.ts';

/** With more cards than this waiting to be sent to one chat, a list stands for them. */
const cardsBeforeList = 10;

/** Requests put on a list in one transaction. */
const listedAtOnce = 200;

/**
 * Where many cards wait to be sent for the first time, one list card stands for them: what it lists needs no sending of
 * its own until somebody presses Show. Answers whether it did so. What is listed has not been shown.
 */
export async function listInstead(app: App, tx: Tx, due: Delivery): Promise<boolean> {
  if (!(await isFirstSend(tx, due))) return false;
  const { chat, topic } = due;
  const waiting = await listFirstSends(tx, { chat, topic, limit: listedAtOnce });
  if (waiting.length <= cardsBeforeList) return false;
  const known = await findListCard(tx, chat, topic);
  const refs = known && (await listButtons(tx, known.id));
  const fresh: { deliveryId: string; requestId: string }[] = [];
  for (const { id, body } of waiting) {
    if (body.about !== 'request' || refs?.({ kind: 'show', requestId: body.requestId })) continue;
    if ((await findRequest(tx, body.requestId))?.state !== 'pending') continue;
    fresh.push({ deliveryId: id, requestId: body.requestId });
  }
  if (fresh.length <= cardsBeforeList) return false;
  const list = known ?? (await makeList(app, tx, chat, topic));
  for (const { requestId } of fresh)
    await insertButton(tx, { ref: newRef(app), cardId: list.id, action: { kind: 'show', requestId } });
  await settleWaiting(
    tx,
    fresh.map(({ deliveryId }) => deliveryId),
    'listed',
  );
  await refreshList(app, tx, list);
  return true;
}

async function isFirstSend(tx: Tx, { cardId, body }: Delivery): Promise<boolean> {
  if (cardId === null || body.about !== 'request') return false;
  return (await listCardMessages(tx, cardId)).length === 0;
}

async function makeList(app: App, tx: Tx, chat: string, topic: number | null): Promise<Card> {
  const list: Card = {
    id: newRef(app),
    requestId: null,
    chat,
    topic,
    face: { kind: 'open' },
    wholeAt: null,
    editedAt: null,
    createdAt: tx.now,
  };
  await insertCard(tx, list);
  return list;
}

/** Brings a list up to date, not more often than every ten seconds. */
export const refreshList = (app: App, tx: Tx, list: Card): Promise<void> =>
  refreshCard(
    app,
    tx,
    list,
    { about: 'pending', offset: 0, because: 'submitted' },
    Math.max(tx.now, (list.editedAt ?? 0) + voteEditsApartMs),
  );

/** The list that has this request on it, in the chat of its card. */
export async function findListWith(q: Handle, card: Card): Promise<Card | undefined> {
  if (card.requestId === null) return undefined;
  const list = await findListCard(q, card.chat, card.topic);
  const refs = list && (await listButtons(q, list.id));
  return refs?.({ kind: 'show', requestId: card.requestId }) ? list : undefined;
}

/** Takes what a list should now say about a request into account, where it is on one. */
export async function refreshListWith(app: App, tx: Tx, cardId: string): Promise<void> {
  const card = await findCard(tx, cardId);
  const list = card && (await findListWith(tx, card));
  if (list) await refreshList(app, tx, list);
}
