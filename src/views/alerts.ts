import type { Alert } from '../core/alerts/evaluate.ts';
import { type AlertRule, alertRulesOf, builtInAlerts } from '../core/alerts/rule.ts';
import { findMetric, sayValue } from '../core/metrics/metrics.ts';
import { sparkline } from '../core/metrics/sparkline.ts';
import { sayDuration } from '../core/policy/duration.ts';
import type { AlertPolicy } from '../core/policy/parse-alerts.ts';
import type { AlertAnswer } from '../core/wire/answers-operating.ts';
import { findAlert, findAlertMessage, listAlerts, listSilences, type Silence } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';
import { listSamples } from '../store/metrics.ts';

const chartMs = 3_600_000;

/** Every rule with how its alert stands, and alerts of single looks; those that fire first. */
export async function listAlertAnswers(
  { db }: { db: Database },
  policy: AlertPolicy,
  now: number,
): Promise<AlertAnswer[]> {
  const rules = alertRulesOf(policy.rules, policy.off);
  const kept = new Map((await listAlerts(db.read)).map((alert) => [alert.name, alert]));
  const silences = await listSilences(db.read, now);
  const answers: AlertAnswer[] = [];
  for (const rule of rules) answers.push(await compose(db, rule.name, rule, kept.get(rule.name), silences, now));
  for (const alert of kept.values())
    if (!rules.some(({ name }) => name === alert.name) && alert.state !== 'inactive')
      answers.push(await compose(db, alert.name, undefined, alert, silences, now));
  return answers.sort((one, other) => order(one) - order(other));
}

const order = ({ state }: AlertAnswer): number =>
  ['firing', 'no_data', 'pending', 'resolved', 'inactive'].indexOf(state);

async function compose(
  db: Database,
  name: string,
  rule: AlertRule | undefined,
  alert: Alert | undefined,
  silences: readonly Silence[],
  now: number,
): Promise<AlertAnswer> {
  const metric = rule?.metric ?? (name.startsWith('check:') ? name.slice('check:'.length) : null);
  const silence = silences.find((each) => each.alert === name);
  return {
    name,
    state: alert?.state ?? 'inactive',
    since: alert?.since ?? null,
    value: alert?.value ?? null,
    checkedAt: alert?.checkedAt ?? null,
    firedAt: alert?.firedAt ?? null,
    metric,
    summary:
      rule?.summary ?? (metric ? `${metric} was looked at by gaia alerts check.` : 'Its rule is in force no more.'),
    severity: rule?.severity ?? 'warning',
    condition: rule ? conditionOf(rule) : '',
    shown: sayValue(alert?.value ?? null, (metric && findMetric(metric)?.unit) || 'count'),
    chart: metric === null ? '' : await chartOf(db, metric, now),
    silencedUntil: silence?.until ?? null,
    silencedBy: silence?.createdBy ?? null,
    runbook: runbookOf(name),
  };
}

/** The last hour of a metric as a line of bars. */
export const chartOf = async (db: Database, metric: string, now: number): Promise<string> =>
  sparkline((await listSamples(db.read, findMetric(metric)?.name ?? metric, now - chartMs)).map(({ value }) => value));

/** `delivery_moved_dead rose by 1 or more within 1h` */
export function conditionOf({
  metric,
  windowMs,
  when,
  limit,
}: Pick<AlertRule, 'metric' | 'windowMs' | 'when' | 'limit'>): string {
  const value = sayValue(limit, findMetric(metric)?.unit ?? 'count');
  if (windowMs !== undefined) return `${metric} rose by ${value} or more within ${sayDuration(windowMs / 1_000)}`;
  return `${metric} is ${value} or ${when === 'at_least' ? 'more' : 'less'}`;
}

/** The page that says what to do; rules of the policy's own have none here. */
export const runbookOf = (name: string): string | null =>
  builtInAlerts.some((rule) => rule.name === name) ? `runbooks/alerts/${name}.md` : null;

/** How an alert stands now, and where its message is in a chat. */
export async function findAlertView({ db }: { db: Database }, name: string, episode: number, chat: string) {
  const alert = await findAlert(db.read, name);
  const message = await findAlertMessage(db.read, { alert: name, episode, chat });
  return { alert, messageId: message?.messageId ?? null };
}
