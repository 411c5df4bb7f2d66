import { invalid } from '../errors.ts';
import { parseDuration } from '../policy/duration.ts';

export const shortestSilenceSeconds = 60;
export const longestSilenceSeconds = 30 * 86_400;

/** Seconds of a silence as somebody wrote it. Throws where it has no end, or none that makes sense. */
export function readSilence(written: string): number {
  const seconds = parseDuration(written.trim());
  if (seconds !== undefined && seconds >= shortestSilenceSeconds && seconds <= longestSilenceSeconds) return seconds;
  throw invalid(written.trim() === '' ? 'A silence needs an end.' : 'That is no length for a silence.', {
    reason: 'silence_without_end',
    remedy: 'Say for how long, from 1m to 30d: 30m, 1h, 2d.',
  });
}
