import { and, eq, isNull } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

/** The one line in which writes to a repository or project wait. */
export type WriteLane = Tables['writeLanes']['$inferSelect'];

const insert = statement('writeLanes.insert', (q, $: { target: string }, { t }) =>
  q
    .insert(t.writeLanes)
    .values({ target: $.target, pinnedId: null, busyUntil: 0, wroteAt: 0, heldUntil: 0, limits: 0 })
    .onConflictDoNothing(),
);
const held = statement('writeLanes.held', (q, $: { target: string }, { t, hold }) =>
  hold(q.select().from(t.writeLanes).where(eq(t.writeLanes.target, $.target)).$dynamic()),
);
const one = statement('writeLanes.find', (q, $: { target: string }, { t }) =>
  q.select().from(t.writeLanes).where(eq(t.writeLanes.target, $.target)),
);

/** The lane of a target, held; made where there is none yet. `target` in lower case. */
export async function holdLane(tx: Tx, target: string): Promise<WriteLane> {
  await tx.run(insert, { target });
  return (await tx.run(held, { target }))[0] as WriteLane;
}

export const findLane = async (q: Handle, target: string): Promise<WriteLane | undefined> =>
  (await q.run(one, { target }))[0];

export async function saveLane(tx: Tx, { target, ...lane }: Omit<WriteLane, 'pinnedId'>): Promise<void> {
  const { busyUntil, wroteAt, heldUntil, limits } = lane;
  await tx
    .update(tx.t.writeLanes)
    .set({ busyUntil, wroteAt, heldUntil, limits })
    .where(eq(tx.t.writeLanes.target, target));
}

/** Keeps the numeric id of a target on first use. */
export async function pinTarget(tx: Tx, target: string, id: number): Promise<void> {
  await tx
    .update(tx.t.writeLanes)
    .set({ pinnedId: id })
    .where(and(eq(tx.t.writeLanes.target, target), isNull(tx.t.writeLanes.pinnedId)));
}
