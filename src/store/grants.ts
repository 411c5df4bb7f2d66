import { and, asc, desc, eq, isNull } from 'drizzle-orm';
import type { Grant } from '../core/approval/grant.ts';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';
import type { Tables } from './tables.ts';

type Row = Tables['grants']['$inferSelect'];

const grantOfRow = (row: Row): Grant => row as Grant;

const liveOf = statement('grants.liveOf', (q, $: { agentId: string; effectDigest: string }, { t, hold }) =>
  hold(
    q
      .select()
      .from(t.grants)
      .where(and(eq(t.grants.agentId, $.agentId), eq(t.grants.effectDigest, $.effectDigest), isNull(t.grants.endedAt)))
      .orderBy(asc(t.grants.givenAt), asc(t.grants.id))
      .$dynamic(),
  ),
);

/** The grants of an agent for an effect that nobody has ended, the oldest first, held. */
export const listLiveGrantsHeld = async (tx: Tx, of: { agentId: string; effectDigest: string }): Promise<Grant[]> =>
  (await tx.run(liveOf, of)).map(grantOfRow);

const live = statement('grants.live', (q, _: object, { t }) =>
  q.select().from(t.grants).where(isNull(t.grants.endedAt)).orderBy(asc(t.grants.givenAt), asc(t.grants.id)),
);

/** Every grant that nobody has ended, the oldest first. */
export const listLiveGrants = async (q: Handle): Promise<Grant[]> => (await q.run(live, {})).map(grantOfRow);

const byId = statement('grants.byId', (q, $: { id: string }, { t }) =>
  q.select().from(t.grants).where(eq(t.grants.id, $.id)),
);

export async function findGrant(q: Handle, id: string): Promise<Grant | undefined> {
  const [row] = await q.run(byId, { id });
  return row && grantOfRow(row);
}

export async function findGrantHeld(tx: Tx, id: string): Promise<Grant | undefined> {
  const [row] = await tx.hold(tx.select().from(tx.t.grants).where(eq(tx.t.grants.id, id)).$dynamic());
  return row && grantOfRow(row);
}

/** False where the id is taken: ids are short, so the caller draws another. */
export const insertGrant = async (tx: Tx, grant: Grant): Promise<boolean> =>
  (await tx.insert(tx.t.grants).values(grant).onConflictDoNothing().returning({ id: tx.t.grants.id })).length === 1;

/** Writes what has become of a held grant. */
export const saveGrant = async (tx: Tx, { id, uses, endedAt, endedBy, endCode }: Grant): Promise<void> => {
  await tx.update(tx.t.grants).set({ uses, endedAt, endedBy, endCode }).where(eq(tx.t.grants.id, id));
};

/** Grants, the newest first. */
export const listGrants = async (
  q: Handle,
  { isLive = false, agentId, limit = 100 }: { isLive?: boolean; agentId?: string; limit?: number } = {},
): Promise<Grant[]> =>
  (
    await q
      .select()
      .from(q.t.grants)
      .where(
        and(
          isLive ? isNull(q.t.grants.endedAt) : undefined,
          agentId === undefined ? undefined : eq(q.t.grants.agentId, agentId),
        ),
      )
      .orderBy(desc(q.t.grants.givenAt), desc(q.t.grants.id))
      .limit(limit)
  ).map(grantOfRow);
