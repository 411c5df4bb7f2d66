import type { Door } from '../door.ts';

/** Looks, and looks again whenever something was logged, until it holds, the time is over, or one side has gone. */
export async function until<Value>(
  { app, stopping }: Pick<Door, 'app' | 'stopping'>,
  look: () => Promise<Value>,
  holds: (value: Value) => boolean,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Value> {
  const ended = AbortSignal.any([AbortSignal.timeout(seconds * 1000), signal, stopping]);
  let wake = () => undefined as undefined;
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = () => void resolve();
    });
  let turn = woken();
  const unsubscribe = app.db.onAppended(() => wake());
  ended.addEventListener('abort', () => wake(), { once: true });
  try {
    for (;;) {
      const value = await look();
      if (holds(value) || ended.aborted) return value;
      await turn;
      turn = woken();
    }
  } finally {
    unsubscribe();
  }
}
