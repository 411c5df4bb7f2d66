import type { TransportMode } from '../core/change/changeset.ts';
import type { AlertPolicy } from '../core/policy/parse-alerts.ts';
import type { OperationsAnswer } from '../core/wire/operating-answers.ts';
import { listSilences } from '../store/alerts.ts';
import type { Database } from '../store/database.ts';
import { listDead } from '../store/dead-deliveries.ts';
import { readTables } from '../store/metrics.ts';
import { listSchedules } from '../store/schedules.ts';
import { listAlertAnswers } from './alerts.ts';
import type { Host } from './metrics.ts';

export interface OperationsFacts {
  host: Host;
  alerts: AlertPolicy;
  github: { mode: TransportMode; updaterEnabled: boolean };
}

/** What an operator wants to know beside requests and the log. */
export async function getOperations(
  { db }: { db: Database },
  { host, alerts, github }: OperationsFacts,
  now: number,
): Promise<OperationsAnswer> {
  const read = db.read;
  const tables = await readTables(read, now);
  const [oldestDead] = await listDead(read, 1);
  const messages = (...states: string[]) =>
    tables.deliveriesByState
      .filter(({ state }) => states.includes(state))
      .reduce((sum, row) => sum + row.deliveries, 0);
  const requests = (of: string) =>
    tables.byStateAndKind.filter(({ state }) => state === of).reduce((sum, row) => sum + row.requests, 0);
  const since = (at: number | null | undefined) =>
    at === null || at === undefined ? null : Math.max(0, Math.floor((now - at) / 1000));
  const speaking = (await listAlertAnswers({ db }, alerts, now)).filter(({ state }) =>
    ['firing', 'no_data'].includes(state),
  );
  return {
    owed: { count: messages('queued', 'sending', 'retrying'), oldestSeconds: since(tables.oldestOwedAt) },
    dead: { count: messages('dead'), oldestSeconds: since(oldestDead?.createdAt) },
    executing: { count: requests('executing'), oldestSeconds: since(tables.oldestExecutingAt) },
    unknown: requests('unknown'),
    alerts: speaking,
    silences: (await listSilences(read, now)).map(({ alert, until, createdBy }) => ({ alert, until, by: createdBy })),
    transport: `${github.mode}: ${transportWords(github)}`,
    schedules: (await listSchedules(read)).map(({ name, dueAt, startedAt, endedAt, outcome, said }) => ({
      name,
      dueAt,
      startedAt,
      endedAt,
      outcome,
      said,
    })),
    backup: host.lastBackupAt ? { at: await host.lastBackupAt() } : null,
    disk: await host.disk(),
  };
}

function transportWords({ mode, updaterEnabled }: OperationsFacts['github']): string {
  if (mode === 'off') return 'changesets are refused';
  if (mode === 'local_fake') return 'a world of Gaia’s own, nothing is written to GitHub';
  return updaterEnabled
    ? 'approved changesets are written to GitHub'
    : 'nothing is written, ENABLE_REMOTE_UPDATER is not set';
}
