import type Sqlite from 'better-sqlite3';
import type { ChainedEvent } from '../../src/core/audit/event.ts';
import type { Gaia } from './gaia.ts';
import type { Chance } from './proof.ts';

/** One way to tamper with a finished store. */
export interface Mutation {
  name: string;
  /** says what it did; undefined where this draw changes nothing */
  change(db: Sqlite.Database, lots: Chance, gaia: Gaia, foreign: string): string | undefined;
  /** puts another database in the place of this one instead */
  replaces?: 'older' | 'foreign';
}

type Cell = string | number | null;
type Row = Record<string, Cell>;

/** Columns that the log vouches for. */
const covered: Record<string, readonly string[]> = {
  events: ['seq', 'at', 'trace_id', 'actor', 'source', 'action', 'subject', 'detail_hash', 'prev_hash', 'hash'],
  event_details: ['detail'],
  seals: ['seq', 'generation', 'at', 'hash', 'key_id', 'signature'],
  log_head: ['seq', 'hash'],
  requests: [
    'kind',
    'state',
    'generation',
    'title',
    'asked_by',
    'owner_id',
    'effect',
    'effect_digest',
    'digest',
    'tier',
    'demand',
    'policy_digest',
    'mode',
    'is_test',
    'created_at',
    'expires_at',
    'payload',
    'remarks',
    'reason',
    'shown_at',
    'decided_at',
    'effect_by',
    'ended_at',
    'end_code',
    'end_text',
    'outcome',
    'trace_id',
  ],
  decisions: ['request_id', 'person_id', 'verdict', 'digest', 'reason_text', 'source', 'decided_at'],
  permits: ['request_id', 'digest', 'issued_at', 'taken_at'],
  api_keys: ['id', 'agent_id', 'hash', 'scopes', 'created_at', 'created_by', 'expires_at', 'revoked_at', 'revoked_by'],
  agents: ['id', 'owner_id', 'created_at', 'created_by'],
  sessions: ['id', 'person_id', 'kind', 'opened_at', 'expires_at', 'closed_at'],
  policies: ['digest', 'text', 'loaded_at', 'loaded_by'],
  installation: ['generation', 'paused_at', 'paused_by', 'pause_reason', 'acceptance_reason'],
};

/** Columns of numbers, where they are empty too. */
const numbers = /_at$|^effect_by$/;

function otherThan(value: Cell, lots: Chance): Cell {
  if (value === null) return lots.of(['x', 7]);
  if (typeof value === 'number') return value + lots.of([1, -1, 1_000]);
  if (value === '') return 'x';
  const at = lots.below(value.length);
  return value.slice(0, at) + (value[at] === 'a' ? 'b' : 'a') + value.slice(at + (lots.happens(0.2) ? 0 : 1));
}

const anyRow = (
  db: Sqlite.Database,
  table: string,
  lots: Chance,
  where = 'true',
): (Row & { rowid: number }) | undefined => {
  const rows = db.prepare(`select rowid as rowid, * from ${table} where ${where}`).all() as (Row & { rowid: number })[];
  return rows.length === 0 ? undefined : lots.of(rows);
};

const lastSeq = (db: Sqlite.Database): number => db.prepare('select max(seq) from events').pluck().get() as number;

const eventOf = (row: Row): ChainedEvent => ({
  seq: row.seq as number,
  at: row.at as number,
  traceId: row.trace_id as string,
  actor: row.actor as string,
  source: row.source as string,
  action: row.action as string,
  subject: row.subject as string,
  detailHash: row.detail_hash as string,
  prevHash: row.prev_hash as string,
  hash: row.hash as string,
});

