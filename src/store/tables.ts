import { requestKinds, requestStates } from '../core/approval/states.ts';
import { channels, deliveryStates } from '../core/delivery/states.ts';
import { githubTables } from './tables-github.ts';
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

  const deliveries = w.table(
    'deliveries',
    {
      /** the order in which they came to be owed */
      seq: w.serial('seq').primaryKey(),
      id: w.text('id').notNull(),
      channel: w.oneOf('channel', channels).notNull(),
      kind: w.oneOf('kind', ['card', 'notice']).notNull(),
      /** where it goes; empty on the terminal */
      chat: w.text('chat').notNull(),
      /** the topic of that chat, where it has some */
      topic: w.int('topic'),
      /** the card that is to be brought up to date */
      cardId: w.text('card_id'),
      subject: w.text('subject').notNull(),
      /** what the channel renders: JSON */
      body: w.text('body').notNull(),
      /** 1 outcomes and disarming, 2 cards, 3 confirmations, 4 reminders, 5 notices */
      priority: w.int('priority').notNull(),
      state: w.oneOf('state', deliveryStates).notNull(),
      attempts: w.int('attempts').notNull(),
      /** how often a message was sent and the answer was lost; once more at most */
      ambiguous: w.int('ambiguous').notNull(),
      /** how often it was requeued */
      retries: w.int('retries').notNull(),
      /** when it last got another life; its tries count from then */
      requeuedAt: w.big('requeued_at'),
      dueAt: w.big('due_at').notNull(),
      fence: w.int('fence').notNull(),
      leasedBy: w.text('leased_by'),
      error: w.text('error'),
      createdAt: w.big('created_at').notNull(),
      settledAt: w.big('settled_at'),
    },
    (t) => [
      w.unique('deliveries_by_id').on(t.id),
      w.index('deliveries_due').on(t.channel, t.state, t.dueAt),
      w.index('deliveries_by_card').on(t.cardId, t.state),
      w.index('deliveries_by_subject').on(t.subject, t.createdAt),
      w.index('deliveries_by_state').on(t.state, t.seq),
    ],
  );

  /** What mirrors a request, or the list of what waits, in one chat. */
  const cards = w.table(
    'cards',
    {
      /** opaque; no message shows it */
      id: w.text('id').primaryKey(),
      /** the request, or null: the list of what waits in this chat */
      requestId: w.text('request_id').references(() => requests.id),
      chat: w.text('chat').notNull(),
      topic: w.int('topic'),
      /** what its buttons offer at the moment: JSON */
      face: w.text('face').notNull(),
      /** when all that is approvable had arrived, word for word */
      wholeAt: w.big('whole_at'),
      /** the last edit that showed only a vote, so that they do not come too fast */
      editedAt: w.big('edited_at'),
      createdAt: w.big('created_at').notNull(),
    },
    (t) => [w.index('cards_by_request').on(t.requestId), w.index('cards_by_chat').on(t.chat, t.createdAt)],
  );

  /** The messages that make up a card: pages or a document, then what carries the buttons; and copies found later. */
  const cardMessages = w.table(
    'card_messages',
    {
      seq: w.serial('seq').primaryKey(),
      cardId: w
        .text('card_id')
        .notNull()
        .references(() => cards.id),
      chat: w.text('chat').notNull(),
      messageId: w.big('message_id').notNull(),
      part: w.oneOf('part', ['page', 'document', 'front', 'copy']).notNull(),
      /** the place of a page among the pages */
      place: w.int('place').notNull(),
      /** digest of what it shows, as the channel confirmed it */
      rendering: w.text('rendering'),
      sentAt: w.big('sent_at').notNull(),
    },
    (t) => [w.unique('card_messages_once').on(t.chat, t.messageId), w.index('card_messages_by_card').on(t.cardId)],
  );

  /** What a button stands for. Its reference is all that the channel ever holds. */
  const buttons = w.table(
    'buttons',
    {
      ref: w.text('ref').primaryKey(),
      cardId: w
        .text('card_id')
        .notNull()
        .references(() => cards.id),
      /** JSON */
      action: w.text('action').notNull(),
    },
    (t) => [w.unique('buttons_once').on(t.cardId, t.action)],
  );

  /** Every update that came in from a channel: its effect is in the transaction that wrote this row. */
  const updates = w.table(
    'updates',
    {
      id: w.big('id').primaryKey(),
      state: w.oneOf('state', ['handled', 'waiting', 'quarantined']).notNull(),
      /** the update as it came, where it could not be handled yet */
      raw: w.text('raw'),
      attempts: w.int('attempts').notNull(),
      error: w.text('error'),
      receivedAt: w.big('received_at').notNull(),
      dueAt: w.big('due_at').notNull(),
    },
    (t) => [w.index('updates_due').on(t.state, t.dueAt), w.index('updates_by_age').on(t.receivedAt)],
  );

  /** Chats a channel knows, and what holds them up. */
  const chats = w.table('chats', {
    id: w.text('id').primaryKey(),
    /** the chat it became, where a group was upgraded */
    movedTo: w.text('moved_to'),
    /** nothing is sent before this instant, as the channel asked */
    heldUntil: w.big('held_until'),
    /** why nothing can be sent there, until something is heard from it */
    closed: w.text('closed'),
  });

  /** Calls made to a channel in the last minutes, so that its limits hold across restarts. */
  const channelCalls = w.table(
    'channel_calls',
    {
      seq: w.serial('seq').primaryKey(),
      chat: w.text('chat').notNull(),
      at: w.big('at').notNull(),
    },
    (t) => [w.index('channel_calls_by_chat').on(t.chat, t.at), w.index('channel_calls_by_time').on(t.at)],
  );

  /** How a channel fares, one row each. */
  const channelStates = w.table('channel_states', {
    id: w.text('id').primaryKey(),
    /** the last completed look for updates */
    heardAt: w.big('heard_at'),
    /** what is wrong with it, and since when */
    trouble: w.text('trouble'),
    troubleAt: w.big('trouble_at'),
  });

  /** What people are called, as the channel last told; ids decide, names are shown. */
  const names = w.table('names', {
    id: w.text('id').primaryKey(),
    name: w.text('name').notNull(),
    seenAt: w.big('seen_at').notNull(),
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

  return {
    installation,
    logHead,
    events,
    eventDetails,
    seals,
    agents,
    apiKeys,
    sessions,
    signInLinks,
    logins,
    requests,
    idempotencyKeys,
    decisions,
    confirmations,
    permits,
    executions,
    grants,
    comments,
    reminders,
    deliveries,
    cards,
    cardMessages,
    buttons,
    updates,
    chats,
    channelCalls,
    channelStates,
    names,
    policies,
    leases,
    ...operatingTables(w),
    ...githubTables(w),
  };
};
export type Tables = ReturnType<typeof tables>;
