import { and, asc, eq, inArray, isNull } from 'drizzle-orm';
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

const save = statement(
  'cards.save',
  (q, $: Pick<CardRow, 'id' | 'chat' | 'topic' | 'face' | 'wholeAt' | 'editedAt'>, { t }) =>
    q
      .update(t.cards)
      .set({ chat: $.chat, topic: $.topic, face: $.face, wholeAt: $.wholeAt, editedAt: $.editedAt })
      .where(eq(t.cards.id, $.id)),
);

export const saveCard = (tx: Tx, { id, chat, topic, face, wholeAt, editedAt }: Card) =>
  tx.run(save, { id, chat, topic, face: written(face), wholeAt, editedAt });

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
