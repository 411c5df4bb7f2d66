import { readingOf } from '../core/alerts/reading.ts';
import { type AlertRule, isWrong } from '../core/alerts/rule.ts';
import { findMetric, type Measured, sayValue } from '../core/metrics/metrics.ts';
import type { AlertCheckAnswer } from '../core/wire/answers-operating.ts';
import type { Database } from '../store/database.ts';
import { listSamples } from '../store/metrics.ts';
import { conditionOf } from './alerts.ts';

/** What rules read at an instant, and whether it is wrong; nothing is kept, nobody is told. */
export async function lookAtRules(
  { db }: { db: Database },
  rules: readonly AlertRule[],
  measured: Measured,
  now: number,
): Promise<AlertCheckAnswer['alerts']> {
  const looked: AlertCheckAnswer['alerts'] = [];
  for (const rule of rules) {
    const definition = findMetric(rule.metric);
    const samples = await listSamples(db.read, definition?.name ?? rule.metric, now - (rule.windowMs ?? 0));
    const value = readingOf(rule, measured, samples);
    if (value === undefined) continue;
    looked.push({
      name: rule.name,
      metric: rule.metric,
      value,
      shown: sayValue(value, definition?.unit ?? 'count'),
      condition: conditionOf(rule),
      firing: value === null ? rule.tellsNoData : isWrong(rule, value),
    });
  }
  return looked;
}
