import { and, asc, desc, eq, gt, inArray, isNull, lte, or } from 'drizzle-orm';
import type { Alert } from '../core/alerts/evaluate.ts';
import type { Handle, Tx } from './database.ts';
import type { Tables } from './tables.ts';

export type Silence = Tables['silences']['$inferSelect'];
export type AlertMessage = Omit<Tables['alertMessages']['$inferSelect'], 'seq'>;

export const listAlerts = (q: Handle): Promise<Alert[]> =>
  q.select().from(q.t.alerts).orderBy(asc(q.t.alerts.name)) as unknown as Promise<Alert[]>;

export async function findAlert(q: Handle, name: string): Promise<Alert | undefined> {
  return (await q.select().from(q.t.alerts).where(eq(q.t.alerts.name, name)))[0];
}

/** The alert, held to the end of the work, so that of two evaluations one comes after the other. */
export async function holdAlert(tx: Tx, name: string): Promise<Alert | undefined> {
  return (await tx.hold(tx.select().from(tx.t.alerts).where(eq(tx.t.alerts.name, name)).$dynamic()))[0];
}

export async function saveAlert(tx: Tx, alert: Alert): Promise<void> {
  const { name: _, ...changes } = alert;
  await tx.insert(tx.t.alerts).values(alert).onConflictDoUpdate({ target: tx.t.alerts.name, set: changes });
}

/** The silence that holds at an instant, the one that lasts longest. */
export async function findSilence(q: Handle, alert: string, now: number): Promise<Silence | undefined> {
  const { silences } = q.t;
  const [row] = await q
    .select()
    .from(silences)
    .where(and(eq(silences.alert, alert), isNull(silences.endedAt), gt(silences.until, now)))
    .orderBy(desc(silences.until))
    .limit(1);
  return row;
}

/** Every silence that holds at an instant, and the latest of each alert first. */
export const listSilences = (q: Handle, now: number): Promise<Silence[]> =>
  q
    .select()
    .from(q.t.silences)
    .where(and(isNull(q.t.silences.endedAt), gt(q.t.silences.until, now)))
    .orderBy(desc(q.t.silences.until)) as unknown as Promise<Silence[]>;

export const insertSilence = async (tx: Tx, silence: Omit<Silence, 'id' | 'endedAt' | 'endedBy'>): Promise<void> => {
  await tx.insert(tx.t.silences).values(silence);
};

/** Ends the silences of an alert that hold; answers how many. */
export async function endSilences(tx: Tx, alert: string, endedBy: string): Promise<number> {
  const { silences } = tx.t;
  const ended = await tx
    .update(silences)
    .set({ endedAt: tx.now, endedBy })
    .where(and(eq(silences.alert, alert), isNull(silences.endedAt), gt(silences.until, tx.now)))
    .returning({ id: silences.id });
  return ended.length;
}

export const insertAlertMessage = async (tx: Tx, message: AlertMessage): Promise<void> => {
  await tx.insert(tx.t.alertMessages).values(message).onConflictDoNothing();
};

/** The message of an alert's episode in a chat: the last one sent. */
export async function findAlertMessage(
  q: Handle,
  { alert, episode, chat }: Pick<AlertMessage, 'alert' | 'episode' | 'chat'>,
): Promise<AlertMessage | undefined> {
  const { alertMessages: t } = q.t;
  const [row] = await q
    .select()
    .from(t)
    .where(and(eq(t.alert, alert), eq(t.episode, episode), eq(t.chat, chat)))
    .orderBy(desc(t.seq))
    .limit(1);
  return row;
}

/** The chats in which an episode has a message. */
export async function listAlertChats(q: Handle, alert: string, episode: number): Promise<string[]> {
  const { alertMessages: t } = q.t;
  const rows = await q
    .select({ chat: t.chat })
    .from(t)
    .where(and(eq(t.alert, alert), eq(t.episode, episode)));
  return [...new Set(rows.map(({ chat }) => chat))];
}

export const forgetAlertMessage = async (tx: Tx, chat: string, messageId: number): Promise<void> => {
  const { alertMessages: t } = tx.t;
  await tx.delete(t).where(and(eq(t.chat, chat), eq(t.messageId, messageId)));
};

/** Forgets alerts whose rule is gone and that do not fire, and messages of episodes long over. */
export async function dropOldAlerts(tx: Tx, { rules, before }: { rules: readonly string[]; before: number }) {
  const { alerts, alertMessages } = tx.t;
  const rows = await tx.select().from(alerts).where(lte(alerts.checkedAt, before));
  const gone = rows.filter(({ name }) => !rules.includes(name)).map(({ name }) => name);
  if (gone.length > 0) await tx.delete(alerts).where(inArray(alerts.name, gone));
  await tx.delete(alertMessages).where(or(lte(alertMessages.sentAt, before)));
}