/** Hashes everything from `first` on anew, head and unsigned seals included: what a careful forger would do. */
function recompute(db: Sqlite.Database, gaia: Gaia, first: number): void {
  const save = db.prepare('update events set prev_hash = ?, detail_hash = ?, hash = ? where seq = ?');
  let prevHash =
    first === 1
      ? '0'.repeat(64)
      : (db
          .prepare('select hash from events where seq = ?')
          .pluck()
          .get(first - 1) as string);
  const rows = db
    .prepare(
      'select e.*, d.detail from events e left join event_details d on d.seq = e.seq where e.seq >= ? order by e.seq',
    )
    .all(first) as Row[];
  for (const row of rows) {
    const detailHash = gaia.hashOfDetail(row.detail as string);
    const hash = gaia.hashOfEvent({ ...eventOf(row), detailHash, prevHash });
    save.run(prevHash, detailHash, hash, row.seq);
    prevHash = hash;
  }
  db.prepare('update log_head set hash = ?, seq = ?').run(prevHash, lastSeq(db));
  db.prepare(
    'update seals set hash = (select hash from events where events.seq = seals.seq) where seq >= ? and seq <= ?',
  ).run(first, lastSeq(db));
}

const edit: Mutation = {
  name: 'edit',
  change(db, lots) {
    const table = lots.of(['events', 'events', ...Object.keys(covered)]);
    const row = anyRow(db, table, lots);
    const column = lots.of(covered[table] as string[]);
    if (row === undefined) return undefined;
    const value = row[column] as Cell;
    const other =
      numbers.test(column) && (value === null || lots.happens(0.3))
        ? value === null
          ? 1
          : (null as Cell)
        : column === 'state'
          ? lots.of(['pending', 'approved', 'executed', 'denied'].filter((state) => state !== value))
          : column === 'is_test'
            ? 1 - (value as number)
            : otherThan(value, lots);
    try {
      db.prepare(`update ${table} set ${column} = ? where rowid = ?`).run(other, row.rowid);
    } catch (error) {
      if (error instanceof Error && /UNIQUE|CHECK|NOT NULL/.test(error.message)) return undefined;
      throw error;
    }
    return `${table}.${column} ${JSON.stringify(value)} → ${JSON.stringify(other)}`;
  },
};

const remove: Mutation = {
  name: 'delete',
  change(db, lots) {
    const table = lots.of([
      ...['events', 'events', 'event_details', 'seals', 'requests', 'decisions', 'permits'],
      ...['api_keys', 'agents', 'policies', 'installation'],
    ]);
    const row = anyRow(db, table, lots);
    if (row === undefined) return undefined;
    db.prepare(`delete from ${table} where rowid = ?`).run(row.rowid);
    if (table === 'events') db.prepare('delete from event_details where seq = ?').run(row.seq);
    return `a row of ${table}: ${JSON.stringify(row).slice(0, 200)}`;
  },
};

/** Deletes an event and closes the gap, numbers and hashes included. */
const deleteAndClose: Mutation = {
  name: 'delete and close the gap',
  change(db, lots, gaia) {
    const at = 1 + lots.below(lastSeq(db) - 1);
    for (const table of ['event_details', 'events']) {
      db.prepare(`delete from ${table} where seq = ?`).run(at);
      for (let seq = at + 1; ; seq++)
        if (db.prepare(`update ${table} set seq = ? where seq = ?`).run(seq - 1, seq).changes === 0) break;
    }
    recompute(db, gaia, at);
    return `event ${at}`;
  },
};

const insert: Mutation = {
  name: 'insert',
  change(db, lots, gaia) {
    const last = lastSeq(db);
    const at = 2 + lots.below(last - 1);
    for (const table of ['event_details', 'events']) {
      for (let seq = last; seq >= at; seq--) db.prepare(`update ${table} set seq = ? where seq = ?`).run(seq + 1, seq);
    }
    const row = eventOf(db.prepare('select * from events where seq = ?').get(at - 1) as Row);
    const detail = '{"digest":null}';
    db.prepare(
      'insert into events values (@seq, @at, @traceId, @actor, @source, @action, @subject, @detailHash, @prevHash, @hash)',
    ).run({ ...row, seq: at, action: 'request.approved' });
    db.prepare('insert into event_details values (?, ?)').run(at, detail);
    if (lots.happens(0.5)) recompute(db, gaia, at);
    return `an event at ${at}`;
  },
};

/** A copy of a row under another id, as somebody would add who knows what one looks like. */
const copied: Readonly<Record<string, Readonly<Record<string, Cell>>>> = {
  requests: { id: 'r-ZZZZZZ' },
  api_keys: { id: 'zzzzzzzz' },
  agents: { id: 'mole' },
  sessions: { id: 'f'.repeat(64) },
  policies: { digest: 'f'.repeat(64) },
};

