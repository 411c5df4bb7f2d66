import { z } from 'zod';
import { requestKinds, requestStates } from '../approval/states.ts';
import { transportModes } from '../change/changeset.ts';
import { operationOutcomes } from '../change/states.ts';
import { tierNames } from '../policy/types.ts';
import { instant } from './instant.ts';

/**
 * What Gaia answers over HTTP: one schema a noun, from which the OpenAPI document and the client's types come. Here is
 * what it says of requests; every other noun has a file beside this one.
 * Instants are milliseconds since 1970 UTC, with the same instant as ISO 8601 text beside the ones people read.
 */
export const blockerAnswer = z.object({
  code: z.string(),
  phase: z.enum(['submit', 'publish']),
  message: z.string(),
  remedy: z.string(),
  facts: z.record(z.string(), z.unknown()).optional(),
  operation: z.object({ index: z.int(), op: z.string() }).optional().describe('which operation of a changeset'),
  repo: z.string().optional(),
  target: z.string().optional(),
  epoch: z.int().optional(),
  retryable: z.boolean().optional().describe('the world may still cure it'),
  retryAfter: instant.optional(),
  evidence: z.array(z.string()).optional(),
});

export const voteAnswer = z.object({
  person: z.string(),
  verdict: z.enum(['approve', 'deny', 'answer']),
  reason: z.object({ code: z.string().nullable(), text: z.string().nullable() }).nullable(),
  answer: z.string().nullable(),
  at: instant,
  source: z.string(),
});

export const operationAnswer = z.object({
  op: z.string(),
  on: z.string(),
  outcome: z.enum(operationOutcomes),
  written: z.object({ id: z.int().nullable(), number: z.int().nullable(), url: z.string().nullable() }).nullable(),
  code: z.string().nullable(),
  text: z.string().nullable(),
});

export const outcomeAnswer = z.object({
  dryRun: z.boolean(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  stdout: z.string(),
  stderr: z.string(),
  truncated: z.boolean(),
  durationMs: z.int(),
  outputLeftOut: z.boolean().optional().describe('in lists: look at the request itself for its output'),
  changedDuringRun: z.array(z.string()).optional().describe('files that the command was seen to change'),
  statedByAgent: z.boolean().optional().describe('the agent ran it itself and says so'),
  operations: z.array(operationAnswer).optional().describe('of a changeset: how each operation came out'),
  transport: z.enum(transportModes).optional().describe('of a changeset: where it went'),
});

export const commentAnswer = z.object({
  id: z.int(),
  author: z.string().describe('`person:ID` or `agent:NAME`'),
  text: z.string(),
  at: instant,
});
export type CommentAnswer = z.output<typeof commentAnswer>;

export const changeAnswer = z.object({
  what: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export const requestAnswer = z.object({
  id: z.string(),
  kind: z.enum(requestKinds),
  state: z.enum(requestStates),
  ended: z.boolean().describe('whether the state is final'),
  title: z.string().nullable(),
  reason: z.string().nullable().describe("the asker's own words"),
  askedBy: z.string(),
  owner: z.string().nullable(),
  digest: z.string().nullable().describe('what a decision must name'),
  effectDigest: z.string().nullable(),
  tier: z.enum(tierNames).nullable(),
  approvals: z
    .object({
      needed: z.int(),
      given: z.int(),
      confirm: z.boolean().describe('the approver must act twice within 60 seconds'),
      missing: z.string().describe('what is still missing, in words'),
      approvers: z.array(z.string()).nullable().describe('the only people who may decide, where the policy names some'),
    })
    .nullable(),
  rules: z.array(z.string()).describe('the policy rules that set the tier, the strictest first'),
  mode: z.enum(['dry_run', 'real', 'client']).nullable(),
  isTest: z.boolean(),
  effect: z.unknown().describe('everything that will happen, with all it refers to looked up'),
  remarks: z.object({ unbound: z.array(z.object({ name: z.string(), why: z.string() })), notes: z.array(z.string()) }),
  blockers: z.array(blockerAnswer).describe('why it may not proceed, where it is blocked'),
  missing: z.array(blockerAnswer).describe('what the world must still cure before it can start'),
  votes: z.array(voteAnswer),
  createdAt: instant,
  expiresAt: instant.describe('undecided at this instant, it is expired'),
  shownAt: instant.nullable(),
  decidedAt: instant.nullable(),
  effectBy: instant.nullable().describe('approved but not started at this instant, it is expired'),
  endedAt: instant.nullable(),
  end: z.object({ code: z.string().nullable(), text: z.string().nullable() }).nullable(),
  answer: z.string().nullable(),
  outcome: outcomeAnswer.nullable(),
  operations: z.array(operationAnswer).optional().describe('of a changeset that was begun: how far each operation is'),
  supersedes: z.string().nullable(),
  changes: z
    .array(changeAnswer)
    .nullable()
    .describe('what is different from the request it supersedes; null where it supersedes none'),
  grantable: z.boolean().describe('an approval may allow the same agent exactly this again, within limits'),
  grant: z.string().nullable().describe('the grant it was approved under, where no person decided on it itself'),
  comments: z.array(commentAnswer).describe('what people asked about it and the agent answered, the oldest first'),
  agentRunId: z.string().nullable(),
  joins: z.int(),
  url: z.string().describe('its page in the console'),
});
export type RequestAnswer = z.output<typeof requestAnswer>;

export const submittedAnswer = requestAnswer.extend({ joined: z.boolean(), repeated: z.boolean() });
export type SubmittedAnswer = z.output<typeof submittedAnswer>;

export const waitAnswer = requestAnswer.extend({
  timedOut: z.boolean().describe('nothing ended within the seconds given'),
});
export type WaitAnswer = z.output<typeof waitAnswer>;

export const requestListAnswer = z.object({
  requests: z.array(requestAnswer),
  next: z.string().nullable().describe('pass as `cursor` for the page after this one'),
});
export type RequestListAnswer = z.output<typeof requestListAnswer>;

export const decidedAnswer = requestAnswer.extend({ repeated: z.boolean() });
export type DecidedAnswer = z.output<typeof decidedAnswer>;

export const toConfirmAnswer = z.object({ confirmBy: instant, message: z.string() });
export type ToConfirmAnswer = z.output<typeof toConfirmAnswer>;

export const commentedAnswer = requestAnswer.extend({ comment: commentAnswer });
export type CommentedAnswer = z.output<typeof commentedAnswer>;

export const snoozedAnswer = z.object({ until: instant });

export const outputAnswer = z.object({
  running: z.boolean(),
  stdout: z.object({ text: z.string(), end: z.int() }),
  stderr: z.object({ text: z.string(), end: z.int() }),
});
export type OutputAnswer = z.output<typeof outputAnswer>;
