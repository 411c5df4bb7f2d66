import { z } from 'zod';
import { changesetInput } from '../change/operations.ts';
import { commandInput } from '../command/command.ts';
import { text } from '../wire/text.ts';

/** A question to people, with fixed choices or a free answer. */
export const questionInput = z.strictObject({
  text: text({ min: 1, max: 8_000 }).describe('what people are asked'),
  choices: z
    .array(text({ min: 1, max: 200 }))
    .min(2, 'give at least two choices, or none for a free answer')
    .max(10, 'at most 10 choices')
    .refine((choices) => new Set(choices).size === choices.length, 'choices must differ')
    .optional()
    .describe('the answers to choose from; without them the answer is free text'),
});
export type QuestionInput = z.output<typeof questionInput>;

/** A document of the data directory that people approve word for word before anything is written to GitHub. */
export const checkpointInput = z.strictObject({
  number: z.int().min(1).max(9_999).describe('the n of CHECKPOINT_<n>.md'),
});

const common = {
  title: text({ min: 1, max: 200 }).optional().describe('a short name for people'),
  reason: text({ min: 1, max: 4_000 })
    .optional()
    .describe("the asker's own words; shown apart, never part of what is approved"),
  ttlSeconds: z
    .int()
    .min(30)
    .max(86_400)
    .optional()
    .describe('how long the request may wait for a decision; it can only shorten what the policy gives'),
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without blanks')
    .optional()
    .describe('the same key with the same content gives the same request'),
  isTest: z.boolean().optional().describe('decided like any other, always ends as a rehearsal'),
  agentRunId: text({ min: 1, max: 200 }).optional().describe("the asker's own name for the run this belongs to"),
  supersedes: z
    .string()
    .regex(/^[rR]-[0-9A-Za-z]{6}$/, 'must be the id of a request, like r-7F3K2Q')
    .optional()
    .describe('id of an earlier request of the same asker that this one replaces'),
};

/** What `POST /v1/requests` takes. Unknown members are refused. */
export const submission = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.literal('command'), ...common, command: commandInput }),
    z.strictObject({ kind: z.literal('question'), ...common, question: questionInput }),
    z.strictObject({ kind: z.literal('changeset'), ...common, changeset: changesetInput }),
    z.strictObject({ kind: z.literal('checkpoint'), ...common, checkpoint: checkpointInput }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'must be one of: command, question, changeset, checkpoint' : undefined,
  },
);
export type Submission = z.output<typeof submission>;
