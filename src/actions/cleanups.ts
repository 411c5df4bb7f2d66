import type { By } from '../core/access/actor.ts';
import type { Database } from '../store/database.ts';
import {
  detailsKeepMs,
  dropDetails,
  findLastOldDetail,
  listDetails,
  type OldRow,
  retention,
} from '../store/retention.ts';
import { eventBy } from './app.ts';

/** What old rows are copied to before they are removed. */
export interface Archive {
  /** writes rows and reads them back */
  write(kind: string, rows: readonly OldRow[]): Promise<void>;
  /** archives of a kind of which something is still in the store; reading one throws where it is damaged */
  open(
    kind: string,
  ): Promise<
    { name: string; from: string; to: string; sha256: string; rows(): Promise<OldRow[]>; cleaned(): Promise<void> }[]
  >;
}

export interface CleanupLine {
  kind: string;
  keepDays: number;
  /** old enough, and not archived yet */
  toArchive: number;
  /** archived, and still in the store */
  toClean: number;
}

const details = 'event_details';
/** Rows that one archive holds. */
const atOnce = 20_000;
const pageSize = 1_000;
const dayMs = 86_400_000;

/** What is old enough to be archived, and what may be removed. Changes nothing. */
export async function planCleanup(db: Database, archive: Archive, now: number): Promise<CleanupLine[]> {
  const lines: CleanupLine[] = [];
  for (const kind of [details, ...retention.map((each) => each.kind)]) {
    const open = await archive.open(kind);
    let toClean = 0;
    for (const each of open) toClean += (await each.rows()).length;
    let toArchive = 0;
    for await (const page of pagesToArchive(db, archive, kind, now)) toArchive += page.length;
    lines.push({ kind, keepDays: keepMsOf(kind) / dayMs, toArchive, toClean });
  }
  return lines;
}

/** Copies what is old enough into archives; answers how many rows. */
export async function archiveOld(db: Database, archive: Archive, now: number): Promise<number> {
  let archived = 0;
  for (const kind of [details, ...retention.map((each) => each.kind)]) {
    let rows: OldRow[] = [];
    const flush = async () => {
      if (rows.length > 0) await archive.write(kind, rows);
      archived += rows.length;
      rows = [];
    };
    for await (const page of pagesToArchive(db, archive, kind, now)) {
      rows.push(...page);
      if (rows.length >= atOnce) await flush();
    }
    await flush();
  }
  return archived;
}

/**
 * Removes what was archived, was read back, and is still old enough; that details were dropped is an event. An archive counts as
 * cleaned once nothing of it is in the store any more.
 */
export async function cleanArchived(db: Database, archive: Archive, by: By, now: number): Promise<number> {
  let removed = 0;
  for (const { kind, keepMs, remove, list } of retention) {
    for (const each of await archive.open(kind)) {
      const keys = (await each.rows()).map(({ key }) => key);
      for (let from = 0; from < keys.length; from += pageSize)
        removed += await db.write((tx) => remove(tx, keys.slice(from, from + pageSize), now - keepMs));
      if (!(await holdsAny(db, list, new Set(keys)))) await each.cleaned();
    }
  }
  for (const each of await archive.open(details)) {
    await each.rows(); // throws where it is damaged
    const { from, to } = { from: Number(each.from), to: Number(each.to) };
    const dropped = await db.write(async (tx) => {
      const last = await findLastOldDetail(tx, now - detailsKeepMs);
      if (to > last) return undefined;
      const dropped = await dropDetails(tx, { from, to });
      // from the first on: a later event explains all gaps before it, also when the earlier ones lost their details
      if (dropped > 0)
        tx.record(
          eventBy(by, 'log.trimmed', 'log', { from: 1, to, details: dropped, archive: each.name, sha256: each.sha256 }),
        );
      return dropped;
    });
    if (dropped === undefined) continue; // something that needs them was opened meanwhile
    removed += dropped;
    await each.cleaned();
  }
  return removed;
}

/** Whether one of these rows is still there, whatever its age. */
async function holdsAny(
  db: Database,
  list: (typeof retention)[number]['list'],
  keys: ReadonlySet<string>,
): Promise<boolean> {
  let after = '';
  for (;;) {
    const page = await list(db.read, Number.MAX_SAFE_INTEGER, after, pageSize);
    const last = page.at(-1);
    if (!last) return false;
    if (page.some(({ key }) => keys.has(key))) return true;
    after = last.key;
  }
}

const keepMsOf = (kind: string): number => retention.find((each) => each.kind === kind)?.keepMs ?? detailsKeepMs;

async function* pagesToArchive(db: Database, archive: Archive, kind: string, now: number): AsyncGenerator<OldRow[]> {
  const open = await archive.open(kind);
  if (kind === details) {
    const upTo = await findLastOldDetail(db.read, now - detailsKeepMs);
    let after = Math.max(0, ...open.map(({ to }) => Number(to)));
    for (;;) {
      const page = await listDetails(db.read, { after, upTo, limit: pageSize });
      const last = page.at(-1);
      if (!last) return;
      yield page;
      after = Number(last.key);
    }
  }
  const known = new Set<string>();
  for (const each of open) for (const { key } of await each.rows()) known.add(key);
  const found = retention.find((each) => each.kind === kind);
  if (!found) return;
  let after = '';
  for (;;) {
    const page = await found.list(db.read, now - found.keepMs, after, pageSize);
    const last = page.at(-1);
    if (!last) return;
    const fresh = page.filter(({ key }) => !known.has(key));
    if (fresh.length > 0) yield fresh;
    after = last.key;
  }
}
