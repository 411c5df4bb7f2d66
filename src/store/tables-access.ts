import type { Words } from './words-postgres.ts';

/** Who acts, and how each one is known; part of `tables`. */
export const accessTables = (w: Words) => {
  const agents = w.table('agents', {
    id: w.text('id').primaryKey(),
    ownerId: w.text('owner_id'),
    createdAt: w.big('created_at').notNull(),
    createdBy: w.text('created_by').notNull(),
    /** when its caps were last said to be reached; one notice an hour at most */
    cappedAt: w.big('capped_at'),
  });

  const apiKeys = w.table(
    'api_keys',
    {
      id: w.text('id').primaryKey(),
      agentId: w
        .text('agent_id')
        .notNull()
        .references(() => agents.id),
      hash: w.text('hash').notNull(),
      scopes: w.text('scopes').notNull(),
      createdAt: w.big('created_at').notNull(),
      createdBy: w.text('created_by').notNull(),
      expiresAt: w.big('expires_at'),
      revokedAt: w.big('revoked_at'),
      revokedBy: w.text('revoked_by'),
      /** the key this one replaces */
      replaces: w.text('replaces'),
    },
    (t) => [w.index('api_keys_by_agent').on(t.agentId)],
  );

  const sessions = w.table('sessions', {
    /** SHA-256 of the cookie's token */
    id: w.text('id').primaryKey(),
    personId: w.text('person_id').notNull(),
    kind: w.oneOf('kind', ['console', 'terminal']).notNull(),
    openedAt: w.big('opened_at').notNull(),
    expiresAt: w.big('expires_at').notNull(),
    closedAt: w.big('closed_at'),
  });

  const signInLinks = w.table('sign_in_links', {
    /** SHA-256 of the link's token */
    id: w.text('id').primaryKey(),
    personId: w.text('person_id').notNull(),
    createdAt: w.big('created_at').notNull(),
    expiresAt: w.big('expires_at').notNull(),
    usedAt: w.big('used_at'),
  });

  /** A terminal that asks to act as a person (`gaia login`), until that person confirms it. */
  const logins = w.table('logins', {
    /** SHA-256 of the token the terminal holds */
    id: w.text('id').primaryKey(),
    /** the short code both sides show */
    code: w.text('code').notNull(),
    createdAt: w.big('created_at').notNull(),
    expiresAt: w.big('expires_at').notNull(),
    personId: w.text('person_id'),
    usedAt: w.big('used_at'),
  });

  return { agents, apiKeys, sessions, signInLinks, logins };
};
