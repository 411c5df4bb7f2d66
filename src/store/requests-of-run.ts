import { and, eq, like } from 'drizzle-orm';
import type { Handle } from './database.ts';

/** Whether this asker has ever asked for writes that rest on a run. */
export async function hasAskedForWritesOf(q: Handle, runId: string, askedBy: string): Promise<boolean> {
  const { requests } = q.t;
  const rows = await q
    .select({ id: requests.id })
    .from(requests)
    .where(
      and(
        eq(requests.askedBy, askedBy),
        eq(requests.kind, 'changeset'),
        like(requests.payload, `%"runId":"${runId}"%`),
      ),
    )
    .limit(1);
  return rows.length === 1;
}
