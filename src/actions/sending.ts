import { type Delivery, deliveryPatienceMs } from '../core/delivery/delivery.ts';
import { nextCallAtAll, nextCallTo, pace } from '../core/delivery/limits.ts';
import {
  dropCalls,
  findChat,
  insertCall,
  listCalls,
  listCallsTo,
  presentChat,
  saveChannelState,
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
import type { App } from './app.ts';
import { moveChat } from './chats.ts';
import { died } from './deliveries.ts';
import { listInstead } from './lists.ts';

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
    const present = chat?.movedTo ? await presentChat(tx, lane) : lane;
    if (present !== lane) {
      await moveChat(app, tx, lane, present);
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
    await died(app, tx, leased, why);
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
export const released = (delivery: Delivery): Partial<Release> => ({
  state: 'queued',
  dueAt: delivery.createdAt,
  attempts: 0,
  ambiguous: 0,
});

export const done = (tx: Tx): Partial<Release> => ({ state: 'sent', settledAt: tx.now });

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
