import { and, asc, eq, gt, inArray, isNull, lte, or } from 'drizzle-orm';
import type { Blocker } from '../core/approval/blocker.ts';
import { canonical, type Json } from '../core/canonical.ts';
import type { Handle, Tx } from './database.ts';
import { duePage } from './intents.ts';
import { statement } from './statement.ts';

/** What stood in the way of a request when it was last looked at. */
export interface Standing {
  requestId: string;
  blockers: Blocker[];
  lookedAt: number;
  dueAt: number;
  looks: number;
}

const find = statement('standings.find', (q, $: { requestId: string }, { t }) =>
  q.select().from(t.standings).where(eq(t.standings.requestId, $.requestId)),
);
const save = statement(
  'standings.save',
  (q, $: { requestId: string; blockers: string; lookedAt: number; dueAt: number; looks: number }, { t }) =>
    q
      .insert(t.standings)
      .values({ requestId: $.requestId, blockers: $.blockers, lookedAt: $.lookedAt, dueAt: $.dueAt, looks: $.looks })
      .onConflictDoUpdate({
        target: t.standings.requestId,
        set: { blockers: $.blockers, lookedAt: $.lookedAt, dueAt: $.dueAt, looks: $.looks },
      }),
);

export async function findStanding(q: Handle, requestId: string): Promise<Standing | undefined> {
  const [row] = await q.run(find, { requestId });
  return row && { ...row, blockers: JSON.parse(row.blockers) as Blocker[] };
}

export const saveStanding = (tx: Tx, standing: Standing) =>
  tx.run(save, { ...standing, blockers: canonical(standing.blockers as unknown as Json) });

/**
 * Approved changesets and checkpoints that are to be looked at now, by id, a page of them; `after`: the last of the page before.
 * One that waits for the world stands aside until its time, or until its approval runs out.
 */
export async function listDueApproved(q: Handle, now: number, after = ''): Promise<string[]> {
  const { requests, standings } = q.t;
  const rows = await q
    .select({ id: requests.id })
    .from(requests)
    .leftJoin(standings, eq(standings.requestId, requests.id))
    .where(
      and(
        eq(requests.state, 'approved'),
        inArray(requests.kind, ['changeset', 'checkpoint']),
        or(isNull(standings.dueAt), lte(standings.dueAt, now), lte(requests.effectBy, now)),
        gt(requests.id, after),
      ),
    )
    .orderBy(asc(requests.id))
    .limit(duePage);
  return rows.map(({ id }) => id);
}
