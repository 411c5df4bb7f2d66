import { and, asc, eq, gt, isNull, or } from 'drizzle-orm';
import type { Scope } from '../core/access/key.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

export type Agent = Tables['agents']['$inferSelect'];

export interface ApiKey {
  id: string;
  agentId: string;
  scopes: Scope[];
  createdAt: number;
  createdBy: string;
  expiresAt: number | null;
  revokedAt: number | null;
  revokedBy: string | null;
  replaces: string | null;
}

const agentHeld = statement('agents.byIdHeld', (q, $: { id: string }, { t, hold }) =>
  hold(q.select().from(t.agents).where(eq(t.agents.id, $.id)).$dynamic()),
);

/** The agent, held to the end of the work, so that its submissions queue behind each other. */
export const findAgentHeld = async (tx: Tx, id: string): Promise<Agent | undefined> =>
  (await tx.run(agentHeld, { id }))[0];

export const findAgent = async (q: Handle, id: string): Promise<Agent | undefined> =>
  (await q.select().from(q.t.agents).where(eq(q.t.agents.id, id)))[0];

/** Every agent, by name. */
export const listAgents = (q: Handle): Promise<Agent[]> => q.select().from(q.t.agents).orderBy(asc(q.t.agents.id));

export const insertAgent = async (tx: Tx, agent: Agent): Promise<void> => {
  await tx.insert(tx.t.agents).values(agent).onConflictDoNothing();
};

export const saveAgentCappedAt = async (tx: Tx, id: string, cappedAt: number): Promise<void> => {
  await tx.update(tx.t.agents).set({ cappedAt }).where(eq(tx.t.agents.id, id));
};

const keyWithAgent = statement('apiKeys.withAgent', (q, $: { id: string }, { t }) =>
  q
    .select({ key: t.apiKeys, ownerId: t.agents.ownerId })
    .from(t.apiKeys)
    .innerJoin(t.agents, eq(t.agents.id, t.apiKeys.agentId))
    .where(eq(t.apiKeys.id, $.id)),
);

/** A key's row with the hash of its secret and the agent's owner, for authentication only. */
export async function findKeyForAuthentication(
  q: Handle,
  id: string,
): Promise<{ key: ApiKey; hash: string; ownerId: string | null } | undefined> {
  const [row] = await q.run(keyWithAgent, { id });
  return row && { key: keyOfRow(row.key), hash: row.key.hash, ownerId: row.ownerId };
}

export async function insertKey(tx: Tx, key: ApiKey & { hash: string }): Promise<void> {
  await tx.insert(tx.t.apiKeys).values({ ...key, scopes: JSON.stringify(key.scopes) });
}

export async function findKeyHeld(tx: Tx, id: string): Promise<ApiKey | undefined> {
  const [row] = await tx.hold(tx.select().from(tx.t.apiKeys).where(eq(tx.t.apiKeys.id, id)).$dynamic());
  return row && keyOfRow(row);
}

export const saveKeyRevoked = async (tx: Tx, id: string, revokedAt: number, revokedBy: string): Promise<void> => {
  await tx.update(tx.t.apiKeys).set({ revokedAt, revokedBy }).where(eq(tx.t.apiKeys.id, id));
};

export const saveKeyExpiry = async (tx: Tx, id: string, expiresAt: number): Promise<void> => {
  await tx.update(tx.t.apiKeys).set({ expiresAt }).where(eq(tx.t.apiKeys.id, id));
};

/** Keys of an agent that work at this instant. */
export async function listLiveKeys(q: Handle, agentId: string, now: number): Promise<ApiKey[]> {
  const { apiKeys } = q.t;
  const rows = await q
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.agentId, agentId),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)),
      ),
    )
    .orderBy(asc(apiKeys.createdAt), asc(apiKeys.id));
  return rows.map(keyOfRow);
}

/** Every key with its agent's owner, by agent and age. */
export async function listKeys(q: Handle): Promise<(ApiKey & { ownerId: string | null })[]> {
  const rows = await q
    .select({ key: q.t.apiKeys, ownerId: q.t.agents.ownerId })
    .from(q.t.apiKeys)
    .innerJoin(q.t.agents, eq(q.t.agents.id, q.t.apiKeys.agentId))
    .orderBy(asc(q.t.apiKeys.agentId), asc(q.t.apiKeys.createdAt));
  return rows.map((row) => ({ ...keyOfRow(row.key), ownerId: row.ownerId }));
}

function keyOfRow({ hash: _, scopes, ...row }: Tables['apiKeys']['$inferSelect']): ApiKey {
  return { ...row, scopes: JSON.parse(scopes) as Scope[] };
}
