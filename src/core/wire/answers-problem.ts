import { z } from 'zod';

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
