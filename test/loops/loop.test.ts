import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { loop } from '../../src/loops/loop.ts';

/** A tick that ends when it is told to. */
function aTick() {
  const under: { end: () => void; fail: (error: Error) => void }[] = [];
  let begun = 0;
  const tick = () =>
    new Promise<void>((resolve, reject) => {
      begun++;
      under.push({ end: resolve, fail: reject });
    });
  return {
    tick,
    begun: () => begun,
    end: () => under.shift()?.end(),
    fail: (error: Error) => under.shift()?.fail(error),
    under,
  };
}
const fakeTime = () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
};
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('a loop', () => {
  test('ticks at once, then every so often, and never twice at once', async () => {
    fakeTime();
    const one = aTick();
    const running = loop({ everyMs: 1_000, tick: one.tick, report: vi.fn() });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(one.begun()).toBe(1);
    one.end();
    await vi.advanceTimersByTimeAsync(999);
    expect(one.begun()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(one.begun()).toBe(2);
    one.end();
    await running.stop();
  });

  test('ticks soon when it is woken, also while it ticks', async () => {
    fakeTime();
    const one = aTick();
    const running = loop({ everyMs: 60_000, tick: one.tick, report: vi.fn() });
    running.wake();
    one.end();
    await settle();
    expect(one.begun()).toBe(2);
    one.end();
    await settle();
    expect(one.begun()).toBe(2);
    running.wake();
    await settle();
    expect(one.begun()).toBe(3);
    one.end();
    await running.stop();
  });

  test('goes on after a tick that threw, and reports what it threw', async () => {
    fakeTime();
    const one = aTick();
    const report = vi.fn();
    const running = loop({ everyMs: 1_000, tick: one.tick, report });
    one.fail(new Error('no'));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(report).toHaveBeenCalledExactlyOnceWith(new Error('no'));
    expect(one.begun()).toBe(2);
    one.end();
    await running.stop();
  });

  test('stops after the tick under way, and ticks no more', async () => {
    fakeTime();
    const one = aTick();
    const running = loop({ everyMs: 1_000, tick: one.tick, report: vi.fn() });
    let stopped = false;
    const stopping = running.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    one.end();
    await stopping;
    running.wake();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(one.begun()).toBe(1);
  });
});
