import type { TransportMode } from '../core/change/changeset.ts';
import { type CheckpointFacts, checkpointBlockers } from '../core/change/preconditions.ts';
import { budgetMs } from '../core/change/rules.ts';
import type { AlertPolicy } from '../core/policy/parse-alerts.ts';
import { counted } from '../core/text/count.ts';
import type { OperationsAnswer } from '../core/wire/answers-operating.ts';
import { listSilences } from '../store/alerts.ts';
import { listCheckpoints } from '../store/checkpoints.ts';
import type { Database, Handle } from '../store/database.ts';
import { listDead } from '../store/dead-deliveries.ts';
import { countAttemptsSince, countIntentsByState } from '../store/intents.ts';
import { readTables } from '../store/metrics.ts';
import { listSchedules } from '../store/schedules.ts';
import { listAlertAnswers } from './alerts.ts';
import type { Host } from './metrics.ts';

export interface OperationsFacts {
  host: Host;
  alerts: AlertPolicy;
  github: WritesFacts;
  /** writes that the policy allows in an hour */
  writesPerHour: number;
}

/** How Gaia may write to GitHub, as it runs. */
export interface WritesFacts {
  transport: { mode: TransportMode; host: string };
  settings: { updaterEnabled: boolean };
  /** the one with the highest number that lies in the data directory */
  highestCheckpoint(): Promise<CheckpointFacts['highest']>;
}

/** What an operator wants to know beside requests and the log. */
export async function getOperations(
  { db }: { db: Database },
  { host, alerts, github, writesPerHour }: OperationsFacts,
  now: number,
): Promise<OperationsAnswer> {
  const read = db.read;
  const budget = { used: await countAttemptsSince(read, now - budgetMs), of: writesPerHour };
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
    transport: await writesWords(read, github, budget),
    writeBudget: budget,
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

/** What happens to approved writes now: where they go, what opens the way, and what nobody knows the outcome of. */
async function writesWords(
  read: Handle,
  { transport, settings, highestCheckpoint }: WritesFacts,
  { used, of }: OperationsAnswer['writeBudget'],
): Promise<string> {
  const { unknown = 0 } = await countIntentsByState(read);
  const spent = `${counted(used, 'write')} in the last hour, of ${of.toLocaleString('en')}`;
  const lost = unknown === 0 ? [] : [`${counted(unknown, 'write')} with an unknown outcome`];
  if (transport.mode === 'local_fake')
    return ["local_fake: a world of Gaia's own, nothing leaves this machine", spent, ...lost].join('; ');
  if (transport.mode === 'off') return ['off: nothing is asked and nothing is written', ...lost].join('; ');
  const highest = await highestCheckpoint();
  const [wrong] = checkpointBlockers({ highest, approvals: await listCheckpoints(read) }, {});
  return [
    `live, at ${transport.host}`,
    settings.updaterEnabled ? 'the updater is enabled' : 'the updater is not enabled',
    wrong === undefined ? `${highest?.file} is approved` : wrong.message.replace(/\.$/, ''),
    spent,
    ...lost,
  ].join('; ');
}
