import { z } from 'zod';
import { requestStates } from '../core/approval/states.ts';
import { changesetInput } from '../core/change/operations.ts';

/** What tools take. Unknown members are refused; what they mean in full is Gaia's to judge. */
const id = z.string().regex(/^[rR]-[0-9A-Za-z]{6}$/, 'must be the id of a request, like r-7F3K2Q');

const asking = {
  reason: z.string().max(4_000).optional().describe('why, in your own words; people see it as yours, unchecked'),
  title: z.string().max(200).optional().describe('a short name for people'),
  ttlSeconds: z
    .int()
    .min(30)
    .max(86_400)
    .optional()
    .describe('how long it may wait; it can only shorten what the policy gives'),
  supersedes: id.optional().describe('an earlier request of yours that this one replaces; people see what changed'),
  waitSeconds: z.int().min(0).max(300).optional().describe('wait so long for the end before answering; 0 unless told'),
};

export const requestCommandInput = z.strictObject({
  argv: z.array(z.string()).min(1).describe('program and arguments, never a shell string'),
  cwd: z.string().describe('absolute path of the directory to run in'),
  env: z.record(z.string(), z.string()).optional().describe('variables on top of a clean environment; no secrets'),
  stdin: z.string().optional(),
  timeoutSeconds: z.int().min(1).max(86_400).optional(),
  mode: z
    .enum(['dry_run', 'real'])
    .optional()
    .describe(
      '`real`: Gaia runs it once approved; `dry_run`: it is only rehearsed. What Gaia does by itself unless told',
    ),
  ...asking,
});

export const proposeChangesetInput = z.strictObject({
  changeset: changesetInput.describe(
    'one repository or project, and what is to be written there, in order; the first operation that is not done stops the rest',
  ),
  ...asking,
});

export const askHumanInput = z.strictObject({
  question: z.string().min(1).max(8_000),
  choices: z
    .array(z.string())
    .min(2)
    .max(10)
    .optional()
    .describe('the answers to choose from; without them it is free text'),
  ...asking,
});

export const answerCommentInput = z.strictObject({ id, text: z.string().min(1).max(2_000) });

export const waitInput = z.strictObject({
  id,
  seconds: z.int().min(1).max(300).optional().describe('at most so long; 120 unless told'),
});

export const idInput = z.strictObject({ id });

export const listInput = z.strictObject({
  state: z.enum(requestStates).optional().describe('only those in this state'),
  limit: z.int().min(1).max(100).optional().describe('20 unless told'),
});
