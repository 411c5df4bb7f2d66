import { type By, mayRequeue } from '../core/access/actor.ts';
import type { Delivery, NamedDelivery } from '../core/delivery/delivery.ts';
import { nameDelivery } from '../core/delivery/name.ts';
import {
  type Beyond,
  barsDiscard,
  barsRequeue,
  discarded,
  leavesToPeople,
  livesAtMost,
  requeued,
  requeuedAtOnce,
  takenBySchedule,
  usualRequeueLimits,
} from '../core/delivery/requeue.ts';
import { forbidden, invalid, notFound } from '../core/errors.ts';
import { redact } from '../core/secrets/redact.ts';
import { findChat, presentChat, saveChat } from '../store/channels.ts';
import type { Tx } from '../store/database.ts';
import { countDead, holdDead, holdDelivery, saveFromDead } from '../store/dead-deliveries.ts';
import { type App, eventBy } from './app.ts';
import { tellWhereOpen } from './chats.ts';
import { mustOperate } from './operators.ts';

/** Which dead deliveries: one by its id, one by its place in the list that `gaia failed` prints, all, or those the schedule takes. */
export type Which = { id: string } | { index: number } | { all: true } | { auto: true };

export interface Requeued extends Beyond {
  requeued: NamedDelivery[];
  left: (NamedDelivery & { because: string })[];
}

/**
 * Gives dead deliveries another life; the notice that names them, and what was left and why, is written with it. One
 * action behind every door.
 */
export const requeue = (app: App, which: Which, by: By): Promise<Requeued> =>
  app.db.write((tx) => requeueIn(app, tx, which, by));

/** The same within a work that does more. */
export async function requeueIn(app: App, tx: Tx, which: Which, by: By): Promise<Requeued> {
  mustRequeue(app, by);
  const { takes, left, ...beyond } = await chosen(app, tx, which);
  const done: NamedDelivery[] = [];
  for (const delivery of takes) {
    const next = requeued(delivery, tx.now);
    if (!(await saveFromDead(tx, next))) continue; // held since it was read, so this is not reached; a guard all the same
    if (!('auto' in which)) await tryChatAgain(tx, delivery);
    tx.record(
      eventBy(by, 'delivery.requeued', `delivery:${delivery.id}`, {
        about: delivery.subject,
        error: delivery.error,
        retries: next.retries,
      }),
    );
    done.push(nameDelivery(delivery));
  }
  if (done.length > 0 || (left.length > 0 && !('auto' in which)))
    await tellWhereOpen(app, tx, {
      subject: 'system',
      body: { about: 'requeued', by: by.actor, requeued: done, left, ...beyond },
    });
  return { requeued: done, left, ...beyond };
}

/** What a requeue would do, without doing it. */
export const planRequeue = (app: App, which: Which, by: By): Promise<Requeued> =>
  app.db.write(async (tx) => {
    mustRequeue(app, by);
    const { takes, ...others } = await chosen(app, tx, which);
    return { requeued: takes.map(nameDelivery), ...others };
  });

/** Closes a dead delivery for good. */
export const discard = (app: App, id: string, reason: string, by: By): Promise<NamedDelivery> =>
  app.db.write((tx) => discardIn(app, tx, id, reason, by));

/** The same within a work that does more. */
export async function discardIn(app: App, tx: Tx, id: string, said: string, by: By): Promise<NamedDelivery> {
  mustOperate(app, by);
  const reason = redact(said, app.inForce.policy.secrets).trim();
  if (reason === '')
    throw invalid('To discard a message for good needs a reason.', {
      reason: 'reason_missing',
      remedy: `gaia discard ${id} --reason TEXT, or /discard ${id} TEXT`,
    });
  const delivery = await holdDelivery(tx, id);
  if (!delivery) throw noSuchDelivery(id);
  const bar = barsDiscard(delivery);
  if (bar) throw bar;
  await saveFromDead(tx, discarded(delivery, tx.now));
  tx.record(
    eventBy(by, 'delivery.discarded', `delivery:${id}`, { about: delivery.subject, error: delivery.error, reason }),
  );
  await tellWhereOpen(app, tx, {
    subject: 'system',
    body: { about: 'discarded', by: by.actor, delivery: nameDelivery(delivery), reason },
  });
  return nameDelivery(delivery);
}

