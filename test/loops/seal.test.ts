import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { sealingSchedule } from '../../src/loops/seal.ts';

describe('the sealing schedule', () => {
  test('comes round every ten minutes, reports what fails, and ends', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21, 9, 0, 1) });
    onTestFinished(() => void vi.useRealTimers());
    const tick = vi.fn(async () => {
      throw new Error('no');
    });
    const report = vi.fn();
    const schedule = sealingSchedule({ tick, report });
    await vi.advanceTimersByTimeAsync(9 * 60_000);
    expect(tick).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(tick).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledExactlyOnceWith(new Error('no'));
    await schedule.stop();
    await vi.advanceTimersByTimeAsync(60 * 60_000);
    expect(tick).toHaveBeenCalledTimes(1);
  });
});
