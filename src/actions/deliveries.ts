import { backoffMs, type Delivery, deliveryPatienceMs, type Message } from '../core/delivery/delivery.ts';
import type { Tx } from '../store/database.ts';
import { insertDelivery, leaseDelivery, listDueHeld, settleDelivery } from '../store/deliveries.ts';
import { type App, eventBy, gaiaItself, newShortId, newTraceId } from './app.ts';

/** What sending came to. `transient` is tried again, `permanent` is dead at once. */
export type Sent = { ok: true } | { ok: false; kind: 'transient' | 'permanent'; error: string };

/** A way to reach people. One delivery at a time; never throws for what the outside did. */
export interface Channel {
  name: Delivery['channel'];
  send(delivery: Delivery): Promise<Sent>;
}

/** How long a sender may take before another may try. */
const leaseMs = 30_000;
const atOnce = 20;

/** Owes people a message; written with the change it tells of, or not at all. */
export async function enqueue(app: App, tx: Tx, kind: Delivery['kind'], subject: string, body: Message): Promise<void> {
  const delivery = { channel: 'terminal' as const, kind, subject, body, dueAt: tx.now, createdAt: tx.now };
  while (!(await insertDelivery(tx, { ...delivery, id: newShortId(app, 'd') })));
}

/** Takes what is due, oldest first, each with a fence that only this taker can settle. */
export const leaseDue = (app: App, holder: string): Promise<Delivery[]> =>
  app.db.write(async (tx) => {
    const leased: Delivery[] = [];
    for (const delivery of await listDueHeld(tx, atOnce)) {
      leased.push(await leaseDelivery(tx, delivery, holder, tx.now + leaseMs));
    }
    return leased;
  });

/** Records what sending came to. The outcome of a lease that ran out does not count. */
export const settle = (app: App, delivery: Delivery, sent: Sent, random: number): Promise<void> =>
  app.db.write(async (tx) => {
    const settled = { id: delivery.id, fence: delivery.fence, dueAt: tx.now, error: null, settledAt: tx.now };
    if (sent.ok) {
      await settleDelivery(tx, { ...settled, state: 'sent' });
      return;
    }
    const dead = sent.kind === 'permanent' || tx.now - delivery.createdAt >= deliveryPatienceMs;
    const counted = await settleDelivery(tx, {
      ...settled,
      state: dead ? 'dead' : 'retrying',
      error: sent.error,
      dueAt: dead ? tx.now : tx.now + backoffMs(delivery.attempts, random),
      settledAt: dead ? tx.now : null,
    });
    if (dead && counted) {
      const by = gaiaItself(newTraceId(app));
      tx.record(
        eventBy(by, 'delivery.died', `delivery:${delivery.id}`, {
          error: sent.error,
          about: delivery.subject,
          attempts: delivery.attempts,
        }),
      );
    }
  });
