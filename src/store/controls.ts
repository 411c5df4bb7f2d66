import { and, eq, lte } from 'drizzle-orm';
import { canonical, type Json } from '../core/canonical.ts';
import type { Control } from '../core/delivery/control.ts';
import type { Handle, Tx } from './database.ts';
import type { Tables } from './tables.ts';

type Row = Tables['controls']['$inferSelect'];
export type StoredControl = Omit<Row, 'action'> & { action: Control };

const written = (action: Control): string => canonical(action as unknown as Json);

/** The reference of a control in a chat, made where there is none yet; `ref` is then its reference. */
export async function keepControl(tx: Tx, chat: string, action: Control, ref: string): Promise<string> {
  const { controls } = tx.t;
  const text = written(action);
  await tx.insert(controls).values({ ref, chat, action: text, createdAt: tx.now }).onConflictDoNothing();
  const [kept] = await tx
    .update(controls)
    .set({ createdAt: tx.now }) // shown anew, it is kept as long as a new one
    .where(and(eq(controls.chat, chat), eq(controls.action, text)))
    .returning({ ref: controls.ref });
  if (!kept) throw new Error('a control was not kept');
  return kept.ref;
}

export async function findControl(q: Handle, ref: string): Promise<StoredControl | undefined> {
  const [row] = await q.select().from(q.t.controls).where(eq(q.t.controls.ref, ref));
  return row && { ...row, action: JSON.parse(row.action) as Control };
}

/** Remembers the first of two acts, or forgets it. */
export const armControl = async (
  tx: Tx,
  ref: string,
  armedBy: string | null,
  armedUntil: number | null,
): Promise<void> => {
  await tx.update(tx.t.controls).set({ armedBy, armedUntil }).where(eq(tx.t.controls.ref, ref));
};

export const dropControls = async (tx: Tx, before: number): Promise<void> => {
  await tx.delete(tx.t.controls).where(lte(tx.t.controls.createdAt, before));
};
