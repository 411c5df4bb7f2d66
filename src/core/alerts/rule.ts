import { findMetric } from '../metrics/metrics.ts';

/** When people are told that something is wrong. Durations in milliseconds. */
export interface AlertRule {
  name: string;
  /** what it watches: a name of `metrics` */
  metric: string;
  /** of a counter: how much it rose in this time. Of a gauge: nothing */
  windowMs?: number;
  /** it is wrong at `limit` and above, or at `limit` and below */
  when: 'at_least' | 'at_most';
  limit: number;
  /** it is right again below (above) this; the limit unless told */
  clear?: number;
  /** it must be wrong for so long before people are told */
  forMs: number;
  /** people are told again while it fires */
  repeatMs: number;
  severity: 'warning' | 'critical';
  /** whether people are told when the metric cannot be read */
  tellsNoData: boolean;
  /** says what is wrong, in one sentence */
  summary: string;
}

const minute = 60_000;
const hour = 60 * minute;

const usual = { forMs: 0, repeatMs: 4 * hour, severity: 'warning', tellsNoData: true } as const;

/** The rules that hold unless the policy says otherwise. Each has a page in `runbooks/alerts/`. */
export const builtInAlerts: readonly AlertRule[] = [
  {
    ...usual,
    name: 'deliveries_dead',
    metric: 'delivery_moved_dead',
    windowMs: hour,
    when: 'at_least',
    limit: 1,
    summary: 'Messages could not be delivered.',
  },
  {
    ...usual,
    name: 'send_errors',
    metric: 'delivery_send_errors',
    windowMs: hour,
    when: 'at_least',
    limit: 10,
    summary: 'Many calls to a channel fail.',
  },
  {
    ...usual,
    name: 'pending_overdue',
    metric: 'pending_overdue_seconds',
    when: 'at_least',
    limit: 60,
    forMs: minute,
    severity: 'critical',
    summary: 'A request is past its time and was not ended.',
  },
  {
    ...usual,
    name: 'outcome_unknown',
    metric: 'requests_unknown',
    when: 'at_least',
    limit: 1,
    repeatMs: 24 * hour,
    severity: 'critical',
    summary: 'Nobody knows whether something took effect.',
  },
  {
    ...usual,
    name: 'poller_silent',
    metric: 'poller_silent_seconds',
    when: 'at_least',
    limit: 120,
    forMs: minute,
    severity: 'critical',
    summary: 'Telegram is not heard: taps do not arrive.',
  },
  {
    ...usual,
    name: 'disk_low',
    metric: 'disk_free_percent',
    when: 'at_most',
    limit: 10,
    clear: 15,
    forMs: 2 * minute,
    severity: 'critical',
    summary: 'The disk of the data directory is nearly full.',
  },
  {
    ...usual,
    name: 'backup_old',
    metric: 'backup_age_seconds',
    when: 'at_least',
    limit: 36 * 3_600,
    repeatMs: 24 * hour,
    summary: 'The newest verified backup is too old.',
  },
  {
    ...usual,
    name: 'schedule_failed',
    metric: 'schedules_failing',
    when: 'at_least',
    limit: 1,
    summary: 'Something that happens by the clock failed.',
  },
];

/** The rules in force: those of the policy over the built-in ones of the same names. */
export function alertRulesOf(own: readonly AlertRule[], off: readonly string[]): AlertRule[] {
  const rules = [...builtInAlerts.filter(({ name }) => !own.some((rule) => rule.name === name)), ...own];
  return rules.filter(({ name }) => !off.includes(name));
}

/** A rule for one look: `metric` has reached `limit`, of counters within `windowMs`. */
export const lookRule = (metric: string, limit: number, windowMs: number): AlertRule => ({
  ...usual,
  name: `check:${metric}`,
  metric,
  ...(findMetric(metric)?.type === 'counter' ? { windowMs } : {}),
  when: 'at_least',
  limit,
  summary: `${metric} has reached ${limit}.`,
});

/** Whether a value is wrong by a rule. */
export const isWrong = ({ when, limit }: AlertRule, value: number): boolean =>
  when === 'at_least' ? value >= limit : value <= limit;

/** Whether a value is right again: past the clear threshold, which stands apart from the limit so that nothing flaps. */
export const isClear = (rule: AlertRule, value: number): boolean => {
  const { when, limit, clear = limit } = rule;
  if (isWrong(rule, value)) return false;
  return clear === limit || (when === 'at_least' ? value < clear : value > clear);
};
