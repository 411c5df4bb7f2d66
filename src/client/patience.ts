import { GaiaProblem, GaiaUnreachable } from './problem.ts';

/** Waits between two tries; ends early, and throws its reason, when the signal aborts. */
export type Delay = (ms: number, signal?: AbortSignal) => Promise<void>;

/** For how long a wait and a stream look for a Gaia that went away (it may be starting again), in milliseconds. */
const patienceMs = 60_000;

/** Tries again after growing pauses, until Gaia has been away for a minute or the caller's own time is over. */
export class Patience {
  readonly #delay: Delay;
  readonly #signal: AbortSignal | undefined;
  readonly #deadline: number;
  /** when the first of the looks that failed in a row did, on the monotonic clock */
  #failedAt: number | undefined;
  #sleptMs = 0;
  #nextMs = 500;

  constructor(delay: Delay, signal: AbortSignal | undefined, deadline = Number.POSITIVE_INFINITY) {
    this.#delay = delay;
    this.#signal = signal;
    this.#deadline = deadline;
  }

  renew(): void {
    this.#failedAt = undefined;
    this.#sleptMs = 0;
    this.#nextMs = 500;
  }

  async spend(error: GaiaUnreachable | GaiaProblem): Promise<void> {
    const now = performance.now();
    this.#failedAt ??= now;
    const awayMs = Math.max(this.#sleptMs, now - this.#failedAt); // a look that hangs takes its time as well
    const leftMs = this.#deadline - now;
    if (awayMs >= patienceMs || leftMs <= 0) throw error;
    const asked = error instanceof GaiaProblem ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    const ms = Math.min(Math.max(this.#nextMs, Math.min(asked, patienceMs)), leftMs);
    this.#sleptMs += ms;
    this.#nextMs = Math.min(this.#nextMs * 2, 5_000);
    await this.#delay(ms, this.#signal);
  }
}

/** Whether a look that failed may succeed a little later. */
export const mayPass = (error: unknown): error is GaiaUnreachable | GaiaProblem =>
  error instanceof GaiaUnreachable || (error instanceof GaiaProblem && [429, 502, 503, 504].includes(error.status));

/** Waits by a timer. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', over);
      resolve();
    }, ms);
    if (signal?.aborted) over();
    else signal?.addEventListener('abort', over, { once: true });
  });
}
