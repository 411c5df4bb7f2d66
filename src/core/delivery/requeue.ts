import { conflict, type GaiaError } from '../errors.ts';
import { counted } from '../text/count.ts';
import type { Delivery } from './delivery.ts';

/** How often a delivery may live in all; the first time counts. */
export const livesAtMost = 10;

/** Dead deliveries that one requeue takes, and names as left: it is one transaction and one notice. */
export const requeuedAtOnce = 1_000;

/** What one requeue did not come to. */
export interface Beyond {
  /** deliveries that could be requeued and wait for the next one */
  remaining: number;
  /** deliveries that were left, beyond those that are named */
  unnamed: number;
}

/** The same as sentences, where there is something to say; `again` is how this door says it. */
export const saysBeyond = ({ remaining = 0, unnamed = 0 }: Partial<Beyond>, again: string): string[] => [
  ...(unnamed > 0 ? [`${counted(unnamed, 'more message')} not named here stay as they are.`] : []),
  ...(remaining > 0
    ? [
        `${counted(remaining, 'more message')} can be requeued: ${requeuedAtOnce.toLocaleString('en')} are taken at once. Go on: ${again}`,
      ]
    : []),
];

/** What a button for all of them says. */
export const requeueAllWords = (total: number): string =>
  total > requeuedAtOnce
    ? `Requeue the oldest ${requeuedAtOnce.toLocaleString('en')} of ${total.toLocaleString('en')}`
    : `Requeue all ${total.toLocaleString('en')}`;

/** What the schedule may requeue by itself. */
export interface RequeueLimits {
  /** a delivery that was requeued this often is left to people */
  maxRetries: number;
  /** one that was first owed longer ago is left to people */
  maxAgeMs: number;
  /** in one run */
  maxPerRun: number;
}

export const usualRequeueLimits: RequeueLimits = { maxRetries: 3, maxAgeMs: 72 * 3_600_000, maxPerRun: 10 };

export interface RequeueFacts {
  limits: RequeueLimits;
  /** why nothing can be sent to its chat, where that is so */
  closed: string | null;
  now: number;
}

/** Why a person may not give a delivery another life; undefined where they may. */
export function barsRequeue({ id, state, retries }: Delivery): GaiaError | undefined {
  if (state !== 'dead') return notDead(id, state);
  if (retries + 1 < livesAtMost) return undefined;
  return conflict(`${id} has lived ${livesAtMost} times and never arrived.`, {
    reason: 'lives_used_up',
    remedy: `Close it for good: gaia discard ${id} --reason TEXT`,
  });
}

/** Sent so often without an answer, a message may well stand in its chat. */
const unsureFrom = 2;
/** What is stale when it comes late, or would tell of what the schedule itself did. */
const saidOnce: ReadonlySet<Delivery['body']['about']> = new Set(['requeued', 'discarded', 'silenced', 'alert']);

/** Why the schedule leaves a dead delivery to people, in words that complete "left, because"; undefined where it takes it. */
export function leavesToPeople(delivery: Delivery, { limits, closed, now }: RequeueFacts): string | undefined {
  const { retries, createdAt, ambiguous, body } = delivery;
  if (ambiguous >= unsureFrom) return 'it may have arrived already';
  if (retries >= limits.maxRetries) return `it was requeued ${retries} times already`;
  if (now - createdAt >= limits.maxAgeMs) return `it is older than ${Math.round(limits.maxAgeMs / 3_600_000)} h`;
  if (saidOnce.has(body.about)) return 'it tells of what was true then; it is not said again by itself';
  if (closed !== null) return 'nothing can be sent to its chat';
  return barsRequeue(delivery)?.message;
}

/** What of this can be asked of the store, so that what must be left never hides what may be taken. */
export const takenBySchedule = ({ maxRetries, maxAgeMs }: RequeueLimits, now: number) => ({
  retriesBelow: Math.min(maxRetries, livesAtMost - 1),
  createdAfter: now - maxAgeMs,
  ambiguousBelow: unsureFrom,
});

/** Why a delivery cannot be closed for good; undefined where it can. */
export const barsDiscard = ({ id, state }: Delivery): GaiaError | undefined =>
  state === 'dead' ? undefined : notDead(id, state);

/** The same delivery with another life. */
export const requeued = (delivery: Delivery, now: number): Delivery => ({
  ...delivery,
  state: 'queued',
  retries: delivery.retries + 1,
  attempts: 0,
  ambiguous: 0,
  dueAt: now,
  requeuedAt: now,
  settledAt: null,
});

export const discarded = (delivery: Delivery, now: number): Delivery => ({
  ...delivery,
  state: 'discarded',
  settledAt: now,
});

const stands: Record<Exclude<Delivery['state'], 'dead'>, string> = {
  queued: 'it waits to be sent',
  sending: 'it is being sent',
  retrying: 'it is tried again by itself',
  sent: 'it has arrived',
  discarded: 'it was closed for good',
};

const notDead = (id: string, state: Delivery['state']): GaiaError =>
  conflict(`${id} is ${state}: ${state === 'dead' ? '' : stands[state]}.`, {
    reason: 'not_dead',
    remedy: '`gaia failed` lists what can be requeued or discarded.',
    facts: { state },
  });
