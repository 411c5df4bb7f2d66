import { existsSync } from 'node:fs';
import { homeAt } from '../../../home/home.ts';
import { inWorker } from '../../../store/in-worker.ts';
import { getInstallation } from '../../../store/installation.ts';
import { inspectMigrations } from '../../../store/migrator.ts';
import type { CheckResult } from '../../../store/quick-check.worker.ts';
import { standsBehind } from '../../../views/log.ts';
import { readHeadFile } from '../head-file.ts';
import { openLog } from '../open-log.ts';
import type { Place } from '../place.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

/** The store: its form, its pages, and whether it is the one that was left. Nothing is changed. */
export const storeChecks = (place: Place): Check[] => [
  { name: 'store', look: () => ofMigrations(place) },
  ...(place.databaseUrl === undefined
    ? [{ name: 'store_pages', look: (signal: AbortSignal) => ofPages(place, signal) }]
    : []),
  { name: 'store_state', look: () => ofState(place) },
];

const isThere = ({ home, databaseUrl }: Place): boolean =>
  databaseUrl !== undefined || existsSync(homeAt(home).database);
const notYet = ok('There is none yet; the first start makes it.');

async function ofMigrations(place: Place): Promise<Finding> {
  if (!isThere(place)) return notYet;
  const { home, databaseUrl } = place;
  const { applied, pending } = await inspectMigrations(
    databaseUrl === undefined
      ? { engine: 'sqlite', path: homeAt(home).database }
      : { engine: 'postgres', url: databaseUrl },
  );
  const engine = databaseUrl === undefined ? 'SQLite' : 'PostgreSQL';
  if (pending.length === 0) return ok(`${engine}, up to date (${applied.at(-1)}).`);
  return warn(
    `${engine}, ${pending.length} migrations behind: ${pending.join(', ')}.`,
    'The next start brings it up to date, after a backup.',
  );
}

async function ofPages(place: Place, signal: AbortSignal): Promise<Finding> {
  if (!isThere(place)) return notYet;
  const path = homeAt(place.home).database;
  const check = inWorker<{ path: string }, CheckResult>(
    new URL('../../../store/quick-check.worker.ts', import.meta.url),
    { path },
    { signal },
  );
  const checked = await check.catch((error: unknown) => {
    if (signal.aborted) return undefined;
    throw error;
  });
  if (checked === undefined) return warn('It is too large to be checked here.', 'gaia audit verify checks all of it.');
  if (checked.isWhole) return ok('Every page, index and reference of the database file is whole.');
  return fail(`The database file is damaged: ${checked.findings.slice(0, 3).join('; ')}.`, 'See runbooks/incident.md.');
}

async function ofState(place: Place): Promise<Finding> {
  if (!isThere(place)) return notYet;
  const db = await openLog(place);
  try {
    const { generation, pausedAt, pauseReason, acceptanceReason } = await getInstallation(db.read);
    const witness = readHeadFile(place.home);
    const behind = witness === undefined ? undefined : await standsBehind(db, witness);
    if (behind ?? acceptanceReason)
      return fail(
        `Nothing starts. ${behind ?? acceptanceReason}`,
        'If you put it back on purpose: gaia resume --accept-generation. If not: runbooks/incident.md.',
      );
    if (pausedAt !== null)
      return warn(`Paused${pauseReason ? `: ${pauseReason}` : ''}; nothing starts.`, 'To go on: gaia resume');
    return ok(`Generation ${generation}, not paused, and as head.json left it.`);
  } finally {
    await db.close();
  }
}
