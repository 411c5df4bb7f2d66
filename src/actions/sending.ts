import type { Request } from '../core/approval/request.ts';
import { type Delivery, deliveryPatienceMs } from '../core/delivery/delivery.ts';
import { nextCallAtAll, nextCallTo, pace } from '../core/delivery/limits.ts';
import { type Card, findCard, saveArrival, saveArrivedMessage, saveRendering } from '../store/cards.ts';
import {
  dropCalls,
  findChat,
  insertCall,
  listCalls,
  listCallsTo,
  presentChat,
  saveChannelState,
  takeBackCall,
} from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { leaseDelivery } from '../store/deliveries.ts';
import {
  endLeasesOfOthers,
  findDueIn,
  findNextDueAt,
  holdTurn,
  listLanesDue,
  listLanesUnderWay,
  listTooOldIn,
  type Release,
  releaseDelivery,
  saveAmbiguous,
} from '../store/lanes.ts';
import { getRequest } from '../store/requests.ts';
import type { App } from './app.ts';
import { moveChat, tellElsewhere } from './chats.ts';
import { died, refreshCard } from './deliveries.ts';
import { listInstead, refreshListWith } from './lists.ts';
import { markArrived } from './requests.ts';

/** The transactions between which a sender talks to Telegram: one call at a time is taken, made, and recorded. */

const channel = 'telegram';

/** The row of how sending fares; of hearing there is another. */
export const senderState = 'telegram-sender';

/** How long a call may take before another sender may try. */
const leaseMs = 30_000;

/** A delivery with the right to make one call for it. */
export interface Taken {
  delivery: Delivery;
  /** what the call was counted as */
  call: number;
}

export type Next =
  | { kind: 'taken'; taken: Taken }
  /** nothing may go now; `at`: when something may, as far as is known */
  | { kind: 'none'; at: number | null }
  /** Telegram does not take the token */
  | { kind: 'troubled' };

/**
 * Takes what may go now and matters most: the limits, what chats asked for, and who else is sending are looked at, and the
 * call is counted, in one transaction. One call is under way in a chat at a time, so that things arrive in their order.
 */
export async function takeNext(app: App, holder: string): Promise<Next> {
  for (;;) {
    const next = await app.db.write((tx) => choose(app, tx, holder));
    if (next !== 'again') return next;
  }
}

async function choose(app: App, tx: Tx, holder: string): Promise<Next | 'again'> {
  const { trouble } = await holdTurn(tx, senderState);
  if (trouble !== null) return { kind: 'troubled' };
  const lanes = await listLanesDue(tx, channel);
  let at = await findNextDueAt(tx, channel);
  const later = (instant: number) => {
    at = at === null ? instant : Math.min(at, instant);
  };
  if (lanes.length === 0) return { kind: 'none', at };
  const allFreeAt = nextCallAtAll(await listCalls(tx, tx.now - pace.all.windowMs));
  if (allFreeAt > tx.now) return { kind: 'none', at: allFreeAt };

  const underWay = await listLanesUnderWay(tx, channel);
  for (const lane of lanes) {
    if (underWay.has(lane)) continue;
    const chat = await findChat(tx, lane);
    if (chat?.movedTo) {
      await moveChat(app, tx, lane, await presentChat(tx, lane));
      return 'again';
    }
    if (chat?.closed) {
      if (await buryTooOld(app, tx, lane, chat.closed, holder)) return 'again';
      continue;
    }
    const calls = await listCallsTo(tx, lane, tx.now - pace.group.windowMs);
    const freeAt = Math.max(chat?.heldUntil ?? 0, nextCallTo(lane, calls));
    const delivery = freeAt > tx.now ? undefined : await findDueIn(tx, channel, lane);
    if (!delivery) {
      later(Math.max(freeAt, tx.now + 50)); // what somebody else is changing right now
      continue;
    }
    if (await listInstead(app, tx, delivery)) return 'again';
    return { kind: 'taken', taken: await take(tx, delivery, holder) };
  }
  return { kind: 'none', at };
}

