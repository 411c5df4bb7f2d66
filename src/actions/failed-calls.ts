import { backoffMs, bornAt, type Delivery, deliveryPatienceMs } from '../core/delivery/delivery.ts';
import type { CallFailure } from '../core/delivery/failure.ts';
import { forgetAlertMessage } from '../store/alerts.ts';
import { findCard, forgetCardMessages, listCardMessages, saveArrival } from '../store/cards.ts';
import { findChat, saveChannelState, saveChat, takeBackCall } from '../store/channels.ts';
import { countOne } from '../store/counters.ts';
import type { Tx } from '../store/database.ts';
import type { App } from './app.ts';
import { closeChat, moveChat, tellElsewhere } from './chats.ts';
import { countSendError, died } from './deliveries.ts';
import { record, release, senderState, type Taken } from './sending.ts';

/** What the failed call would have done. Only sending something new twice would be seen. */
export type Call = { kind: 'send' } | { kind: 'edit'; messageId: number; isFront: boolean };

/** A message whose answer was lost is sent once more, never twice. */
export const sendsAtMost = 2;

/** Records that a call did not succeed, and what follows for the message, its card, its chat, or all of them. */
export const recordFailure = (
  app: App,
  { delivery, call }: Taken,
  of: Call,
  failure: CallFailure,
  random: number,
): Promise<'recorded' | 'lost'> =>
  record(app, async (tx) => {
    const error = failure.description;
    if (!isNoFailure.has(failure.class)) await countSendError(tx, delivery);
    const noAttempt = { state: 'queued' as const, error, attempts: delivery.attempts - 1 };
    switch (failure.class) {
      case 'flood':
        await saveChat(tx, delivery.chat, { heldUntil: heldUntil(tx, failure, random) });
        return release(tx, delivery, noAttempt);
      case 'unauthorized':
        await saveChannelState(tx, senderState, { trouble: untaken, troubleAt: tx.now });
        return release(tx, delivery, noAttempt);
      case 'migrated':
        await release(tx, delivery, noAttempt);
        return moveChat(app, tx, delivery.chat, failure.migrateTo as string);
      case 'topic_gone':
        if (delivery.topic === null) return die(app, tx, delivery, error);
        if (delivery.cardId) await saveArrival(tx, delivery.cardId, { topic: null });
        return release(tx, delivery, { ...noAttempt, topic: null });
      case 'message_gone':
        if (of.kind === 'send') return die(app, tx, delivery, error);
        await forget(tx, delivery, of);
        return release(tx, delivery, { ...noAttempt, ambiguous: 0 });
      case 'chat_closed':
        await die(app, tx, delivery, error, false);
        return closeChat(app, tx, delivery.chat, error);
      case 'refused':
        return die(app, tx, delivery, error);
      case 'not_sent':
        await takeBackCall(tx, call);
        return later(app, tx, delivery, error, random);
      case 'lost':
        return of.kind === 'edit'
          ? later(app, tx, delivery, error, random)
          : later(app, tx, { ...delivery, ambiguous: delivery.ambiguous + 1 }, error, random);
      case 'not_modified':
        throw new Error('a message that shows what it should is no failure');
    }
  });

/** Asked to wait, or told where the chat is now: the call is made again, and nothing is wrong. */
const isNoFailure: ReadonlySet<CallFailure['class']> = new Set(['flood', 'migrated']);

const untaken = 'Telegram does not take the bot token (401): it is wrong or was revoked. What is owed is kept.';

/** A little later than asked: others who were told the same come at the same instant. */
function heldUntil(tx: Tx, { retryAfter = 0 }: CallFailure, random: number): number {
  return tx.now + retryAfter * 1_000 + Math.ceil(random * 250);
}

/** The card proper is sent anew, with all that belongs to it; of a lost copy nothing is left to do. */
async function forget(tx: Tx, { chat, cardId }: Delivery, { messageId, isFront }: Extract<Call, { kind: 'edit' }>) {
  if (cardId === null) return forgetAlertMessage(tx, chat, messageId);
  const messages = isFront ? await listCardMessages(tx, cardId) : [];
  const gone = messages.filter(({ part }) => part !== 'copy').map((message) => message.messageId);
  await forgetCardMessages(tx, chat, [messageId, ...gone]);
  if (isFront) await saveArrival(tx, cardId, { wholeAt: null });
}

async function later(app: App, tx: Tx, delivery: Delivery, error: string, random: number): Promise<void> {
  if (tx.now - bornAt(delivery) >= deliveryPatienceMs) return die(app, tx, delivery, error);
  return release(tx, delivery, { state: 'retrying', error, dueAt: tx.now + backoffMs(delivery.attempts, random) });
}

/** The reply to a message was lost too often, before this taker came. */
export const recordUnsure = (app: App, { delivery, call }: Taken): Promise<'recorded' | 'lost'> =>
  record(app, async (tx) => {
    await takeBackCall(tx, call);
    await countOne(tx, 'delivery_duplicate_skipped');
    await die(app, tx, delivery, 'No answer came from Telegram, twice. It may have arrived, so it is not sent again.');
  });

/** Nothing could be put into words: not the channel's fault. */
export const recordUnspeakable = (
  app: App,
  { delivery, call }: Taken,
  { error, isPassing }: { error: string; isPassing: boolean },
  random: number,
): Promise<'recorded' | 'lost'> =>
  record(app, async (tx) => {
    await takeBackCall(tx, call);
    return isPassing ? later(app, tx, { ...delivery, ambiguous: 0 }, error, random) : die(app, tx, delivery, error);
  });

/** The delivery ends here. Nobody would miss a card that never came, so people are told of it. */
async function die(app: App, tx: Tx, delivery: Delivery, error: string, isTold = true): Promise<void> {
  await release(tx, delivery, { state: 'dead', error, settledAt: tx.now });
  await died(app, tx, delivery, error);
  const card = delivery.cardId === null ? undefined : await findCard(tx, delivery.cardId);
  if (!card || !isTold || (await findChat(tx, delivery.chat))?.closed) return;
  const what = card.requestId === null ? 'The list of what waits' : `The card of ${card.requestId}`;
  await tellElsewhere(app, tx, null, `${what} could not be brought to the chat ${delivery.chat}: ${error}`);
}