/** A record that no event tells of. */
const insertRow: Mutation = {
  name: 'insert a row',
  change(db, lots) {
    const table = lots.of(['decisions', 'permits', ...Object.keys(copied)]);
    if (copied[table]) {
      const { rowid: _, ...row } = anyRow(db, table, lots) as Row;
      const columns = Object.keys(row);
      db.prepare(
        `insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')})`,
      ).run({ ...row, ...copied[table] });
      return `a row of ${table}`;
    }
    const request = anyRow(db, 'requests', lots, `id not in (select request_id from ${table})`);
    if (request === undefined) return undefined;
    if (table === 'permits')
      db.prepare('insert into permits (request_id, digest, issued_at) values (?, ?, 1)').run(
        request.id,
        request.digest,
      );
    else
      db.prepare(
        "insert into decisions (request_id, person_id, verdict, digest, source, decided_at) values (?, '33', 'approve', ?, 'http', 1)",
      ).run(request.id, request.digest);
    return `a row of ${table} for ${request.id}`;
  },
};

const reorder: Mutation = {
  name: 'reorder',
  change(db, lots, gaia) {
    const last = lastSeq(db);
    const one = 1 + lots.below(last - 1);
    const other = lots.happens(0.5) ? one + 1 : 1 + lots.below(last);
    if (one === other) return undefined;
    for (const table of ['event_details', 'events']) {
      const move = db.prepare(`update ${table} set seq = ? where seq = ?`);
      move.run(-1, one);
      move.run(one, other);
      move.run(other, -1);
    }
    if (lots.happens(0.4)) recompute(db, gaia, Math.min(one, other));
    return `events ${one} and ${other}`;
  },
};

const splice: Mutation = {
  name: 'splice',
  change(db, lots, gaia, foreign) {
    const first = 1 + lots.below(lastSeq(db) - 1);
    const count = 1 + lots.below(8);
    db.prepare('attach ? as other').run(foreign);
    for (const table of ['events', 'event_details']) {
      db.prepare(`delete from main.${table} where seq >= ? and seq < ?`).run(first, first + count);
      db.prepare(`insert into main.${table} select * from other.${table} where seq >= ? and seq < ?`).run(
        first,
        first + count,
      );
    }
    db.prepare('detach other').run();
    if (lots.happens(0.4)) recompute(db, gaia, first);
    return `events ${first} to ${first + count - 1} of another log`;
  },
};

/** Changes one fact and hashes everything after it anew; only signatures and kept heads can tell. */
const rewrite: Mutation = {
  name: 'recompute',
  change(db, lots, gaia) {
    const event = anyRow(db, 'events', lots) as Row;
    const column = lots.of(['actor', 'at', 'subject', 'trace_id', 'detail'] as const);
    if (column === 'detail')
      db.prepare('update event_details set detail = ? where seq = ?').run('{"verdict":"approve"}', event.seq);
    else
      db.prepare(`update events set ${column} = ? where seq = ?`).run(
        column === 'at' ? (event.at as number) + 1 : otherThan(event[column] as Cell, lots),
        event.seq,
      );
    recompute(db, gaia, event.seq as number);
    return `${column} of event ${event.seq}, with everything after it`;
  },
};

const truncate: Mutation = {
  name: 'truncate',
  change(db, lots) {
    const keep = lastSeq(db) - 1 - lots.below(lots.happens(0.5) ? 3 : 100);
    for (const table of ['events', 'event_details']) db.prepare(`delete from ${table} where seq > ?`).run(keep);
    if (lots.happens(0.8))
      db.prepare('update log_head set seq = ?, hash = (select hash from events where seq = ?)').run(keep, keep);
    if (lots.happens(0.8)) db.prepare('delete from seals where seq > ?').run(keep);
    return `after event ${keep}`;
  },
};

const nothing = () => undefined;
export const mutations: readonly Mutation[] = [
  edit,
  edit,
  edit,
  remove,
  remove,
  deleteAndClose,
  insert,
  insertRow,
  reorder,
  splice,
  rewrite,
  truncate,
  { name: 'restore old', change: nothing, replaces: 'older' },
  { name: 'put another store there', change: nothing, replaces: 'foreign' },
];
