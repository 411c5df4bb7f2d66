import { accessTables } from './tables-access.ts';
import { approvalTables } from './tables-approval.ts';
import { deliveryTables } from './tables-delivery.ts';
import { githubTables } from './tables-github.ts';
import { logTables } from './tables-log.ts';
import { operatingTables } from './tables-operating.ts';
import type { Words } from './words-postgres.ts';

/**
 * Every table, once. Structured values are canonical JSON in text columns, so that what was hashed is what is stored
 * (PostgreSQL's jsonb reorders keys); they are parsed where a noun's rows are read.
 */
export const tables = (w: Words) => {
  /** One row: this installation of Gaia. Seeded by the migration. */
  const installation = w.table('installation', {
    id: w.text('id').primaryKey(),
    generation: w.int('generation').notNull(),
    pausedAt: w.big('paused_at'),
    pausedBy: w.text('paused_by'),
    pauseReason: w.text('pause_reason'),
    /** why an operator must accept the store before anything starts, where that is so */
    acceptanceReason: w.text('acceptance_reason'),
  });

  /** Every policy that was in force, by the digest of its text. */
  const policies = w.table('policies', {
    digest: w.text('digest').primaryKey(),
    text: w.text('text').notNull(),
    loadedAt: w.big('loaded_at').notNull(),
    loadedBy: w.text('loaded_by').notNull(),
  });

  /** Leadership: who does a piece of work until when. A fence rises with every new holder. */
  const leases = w.table('leases', {
    name: w.text('name').primaryKey(),
    holder: w.text('holder').notNull(),
    fence: w.int('fence').notNull(),
    until: w.big('until').notNull(),
  });

  const approval = approvalTables(w);

  return {
    installation,
    ...logTables(w),
    ...accessTables(w),
    ...approval,
    ...deliveryTables(w, approval),
    policies,
    leases,
    ...operatingTables(w),
    ...githubTables(w),
  };
};
export type Tables = ReturnType<typeof tables>;
