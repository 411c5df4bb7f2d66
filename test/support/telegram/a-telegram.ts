import { onTestFinished } from 'vitest';
import { aClock, type Clock } from '../store.ts';
import { type DoubleOptions, openTelegram, type TelegramDouble } from './telegram-double.ts';

export interface TelegramWorld extends TelegramDouble {
  clock: Clock;
}

/** A double for one test, closed when it is over. */
export async function aTelegram(
  options: Partial<Omit<DoubleOptions, 'clock'>> & { clock?: Clock } = {},
): Promise<TelegramWorld> {
  const clock = options.clock ?? aClock();
  const double = await openTelegram({ ...options, clock });
  onTestFinished(() => double.close());
  return Object.assign(double, { clock });
}
