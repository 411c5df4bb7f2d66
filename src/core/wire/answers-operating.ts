import { z } from 'zod';
import { alertStates } from '../alerts/states.ts';
import { instant } from './instant.ts';

const namedDelivery = z.object({ id: z.string(), what: z.string().describe('what it is about, and where it goes') });

const leftDelivery = namedDelivery.extend({ because: z.string() });
const beyond = {
  remaining: z.int().describe('how many more can be requeued: the same call again goes on with them'),
  unnamed: z.int().describe('how many more were left than `left` names'),
};

export const requeuedAnswer = z.object({
  requeued: z.array(namedDelivery),
  left: z.array(leftDelivery),
  ...beyond,
  dryRun: z.boolean(),
});
export type RequeuedAnswer = z.output<typeof requeuedAnswer>;

export const adminRequeuedAnswer = z.object({
  requeued: z.boolean(),
  ids: z.array(z.string()),
  left: z.array(leftDelivery),
  ...beyond,
});

export const discardedAnswer = z.object({ id: z.string(), what: z.string(), state: z.literal('discarded') });
export type DiscardedAnswer = z.output<typeof discardedAnswer>;

export const failedAnswer = z.object({
  failed: z.array(
    namedDelivery.extend({
      index: z.int().describe('counts the list, the oldest is 0'),
      error: z.string().nullable(),
      lives: z.int().describe('how often it was tried as a whole'),
      diedAt: instant.nullable(),
      createdAt: instant,
    }),
  ),
  total: z.int(),
});
export type FailedAnswer = z.output<typeof failedAnswer>;

export const alertAnswer = z.object({
  name: z.string(),
  state: z.enum(alertStates),
  since: instant.nullable(),
  value: z.number().nullable(),
  checkedAt: instant.nullable(),
  firedAt: instant.nullable(),
  metric: z.string().nullable(),
  summary: z.string(),
  severity: z.enum(['warning', 'critical']),
  condition: z.string().describe('when it is wrong, in words'),
  shown: z.string().describe('the value in words'),
  chart: z.string().describe('the last hour as a line of bars'),
  silencedUntil: instant.nullable(),
  silencedBy: z.string().nullable(),
  runbook: z.string().nullable().describe('a page of this repository'),
});
export type AlertAnswer = z.output<typeof alertAnswer>;
export const alertListAnswer = z.object({ alerts: z.array(alertAnswer) });
export type AlertListAnswer = z.output<typeof alertListAnswer>;

export const silencedAnswer = z.object({ alert: z.string(), until: instant.nullable() });
export type SilencedAnswer = z.output<typeof silencedAnswer>;

export const alertCheckAnswer = z.object({
  firing: z.boolean(),
  dryRun: z.boolean(),
  alerts: z.array(
    z.object({
      name: z.string(),
      metric: z.string(),
      value: z.number().nullable(),
      shown: z.string(),
      condition: z.string(),
      firing: z.boolean(),
    }),
  ),
});
export type AlertCheckAnswer = z.output<typeof alertCheckAnswer>;

export const metricsAnswer = z.object({
  at: instant,
  metrics: z.array(
    z.object({
      name: z.string(),
      help: z.string(),
      type: z.enum(['counter', 'gauge']),
      unit: z.enum(['count', 'seconds', 'bytes', 'percent']),
      value: z.number().nullable().describe('null: it could not be read'),
      history: z.array(z.object({ at: instant, value: z.number() })),
    }),
  ),
});
export type MetricsAnswer = z.output<typeof metricsAnswer>;

const aged = z.object({ count: z.int(), oldestSeconds: z.int().nullable() });

/** What an operator wants to know beside what the status always said. */
export const operationsAnswer = z.object({
  owed: aged.describe('messages that wait to be sent'),
  dead: aged.describe('messages that could not be delivered'),
  executing: aged,
  unknown: z.int().describe('requests whose outcome nobody knows'),
  alerts: z.array(alertAnswer).describe('those that fire, or whose data are missing'),
  silences: z.array(z.object({ alert: z.string(), until: instant, by: z.string() })),
  transport: z.string().describe('what happens to GitHub writes'),
  writeBudget: z
    .object({ used: z.int(), of: z.int() })
    .describe('writes to GitHub in the last hour, and how many the policy allows in one'),
  schedules: z.array(
    z.object({
      name: z.string(),
      dueAt: instant,
      startedAt: instant.nullable(),
      endedAt: instant.nullable(),
      outcome: z.enum(['done', 'failed']).nullable(),
      said: z.string().nullable(),
    }),
  ),
  backup: z
    .object({ at: instant.nullable().describe('null: there is none yet') })
    .nullable()
    .describe('null: the store is PostgreSQL, whose backups Gaia does not make'),
  disk: z.object({ freeBytes: z.int(), totalBytes: z.int() }).nullable().describe('null: it could not be looked at'),
});
export type OperationsAnswer = z.output<typeof operationsAnswer>;

export const simulationAnswer = z.object({
  looked: z.int(),
  same: z.int(),
  changes: z.array(
    z.object({
      id: z.string(),
      what: z.string(),
      state: z.string(),
      before: z.string(),
      after: z.string(),
      direction: z.enum(['stricter', 'looser', 'other']),
    }),
  ),
  changed: z.array(z.string()).describe('what the file changes, rule by rule'),
});
export type SimulationAnswer = z.output<typeof simulationAnswer>;
