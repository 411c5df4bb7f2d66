import { and, eq } from 'drizzle-orm';
import type { Handle, Tx } from './database.ts';
import { statement } from './statement.ts';

const keyed = statement('idempotencyKeys.find', (q, $: { askedBy: string; key: string }, { t }) =>
  q
    .select()
    .from(t.idempotencyKeys)
    .where(and(eq(t.idempotencyKeys.askedBy, $.askedBy), eq(t.idempotencyKeys.key, $.key))),
);

const insertKeyed = statement(
  'idempotencyKeys.insert',
  (q, $: { askedBy: string; key: string; submissionDigest: string; requestId: string; createdAt: number }, { t }) =>
    q.insert(t.idempotencyKeys).values({
      askedBy: $.askedBy,
      key: $.key,
      submissionDigest: $.submissionDigest,
      requestId: $.requestId,
      createdAt: $.createdAt,
    }),
);

/** Which request a key of this asker stands for. */
export const findByKey = async (q: Handle, askedBy: string, key: string) => (await q.run(keyed, { askedBy, key }))[0];

export const keepKey = (
  tx: Tx,
  kept: { askedBy: string; key: string; submissionDigest: string; requestId: string; createdAt: number },
) => tx.run(insertKeyed, kept);
