import { and, asc, count, eq, gt, lte } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Chat = Tables['chats']['$inferSelect'];
export type ChannelState = Tables['channelStates']['$inferSelect'];
export type WaitingUpdate = Tables['updates']['$inferSelect'];

const insertUpdate = statement('updates.insert', (q, $: { id: number; receivedAt: number }, { t }) =>
  q
    .insert(t.updates)
    .values({ id: $.id, state: 'handled', attempts: 1, receivedAt: $.receivedAt, dueAt: $.receivedAt })
    .onConflictDoNothing()
    .returning({ id: t.updates.id }),
);

const finishUpdate = statement('updates.finish', (q, $: { id: number }, { t }) =>
  q
    .update(t.updates)
    .set({ state: 'handled', raw: null })
    .where(and(eq(t.updates.id, $.id), eq(t.updates.state, 'waiting')))
    .returning({ id: t.updates.id }),
);

/** True for the one work that handles this update: its effect is written with it, or neither is. */
export async function takeUpdate(tx: Tx, id: number): Promise<boolean> {
  if ((await tx.run(insertUpdate, { id, receivedAt: tx.now })).length === 1) return true;
  return (await tx.run(finishUpdate, { id })).length === 1;
}

/** How often an update may fail before it is put aside. */
const attemptsAtMost = 3;

/** Keeps an update that could not be handled, to be tried again; after three times it is put aside. */
export async function keepUpdate(
  tx: Tx,
  { id, raw, error }: { id: number; raw: string; error: string },
): Promise<WaitingUpdate['state']> {
  const { updates } = tx.t;
  const [known] = await tx.select().from(updates).where(eq(updates.id, id));
  if (known?.state === 'handled') return 'handled';
  const attempts = (known?.attempts ?? 0) + 1;
  const kept = {
    state: attempts >= attemptsAtMost ? ('quarantined' as const) : ('waiting' as const),
    raw,
    attempts,
    error,
    dueAt: tx.now + 5_000 * attempts,
  };
  if (known) await tx.update(updates).set(kept).where(eq(updates.id, id));
  else await tx.insert(updates).values({ id, receivedAt: tx.now, ...kept });
  return kept.state;
}

/** Updates to be tried again, the oldest first. */
export const listWaitingUpdates = (q: Handle, now: number, limit: number): Promise<WaitingUpdate[]> =>
  q
    .select()
    .from(q.t.updates)
    .where(and(eq(q.t.updates.state, 'waiting'), lte(q.t.updates.dueAt, now)))
    .orderBy(asc(q.t.updates.id))
    .limit(limit) as unknown as Promise<WaitingUpdate[]>;

export async function countQuarantined(q: Handle): Promise<number> {
  const [row] = await q.select({ updates: count() }).from(q.t.updates).where(eq(q.t.updates.state, 'quarantined'));
  return row?.updates ?? 0;
}

/** Forgets handled updates from before an instant: Telegram keeps none longer than a day. */
export const dropUpdates = async (tx: Tx, before: number): Promise<void> => {
  const { updates } = tx.t;
  await tx.delete(updates).where(and(eq(updates.state, 'handled'), lte(updates.receivedAt, before)));
};

const chatById = statement('chats.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.chats).where(eq(t.chats.id, $.id)),
);

export const findChat = async (q: Handle, id: string): Promise<Chat | undefined> => (await q.run(chatById, { id }))[0];

/** The chat this one has become, or itself. */
export async function presentChat(q: Handle, id: string): Promise<string> {
  let present = id;
  for (let moves = 0; moves < 5; moves++) {
    const movedTo = (await findChat(q, present))?.movedTo;
    if (!movedTo) return present;
    present = movedTo;
  }
  return present;
}

export const saveChat = async (tx: Tx, id: string, changes: Partial<Omit<Chat, 'id'>>): Promise<void> => {
  const { chats } = tx.t;
  await tx
    .insert(chats)
    .values({ id, ...changes })
    .onConflictDoUpdate({ target: chats.id, set: changes });
};

/** Chats that nothing can be sent to. */
export const listClosedChats = async (q: Handle): Promise<Chat[]> =>
  (await q.select().from(q.t.chats)).filter((chat) => chat.closed !== null);

const noteCall = statement('channelCalls.note', (q, $: { chat: string; at: number }, { t }) =>
  q.insert(t.channelCalls).values({ chat: $.chat, at: $.at }).returning({ seq: t.channelCalls.seq }),
);

/** Counts a call against the limits, before it is made; gives what takes it back. */
export async function insertCall(tx: Tx, chat: string): Promise<number> {
  const [row] = await tx.run(noteCall, { chat, at: tx.now });
  if (!row) throw new Error('a call was not counted');
  return row.seq;
}

/** Takes a counted call back that was never made. */
export const takeBackCall = async (tx: Tx, seq: number): Promise<void> => {
  await tx.delete(tx.t.channelCalls).where(eq(tx.t.channelCalls.seq, seq));
};

const callsTo = statement('channelCalls.toChat', (q, $: { chat: string; since: number }, { t }) =>
  q
    .select({ at: t.channelCalls.at })
    .from(t.channelCalls)
    .where(and(eq(t.channelCalls.chat, $.chat), gt(t.channelCalls.at, $.since)))
    .orderBy(asc(t.channelCalls.at)),
);

/** The instants of the calls made to a chat since one, the oldest first. */
export const listCallsTo = async (q: Handle, chat: string, since: number): Promise<number[]> =>
  (await q.run(callsTo, { chat, since })).map(({ at }) => at);

const callsOfAll = statement('channelCalls.ofAll', (q, $: { since: number }, { t }) =>
  q
    .select({ at: t.channelCalls.at })
    .from(t.channelCalls)
    .where(gt(t.channelCalls.at, $.since))
    .orderBy(asc(t.channelCalls.at)),
);

/** The instants of the calls made to any chat since one, the oldest first. */
export const listCalls = async (q: Handle, since: number): Promise<number[]> =>
  (await q.run(callsOfAll, { since })).map(({ at }) => at);

export const dropCalls = async (tx: Tx, before: number): Promise<void> => {
  await tx.delete(tx.t.channelCalls).where(lte(tx.t.channelCalls.at, before));
};

export const findChannelState = async (q: Handle, id: string): Promise<ChannelState | undefined> =>
  (await q.select().from(q.t.channelStates).where(eq(q.t.channelStates.id, id)))[0];

export const listChannelStates = async (q: Handle): Promise<ChannelState[]> => q.select().from(q.t.channelStates);

export const saveChannelState = async (
  tx: Tx,
  id: string,
  changes: Partial<Omit<ChannelState, 'id'>>,
): Promise<void> => {
  const { channelStates } = tx.t;
  await tx
    .insert(channelStates)
    .values({ id, ...changes })
    .onConflictDoUpdate({ target: channelStates.id, set: changes });
};

export const saveName = async (tx: Tx, id: string, name: string): Promise<void> => {
  const { names } = tx.t;
  await tx
    .insert(names)
    .values({ id, name, seenAt: tx.now })
    .onConflictDoUpdate({ target: names.id, set: { name, seenAt: tx.now } });
};

/** What people are called, by id. */
export async function listNames(q: Handle): Promise<Map<string, string>> {
  return new Map((await q.select().from(q.t.names)).map(({ id, name }) => [id, name]));
}
