import { basename } from 'node:path';
import { type Archive, archiveOld, cleanArchived, planCleanup } from '../../actions/cleanups.ts';
import type { By } from '../../core/access/actor.ts';
import {
  archiveSegment,
  isArchived,
  listArchives,
  listLogSegments,
  noteCleaned,
  readArchive,
  removeSegment,
  writeArchive,
} from '../../home/archive.ts';
import { openStore } from '../../store/open.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { CleanupOptions } from '../operations.ts';
import { table } from '../text/table.ts';
import { readPlace } from './place.ts';

const segmentsKeepMs = 30 * 86_400_000;

/** Shows what is old enough; with --yes archives it, removes what was archived, or both, in this order. */
export async function cleanup(
  cli: Cli,
  { archive: archives = false, clean = false, yes = false }: CleanupOptions,
): Promise<Exit> {
  const place = readPlace(cli.terminal);
  const { home } = place;
  const now = Date.now();
  const db = await openStore({ home, databaseUrl: place.databaseUrl, now: Date.now });
  try {
    const archive = archiveIn(home, now);
    const old = await oldSegments(home, now);
    const done = { archived: 0, removed: 0, segments: 0 };
    if (yes && archives) {
      done.archived = await archiveOld(db, archive, now);
      for (const { name } of old.filter((each) => !each.isArchived)) await archiveSegment(home, name);
    }
    if (yes && clean) {
      const by: By = { actor: 'admin', source: 'cli', traceId: `cleanup-${now}` };
      done.removed = await cleanArchived(db, archive, by, now);
      for (const { name } of await oldSegments(home, now))
        if (await isArchived(home, name)) {
          await removeSegment(home, name);
          done.segments += 1;
        }
    }
    const plan = await planCleanup(db, archive, now);
    const rows = plan.map(({ kind, keepDays, toArchive, toClean }) => [
      kind,
      `${keepDays} days`,
      String(toArchive),
      String(toClean),
    ]);
    const segments = await oldSegments(home, now);
    rows.push([
      'log files',
      '30 days',
      String(segments.filter((each) => !each.isArchived).length),
      String(segments.filter((each) => each.isArchived).length),
    ]);
    cli.answer({ done: yes && (archives || clean), ...done, plan, segments }, [
      ...(yes && archives ? [`${done.archived} rows archived into ${home}/archive, and read back.`] : []),
      ...(yes && clean
        ? [`${done.removed} rows and ${done.segments} log files removed; all of them are in the archive.`]
        : []),
      ...table(['KIND', 'KEPT', 'TO ARCHIVE', 'TO REMOVE'], rows),
      ...(yes && (archives || clean)
        ? []
        : [
            'This is the plan; nothing was changed. Copy: gaia cleanup --archive --yes. Then remove what was copied: gaia cleanup --clean --yes',
          ]),
      'Requests, decisions, keys and the events themselves always stay.',
    ]);
    return exits.done;
  } finally {
    await db.close();
  }
}

async function oldSegments(home: string, now: number): Promise<{ name: string; isArchived: boolean }[]> {
  const before = new Date(now - segmentsKeepMs).toISOString().slice(0, 10);
  const old = (await listLogSegments(home)).filter(({ day }) => day < before);
  return Promise.all(old.map(async ({ name }) => ({ name, isArchived: await isArchived(home, name) })));
}

/** The archive of a data directory. */
export const archiveIn = (home: string, now: number): Archive => ({
  write: async (kind, rows) => void (await writeArchive(home, { kind, rows, now })),
  open: async (kind) =>
    (await listArchives(home, kind))
      .filter(({ note }) => note.cleanedAt === null)
      .map((kept) => ({
        name: basename(kept.path),
        from: kept.note.from,
        to: kept.note.to,
        sha256: kept.note.sha256,
        rows: () => readArchive(kept),
        cleaned: () => noteCleaned(kept, now),
      })),
});
