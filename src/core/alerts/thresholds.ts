import { invalid } from '../errors.ts';
import { findMetric, metrics, nearestMetric } from '../metrics/metrics.ts';
import { type AlertRule, lookRule } from './rule.ts';

/** Thresholds that somebody named, as rules for one look. Throws for a metric that nobody knows. */
export const rulesOfThresholds = (thresholds: Readonly<Record<string, number>>, windowMs: number): AlertRule[] =>
  Object.entries(thresholds).map(([name, limit]) => {
    const metric = findMetric(name);
    if (metric) return lookRule(metric.name, limit, windowMs);
    const meant = nearestMetric(name);
    throw invalid(`There is no metric ${name.slice(0, 60)}.`, {
      reason: 'unknown_metric',
      remedy: `${meant ? `Did you mean ${meant}? ` : ''}There are: ${metrics.map((each) => each.name).join(', ')}.`,
    });
  });
