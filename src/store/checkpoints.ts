import { and, asc, eq, isNull } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import type { Tables } from './tables.ts';

export type Checkpoint = Tables['checkpoints']['$inferSelect'];

export async function insertCheckpoint(
  tx: Tx,
  checkpoint: Omit<Checkpoint, 'seq' | 'revokedAt' | 'revokedBy'>,
): Promise<void> {
  await tx.insert(tx.t.checkpoints).values({ ...checkpoint, revokedAt: null, revokedBy: null });
}

export const listCheckpoints = (q: Handle): Promise<Checkpoint[]> =>
  q.select().from(q.t.checkpoints).orderBy(asc(q.t.checkpoints.seq));

/** Takes back every approval of a number; how many that were. */
export async function revokeCheckpoints(tx: Tx, number: number, by: string): Promise<Checkpoint[]> {
  const { checkpoints } = tx.t;
  return tx
    .update(checkpoints)
    .set({ revokedAt: tx.now, revokedBy: by })
    .where(and(eq(checkpoints.number, number), isNull(checkpoints.revokedAt)))
    .returning();
}
