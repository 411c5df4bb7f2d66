import type { Words } from './words-postgres.ts';

/** The log of events, and what proves it; part of `tables`. */
export const logTables = (w: Words) => {
  /** One row: the head of the log. Seeded by the migration, so that the first two appends already queue behind it. */
  const logHead = w.table('log_head', {
    id: w.text('id').primaryKey(),
    seq: w.big('seq').notNull(),
    hash: w.text('hash').notNull(),
    at: w.big('at').notNull(),
  });

  const events = w.table(
    'events',
    {
      seq: w.big('seq').primaryKey(),
      at: w.big('at').notNull(),
      traceId: w.text('trace_id').notNull(),
      actor: w.text('actor').notNull(),
      source: w.text('source').notNull(),
      action: w.text('action').notNull(),
      subject: w.text('subject').notNull(),
      detailHash: w.text('detail_hash').notNull(),
      prevHash: w.text('prev_hash').notNull(),
      hash: w.text('hash').notNull(),
    },
    (t) => [w.index('events_by_subject').on(t.subject, t.seq), w.index('events_by_action').on(t.action, t.seq)],
  );

  /** Details stand aside, so that retention can drop them without breaking the chain. */
  const eventDetails = w.table('event_details', {
    seq: w.big('seq').primaryKey(),
    detail: w.text('detail').notNull(),
  });

  const seals = w.table('seals', {
    seq: w.big('seq').primaryKey(),
    generation: w.int('generation').notNull(),
    at: w.big('at').notNull(),
    hash: w.text('hash').notNull(),
    keyId: w.text('key_id').notNull(),
    signature: w.text('signature').notNull(),
  });

  return { logHead, events, eventDetails, seals };
};
