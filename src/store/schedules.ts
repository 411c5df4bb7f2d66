import { asc, count, eq } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import type { Tables } from './tables.ts';

export type ScheduleRow = Tables['schedules']['$inferSelect'];

export const listSchedules = (q: Handle): Promise<ScheduleRow[]> =>
  q.select().from(q.t.schedules).orderBy(asc(q.t.schedules.name)) as unknown as Promise<ScheduleRow[]>;

/** The schedule, held to the end of the work. */
export async function holdSchedule(tx: Tx, name: string): Promise<ScheduleRow | undefined> {
  return (await tx.hold(tx.select().from(tx.t.schedules).where(eq(tx.t.schedules.name, name)).$dynamic()))[0];
}

/** Makes the row of a schedule where there is none; one that another instance made meanwhile stays. */
export const insertSchedule = async (tx: Tx, name: string, dueAt: number): Promise<void> => {
  await tx.insert(tx.t.schedules).values({ name, dueAt }).onConflictDoNothing();
};

export const saveSchedule = async (
  tx: Tx,
  name: string,
  changes: Partial<Omit<ScheduleRow, 'name'>>,
): Promise<void> => {
  await tx.update(tx.t.schedules).set(changes).where(eq(tx.t.schedules.name, name));
};

export async function countFailingSchedules(q: Handle): Promise<number> {
  const [row] = await q.select({ failing: count() }).from(q.t.schedules).where(eq(q.t.schedules.outcome, 'failed'));
  return row?.failing ?? 0;
}
