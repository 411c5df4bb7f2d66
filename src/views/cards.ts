import type { ButtonAction } from '../core/delivery/card.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import {
  type Card,
  type CardMessage,
  findCard,
  findListCard,
  listButtons,
  listCardMessages,
  listUnsent,
} from '../store/cards.ts';
import { listNames } from '../store/channels.ts';
import { getRequestAnswer, type Viewer } from './requests.ts';

/** A card as it stands in its chat, and what it is about as that stands now. */
export interface CardView {
  card: Card;
  messages: CardMessage[];
  /** the reference of what a button stands for */
  refer: (action: ButtonAction) => string | undefined;
  /** null: the card is a list */
  request: RequestAnswer | null;
  /** a list in the same chat has a line for this request */
  isListed: boolean;
}

/** Undefined where there is no such card. */
export async function findCardView(viewer: Viewer, id: string): Promise<CardView | undefined> {
  const read = viewer.db.read;
  const card = await findCard(read, id);
  if (!card) return undefined;
  const { requestId, chat, topic } = card;
  const list = requestId === null ? undefined : await findListCard(read, chat, topic);
  const listed = list && requestId !== null && (await listButtons(read, list.id))({ kind: 'show', requestId });
  return {
    card,
    messages: await listCardMessages(read, id),
    refer: await listButtons(read, id),
    request: requestId === null ? null : await getRequestAnswer(viewer, requestId),
    isListed: listed !== undefined,
  };
}

/** What a list has to say: the first of the requests on it that still wait unseen in its chat, and how many those are. */
export async function listWaitingOn(
  viewer: Viewer,
  { card, refer }: Pick<CardView, 'card' | 'refer'>,
  limit: number,
): Promise<{ requests: RequestAnswer[]; waiting: number }> {
  const unsent = await listUnsent(viewer.db.read, card.chat, card.topic);
  const ids = unsent.filter((requestId) => refer({ kind: 'show', requestId }) !== undefined);
  const requests: RequestAnswer[] = [];
  for (const id of ids.slice(0, limit)) requests.push(await getRequestAnswer(viewer, id));
  return { requests, waiting: ids.length };
}

/** What people are called, by id, as far as Telegram told. */
export const findNames = ({ db }: Pick<Viewer, 'db'>): Promise<Map<string, string>> => listNames(db.read);

/** What people are called, by id; their id where nobody told. */
export async function nameLookup(viewer: Viewer): Promise<(personId: string) => string> {
  const names = await listNames(viewer.db.read);
  return (personId) => names.get(personId) ?? personId;
}

/** The references by which a chat's list shows requests, where it has a list. */
export async function findShowReferences(
  viewer: Viewer,
  { chat, topic }: Pick<Card, 'chat' | 'topic'>,
): Promise<(action: ButtonAction) => string | undefined> {
  const list = await findListCard(viewer.db.read, chat, topic);
  return list ? listButtons(viewer.db.read, list.id) : () => undefined;
}
