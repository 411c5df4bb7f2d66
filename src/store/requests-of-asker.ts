import { and, count, eq, gte, inArray, max } from 'drizzle-orm';
import type { Request } from '../core/approval/request.ts';
import type { RequestState } from '../core/approval/states.ts';
import type { Handle, Tx } from './database.ts';
import { requestOfRow } from './requests.ts';
import { statement } from './statement.ts';

const pendingTwin = statement('requests.pendingTwin', (q, $: { askedBy: string; effectDigest: string }, { t, hold }) =>
  hold(
    q
      .select()
      .from(t.requests)
      .where(
        and(
          eq(t.requests.askedBy, $.askedBy),
          eq(t.requests.effectDigest, $.effectDigest),
          eq(t.requests.state, 'pending'),
        ),
      )
      .limit(1)
      .$dynamic(),
  ),
);

/** The pending request of this asker with the same effect, held. */
export async function findPendingTwin(tx: Tx, askedBy: string, effectDigest: string): Promise<Request | undefined> {
  const [row] = await tx.run(pendingTwin, { askedBy, effectDigest });
  return row && requestOfRow(row);
}

const openStates: RequestState[] = ['pending', 'approved', 'executing', 'unknown'];

const open = statement('requests.open', (q, $: { askedBy: string }, { t }) =>
  q
    .select({ open: count() })
    .from(t.requests)
    .where(and(eq(t.requests.askedBy, $.askedBy), inArray(t.requests.state, openStates))),
);

/** How many requests of this asker are open. */
export const countOpen = async (q: Handle, askedBy: string): Promise<number> =>
  (await q.run(open, { askedBy }))[0]?.open ?? 0;

const newest = statement('requests.newest', (q, $: { askedBy: string }, { t }) =>
  q
    .select({ at: max(t.requests.createdAt) })
    .from(t.requests)
    .where(eq(t.requests.askedBy, $.askedBy)),
);

/** When this asker asked last. */
export const findNewestAt = async (q: Handle, askedBy: string): Promise<number | undefined> =>
  (await q.run(newest, { askedBy }))[0]?.at ?? undefined;

const since = statement('requests.since', (q, $: { askedBy: string; since: number }, { t }) =>
  q
    .select({ made: count() })
    .from(t.requests)
    .where(and(eq(t.requests.askedBy, $.askedBy), gte(t.requests.createdAt, $.since))),
);

/** How many requests this asker has made since an instant. */
export async function countSince(q: Handle, askedBy: string, instant: number): Promise<number> {
  const [row] = await q.run(since, { askedBy, since: instant });
  return row?.made ?? 0;
}
