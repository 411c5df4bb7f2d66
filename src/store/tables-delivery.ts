import { channels, deliveryStates } from '../core/delivery/states.ts';
import type { approvalTables } from './tables-approval.ts';
import type { Words } from './words-postgres.ts';

/** What channels are owed and what they show, and what was heard from them; part of `tables`. */
export const deliveryTables = (w: Words, { requests }: Pick<ReturnType<typeof approvalTables>, 'requests'>) => {
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

  return { deliveries, cards, cardMessages, buttons, updates, chats, channelCalls, channelStates, names };
};
