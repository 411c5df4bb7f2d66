import type { Api } from 'grammy';
import type { App } from '../../actions/app.ts';
import { recordArrival, recordDone, recordEdit, recordNotice } from '../../actions/arrivals.ts';
import { type Call, recordFailure, recordUnspeakable, recordUnsure, sendsAtMost } from '../../actions/failed-calls.ts';
import { noteSending, type Taken, takeNext, takeOver } from '../../actions/sending.ts';
import type { Delivery } from '../../core/delivery/delivery.ts';
import { GaiaError } from '../../core/errors.ts';
import type { Reach } from '../../core/fail-point.ts';
import { findCardView, nameLookup } from '../../views/cards.ts';
import type { Viewer } from '../../views/requests.ts';
import { failureOf } from '../api-errors.ts';
import { type Calls, callsOf, type Paper, type Shown, type Speech } from './calls.ts';
import { faceOf, planFor, type Step } from './plan.ts';
import { renderView } from './render.ts';

export interface SenderOptions {
  app: App;
  viewer: Viewer;
  api: Api;
  /** an IANA name */
  timeZone: string;
  /** milliseconds since 1970 UTC */
  now: () => number;
  /** the words of a notice; a GaiaError `unavailable` is tried again, anything else ends the delivery; undefined: there is nothing to say any more */
  notice: (delivery: Delivery) => Promise<Speech | Paper | undefined>;
  /** who holds the leases: unique to this process */
  holder: string;
  /** only one process can run on this store, so that what an earlier one had taken is free at once */
  isAlone: boolean;
  reach: Reach;
  /** in [0, 1) */
  random: () => number;
}

export interface Tick {
  /** how many calls were tried */
  calls: number;
  /** when something may go next, as far as is known; null: when something new is owed */
  nextAt: number | null;
}

export interface Sender {
  /** Sends what may go now and returns when nothing may go any more; never called while it runs. */
  tick(): Promise<Tick>;
  /** From now on nothing new is begun. */
  stop(): void;
}

/** Calls under way at once, each to another chat. */
const atOnce = 8;

/** How often Telegram is asked whether it takes the token again. */
const askAgainMs = 5 * 60_000;

/**
 * Brings cards and notices to chats. Each call stands between two transactions: taken and counted, made, recorded; who dies
 * in between leaves a lease that runs out.
 */
export function telegramSender(options: SenderOptions): Sender {
  const { app, holder } = options;
  const calls = callsOf(options.api, options.reach);
  let isStopped = false;
  let hasTakenOver = !options.isAlone;
  let askedAt = Number.NEGATIVE_INFINITY;

  const mends = async (): Promise<boolean> => {
    if (options.now() - askedAt < askAgainMs) return false;
    askedAt = options.now();
    try {
      await calls.getMe();
    } catch (error) {
      failureOf(error); // a bug is thrown on; whatever else it was, the token is not known to be taken
      return false;
    }
    await noteSending(app, null);
    return true;
  };

  return {
    stop() {
      isStopped = true;
    },
    async tick() {
      if (!hasTakenOver) await takeOver(app, holder);
      hasTakenOver = true;
      const underWay = new Set<Promise<void>>();
      const failures: unknown[] = [];
      let tried = 0;
      let ended = 0;
      let nextAt: number | null = null;
      while (!isStopped && failures.length === 0) {
        const endedBefore = ended;
        const next = await takeNext(app, holder).catch((error: unknown) => {
          failures.push(error);
        });
        if (!next) break;
        if (next.kind === 'taken') {
          const one: Promise<void> = carryOut(options, calls, next.taken)
            .then((made) => {
              tried += made ? 1 : 0;
            })
            .catch((error: unknown) => void failures.push(error))
            .finally(() => {
              ended += 1;
              underWay.delete(one);
            });
          underWay.add(one);
          if (underWay.size >= atOnce) await Promise.race(underWay);
          continue;
        }
        if (underWay.size > 0) await Promise.race(underWay);
        if (ended > endedBefore) continue; // what it freed may go next
        if (next.kind === 'troubled') {
          if (await mends()) continue;
          nextAt = askedAt + askAgainMs;
        } else nextAt = next.at;
        break;
      }
      await Promise.all(underWay);
      if (failures.length > 0) throw failures[0];
      return { calls: tried, nextAt };
    },
  };
}

