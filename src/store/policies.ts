import { desc } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import type { Tables } from './tables.ts';

export type LoadedPolicyRow = Tables['policies']['$inferSelect'];

/** The policy that was loaded last. */
export const findLastPolicy = async (q: Handle): Promise<LoadedPolicyRow | undefined> =>
  (await q.select().from(q.t.policies).orderBy(desc(q.t.policies.loadedAt)).limit(1))[0];

/** Keeps the text of a policy; loading an earlier one again moves it to the front. */
export const savePolicy = async (tx: Tx, policy: LoadedPolicyRow): Promise<void> => {
  await tx
    .insert(tx.t.policies)
    .values(policy)
    .onConflictDoUpdate({
      target: tx.t.policies.digest,
      set: { loadedAt: policy.loadedAt, loadedBy: policy.loadedBy },
    });
};
