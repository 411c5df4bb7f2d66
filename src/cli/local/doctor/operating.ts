import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../../config.ts';
import { counted } from '../../../core/text/count.ts';
import { duration } from '../../../core/text/times.ts';
import { errnoOf } from '../../../home/file-errors.ts';
import { homeAt } from '../../../home/home.ts';
import { runningGaia } from '../../../home/running.ts';
import { listAlerts } from '../../../store/alerts.ts';
import type { Database } from '../../../store/database.ts';
import { countDead } from '../../../store/dead-deliveries.ts';
import { inspectMigrations } from '../../../store/migrator.ts';
import { listSchedules } from '../../../store/schedules.ts';
import { runbookOf } from '../../../views/alerts.ts';
import { openLog } from '../open-log.ts';
import type { Place } from '../place.ts';
import { type Check, type Finding, ok, warn } from './check.ts';

/** How the day goes: messages, alerts, what happens by the clock, and whether somebody would notice a dead Gaia. */
export const operatingChecks = (config: Config, place: Place, now: number): Check[] => [
  { name: 'messages', look: () => inStore(place, ofMessages) },
  { name: 'alerts', look: () => inStore(place, ofAlerts) },
  { name: 'schedules', look: () => inStore(place, (db) => ofSchedules(db, place, now)) },
  { name: 'heartbeat', look: () => ofHeartbeat(config, now) },
];

/** What an up-to-date store says; nothing is changed. */
async function inStore(place: Place, look: (db: Database) => Promise<Finding>): Promise<Finding> {
  const { home, databaseUrl } = place;
  if (databaseUrl === undefined && !existsSync(homeAt(home).database))
    return ok('Nothing yet; the first start makes the store.');
  const { pending } = await inspectMigrations(
    databaseUrl === undefined
      ? { engine: 'sqlite', path: homeAt(home).database }
      : { engine: 'postgres', url: databaseUrl },
  );
  if (pending.length > 0) return ok('Looked at when the store is up to date.');
  const db = await openLog(place);
  try {
    return await look(db);
  } finally {
    await db.close();
  }
}

async function ofMessages({ read }: Database): Promise<Finding> {
  const { dead } = await countDead(read);
  if (dead === 0) return ok('Every message arrived, or is still being tried.');
  return warn(
    `${counted(dead, 'message')} could not be delivered.`,
    'gaia failed says why; runbooks/requeue.md what to do.',
  );
}

async function ofAlerts({ read }: Database): Promise<Finding> {
  const speaking = (await listAlerts(read)).filter(({ state }) => state === 'firing' || state === 'no_data');
  if (speaking.length === 0) return ok('No alert fires.');
  const page = speaking.map(({ name }) => runbookOf(name)).find((each) => each !== null);
  return warn(
    speaking.map(({ name, state }) => `${name} ${state === 'firing' ? 'fires' : 'has no data'}.`).join('\n'),
    page ? `${page} says what to do.` : 'gaia alerts list says what it watches.',
  );
}

/** Late by more than this, while Gaia runs, something hangs. */
const lateMs = 3_600_000;

async function ofSchedules({ read }: Database, { home }: Place, now: number): Promise<Finding> {
  const rows = await listSchedules(read);
  const failed = rows.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0)
    return warn(
      failed.map(({ name, said }) => `${name} failed: ${said ?? 'it is not known why'}`).join('\n'),
      'runbooks/alerts/schedule_failed.md says what to do.',
    );
  const late = rows.filter(({ dueAt }) => now - dueAt > lateMs);
  if (late.length > 0 && (await runningGaia(home)) !== undefined)
    return warn(
      `${late.map(({ name }) => name).join(', ')} should have run by now.`,
      'Look at the output of gaia start, and restart Gaia.',
    );
  return ok(
    rows.length === 0
      ? 'None yet; the first start sets them.'
      : `${counted(rows.length, 'schedule')}, each as it should be.`,
  );
}

const silentMs = 180_000;

async function ofHeartbeat({ home, operating }: Config, now: number): Promise<Finding> {
  const outside = operating.heartbeatUrl
    ? 'Told to whoever watches (HEARTBEAT_URL).'
    : 'HEARTBEAT_URL is not set: nobody outside would notice a dead Gaia.';
  if ((await runningGaia(home)) === undefined) return ok(outside);
  const beat = await stat(join(home, 'heartbeat')).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  const age = beat && now - beat.mtimeMs;
  if (age === undefined || age > silentMs)
    return warn(
      `Gaia runs, and its heartbeat is ${age === undefined ? 'missing' : `${duration(age)} old`}.`,
      'It beats once a minute while its store answers: look at gaia status and at the output of gaia start.',
    );
  return ok(`${outside} The last beat was ${duration(Math.max(0, age))} ago.`);
}
