import type { Json } from '../canonical.ts';
import type { SecretPattern } from '../secrets/recognise.ts';
import { recogniseSecretsDeep, redactDeep } from '../secrets/redact.ts';
import type { Blocker } from './blocker.ts';
import type { Submission } from './submission.ts';

/** Places named in one blocker; a payload may hold a secret in each of its thousand arguments. */
const namedPlaces = 50;

/**
 * Secrets found in a submission: the blocker that names where they stand, never what they are, and the redacted submission.
 * The idempotency key is left alone: it is drawn at random to be unlike any other, so it may look like one.
 */
export function secretsIn(
  submitted: Submission,
  patterns: readonly SecretPattern[],
): { blocker: Blocker; redacted: Submission } | undefined {
  const { idempotencyKey, ...rest } = submitted;
  const blocker = secretDetected(rest as unknown as Json, patterns);
  if (blocker === undefined) return undefined;
  return {
    blocker,
    redacted: {
      ...(redactDeep(rest as unknown as Json, patterns) as unknown as Submission),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    },
  };
}

/** The blocker that names where secrets stand in a value, never what they are; undefined where there are none. */
export function secretDetected(value: Json, patterns: readonly SecretPattern[]): Blocker | undefined {
  const found = recogniseSecretsDeep(value, patterns);
  if (found.length === 0) return undefined;
  const places = [...new Set(found.map(({ at, name }) => `${at} (${name})`))];
  return {
    code: 'secret_detected',
    phase: 'submit',
    message: `It seems to hold a secret: ${places.slice(0, 5).join(', ')}${places.length > 5 ? ` and ${places.length - 5} more` : ''}. Only a redacted form was kept.`,
    remedy:
      'Take the secret out and let the program read it from a file or its own configuration. If it was real, treat it as leaked and renew it.',
    facts: { places: places.slice(0, namedPlaces) },
  };
}
