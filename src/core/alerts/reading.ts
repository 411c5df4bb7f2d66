import { findMetric, type Measured } from '../metrics/metrics.ts';
import type { AlertRule } from './rule.ts';

/** A metric at an instant. */
export interface Sample {
  at: number;
  value: number;
}

/**
 * What a rule reads: a gauge as it is now, a counter as what it rose within the window. `samples` are those of the metric
 * from the last before the window on, the oldest first. Null: it could not be read. Undefined: it does not apply here.
 */
export function readingOf(rule: AlertRule, measured: Measured, samples: readonly Sample[]): number | null | undefined {
  const definition = findMetric(rule.metric);
  const now = definition && measured[definition.name];
  if (now === undefined || now === null || rule.windowMs === undefined || definition?.type !== 'counter') return now;
  const [before] = samples;
  return before === undefined ? 0 : Math.max(0, now - before.value);
}
