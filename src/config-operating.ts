import { z } from 'zod';
import { isLoopback } from './config-checks.ts';
import { Secret } from './config-secret.ts';
import { type RequeueLimits, usualRequeueLimits } from './core/delivery/requeue.ts';

/** How Gaia is operated. */
export interface OperatingConfig {
  /** lets its holder look and requeue; absent: nobody */
  monitorToken?: Secret;
  /** is called as long as Gaia is well, so that a dead Gaia is noticed elsewhere; may hold a secret */
  heartbeatUrl?: Secret;
  requeueLimits: RequeueLimits;
}

const wholeNumber = (least: number, most: number, usual: number) =>
  z
    .string()
    .trim()
    .refine(
      (value) => /^\d{1,6}$/.test(value) && Number(value) >= least && Number(value) <= most,
      `is not a whole number from ${least} to ${most}`,
    )
    .transform(Number)
    .default(usual);

const hourMs = 3_600_000;
const { maxRetries, maxAgeMs, maxPerRun } = usualRequeueLimits;

/** The variables of operating. */
export const operatingVariables = {
  MONITOR_ADMIN_TOKEN: z
    .string()
    .trim()
    .refine(
      (token) => /^[\x21-\x7e]{24,200}$/.test(token),
      'is not 24 to 200 characters without blanks: make one with openssl rand -hex 24',
    )
    .transform((token) => new Secret(token))
    .optional(),
  AUTO_REQUEUE_MAX_RETRIES: wholeNumber(0, 9, maxRetries),
  AUTO_REQUEUE_MAX_AGE_HOURS: wholeNumber(1, 8_760, maxAgeMs / hourMs),
  AUTO_REQUEUE_MAX_PER_RUN: wholeNumber(0, 1_000, maxPerRun),
  HEARTBEAT_URL: z
    .string()
    .trim()
    .superRefine((url, context) => {
      const fault = faultOfHeartbeat(url);
      if (fault) context.addIssue(fault);
    })
    .transform((url) => new Secret(url))
    .optional(),
};

type Values = z.output<z.ZodObject<typeof operatingVariables>>;

export const operatingOf = (values: Values): OperatingConfig => ({
  ...(values.MONITOR_ADMIN_TOKEN && { monitorToken: values.MONITOR_ADMIN_TOKEN }),
  ...(values.HEARTBEAT_URL && { heartbeatUrl: values.HEARTBEAT_URL }),
  requeueLimits: {
    maxRetries: values.AUTO_REQUEUE_MAX_RETRIES,
    maxAgeMs: values.AUTO_REQUEUE_MAX_AGE_HOURS * hourMs,
    maxPerRun: values.AUTO_REQUEUE_MAX_PER_RUN,
  },
});

/** Its path may be a secret, so no fault repeats it. */
function faultOfHeartbeat(url: string): string | undefined {
  if (!URL.canParse(url)) return 'is not an address: write https://…';
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'has a user or a password in it: leave them out';
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined;
  return 'is neither https nor on this machine';
}
