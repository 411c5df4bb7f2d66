import { z } from 'zod';

/**
 * Text as any door accepts it: well-formed Unicode without NUL (PostgreSQL's text and argv cannot hold it).
 * `max` counts UTF-16 code units, as Telegram does.
 */
export const text = ({ max, min = 0 }: { max: number; min?: number }) =>
  z
    .string()
    .min(min, min === 1 ? 'must not be empty' : `at least ${min} characters`)
    .max(max, { error: `at most ${max.toLocaleString('en')} characters`, abort: true })
    .refine((value) => value.length <= max, `at most ${max.toLocaleString('en')} characters`) // zod counts code points
    .refine((value) => !value.includes('\0'), 'must not contain NUL bytes')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode (it contains a lone surrogate)');

/** A short name of a fixed alphabet. */
export const visibleName = (what: string, pattern: RegExp, max: number) =>
  z.string().max(max, `at most ${max} characters`).regex(pattern, `is not ${what} (${pattern.source})`);

/** What GitHub names a thing by, as people write it: `12` or `#12`. Undefined: that is no such number. */
export function readNumber(written: string): number | undefined {
  const [, digits] = /^#?([1-9]\d{0,15})$/.exec(written.trim()) ?? [];
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : undefined;
}
