import { eq } from 'drizzle-orm';
import type { Head } from '../core/audit/event.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Installation = Tables['installation']['$inferSelect'];

const row = statement('installation.get', (q, _: object, { t }) =>
  q.select().from(t.installation).where(eq(t.installation.id, 'gaia')),
);

const rowHeld = statement('installation.getHeld', (q, _: object, { t, hold }) =>
  hold(q.select().from(t.installation).where(eq(t.installation.id, 'gaia')).$dynamic()),
);

export const getInstallation = async (q: Handle): Promise<Installation> => (await q.run(row, {}))[0] as Installation;
export const holdInstallation = async (tx: Tx): Promise<Installation> => (await tx.run(rowHeld, {}))[0] as Installation;

export const saveInstallation = async (tx: Tx, changes: Partial<Omit<Installation, 'id'>>): Promise<void> => {
  await tx.update(tx.t.installation).set(changes).where(eq(tx.t.installation.id, 'gaia'));
};

const head = statement('logHead.get', (q, _: object, { t }) =>
  q
    .select({ seq: t.logHead.seq, hash: t.logHead.hash, at: t.logHead.at })
    .from(t.logHead)
    .where(eq(t.logHead.id, 'log')),
);

export const getHead = async (q: Handle): Promise<Head> => (await q.run(head, {}))[0] as Head;