/** Makes the one call that was taken, or finds that none is needed. Answers whether it called. */
async function carryOut(options: SenderOptions, calls: Calls, taken: Taken): Promise<boolean> {
  const { app, random } = options;
  const spoken = await inWords(options, taken.delivery);
  if ('error' in spoken) {
    await recordUnspeakable(app, taken, spoken, random());
    return false;
  }
  if ('done' in spoken) {
    await recordDone(app, taken, spoken.done);
    return false;
  }
  const { delivery } = taken;
  const call = callOf(spoken);
  if (call.kind === 'send' && delivery.ambiguous >= sendsAtMost) {
    await recordUnsure(app, taken);
    return false;
  }
  let shown: Shown;
  try {
    shown = await make(calls, delivery, spoken);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.class === 'not_modified' && call.kind === 'edit') shown = { messageId: call.messageId, misfit: null };
    else {
      await recordFailure(app, taken, call, failure, random());
      return true;
    }
  }
  await recordShown(app, taken, spoken, shown);
  return true;
}

/** What is to be called next for a delivery. */
type Spoken =
  | { notice: Speech | Paper }
  | { step: Step; completes: boolean; kept: string | null; isLast: boolean }
  | { done: { leftToList?: boolean; error?: string | null } }
  | { error: string; isPassing: boolean };

async function inWords(options: SenderOptions, delivery: Delivery): Promise<Spoken> {
  try {
    if (delivery.cardId === null) {
      const notice = await options.notice(delivery);
      return notice === undefined || editedBy(notice) === null ? { done: {} } : { notice };
    }
    return await nextOf(options, delivery, delivery.cardId);
  } catch (error) {
    const isPassing = error instanceof GaiaError && error.code === 'unavailable';
    const words = error instanceof Error ? error.message : 'unknown';
    return { error: `It cannot be put into words: ${words}`, isPassing };
  }
}

async function nextOf({ viewer, timeZone, now }: SenderOptions, delivery: Delivery, cardId: string): Promise<Spoken> {
  const view = await findCardView(viewer, cardId);
  if (!view) throw new Error('its card is gone');
  const { card, messages, request, isListed } = view;
  const isAskedFor = 'because' in delivery.body && delivery.body.because === 'submitted';
  if (messages.length === 0 && isListed && !isAskedFor) return { done: { leftToList: true } };

  const isPending = request?.state === 'pending';
  const isDecided = request !== undefined && !isPending;
  const face = faceOf(card.face, { messages, wholeAt: card.wholeAt, isDecided }, now());
  const rendered = await renderView(viewer, view, face, { now: now(), timeZone, names: await nameLookup(viewer) });
  const [step, ...rest] = planFor(rendered, messages);
  const kept = isPending && face.kind === 'waiting' ? delivery.error : null;
  if (!step) return { done: { error: kept } };
  const completes = step.kind === 'front' && isPending && face.kind !== 'waiting';
  return { step, completes, kept, isLast: rest.length === 0 };
}

const callOf = (spoken: Exclude<Spoken, { done: unknown } | { error: string }>): Call => {
  if ('notice' in spoken) {
    const edits = editedBy(spoken.notice);
    return typeof edits === 'number' ? { kind: 'edit', messageId: edits, isFront: false } : { kind: 'send' };
  }
  if (spoken.step.kind !== 'edit') return { kind: 'send' };
  const { messageId, isFront } = spoken.step;
  return { kind: 'edit', messageId, isFront };
};

/** The message that a notice takes the place of; null where that is gone. */
const editedBy = (notice: Speech | Paper): number | null | undefined =>
  'content' in notice ? undefined : notice.edits;

type Callable = Exclude<Spoken, { done: unknown } | { error: string }>;

function make(calls: Calls, delivery: Delivery, spoken: Callable): Promise<Shown> {
  if ('notice' in spoken) {
    const { notice } = spoken;
    if ('content' in notice) return calls.sendDocument(delivery, notice);
    const { edits } = notice;
    return typeof edits === 'number' ? calls.edit(delivery.chat, edits, notice) : calls.send(delivery, notice);
  }
  const { step } = spoken;
  if (step.kind === 'document') return calls.sendDocument(delivery, step.paper);
  if (step.kind === 'edit') return calls.edit(delivery.chat, step.messageId, step.speech);
  return calls.send(delivery, step.speech);
}

async function recordShown(app: App, taken: Taken, spoken: Callable, { messageId, misfit }: Shown): Promise<void> {
  if ('notice' in spoken) {
    await recordNotice(app, taken, messageId);
    return;
  }
  const { step, completes, kept, isLast } = spoken;
  const { rendering } = step;
  if (step.kind === 'edit') {
    await recordEdit(app, taken, { messageId, rendering, misfit, kept, isFront: step.isFront, isLast });
    return;
  }
  const place = step.kind === 'front' ? 0 : step.place;
  const arrived = { messageId, part: step.kind, place, rendering, misfit, kept, completes, isLast };
  await recordArrival(app, taken, arrived);
}
