import { z } from 'zod';
import { requestKinds, requestStates } from '../approval/states.ts';
import { transportModes } from '../change/changeset.ts';
import { operationOutcomes } from '../change/states.ts';
import { tierNames } from '../policy/types.ts';
import { operationsAnswer } from './operating-answers.ts';

/**
 * What Gaia answers over HTTP: one schema a noun, from which the OpenAPI document and the client's types come.
 * Instants are milliseconds since 1970 UTC, with the same instant as ISO 8601 text beside the ones people read.
 */
const instant = z.int().describe('milliseconds since 1970-01-01T00:00:00Z');

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

export const grantAnswer = z.object({
  id: z.string(),
  agent: z.string(),
  effectDigest: z.string(),
  what: z.string().describe('the command it allows, on one line'),
  request: z.string().describe('the request it was given with'),
  givenBy: z.string(),
  givenAt: instant,
  expiresAt: instant,
  uses: z.int(),
  usesMax: z.int(),
  state: z.enum(['live', 'over']),
  endedAt: instant.nullable(),
  endedBy: z.string().nullable(),
  endCode: z.string().nullable(),
});
export type GrantAnswer = z.output<typeof grantAnswer>;
export const grantListAnswer = z.object({ grants: z.array(grantAnswer) });
export type GrantListAnswer = z.output<typeof grantListAnswer>;

export const agentAnswer = z.object({
  name: z.string(),
  owner: z.string().nullable(),
  keys: z.int().describe('keys that work now; at most two'),
  keysEnd: instant.nullable().describe('when the last of them stops to work; null: never, or there is none'),
  open: z.int().describe('requests that are open now'),
  openMax: z.int(),
  lastMinute: z.int().describe('requests made within the last minute'),
  perMinuteMax: z.int(),
  grants: z.int().describe('live grants'),
  lastAskedAt: instant.nullable(),
});
export type AgentAnswer = z.output<typeof agentAnswer>;
export const agentListAnswer = z.object({ agents: z.array(agentAnswer) });
export type AgentListAnswer = z.output<typeof agentListAnswer>;

export const figuresAnswer = z.object({
  days: z.int().describe('the last so many days'),
  decisions: z.int(),
  medianMs: z.int().nullable().describe('from the asking to the decision, the median'),
  hastyShare: z.number().nullable().describe('decisions within 3 s after the request was shown, 0 to 1'),
  people: z.array(z.object({ personId: z.string(), decisions: z.int(), medianMs: z.int(), hastyShare: z.number() })),
});
export type FiguresAnswer = z.output<typeof figuresAnswer>;

export const snoozedAnswer = z.object({ until: instant });

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

export const keyAnswer = z.object({
  id: z.string(),
  agent: z.string(),
  owner: z.string().nullable(),
  scopes: z.array(z.string()),
  state: z.enum(['live', 'expired', 'revoked']),
  createdAt: instant,
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
  replaces: z.string().nullable(),
});
export const keyListAnswer = z.object({ keys: z.array(keyAnswer) });
export type KeyListAnswer = z.output<typeof keyListAnswer>;
export const newKeyAnswer = z.object({
  key: keyAnswer,
  secret: z.string().describe('shown once'),
  oldWorksUntil: instant.optional(),
});
export type NewKeyAnswer = z.output<typeof newKeyAnswer>;

export const eventAnswer = z.object({
  seq: z.int(),
  at: instant,
  actor: z.string(),
  source: z.string(),
  action: z.string(),
  subject: z.string(),
  traceId: z.string(),
  hash: z.string(),
  detail: z.unknown(),
});
export type EventAnswer = z.output<typeof eventAnswer>;
export const eventListAnswer = z.object({ events: z.array(eventAnswer), next: z.int().nullable() });
export type EventListAnswer = z.output<typeof eventListAnswer>;

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

export const outputAnswer = z.object({
  running: z.boolean(),
  stdout: z.object({ text: z.string(), end: z.int() }),
  stderr: z.object({ text: z.string(), end: z.int() }),
});
export type OutputAnswer = z.output<typeof outputAnswer>;

export const pausedAnswer = z.object({ paused: z.boolean(), generation: z.int() });
export type PausedAnswer = z.output<typeof pausedAnswer>;

export const sealAnswer = z.object({ seal: z.string().nullable(), seq: z.int().nullable() });
export type SealAnswer = z.output<typeof sealAnswer>;

export const policyAnswer = z.object({ digest: z.string(), changes: z.array(z.string()) });
export type PolicyAnswer = z.output<typeof policyAnswer>;

export const policyRulesAnswer = z.object({
  digest: z.string(),
  tiers: z.record(
    z.enum(tierNames),
    z.object({
      approvals: z.int(),
      confirm: z.boolean(),
      notOnlyOwner: z.boolean(),
      ttlSeconds: z.int(),
      effectBySeconds: z.int().optional(),
    }),
  ),
  caps: z
    .object({ open: z.int(), perMinute: z.int() })
    .describe('how many requests the caller may have open, and make'),
  rules: z.array(
    z.object({
      name: z.string(),
      match: z.record(z.string(), z.unknown()),
      tier: z.enum(tierNames).nullable(),
      deny: z.string().nullable().describe('why it is never allowed'),
    }),
  ),
});
export type PolicyRulesAnswer = z.output<typeof policyRulesAnswer>;

export const explanationAnswer = z.object({
  verdict: z.enum(['ask', 'deny', 'blocked']),
  sentence: z.string(),
  blockers: z.array(blockerAnswer).describe('what only another request cures'),
  missing: z.array(blockerAnswer).optional().describe('of a changeset: what the world must still cure'),
  operations: z
    .array(z.object({ op: z.string(), allowed: z.boolean(), because: z.string(), needsGates: z.boolean() }))
    .optional()
    .describe('of a changeset: whether the policy allows each operation, and by which line'),
  rules: z.array(z.object({ rule: z.string(), matched: z.boolean(), because: z.array(z.string()) })),
});
export type ExplanationAnswer = z.output<typeof explanationAnswer>;

export const signInLinkAnswer = z.object({ url: z.string(), expiresAt: instant });
export type SignInLinkAnswer = z.output<typeof signInLinkAnswer>;

export const loginAnswer = z.object({ token: z.string(), code: z.string(), url: z.string(), expiresAt: instant });
export type LoginAnswer = z.output<typeof loginAnswer>;
export const loginFinishedAnswer = z.object({
  confirmed: z.boolean(),
  session: z.string().optional().describe('bearer for this person, for an hour; shown once'),
  person: z.string().optional(),
  expiresAt: instant.optional(),
});
export type LoginFinishedAnswer = z.output<typeof loginFinishedAnswer>;

export const loggedOutAnswer = z.object({ ended: z.boolean() });

/** RFC 9457. */
export const problemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string().describe('permanent snake_case code for programs'),
  remedy: z.string().optional(),
  faults: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
});
export type ProblemAnswer = z.output<typeof problemAnswer>;
