export interface Loop {
  /** looks soon, without waiting for the next turn */
  wake(): void;
  /** ends after the tick under way */
  stop(): Promise<void>;
}

/** Calls `tick` every so often and when woken; never twice at once. What a tick throws is reported, and the loop goes on. */
export function loop({
  everyMs,
  tick,
  report,
}: {
  everyMs: number;
  tick: () => Promise<void>;
  report: (error: unknown) => void;
}): Loop {
  let stopped = false;
  let woken = false;
  let rouse = () => undefined as undefined;
  const running = (async () => {
    while (!stopped) {
      woken = false;
      try {
        await tick();
      } catch (error) {
        report(error);
      }
      if (woken || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, everyMs);
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
      rouse();
      return running;
    },
  };
}
