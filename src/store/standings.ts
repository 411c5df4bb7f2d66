import { eq } from 'drizzle-orm';
import type { Blocker } from '../core/approval/blocker.ts';
import { canonical, type Json } from '../core/canonical.ts';
import type { Handle, Tx } from './database.ts';
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
