import { type Measured, metrics, sampleEveryMs } from '../core/metrics/metrics.ts';
import type { MetricsAnswer } from '../core/wire/answers-operating.ts';
import { listChannelStates } from '../store/channels.ts';
import type { Database } from '../store/database.ts';
import { findFirstEventAt, listDecisionSeconds, listSamples, readTables } from '../store/metrics.ts';
import { countFailingSchedules } from '../store/schedules.ts';

/** What is read of the process and its disk, and not of the store. */
export interface Host {
  /** of the data directory; null where it cannot be looked at */
  disk(): Promise<{ freeBytes: number; totalBytes: number } | null>;
  /** the newest backup that was read back; null where none can be told; absent: backups are somebody else's (PostgreSQL) */
  lastBackupAt?(): Promise<number | null>;
  /** the longest the event loop did not turn lately, in milliseconds */
  eventLoopLagMs(): number;
  startedAt: number;
  hasTelegram: boolean;
}

/** A process of which nothing but its start is known. */
export const blindHost = (startedAt: number, hasTelegram: boolean): Host => ({
  disk: async () => null,
  eventLoopLagMs: () => 0,
  startedAt,
  hasTelegram,
});

const dayMs = 86_400_000;
/** Enough to know how long decisions take. */
const decisionsLooked = 5_000;

/** Everything that is measured, by name. What does not apply here is absent, what cannot be read is null. */
export async function measure({ db }: { db: Database }, host: Host, now: number): Promise<Measured> {
  const read = db.read;
  const tables = await readTables(read, now);
  const decisions = await listDecisionSeconds(read, now - dayMs, decisionsLooked);
  const disk = await host.disk();
  const since = (at: number | null): number => (at === null ? 0 : Math.max(0, Math.floor((now - at) / 1000)));
  const inState = (...states: string[]): number =>
    tables.byStateAndKind.filter(({ state }) => states.includes(state)).reduce((sum, row) => sum + row.requests, 0);
  const delivered = (...states: string[]): number =>
    tables.deliveriesByState
      .filter(({ state }) => states.includes(state))
      .reduce((sum, row) => sum + row.deliveries, 0);
  return {
    requests_open: tables.openRequests,
    requests_pending: inState('pending'),
    requests_unknown: inState('unknown'),
    oldest_pending_seconds: since(tables.oldestPendingAt),
    pending_overdue_seconds: since(tables.soonestExpiryAt),
    oldest_executing_seconds: since(tables.oldestExecutingAt),
    ...(decisions.length === 0
      ? {}
      : { decision_seconds_p50: quantile(decisions, 0.5), decision_seconds_p95: quantile(decisions, 0.95) }),
    requests_joined: tables.joined,
    deliveries_owed: delivered('queued', 'sending', 'retrying'),
    deliveries_dead: delivered('dead'),
    oldest_owed_seconds: since(tables.oldestOwedAt),
    delivery_send_errors: tables.counters.delivery_send_errors,
    delivery_moved_dead: tables.counters.delivery_moved_dead,
    delivery_requeued: tables.requeued,
    delivery_duplicate_skipped: tables.counters.delivery_duplicate_skipped,
    updates_duplicate_skipped: tables.counters.updates_duplicate_skipped,
    alert_send_errors: tables.counters.alert_send_errors,
    auth_query_token: tables.counters.auth_query_token,
    ...(host.hasTelegram ? { poller_silent_seconds: await pollerSilence(db, host, now) } : {}),
    event_loop_lag_seconds: host.eventLoopLagMs() / 1000,
    disk_free_bytes: disk === null ? null : disk.freeBytes,
    disk_free_percent: disk === null || disk.totalBytes === 0 ? null : (100 * disk.freeBytes) / disk.totalBytes,
    ...(host.lastBackupAt ? { backup_age_seconds: await backupAge(db, host.lastBackupAt, now) } : {}),
    schedules_failing: await countFailingSchedules(read),
    log_unsealed_events: tables.unsealed,
  };
}

async function pollerSilence({ read }: Database, { startedAt }: Host, now: number): Promise<number> {
  const poller = (await listChannelStates(read)).find(({ id }) => id === 'telegram-poller');
  return Math.max(0, Math.floor((now - (poller?.heardAt ?? startedAt)) / 1000));
}

/** Of a store that was never backed up: how old it is. */
async function backupAge({ read }: Database, lastBackupAt: () => Promise<number | null>, now: number): Promise<number> {
  const at = (await lastBackupAt()) ?? (await findFirstEventAt(read)) ?? now;
  return Math.max(0, Math.floor((now - at) / 1000));
}

const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;

/** Requests and messages by their states. */
export async function requestsAndDeliveries({ db }: { db: Database }, now: number) {
  const { byStateAndKind, deliveriesByState } = await readTables(db.read, now);
  return {
    requests: byStateAndKind.map(({ state, kind, requests }) => ({ state, kind, count: requests })),
    deliveries: deliveriesByState.map(({ state, deliveries }) => ({ state, count: deliveries })),
  };
}

/** The last hour in this many points. */
const chartMs = 60 * sampleEveryMs;

/** What is measured now, with what it was in the last hour. */
export async function getMetrics(viewer: { db: Database }, host: Host, now: number): Promise<MetricsAnswer> {
  const measured = await measure(viewer, host, now);
  const answers: MetricsAnswer['metrics'] = [];
  for (const { name, help, type, unit } of metrics) {
    const value = measured[name];
    if (value === undefined) continue;
    const history = await listSamples(viewer.db.read, name, now - chartMs);
    answers.push({ name, help, type, unit, value, history });
  }
  return { at: now, metrics: answers };
}
