import { tooMany } from '../../core/errors.ts';
import type { Door } from '../door.ts';

/** Waits one caller may have open at once. */
const waitsMax = 50;

/** Counts who waits; entering gives the way out, or throws `too_many`. */
export type WaitingRoom = (who: string) => () => void;

export function waitingRoom(): WaitingRoom {
  const waiting = new Map<string, number>();
  return (who) => {
    const count = waiting.get(who) ?? 0;
    if (count >= waitsMax) {
      throw tooMany(`At most ${waitsMax} waits at once.`, {
        reason: 'too_many_waits',
        remedy: 'Let some of them end, or follow /v1/events instead.',
        retryAfterSeconds: 5,
      });
    }
    waiting.set(who, count + 1);
    return () => {
      const left = (waiting.get(who) ?? 1) - 1;
      if (left > 0) waiting.set(who, left);
      else waiting.delete(who);
    };
  };
}

/** Looks, and looks again whenever something was logged, until it holds, the time is over, or one side has gone. */
export async function until<Value>(
  { app, stopping }: Pick<Door, 'app' | 'stopping'>,
  look: () => Promise<Value>,
  holds: (value: Value) => boolean,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<Value> {
  const ended = AbortSignal.any([AbortSignal.timeout(Math.ceil(seconds * 1000)), signal, stopping]);
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
