import type { WaitAnswer } from '../core/wire/answers.ts';
import type { WaitOptions } from './inputs.ts';
import { type Delay, mayPass, Patience } from './patience.ts';
import { callMs, type Transport } from './transport.ts';

/** One long poll, in seconds: below the minute after which many proxies cut a silent connection. */
const pollSeconds = 50;
/** What the answer to a poll may take beyond the poll itself once the caller's own time is over, in milliseconds. */
const graceMs = 5_000;

/** Waits by long polls that each end before a proxy would cut them. */
export async function waitForRequest(
  transport: Transport,
  delay: Delay,
  id: string,
  { seconds = Number.POSITIVE_INFINITY, until, comments, signal, onTick }: WaitOptions,
): Promise<WaitAnswer> {
  const deadline = performance.now() + seconds * 1000;
  const patience = new Patience(delay, signal, deadline);
  let known = comments;
  for (;;) {
    const leftMs = Math.max(0, deadline - performance.now());
    const left = Math.ceil(leftMs / 1000);
    const poll = Math.min(left, pollSeconds);
    try {
      const path = `/v1/requests/${encodeURIComponent(id)}/wait`;
      const { answer } = await transport.json<WaitAnswer>({
        path,
        query: { seconds: poll, until, comments: known },
        signal,
        timeoutMs: Math.min(poll * 1000 + callMs, Math.ceil(leftMs) + graceMs),
      });
      patience.renew();
      onTick?.(answer);
      if (answer.ended || !answer.timedOut || answer.state === 'unknown' || poll >= left) return answer;
      known ??= answer.comments.length; // what is said between two polls is heard by the second
    } catch (error) {
      if (!mayPass(error)) throw error;
      onTick?.(error);
      await patience.spend(error);
    }
  }
}
