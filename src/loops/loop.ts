export interface Loop {
  /** looks soon, without waiting for the next turn */
  wake(): void;
  /** ends after the tick under way */
  stop(): Promise<void>;
}

/**
 * Calls `tick` every so often and when woken; never twice at once, and with `apartMs` between two ticks, so that a busy
 * hour is worked off in few of them. What a tick throws is reported, and the loop goes on.
 */
export function loop({
  everyMs,
  apartMs = 0,
  tick,
  report,
}: {
  everyMs: number | (() => number);
  apartMs?: number;
  tick: () => Promise<void>;
  report: (error: unknown) => void;
}): Loop {
  let stopped = false;
  let woken = false;
  let rouse = () => undefined as undefined;
  let cutRest = () => undefined as undefined;
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      cutRest = () => {
        clearTimeout(timer);
        resolve();
        return undefined;
      };
    });
  const running = (async () => {
    while (!stopped) {
      woken = false;
      try {
        await tick();
      } catch (error) {
        report(error);
      }
      if (apartMs > 0 && !stopped) await rest(apartMs);
      if (woken || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, typeof everyMs === 'number' ? everyMs : everyMs());
        rouse = () => {
          clearTimeout(timer);
          resolve();
          return undefined;
        };
      });
    }
  })();
  return {
    wake() {
      woken = true;
      rouse();
    },
    stop() {
      stopped = true;
      cutRest();
      rouse();
      return running;
    },
  };
}
