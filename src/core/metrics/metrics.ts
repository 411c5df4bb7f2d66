import { nearest } from '../policy/nearest.ts';

export interface MetricDefinition {
  name: string;
  /** completes "…", for people and Prometheus */
  help: string;
  /** a counter only rises; a gauge is as it is */
  type: 'counter' | 'gauge';
  unit: 'count' | 'seconds' | 'bytes' | 'percent';
}

const counter = (name: string, help: string): MetricDefinition => ({ name, help, type: 'counter', unit: 'count' });
const gauge = (name: string, help: string, unit: MetricDefinition['unit'] = 'count'): MetricDefinition => ({
  name,
  help,
  type: 'gauge',
  unit,
});

/** What is measured, by names that rules, charts and Prometheus share. */
export const metrics: readonly MetricDefinition[] = [
  gauge('requests_open', 'requests that have not come to an end'),
  gauge('requests_pending', 'requests that wait for a decision'),
  gauge('requests_unknown', 'requests of which nobody knows whether they took effect'),
  gauge('oldest_pending_seconds', 'how long the oldest pending request has waited', 'seconds'),
  gauge('pending_overdue_seconds', 'how long a pending request is past its time', 'seconds'),
  gauge('oldest_executing_seconds', 'how long the oldest execution has run', 'seconds'),
  gauge('decision_seconds_p50', 'half of the decisions of the last day took at most so long', 'seconds'),
  gauge('decision_seconds_p95', '95 of 100 decisions of the last day took at most so long', 'seconds'),
  counter('requests_joined', 'requests that joined an equal one that was pending'),
  gauge('deliveries_owed', 'messages that wait to be sent'),
  gauge('deliveries_dead', 'messages that could not be delivered'),
  gauge('oldest_owed_seconds', 'how long the oldest message has waited to be sent', 'seconds'),
  counter('delivery_send_errors', 'calls to a channel that failed; being asked to wait is no failure'),
  counter('delivery_moved_dead', 'messages that were given up'),
  counter('delivery_requeued', 'messages that were given another life'),
  counter(
    'delivery_duplicate_skipped',
    'messages that were not sent because they may have arrived, or show it already',
  ),
  counter('updates_duplicate_skipped', 'updates that came in again and changed nothing'),
  counter('alert_send_errors', 'calls about alerts that failed'),
  counter('auth_query_token', 'calls that carried the monitor token in their address'),
  gauge('poller_silent_seconds', 'how long Telegram has not been heard', 'seconds'),
  gauge('event_loop_lag_seconds', 'the longest the process did not turn in the last minute', 'seconds'),
  gauge('disk_free_bytes', 'free space for the data directory', 'bytes'),
  gauge('disk_free_percent', 'free space for the data directory', 'percent'),
  gauge('backup_age_seconds', 'how old the newest verified backup is', 'seconds'),
  gauge('schedules_failing', 'schedules whose last run failed'),
  gauge('log_unsealed_events', 'events after the last seal'),
];

/** What Gaia's forerunners called them. */
const classic: Readonly<Record<string, string>> = {
  'telegram.retry.moved_permanent': 'delivery_moved_dead',
  'telegram.retry.attempt.error': 'delivery_send_errors',
};

const byName = new Map(metrics.map((each) => [each.name, each]));

/** A metric by its name, or by the classic one; undefined where there is none. */
export const findMetric = (name: string): MetricDefinition | undefined => byName.get(classic[name] ?? name);

/** The name that was probably meant. */
export const nearestMetric = (name: string): string | undefined => nearest(name, [...byName.keys()]);

/** What was measured at one instant. Absent: it does not apply here. Null: it should be known, and could not be read. */
export type Measured = Readonly<Record<string, number | null>>;

/** How often samples are taken, and how long they are kept. */
export const sampleEveryMs = 60_000;
export const samplesKeptMs = 8 * 86_400_000;

/** `1 h 5 min` for seconds, `12 %`, `3.2 GiB`, `7`. */
export function sayValue(value: number | null, unit: MetricDefinition['unit']): string {
  if (value === null) return 'unknown';
  if (unit === 'percent') return `${Math.round(value)} %`;
  if (unit === 'bytes') return sayBytes(value);
  if (unit === 'seconds') return saySeconds(value);
  return value.toLocaleString('en');
}

const saySeconds = (seconds: number): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
};

export function sayBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size < 10 && unit > 0 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