interface Chosen extends Beyond {
  takes: Delivery[];
  left: Requeued['left'];
}

async function chosen(app: App, tx: Tx, which: Which): Promise<Chosen> {
  if ('id' in which) return one(await holdDelivery(tx, which.id), () => noSuchDelivery(which.id));
  if ('index' in which) {
    const { dead } = await countDead(tx);
    const [listed] = await holdDead(tx, { limit: 1, offset: which.index });
    return one(listed, () => outOfRange(which.index, dead));
  }
  const judge = (delivery: Delivery, taken: number) =>
    'auto' in which ? leavingToPeople(app, tx, delivery, taken) : barsRequeue(delivery)?.message;
  const takes = await taken(app, tx, which, judge);
  const left: Requeued['left'] = [];
  for (const delivery of await holdDead(tx, { limit: requeuedAtOnce })) {
    if (takes.some(({ id }) => id === delivery.id)) continue;
    const because = await judge(delivery, takes.length);
    if (because !== undefined) left.push({ ...nameDelivery(delivery), because });
  }
  const { dead, mayLive } = await countDead(tx, livesAtMost - 1);
  const remaining = 'auto' in which ? 0 : mayLive - takes.length; // the schedule comes back by itself
  return { takes, left, remaining, unnamed: dead - takes.length - left.length - remaining };
}

/** Past whatever number of older ones that must be left. */
async function taken(
  { requeueLimits: limits = usualRequeueLimits }: App,
  tx: Tx,
  which: { all: true } | { auto: true },
  judge: (delivery: Delivery, taken: number) => Promise<string | undefined> | string | undefined,
): Promise<Delivery[]> {
  const takes: Delivery[] = [];
  const most = 'auto' in which ? limits.maxPerRun : requeuedAtOnce;
  const may = 'auto' in which ? takenBySchedule(limits, tx.now) : { retriesBelow: livesAtMost - 1 };
  let after = 0;
  while (takes.length < most) {
    const page = await holdDead(tx, { limit: requeuedAtOnce, after, which: may });
    const last = page.at(-1);
    if (!last) break;
    for (const { seq: _, ...delivery } of page)
      if (takes.length < most && (await judge(delivery, takes.length)) === undefined) takes.push(delivery);
    after = last.seq;
  }
  return takes;
}

function one(delivery: Delivery | undefined, absent: () => Error): Chosen {
  if (!delivery) throw absent();
  const bar = barsRequeue(delivery);
  if (bar) throw bar;
  return { takes: [delivery], left: [], remaining: 0, unnamed: 0 };
}

async function leavingToPeople(
  { requeueLimits: limits = usualRequeueLimits }: App,
  tx: Tx,
  delivery: Delivery,
  taken: number,
) {
  const closed = (await findChat(tx, await presentChat(tx, delivery.chat)))?.closed ?? null;
  const because = leavesToPeople(delivery, { limits, closed, now: tx.now });
  return because ?? (taken >= limits.maxPerRun ? `a run takes ${limits.maxPerRun} at most` : undefined);
}

/** A person who requeues wants it tried: a chat that was closed shows by the next call whether it still is. */
async function tryChatAgain(tx: Tx, { channel, chat }: Delivery): Promise<void> {
  if (channel !== 'telegram') return;
  const present = await presentChat(tx, chat);
  if ((await findChat(tx, present))?.closed) await saveChat(tx, present, { closed: null });
}

function mustRequeue(app: App, by: By): void {
  if (mayRequeue(app.people, by.actor)) return;
  throw forbidden('Only an operator may do this.', {
    reason: 'not_an_operator',
    remedy: 'Ask an operator, or use the admin key.',
  });
}

export const noSuchDelivery = (id: string) =>
  notFound(`There is no delivery ${id}.`, {
    reason: 'no_such_delivery',
    remedy: '`gaia failed` lists what could not be delivered.',
  });

const outOfRange = (index: number, dead: number) =>
  invalid(`The index ${index} is out of range: ${dead === 0 ? 'nothing is dead' : `the list has 0 to ${dead - 1}`}.`, {
    reason: 'index_out_of_range',
    remedy: '`gaia failed` prints the list with its indices; ids are safer, because the list moves.',
  });
