import type { Request } from '../core/approval/request.ts';
import type { Delivery } from '../core/delivery/delivery.ts';
import { type Card, findCard, saveArrival, saveArrivedMessage, saveRendering } from '../store/cards.ts';
import { takeBackCall } from '../store/channels.ts';
import { countOne } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import { getRequest } from '../store/requests.ts';
import { noteAlertMessage } from './alerts.ts';
import type { App } from './app.ts';
import { tellElsewhere } from './chats.ts';
import { refreshCard } from './deliveries.ts';
import { refreshListWith } from './lists.ts';
import { done, record, release, released, type Taken } from './sending.ts';
import { markArrived } from './showings.ts';

/** What successful calls came to: messages that arrived, messages that show something newer. */

/** A notice has arrived. */
export const recordNotice = (app: App, { delivery }: Taken, messageId?: number) =>
  record(app, async (tx) => {
    if (messageId !== undefined) await noteAlertMessage(tx, delivery, messageId);
    await release(tx, delivery, done(tx));
  });

/** A message of a card as it was sent and confirmed. */
export interface Arrived {
  messageId: number;
  part: 'page' | 'document' | 'front';
  place: number;
  /** digest of what was sent */
  rendering: string;
  /** why what Telegram shows is not what was sent, where that is so */
  misfit: string | null;
  /** why the card offers no decision, where it had to give up */
  kept: string | null;
  /** with it, all that is decided on has arrived */
  completes: boolean;
  /** the card is as it should be */
  isLast: boolean;
}

/** Records a new message of a card. Where it makes the card whole, the request counts as shown from this instant. */
export async function recordArrival(app: App, { delivery }: Taken, arrived: Arrived): Promise<void> {
  const { messageId, part, place, misfit } = arrived;
  const outcome = await record(app, async (tx) => {
    const { card, request } = await holdCard(tx, delivery);
    if (card.chat !== delivery.chat) return release(tx, delivery, released(delivery)); // the chat moved meanwhile
    const rendering = part !== 'front' && misfit !== null ? null : arrived.rendering;
    await saveArrivedMessage(tx, {
      cardId: card.id,
      chat: card.chat,
      messageId,
      part,
      place,
      rendering,
      sentAt: tx.now,
    });
    if (part === 'front' && request === undefined) await saveArrival(tx, card.id, { editedAt: tx.now });
    if (arrived.completes && misfit === null && request) {
      await saveArrival(tx, card.id, { wholeAt: tx.now });
      await markArrived(tx, request, card.chat);
    }
    if (misfit !== null && request?.state === 'pending') await tellOfMisfit(app, tx, request, card, misfit);
    if (part === 'front') await refreshListWith(app, tx, card.id);
    await finish(app, tx, delivery, { isLast: arrived.isLast && misfit === null, error: misfit ?? arrived.kept });
  });
  if (outcome === 'lost' && part === 'front') await recordStray(app, delivery, messageId);
}

/** A message that was sent although somebody else had taken over: one more copy to be kept truthful. */
async function recordStray(app: App, delivery: Delivery, messageId: number): Promise<void> {
  await app.db.write(async (tx) => {
    const card = await findCard(tx, delivery.cardId as string);
    if (!card || card.chat !== delivery.chat || card.requestId === null) return;
    const copy = { cardId: card.id, chat: card.chat, messageId, part: 'copy' as const, place: 0, rendering: null };
    await saveArrivedMessage(tx, { ...copy, sentAt: tx.now });
    await refreshCard(app, tx, card, { about: 'request', requestId: card.requestId, because: 'adopted' });
  });
}

export interface Edited {
  messageId: number;
  rendering: string;
  misfit: string | null;
  kept: string | null;
  /** what was sent is to be decided on */
  isFront: boolean;
  isLast: boolean;
}

/** Records that a message of a card shows something newer. */
export const recordEdit = (
  app: App,
  { delivery }: Taken,
  { messageId, rendering, misfit, kept, isFront, isLast }: Edited,
) =>
  record(app, async (tx) => {
    const { card, request } = await holdCard(tx, delivery);
    await saveRendering(tx, { chat: delivery.chat, messageId, rendering });
    const isVote = 'because' in delivery.body && delivery.body.because === 'vote';
    if (isVote || card.requestId === null) await saveArrival(tx, card.id, { editedAt: tx.now });
    const breaks = misfit !== null && isFront && card.wholeAt !== null && request?.state === 'pending';
    if (breaks) {
      await saveArrival(tx, card.id, { wholeAt: null });
      await tellOfMisfit(app, tx, request, card, misfit);
    }
    await finish(app, tx, delivery, { isLast: isLast && !breaks, error: misfit ?? kept });
  });

/** Nothing was left to do: the counted call is taken back. `leftToList`: the request's line on the list says it all. */
export const recordDone = (
  app: App,
  { delivery, call }: Taken,
  { leftToList = false, error = null as string | null } = {},
) =>
  record(app, async (tx) => {
    await takeBackCall(tx, call);
    if (!leftToList) await countOne(tx, 'delivery_duplicate_skipped'); // it shows what it should already
    if (leftToList) await refreshListWith(app, tx, delivery.cardId as string);
    await finish(app, tx, delivery, { isLast: true, error: leftToList ? 'listed' : error });
  });

/** The request first, then what belongs to it: everyone holds them in this order. */
async function holdCard(tx: Tx, delivery: Delivery): Promise<{ card: Card; request: Request | undefined }> {
  const { body, cardId } = delivery;
  const request = body.about === 'request' ? await getRequest(tx, body.requestId) : undefined;
  const card = await findCard(tx, cardId as string);
  if (!card) throw new Error(`the card of delivery ${delivery.id} is gone`);
  return { card, request };
}

interface Finish {
  isLast: boolean;
  error: string | null;
}

/** A confirmation that runs out must be seen to have run out, so the card is looked at again then. */
async function finish(app: App, tx: Tx, delivery: Delivery, { isLast, error }: Finish): Promise<void> {
  await release(tx, delivery, isLast ? { ...done(tx), error } : { ...released(delivery), error });
  const card = isLast && delivery.cardId ? await findCard(tx, delivery.cardId) : undefined;
  if (card?.requestId && 'confirmBy' in card.face && card.face.confirmBy > tx.now) {
    const body = { about: 'request' as const, requestId: card.requestId, because: 'face' };
    await refreshCard(app, tx, card, body, card.face.confirmBy);
  }
}

const tellOfMisfit = (app: App, tx: Tx, { id }: Request, { chat }: Card, misfit: string): Promise<void> =>
  tellElsewhere(
    app,
    tx,
    null,
    `The card of ${id} in the chat ${chat} did not arrive as it was sent (${misfit}). It offers no decision; decide in the console.`,
  );
