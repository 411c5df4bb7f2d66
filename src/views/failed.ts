import type { Delivery } from '../core/delivery/delivery.ts';
import { nameDelivery } from '../core/delivery/name.ts';
import type { FailedAnswer } from '../core/wire/answers-operating.ts';
import type { Database } from '../store/database.ts';
import { countDead, listDead } from '../store/dead-deliveries.ts';

/** What could not be delivered, the oldest first, as indices count it. */
export async function listFailed({ db }: { db: Database }, limit: number): Promise<FailedAnswer> {
  const dead = await listDead(db.read, limit);
  return { failed: dead.map(answerOf), total: (await countDead(db.read)).dead };
}

const answerOf = (delivery: Delivery, index: number): FailedAnswer['failed'][number] => ({
  ...nameDelivery(delivery),
  index,
  error: delivery.error,
  lives: delivery.retries + 1,
  diedAt: delivery.settledAt,
  createdAt: delivery.createdAt,
});
