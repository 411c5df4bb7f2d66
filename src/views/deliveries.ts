import type { DeliveryListAnswer } from '../core/wire/answers-status.ts';
import type { Database } from '../store/database.ts';
import { type DeliveryFilter, listDeliveries } from '../store/deliveries.ts';

/** Messages owed to people, without their content. */
export async function listDeliveryAnswers(
  { db }: { db: Database },
  filter: DeliveryFilter,
): Promise<DeliveryListAnswer> {
  const found = await listDeliveries(db.read, filter);
  return {
    deliveries: found.map(({ id, channel, kind, subject, state, attempts, retries, error, createdAt, dueAt }) => ({
      id,
      channel,
      kind,
      subject,
      state,
      attempts,
      retries,
      error,
      createdAt,
      dueAt,
    })),
  };
}
