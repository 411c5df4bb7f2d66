import { requestKinds, requestStates } from '../core/approval/states.ts';
import type { Words } from './words-postgres.ts';

/** Requests, what people say to them, and what came of it; part of `tables`. */
export const approvalTables = (w: Words) => {
  const requests = w.table(
    'requests',
    {
      id: w.text('id').primaryKey(),
      kind: w.oneOf('kind', requestKinds).notNull(),
      state: w.oneOf('state', requestStates).notNull(),
      version: w.int('version').notNull(),
      generation: w.int('generation').notNull(),
      title: w.text('title'),
      /** the asker's prose, never part of what is approved */
      reason: w.text('reason'),
      /** `agent:NAME` or `person:ID` */
      askedBy: w.text('asked_by').notNull(),
      ownerId: w.text('owner_id'),
      /** what was submitted, as validated: canonical JSON */
      payload: w.text('payload').notNull(),
      /** what would happen, with everything looked up: canonical JSON; the effect digest is its digest */
      effect: w.text('effect'),
      effectDigest: w.text('effect_digest'),
      digest: w.text('digest'),
      /** what the digest does not cover and other remarks for the card: JSON */
      remarks: w.text('remarks').notNull(),
      tier: w.oneOf('tier', ['normal', 'high', 'critical']),
      /** what people must do, as the policy said at submit: JSON */
      demand: w.text('demand'),
      policyDigest: w.text('policy_digest').notNull(),
      blockers: w.text('blockers').notNull(),
      mode: w.oneOf('mode', ['dry_run', 'real', 'client']),
      /** where a command would start, as its effect says; null: anywhere */
      host: w.text('host'),
      isTest: w.flag('is_test').notNull(),
      supersedes: w.text('supersedes'),
      /** the grant it was approved under, where no person decided on it itself */
      grantId: w.text('grant_id'),
      agentRunId: w.text('agent_run_id'),
      joins: w.int('joins').notNull(),
      createdAt: w.big('created_at').notNull(),
      expiresAt: w.big('expires_at').notNull(),
      shownAt: w.big('shown_at'),
      decidedAt: w.big('decided_at'),
      effectBy: w.big('effect_by'),
      endedAt: w.big('ended_at'),
      endCode: w.text('end_code'),
      endText: w.text('end_text'),
      answer: w.text('answer'),
      /** what came of it: JSON */
      outcome: w.text('outcome'),
      traceId: w.text('trace_id').notNull(),
    },
    (t) => [
      w.index('requests_by_state').on(t.state, t.createdAt, t.id),
      w.index('requests_by_age').on(t.createdAt, t.id),
      w.index('requests_by_asker').on(t.askedBy, t.createdAt, t.id),
      w.index('requests_open_by_asker').on(t.askedBy, t.state),
      w.index('requests_by_effect').on(t.askedBy, t.effectDigest, t.state),
      w.index('requests_by_expiry').on(t.state, t.expiresAt),
      w.index('requests_by_effect_by').on(t.state, t.effectBy),
    ],
  );

  /** Which request an asker's idempotency key stands for, and for which content. */
  const idempotencyKeys = w.table(
    'idempotency_keys',
    {
      id: w.serial('id').primaryKey(),
      askedBy: w.text('asked_by').notNull(),
      key: w.text('key').notNull(),
      submissionDigest: w.text('submission_digest').notNull(),
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      createdAt: w.big('created_at').notNull(),
    },
    (t) => [w.unique('idempotency_keys_once').on(t.askedBy, t.key)],
  );

  const decisions = w.table(
    'decisions',
    {
      id: w.serial('id').primaryKey(),
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      personId: w.text('person_id').notNull(),
      verdict: w.oneOf('verdict', ['approve', 'deny', 'answer']).notNull(),
      digest: w.text('digest').notNull(),
      reasonCode: w.text('reason_code'),
      reasonText: w.text('reason_text'),
      answer: w.text('answer'),
      source: w.text('source').notNull(),
      decidedAt: w.big('decided_at').notNull(),
    },
    (t) => [w.unique('decisions_one_per_person').on(t.requestId, t.personId)],
  );

  /** The remembered first tap of a person on a request that asks for two. */
  const confirmations = w.table(
    'confirmations',
    {
      id: w.serial('id').primaryKey(),
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      personId: w.text('person_id').notNull(),
      digest: w.text('digest').notNull(),
      confirmBy: w.big('confirm_by').notNull(),
    },
    (t) => [w.unique('confirmations_one_per_person').on(t.requestId, t.personId)],
  );

  /** The one-use right, given by approval, to start the effect. */
  const permits = w.table(
    'permits',
    {
      id: w.serial('id').primaryKey(),
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      digest: w.text('digest').notNull(),
      issuedAt: w.big('issued_at').notNull(),
      takenAt: w.big('taken_at'),
    },
    (t) => [w.unique('permits_one_per_request').on(t.requestId)],
  );

  /** The one start of an effect on this or another host, written before it happens. */
  const executions = w.table(
    'executions',
    {
      requestId: w
        .text('request_id')
        .primaryKey()
        .references(() => requests.id),
      /** the host and data directory of the Gaia that started it */
      place: w.text('place').notNull(),
      effectDigest: w.text('effect_digest').notNull(),
      startedAt: w.big('started_at').notNull(),
      /** when its place last looked after it, within a minute; null: not yet */
      seenAt: w.big('seen_at'),
      stopAskedAt: w.big('stop_asked_at'),
      stopAskedBy: w.text('stop_asked_by'),
      /** when people were last reminded that its outcome is unknown */
      remindedAt: w.big('reminded_at'),
      /** when its outcome was recorded; null: it lives, or nobody knows */
      settledAt: w.big('settled_at'),
    },
    (t) => [
      w.index('executions_by_settled').on(t.settledAt),
      w.index('executions_by_effect').on(t.effectDigest, t.settledAt),
    ],
  );

  /** Standing permissions: one agent, one effect, so many uses until an instant. */
  const grants = w.table(
    'grants',
    {
      id: w.text('id').primaryKey(),
      agentId: w.text('agent_id').notNull(),
      effectDigest: w.text('effect_digest').notNull(),
      /** the request it was given with */
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      generation: w.int('generation').notNull(),
      givenBy: w.text('given_by').notNull(),
      givenAt: w.big('given_at').notNull(),
      expiresAt: w.big('expires_at').notNull(),
      usesMax: w.int('uses_max').notNull(),
      uses: w.int('uses').notNull(),
      endedAt: w.big('ended_at'),
      endedBy: w.text('ended_by'),
      endCode: w.text('end_code'),
    },
    (t) => [
      w.index('grants_by_effect').on(t.agentId, t.effectDigest, t.endedAt),
      w.index('grants_by_end').on(t.endedAt, t.expiresAt),
    ],
  );

  /** What people and the asker say to each other about a request. */
  const comments = w.table(
    'comments',
    {
      id: w.serial('id').primaryKey(),
      requestId: w
        .text('request_id')
        .notNull()
        .references(() => requests.id),
      /** `person:ID` or `agent:NAME` */
      author: w.text('author').notNull(),
      text: w.text('text').notNull(),
      source: w.text('source').notNull(),
      at: w.big('at').notNull(),
    },
    (t) => [w.index('comments_by_request').on(t.requestId, t.id)],
  );

  /** How often people were reminded of a request that waits, and until when they asked not to be. */
  const reminders = w.table('reminders', {
    requestId: w
      .text('request_id')
      .primaryKey()
      .references(() => requests.id),
    sent: w.int('sent').notNull(),
    snoozedUntil: w.big('snoozed_until'),
    snoozedBy: w.text('snoozed_by'),
  });

  return { requests, idempotencyKeys, decisions, confirmations, permits, executions, grants, comments, reminders };
};
