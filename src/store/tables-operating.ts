import { alertStates } from '../core/alerts/states.ts';
import type { Words } from './words-postgres.ts';

/** The tables an operator's day needs; part of `tables`, which declares all of them. */
export const operatingTables = (w: Words) => {
  /** What is counted and cannot be read from other tables; only ever rises. */
  const counters = w.table('counters', {
    name: w.text('name').primaryKey(),
    value: w.big('value').notNull(),
  });

  /** What the metrics were, once a minute, for windows and charts; kept for some days. */
  const metricSamples = w.table(
    'metric_samples',
    {
      seq: w.serial('seq').primaryKey(),
      metric: w.text('metric').notNull(),
      at: w.big('at').notNull(),
      value: w.big('value').notNull(),
    },
    (t) => [w.index('metric_samples_by_metric').on(t.metric, t.at), w.index('metric_samples_by_age').on(t.at)],
  );

  /** Each alert, by the name of its rule. */
  const alerts = w.table('alerts', {
    name: w.text('name').primaryKey(),
    state: w.oneOf('state', alertStates).notNull(),
    /** when it came into this state */
    since: w.big('since').notNull(),
    /** what was read last; null where nothing could be */
    value: w.big('value'),
    checkedAt: w.big('checked_at').notNull(),
    /** when it last began to fire */
    firedAt: w.big('fired_at'),
    /** rises each time it begins to fire, so that messages of one time are told from those of another */
    episode: w.int('episode').notNull(),
    /** when people were last told, by a message or a repetition */
    toldAt: w.big('told_at'),
    /** when its message was last brought up to date */
    editedAt: w.big('edited_at'),
    /** the delivery that tells of the last change, and the place it was brought to: 0 is the first */
    deliveryId: w.text('delivery_id'),
    place: w.int('place').notNull(),
  });

  /** The message of a firing alert in a chat, which is edited while it fires. */
  const alertMessages = w.table(
    'alert_messages',
    {
      seq: w.serial('seq').primaryKey(),
      alert: w.text('alert').notNull(),
      episode: w.int('episode').notNull(),
      chat: w.text('chat').notNull(),
      messageId: w.big('message_id').notNull(),
      sentAt: w.big('sent_at').notNull(),
    },
    (t) => [
      w.unique('alert_messages_once').on(t.chat, t.messageId),
      w.index('alert_messages_by_alert').on(t.alert, t.episode),
    ],
  );

  /** Who wanted an alert to be quiet, until when, and why. */
  const silences = w.table(
    'silences',
    {
      id: w.serial('id').primaryKey(),
      alert: w.text('alert').notNull(),
      createdAt: w.big('created_at').notNull(),
      createdBy: w.text('created_by').notNull(),
      until: w.big('until').notNull(),
      reason: w.text('reason'),
      /** ended before its time */
      endedAt: w.big('ended_at'),
      endedBy: w.text('ended_by'),
    },
    (t) => [w.index('silences_by_alert').on(t.alert, t.until)],
  );

  /** What happens by the clock: when next, and what came of it last. */
  const schedules = w.table('schedules', {
    name: w.text('name').primaryKey(),
    dueAt: w.big('due_at').notNull(),
    startedAt: w.big('started_at'),
    endedAt: w.big('ended_at'),
    outcome: w.oneOf('outcome', ['done', 'failed']),
    /** what came of it, or why it failed */
    said: w.text('said'),
  });

  /** What a button on an answer to an operator stands for. Its reference is all that the channel ever holds. */
  const controls = w.table(
    'controls',
    {
      ref: w.text('ref').primaryKey(),
      chat: w.text('chat').notNull(),
      /** JSON */
      action: w.text('action').notNull(),
      createdAt: w.big('created_at').notNull(),
      /** who pressed it first, where two acts are asked for, and until when that counts */
      armedBy: w.text('armed_by'),
      armedUntil: w.big('armed_until'),
    },
    (t) => [w.unique('controls_once').on(t.chat, t.action)],
  );

  return { counters, metricSamples, alerts, alertMessages, silences, schedules, controls };
};
