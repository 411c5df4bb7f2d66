import { expect, test, vi } from 'vitest';
import { sendingLoop } from '../../src/loops/send.ts';

test('sending sleeps until something may go, a second at most, and begins nothing new when it stops', async () => {
  vi.useFakeTimers();
  try {
    const ticks: number[] = [];
    const began = Date.now();
    const answers = [began + 300, null, began + 60_000];
    const stop = vi.fn();
    const sending = sendingLoop({
      now: Date.now,
      report: (error) => expect.unreachable(String(error)),
      sender: {
        stop,
        tick: async () => {
          ticks.push(Date.now() - began);
          return { nextAt: answers[ticks.length - 1] ?? null };
        },
      },
    });
    await vi.advanceTimersByTimeAsync(2_400);
    expect(ticks).toEqual([0, 300, 1_300, 2_300]);
    const stopped = sending.stop();
    expect(stop).toHaveBeenCalled();
    await stopped;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ticks).toHaveLength(4);
  } finally {
    vi.useRealTimers();
  }
});
