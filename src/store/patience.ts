import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Tries until something else than "busy" comes of it, or patience ends. It waits asleep in the event loop, never inside
 * SQLite (whose own waiting would stop the loop), for a random while so that waiting processes do not march in step.
 * @param patienceMs measured on the monotonic clock
 */
export async function patiently<Result>(
  go: () => Result,
  { isBusy, patienceMs, tired }: { isBusy: (error: unknown) => boolean; patienceMs: number; tired: () => Error },
): Promise<Result> {
  const end = performance.now() + patienceMs;
  for (let longestMs = 2; ; longestMs = Math.min(longestMs * 1.5, 25)) {
    try {
      return go();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= end) throw tired();
    }
    await sleep(1 + Math.random() * longestMs);
  }
}
