import { alertRules, evaluateAlerts } from '../actions/alerts.ts';
import { rulesOfThresholds } from '../core/alerts/thresholds.ts';
import type { AlertCheckAnswer } from '../core/wire/answers-operating.ts';
import { lookAtRules } from '../views/alert-check.ts';
import { measure } from '../views/metrics.ts';
import type { Door } from './door.ts';
import { hostOf } from './host-of.ts';

/** One look at the rules in force, or at thresholds; unless it is dry, alerts move and people are told as ever. */
export async function checkAlerts(
  door: Door,
  { windowMs, thresholds, dryRun }: { windowMs: number; thresholds: Readonly<Record<string, number>>; dryRun: boolean },
): Promise<AlertCheckAnswer> {
  const { app, viewer, now } = door;
  const own = rulesOfThresholds(thresholds, windowMs);
  const rules = own.length > 0 ? own : alertRules(app);
  const measured = await measure(viewer, hostOf(door), now());
  const looked = await lookAtRules(viewer, rules, measured, now());
  if (dryRun) return { firing: looked.some(({ firing }) => firing), dryRun, alerts: looked };
  const states = new Map(
    (await evaluateAlerts(app, measured, own.length > 0 ? own : undefined)).map(({ name, state }) => [name, state]),
  );
  const alerts = looked.map((each) => ({
    ...each,
    firing: ['firing', 'no_data'].includes(states.get(each.name) ?? ''),
  }));
  return { firing: alerts.some(({ firing }) => firing), dryRun, alerts };
}
