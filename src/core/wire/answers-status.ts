import { z } from 'zod';
import { operationsAnswer } from './answers-operating.ts';
import { instant } from './instant.ts';

export const figuresAnswer = z.object({
  days: z.int().describe('the last so many days'),
  decisions: z.int(),
  medianMs: z.int().nullable().describe('from the asking to the decision, the median'),
  hastyShare: z.number().nullable().describe('decisions within 3 s after the request was shown, 0 to 1'),
  people: z.array(z.object({ personId: z.string(), decisions: z.int(), medianMs: z.int(), hastyShare: z.number() })),
});
export type FiguresAnswer = z.output<typeof figuresAnswer>;

export const statusAnswer = z.object({
  version: z.string(),
  now: instant,
  startedAt: instant,
  generation: z.int(),
  paused: z.object({ at: instant, by: z.string(), reason: z.string().nullable() }).nullable(),
  acceptance: z.string().nullable().describe('why an operator must accept the store before anything starts'),
  store: z.enum(['sqlite', 'postgres']),
  execution: z
    .enum(['dry_run', 'bwrap', 'user', 'none'])
    .describe('how commands that are started are kept apart; `dry_run`: none are'),
  executionUser: z.string().nullable().describe('the user that commands run as, where it is not Gaia’s own'),
  trustBoundary: z.string(),
  people: z.object({ approvers: z.array(z.string()), operators: z.array(z.string()) }),
  policy: z.object({ digest: z.string(), rules: z.int() }),
  requests: z.record(z.string(), z.int()),
  oldestPendingSeconds: z.int().nullable(),
  figures: figuresAnswer.describe('how people decide'),
  deliveries: z.record(z.string(), z.int()),
  log: z.object({
    seq: z.int(),
    hash: z.string(),
    at: instant,
    lastSealSeq: z.int().nullable(),
    lastSealAt: instant.nullable(),
  }),
  telegram: z
    .object({
      heardAt: instant.nullable().describe('the last completed look for updates'),
      trouble: z
        .object({ at: instant, text: z.string() })
        .nullable()
        .describe('what keeps it from working, and what to do'),
      closedChats: z.array(z.object({ chat: z.string(), why: z.string() })).describe('chats nothing can be sent to'),
      quarantinedUpdates: z.int().describe('what came in and could not be carried out'),
    })
    .nullable()
    .describe('null: no bot token is configured'),
  operations: operationsAnswer.optional().describe('absent where only the store can be read'),
  next: z.string().describe('the next safe thing to do'),
});
export type StatusAnswer = z.output<typeof statusAnswer>;

export const deliveryAnswer = z.object({
  id: z.string(),
  channel: z.string(),
  kind: z.string(),
  subject: z.string(),
  state: z.string(),
  attempts: z.int(),
  retries: z.int(),
  error: z.string().nullable(),
  createdAt: instant,
  dueAt: instant,
});
export const deliveryListAnswer = z.object({ deliveries: z.array(deliveryAnswer) });
export type DeliveryListAnswer = z.output<typeof deliveryListAnswer>;

export const pausedAnswer = z.object({ paused: z.boolean(), generation: z.int() });
export type PausedAnswer = z.output<typeof pausedAnswer>;
