import type { Json } from '../canonical.ts';
import type { SecretPattern } from '../secrets/recognise.ts';
import { recogniseSecretsDeep, redactDeep } from '../secrets/redact.ts';
import type { Blocker } from './blocker.ts';
import type { Submission } from './submission.ts';

/**
 * Secrets found in a submission: the blocker that names where they stand, never what they are, and the redacted submission.
 * The idempotency key is left alone: it is drawn at random to be unlike any other, so it may look like one.
 */
export function secretsIn(
  submitted: Submission,
  patterns: readonly SecretPattern[],
): { blocker: Blocker; redacted: Submission } | undefined {
  const { idempotencyKey, ...rest } = submitted;
  const found = recogniseSecretsDeep(rest as unknown as Json, patterns);
  if (found.length === 0) return undefined;
  const places = [...new Set(found.map(({ at, name }) => `${at} (${name})`))];
  return {
    redacted: {
      ...(redactDeep(rest as unknown as Json, patterns) as unknown as Submission),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    },
    blocker: {
      code: 'secret_detected',
      phase: 'submit',
      message: `It seems to hold a secret: ${places.slice(0, 5).join(', ')}${places.length > 5 ? ` and ${places.length - 5} more` : ''}. Only a redacted form was kept.`,
      remedy:
        'Take the secret out and let the program read it from a file or its own configuration. If it was real, treat it as leaked and renew it.',
      facts: { places },
    },
  };
}
