import { gateNames, gateVerdicts, runStates } from '../core/change/run.ts';
import { attemptOutcomes, intentStates, operationOutcomes } from '../core/change/states.ts';
import type { Words } from './words-postgres.ts';

/** What Gaia keeps of writes to GitHub: what is to be written, how each try went, and what it rests on. */
export const githubTables = (w: Words) => {
  /** One operation of an approved changeset, committed before anything is sent. */
  const intents = w.table(
    'intents',
    {
      id: w.text('id').primaryKey(),
      requestId: w.text('request_id').notNull(),
      /** its place in the changeset, counted from 0 */
      place: w.int('place').notNull(),
      op: w.text('op').notNull(),
      /** the repository or project, in lower case */
      target: w.text('target').notNull(),
      runId: w.text('run_id'),
      /** what makes this write the same as another */
      key: w.text('key').notNull(),
      /** the key while this intent stands for it; null once it was rejected or replaced */
      heldKey: w.text('held_key'),
      payloadHash: w.text('payload_hash').notNull(),
      state: w.oneOf('state', intentStates).notNull(),
      /** attempts that were sent */
      attempts: w.int('attempts').notNull(),
      /** looks since the last answer was lost, or since GitHub could not be asked */
      looks: w.int('looks').notNull(),
      sentAt: w.big('sent_at'),
      dueAt: w.big('due_at').notNull(),
      outcome: w.oneOf('outcome', operationOutcomes),
      /** what it made: JSON */
      written: w.text('written'),
      /** why it is not done: JSON */
      blocker: w.text('blocker'),
      createdAt: w.big('created_at').notNull(),
      settledAt: w.big('settled_at'),
    },
    (t) => [
      w.unique('intents_held_once').on(t.heldKey),
      w.unique('intents_by_request').on(t.requestId, t.place),
      w.index('intents_by_key').on(t.key),
      w.index('intents_by_state').on(t.state, t.dueAt),
      w.index('intents_by_run').on(t.runId),
    ],
  );

  /** One row a try, inserted before anything is sent. */
  const attempts = w.table(
    'attempts',
    {
      id: w.text('id').primaryKey(),
      intentId: w
        .text('intent_id')
        .notNull()
        .references(() => intents.id),
      number: w.int('number').notNull(),
      target: w.text('target').notNull(),
      payloadHash: w.text('payload_hash').notNull(),
      startedAt: w.big('started_at').notNull(),
      finishedAt: w.big('finished_at'),
      httpStatus: w.int('http_status'),
      /** GitHub's own name of the call */
      githubRequestId: w.text('github_request_id'),
      outcome: w.oneOf('outcome', attemptOutcomes).notNull(),
      /** JSON */
      blocker: w.text('blocker'),
    },
    (t) => [
      w.unique('attempts_once').on(t.intentId, t.number),
      w.index('attempts_by_target').on(t.target, t.startedAt),
      w.index('attempts_by_time').on(t.startedAt),
    ],
  );

  /** One row a repository or project: writes to it go one after the other. */
  const writeLanes = w.table('write_lanes', {
    target: w.text('target').primaryKey(),
    /** the numeric id it had on first use; another one is another repository */
    pinnedId: w.big('pinned_id'),
    /** a write is under way until then at most */
    busyUntil: w.big('busy_until').notNull(),
    wroteAt: w.big('wrote_at').notNull(),
    /** nothing is sent before this instant, as GitHub asked */
    heldUntil: w.big('held_until').notNull(),
    /** limits met in a row */
    limits: w.int('limits').notNull(),
  });

  /** What still stood in the way of a request when it was last looked at. */
  const standings = w.table('standings', {
    requestId: w.text('request_id').primaryKey(),
    /** JSON */
    blockers: w.text('blockers').notNull(),
    lookedAt: w.big('looked_at').notNull(),
    dueAt: w.big('due_at').notNull(),
    looks: w.int('looks').notNull(),
  });

  const runs = w.table(
    'runs',
    {
      id: w.text('id').primaryKey(),
      version: w.int('version').notNull(),
      state: w.oneOf('state', runStates).notNull(),
      epoch: w.int('epoch').notNull(),
      workspace: w.text('workspace').notNull(),
      remote: w.text('remote').notNull(),
      repo: w.text('repo').notNull(),
      head: w.text('head').notNull(),
      base: w.text('base').notNull(),
      headSha: w.text('head_sha'),
      startedBy: w.text('started_by').notNull(),
      ownerId: w.text('owner_id'),
      createdAt: w.big('created_at').notNull(),
      endedAt: w.big('ended_at'),
      endText: w.text('end_text'),
    },
    (t) => [w.index('runs_by_age').on(t.createdAt, t.id)],
  );

  const gates = w.table(
    'gates',
    {
      seq: w.serial('seq').primaryKey(),
      runId: w
        .text('run_id')
        .notNull()
        .references(() => runs.id),
      gate: w.oneOf('gate', gateNames).notNull(),
      epoch: w.int('epoch').notNull(),
      verdict: w.oneOf('verdict', gateVerdicts).notNull(),
      headSha: w.text('head_sha').notNull(),
      /** JSON */
      artifacts: w.text('artifacts').notNull(),
      recordedBy: w.text('recorded_by').notNull(),
      ownerId: w.text('owner_id'),
      recordedAt: w.big('recorded_at').notNull(),
    },
    (t) => [w.index('gates_by_run').on(t.runId, t.epoch)],
  );

  /** Every document that people approved as a checkpoint. */
  const checkpoints = w.table(
    'checkpoints',
    {
      seq: w.serial('seq').primaryKey(),
      number: w.int('number').notNull(),
      sha256: w.text('sha256').notNull(),
      requestId: w.text('request_id').notNull(),
      approvedAt: w.big('approved_at').notNull(),
      revokedAt: w.big('revoked_at'),
      revokedBy: w.text('revoked_by'),
    },
    (t) => [w.unique('checkpoints_by_request').on(t.requestId), w.index('checkpoints_by_number').on(t.number)],
  );

  return { intents, attempts, writeLanes, standings, runs, gates, checkpoints };
};
