import { z } from 'zod';
import { tierNames } from '../policy/types.ts';
import { blockerAnswer } from './answers.ts';

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