/** A lease that ran out while sending: nobody knows whether its call was made. */
async function take(tx: Tx, delivery: Delivery, holder: string): Promise<Taken> {
  const isAmbiguous = delivery.state === 'sending';
  const ambiguous = delivery.ambiguous + (isAmbiguous ? 1 : 0);
  if (isAmbiguous) await saveAmbiguous(tx, delivery.id, ambiguous);
  const leased = await leaseDelivery(tx, delivery, holder, tx.now + leaseMs);
  await dropCalls(tx, tx.now - 2 * pace.group.windowMs);
  return { delivery: { ...leased, ambiguous }, call: await insertCall(tx, delivery.chat) };
}

/** What has waited a day for a chat that cannot be reached is dead. */
async function buryTooOld(app: App, tx: Tx, chat: string, why: string, holder: string): Promise<boolean> {
  const before = tx.now - deliveryPatienceMs;
  const tooOld = await listTooOldIn(tx, channel, { chat, before, limit: 50 });
  for (const delivery of tooOld) {
    const leased = await leaseDelivery(tx, delivery, holder, tx.now);
    await release(tx, leased, { state: 'dead', error: why, settledAt: tx.now });
    died(app, tx, leased, why);
  }
  return tooOld.length > 0;
}

/** Where only one instance can run: what an earlier one had taken is free at once. */
export const takeOver = (app: App, holder: string): Promise<void> =>
  app.db.write((tx) => endLeasesOfOthers(tx, channel, holder));

/** Telegram takes the token again, or does not. */
export const noteSending = (app: App, trouble: string | null): Promise<void> =>
  app.db.write((tx) => saveChannelState(tx, senderState, { trouble, troubleAt: trouble === null ? null : tx.now }));

/** Somebody else holds the delivery by now, so nothing of this outcome is written. */
class LeaseLost extends Error {}

/** @throws LeaseLost */
export async function release(tx: Tx, delivery: Delivery, changes: Partial<Release>): Promise<void> {
  const { id, fence, attempts, ambiguous, topic } = delivery;
  const usual = { state: 'sent' as const, dueAt: tx.now, error: null, settledAt: null };
  if (!(await releaseDelivery(tx, { id, fence, attempts, ambiguous, topic, ...usual, ...changes })))
    throw new LeaseLost();
}

/** Goes on with the next call of the same delivery, before others that matter as much. */
const released = (delivery: Delivery): Partial<Release> => ({
  state: 'queued',
  dueAt: delivery.createdAt,
  attempts: 0,
  ambiguous: 0,
});

const done = (tx: Tx): Partial<Release> => ({ state: 'sent', settledAt: tx.now });

/** Writes an outcome, unless somebody else holds the delivery by now. */
export async function record(app: App, work: (tx: Tx) => Promise<void>): Promise<'recorded' | 'lost'> {
  try {
    await app.db.write(work);
    return 'recorded';
  } catch (error) {
    if (error instanceof LeaseLost) return 'lost';
    throw error;
  }
}

/** A notice has arrived. */
export const recordNotice = (app: App, { delivery }: Taken) => record(app, (tx) => release(tx, delivery, done(tx)));

/** A message of a card as it was sent and confirmed. */
export interface Arrived {
  messageId: number;
  part: 'page' | 'document' | 'front';
  place: number;
  /** digest of what was sent */
  rendering: string;
  /** why what Telegram shows is not what was sent, where that is so */
  misfit: string | null;
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
    await finish(app, tx, delivery, { isLast: arrived.isLast && misfit === null, error: misfit });
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
  /** what was sent is to be decided on */
  isFront: boolean;
  isLast: boolean;
}

/** Records that a message of a card shows something newer. */
export const recordEdit = (app: App, { delivery }: Taken, { messageId, rendering, misfit, isFront, isLast }: Edited) =>
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
    await finish(app, tx, delivery, { isLast: isLast && !breaks, error: misfit });
  });

/** Nothing was left to do: the counted call is taken back. `leftToList`: the request's line on the list says it all. */
export const recordDone = (
  app: App,
  { delivery, call }: Taken,
  { leftToList = false, error = null as string | null } = {},
) =>
  record(app, async (tx) => {
    await takeBackCall(tx, call);
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
  if (card?.requestId && card.face.kind === 'confirm' && card.face.confirmBy > tx.now) {
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
