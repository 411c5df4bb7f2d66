import { type Loop, loop } from './loop.ts';

/** What sends, as far as the loop knows it. */
interface Sending {
  tick(): Promise<{ nextAt: number | null }>;
  stop(): void;
}

/** The longest sleep: another process may have owed something, and told nobody here. */
const longestMs = 1_000;
const shortestMs = 5;

/** Sends what may go, and sleeps exactly until something may go next. */
export function sendingLoop({
  sender,
  now,
  report,
}: {
  sender: Sending;
  now: () => number;
  report: (error: unknown) => void;
}): Loop {
  let nextAt: number | null = null;
  const sending = loop({
    everyMs: () => (nextAt === null ? longestMs : Math.min(longestMs, Math.max(shortestMs, nextAt - now()))),
    report,
    tick: async () => {
      nextAt = null;
      nextAt = (await sender.tick()).nextAt;
    },
  });
  return {
    wake: sending.wake,
    stop: () => {
      sender.stop();
      return sending.stop();
    },
  };
}
