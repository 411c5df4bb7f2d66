import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
import { isEnd, type RequestState } from '../core/approval/states.ts';
import { canonical, type Json } from '../core/canonical.ts';
import type { ButtonAction, Face } from '../core/delivery/card.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

type CardRow = Tables['cards']['$inferSelect'];
export type Card = Omit<CardRow, 'face'> & { face: Face };
export type CardMessage = Omit<Tables['cardMessages']['$inferSelect'], 'seq'>;

const cardOfRow = (row: CardRow): Card => ({ ...row, face: JSON.parse(row.face) as Face });

const ofRequest = statement('cards.ofRequest', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.cards).where(eq(t.cards.requestId, $.requestId)).orderBy(asc(t.cards.createdAt), asc(t.cards.id)),
);

/** The cards of a request, one a chat. */
export const listCards = async (q: Handle, requestId: string): Promise<Card[]> =>
  (await q.run(ofRequest, { requestId })).map(cardOfRow);

const byId = statement('cards.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.cards).where(eq(t.cards.id, $.id)),
);

export async function findCard(q: Handle, id: string): Promise<Card | undefined> {
  const [row] = await q.run(byId, { id });
  return row && cardOfRow(row);
}

/** The list of what waits in a chat, where it has one. */
export async function findListCard(q: Handle, chat: string, topic: number | null): Promise<Card | undefined> {
  const [row] = await q
    .select()
    .from(q.t.cards)
    .where(
      and(
        eq(q.t.cards.chat, chat),
        isNull(q.t.cards.requestId),
        topic === null ? isNull(q.t.cards.topic) : eq(q.t.cards.topic, topic),
      ),
    )
    .limit(1);
  return row && cardOfRow(row);
}

const insert = statement('cards.insert', (q, $: CardRow, { t }) =>
  q.insert(t.cards).values({
    id: $.id,
    requestId: $.requestId,
    chat: $.chat,
    topic: $.topic,
    face: $.face,
    wholeAt: $.wholeAt,
    editedAt: $.editedAt,
    createdAt: $.createdAt,
  }),
);

export const insertCard = (tx: Tx, card: Card) => tx.run(insert, { ...card, face: written(card.face) });

const saveFace = statement('cards.saveFace', (q, $: { id: string; face: string }, { t }) =>
  q.update(t.cards).set({ face: $.face }).where(eq(t.cards.id, $.id)),
);

/** What its buttons offer from now on. What has arrived is not touched: it is the sender's to say (`saveArrival`). */
export const saveCard = (tx: Tx, { id, face }: Pick<Card, 'id' | 'face'>) =>
  tx.run(saveFace, { id, face: written(face) });

/** What has become of a card's sending. What is left out stays. */
export const saveArrival = async (
  tx: Tx,
  id: string,
  changes: Partial<Pick<Card, 'wholeAt' | 'editedAt' | 'topic'>>,
): Promise<void> => {
  await tx.update(tx.t.cards).set(changes).where(eq(tx.t.cards.id, id));
};

const messagesOf = statement('cardMessages.ofCard', (q, $: { cardId: string }, { t }) =>
  q.select().from(t.cardMessages).where(eq(t.cardMessages.cardId, $.cardId)).orderBy(asc(t.cardMessages.seq)),
);

/** The messages of a card, in the order they were sent. */
export const listCardMessages = (q: Handle, cardId: string): Promise<CardMessage[]> => q.run(messagesOf, { cardId });

const byPlace = statement('cardMessages.byPlace', (q, $: { chat: string; messageId: number }, { t }) =>
  q
    .select()
    .from(t.cardMessages)
    .where(and(eq(t.cardMessages.chat, $.chat), eq(t.cardMessages.messageId, $.messageId))),
);

/** Which card a message belongs to. */
export const findCardMessage = async (q: Handle, chat: string, messageId: number): Promise<CardMessage | undefined> =>
  (await q.run(byPlace, { chat, messageId }))[0];

const insertMessage = statement('cardMessages.insert', (q, $: CardMessage, { t }) =>
  q
    .insert(t.cardMessages)
    .values({
      cardId: $.cardId,
      chat: $.chat,
      messageId: $.messageId,
      part: $.part,
      place: $.place,
      rendering: $.rendering,
      sentAt: $.sentAt,
    })
    .onConflictDoNothing(),
);

export const insertCardMessage = (tx: Tx, message: CardMessage) => tx.run(insertMessage, message);

const arrived = statement('cardMessages.arrived', (q, $: CardMessage, { t }) =>
  q
    .insert(t.cardMessages)
    .values({
      cardId: $.cardId,
      chat: $.chat,
      messageId: $.messageId,
      part: $.part,
      place: $.place,
      rendering: $.rendering,
      sentAt: $.sentAt,
    })
    .onConflictDoUpdate({
      target: [t.cardMessages.chat, t.cardMessages.messageId],
      set: { part: $.part, place: $.place, rendering: $.rendering },
    }),
);

/** Writes down a message that was sent; somebody may have pressed it before, so that it is known as a copy. */
export const saveArrivedMessage = (tx: Tx, message: CardMessage) => tx.run(arrived, message);

