import { z } from 'zod';
import { instant } from './instant.ts';

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

export const sealAnswer = z.object({ seal: z.string().nullable(), seq: z.int().nullable() });
export type SealAnswer = z.output<typeof sealAnswer>;
