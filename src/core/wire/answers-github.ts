import { z } from 'zod';
import { transportModes } from '../change/changeset.ts';
import { gateNames, runStates } from '../change/run.ts';
import { intentStates } from '../change/states.ts';
import { blockerAnswer, requestAnswer } from './answers.ts';
import { instant } from './instant.ts';

export const runAnswer = z.object({
  id: z.string(),
  state: z.enum(runStates),
  epoch: z.int().describe('rises with each entry into verification; 0 before the first'),
  workspace: z.string(),
  remote: z.string(),
  repo: z.string(),
  head: z.string(),
  base: z.string(),
  headSha: z.string().nullable(),
  startedBy: z.string(),
  ownerId: z.string().nullable(),
  createdAt: instant,
  endedAt: instant.nullable(),
  endText: z.string().nullable(),
  gates: z
    .array(
      z.object({
        gate: z.enum(gateNames),
        verdict: z.enum(['PENDING', 'PASS', 'FAIL', 'BLOCKED']),
        headSha: z.string().nullable(),
        artifacts: z.array(z.object({ path: z.string(), sha256: z.string() })),
        recordedBy: z.string().nullable(),
        recordedAt: instant.nullable(),
      }),
    )
    .describe('the verdicts of the present epoch'),
});
export type RunAnswer = z.output<typeof runAnswer>;

export const githubStatusAnswer = z.object({
  transport: z.enum(transportModes),
  host: z.string(),
  updaterEnabled: z.boolean(),
  allowedRepos: z.array(z.string()),
  allowedProjects: z.array(z.string()),
  checkpoint: z
    .object({ number: z.int(), file: z.string(), sha256: z.string() })
    .nullable()
    .describe('the highest in the data directory'),
  missing: z.array(blockerAnswer).describe('what live writes would still lack'),
  checkpoints: z.array(
    z.object({
      number: z.int(),
      sha256: z.string(),
      requestId: z.string(),
      approvedAt: instant,
      revokedAt: instant.nullable(),
    }),
  ),
  intents: z.partialRecord(z.enum(intentStates), z.int()),
  open: z.array(
    z.object({
      requestId: z.string(),
      place: z.int(),
      op: z.string(),
      target: z.string(),
      state: z.enum(intentStates),
      dueAt: instant,
      code: z.string().nullable(),
    }),
  ),
  runs: z.array(runAnswer),
});
export type GitHubStatusAnswer = z.output<typeof githubStatusAnswer>;

export const previewAnswer = z.object({
  changeset: z
    .unknown()
    .describe('everything that would be written, with all it refers to looked up; null where it cannot be'),
  blockers: z.array(blockerAnswer),
});
export type PreviewAnswer = z.output<typeof previewAnswer>;

export const publishedAnswer = z.object({ request: requestAnswer, blockers: z.array(blockerAnswer) });
export type PublishedAnswer = z.output<typeof publishedAnswer>;

export const lookedAgainAnswer = requestAnswer.extend({ found: z.boolean().describe('what had been sent is there') });
export type LookedAgainAnswer = z.output<typeof lookedAgainAnswer>;

export const repairAnswer = z.object({
  gone: z.array(z.object({ op: z.string(), on: z.string(), why: z.string() })),
  changeset: z.unknown().describe('the changeset that would put it back; null where nothing is missing'),
});
export type RepairAnswer = z.output<typeof repairAnswer>;

export const revokedCheckpointAnswer = z.object({ number: z.int(), revoked: z.int() });