const saveShown = statement(
  'cardMessages.saveRendering',
  (q, $: { chat: string; messageId: number; rendering: string | null }, { t }) =>
    q
      .update(t.cardMessages)
      .set({ rendering: $.rendering })
      .where(and(eq(t.cardMessages.chat, $.chat), eq(t.cardMessages.messageId, $.messageId))),
);

/** What a message shows now, as the channel confirmed it. */
export const saveRendering = (tx: Tx, of: { chat: string; messageId: number; rendering: string | null }) =>
  tx.run(saveShown, of);

/** Forgets messages that are gone, so that they are sent anew. */
export const forgetCardMessages = async (tx: Tx, chat: string, messageIds: readonly number[]): Promise<void> => {
  const { cardMessages } = tx.t;
  await tx
    .delete(cardMessages)
    .where(and(eq(cardMessages.chat, chat), inArray(cardMessages.messageId, [...messageIds])));
};

/** Cards of a chat whose request is still open and that have messages there, and the list of what waits. */
export async function listCardsToMove(tx: Tx, chat: string): Promise<Card[]> {
  const { cards, cardMessages, requests } = tx.t;
  const rows = await tx
    .select({ card: cards, state: requests.state })
    .from(cards)
    .innerJoin(cardMessages, eq(cardMessages.cardId, cards.id))
    .leftJoin(requests, eq(requests.id, cards.requestId))
    .where(eq(cards.chat, chat))
    .orderBy(asc(cards.createdAt), asc(cards.id));
  const open = rows.filter(({ state }) => state === null || !isEnd(state));
  return [...new Map(open.map(({ card }) => [card.id, cardOfRow(card)])).values()];
}

/** Pending requests whose card in a chat has no message yet, the longest waiting first. */
export async function listUnsent(q: Handle, chat: string, topic: number | null): Promise<string[]> {
  const { cards, cardMessages, requests } = q.t;
  const rows = await q
    .select({ id: requests.id })
    .from(cards)
    .innerJoin(requests, eq(requests.id, cards.requestId))
    .leftJoin(cardMessages, eq(cardMessages.cardId, cards.id))
    .where(
      and(
        eq(cards.chat, chat),
        topic === null ? isNull(cards.topic) : eq(cards.topic, topic),
        eq(requests.state, 'pending'),
        isNull(cardMessages.seq),
      ),
    )
    .orderBy(asc(requests.createdAt), asc(requests.id));
  return rows.map(({ id }) => id);
}

/** Every card and message of a chat goes on in the chat it became; its old messages are out of reach there. */
export async function moveCards(tx: Tx, from: string, to: string): Promise<void> {
  const { cards, cardMessages, deliveries } = tx.t;
  await tx.update(cards).set({ chat: to, wholeAt: null }).where(eq(cards.chat, from));
  await tx.delete(cardMessages).where(eq(cardMessages.chat, from));
  await tx.update(deliveries).set({ chat: to }).where(eq(deliveries.chat, from));
}

const buttonsOf = statement('buttons.ofCard', (q, $: { cardId: string }, { t }) =>
  q.select({ ref: t.buttons.ref, action: t.buttons.action }).from(t.buttons).where(eq(t.buttons.cardId, $.cardId)),
);

/** The references of a card's buttons, by what they stand for. */
export async function listButtons(q: Handle, cardId: string): Promise<(action: ButtonAction) => string | undefined> {
  const refs = new Map((await q.run(buttonsOf, { cardId })).map(({ ref, action }) => [action, ref]));
  return (action) => refs.get(written(action));
}

const insertRef = statement('buttons.insert', (q, $: { ref: string; cardId: string; action: string }, { t }) =>
  q.insert(t.buttons).values({ ref: $.ref, cardId: $.cardId, action: $.action }).onConflictDoNothing(),
);

export const insertButton = (tx: Tx, { ref, cardId, action }: { ref: string; cardId: string; action: ButtonAction }) =>
  tx.run(insertRef, { ref, cardId, action: written(action) });

const button = statement('buttons.byRef', (q, $: { ref: string }, { t }) =>
  q.select().from(t.buttons).where(eq(t.buttons.ref, $.ref)),
);

/** What a reference stands for; undefined for a forged one. */
export async function findButton(
  q: Handle,
  ref: string,
): Promise<{ cardId: string; action: ButtonAction } | undefined> {
  const [row] = await q.run(button, { ref });
  return row && { cardId: row.cardId, action: JSON.parse(row.action) as ButtonAction };
}

const written = (value: unknown): string => canonical(value as Json);

/**
 * Forgets what the messages of requests in these states show, so that each is brought up to date whatever it shows: after
 * a restore nobody knows.
 */
export async function forgetRenderings(tx: Tx, states: readonly RequestState[]): Promise<string[]> {
  const { cards, cardMessages, requests } = tx.t;
  const open = await tx
    .select({ cardId: cards.id, requestId: requests.id })
    .from(cards)
    .innerJoin(requests, eq(requests.id, cards.requestId))
    .where(inArray(requests.state, [...states]));
  for (const { cardId } of open)
    await tx.update(cardMessages).set({ rendering: null }).where(eq(cardMessages.cardId, cardId));
  return [...new Set(open.map(({ requestId }) => requestId))];
}
