import Sqlite from 'better-sqlite3';
import type { NewEvent } from '../../src/core/audit/event.ts';
import type { Gaia } from '../proof/gaia.ts';
import type { Waiting } from './stores.ts';

type Row = Record<string, string | number | null>;
const tables = ['decisions', 'permits', 'deliveries'] as const;

/** What one decision of Gaia's wrote, taken down so that the baseline writes the same. */
export interface Written {
  rows: { table: (typeof tables)[number]; row: Row }[];
  events: { row: Row; detail: string }[];
  request: Row;
}

export function writtenBy(path: string, { id }: Waiting, eventsBefore: number): Written {
  const db = new Sqlite(path, { readonly: true });
  try {
    const rows = tables.flatMap((table) => {
      const where =
        table === 'deliveries' ? `subject = 'request:${id}' and body like '%approved%'` : `request_id = '${id}'`;
      return (db.prepare(`select * from ${table} where ${where}`).all() as Row[]).map((row) => ({ table, row }));
    });
    const events = (
      db
        .prepare(
          'select e.*, d.detail from events e join event_details d on d.seq = e.seq where e.seq > ? order by e.seq',
        )
        .all(eventsBefore) as Row[]
    ).map(({ detail, ...row }) => ({ row, detail: detail as string }));
    return { rows, events, request: db.prepare('select * from requests where id = ?').get(id) as Row };
  } finally {
    db.close();
  }
}

const changed = [
  'state',
  'version',
  'joins',
  'shown_at',
  'decided_at',
  'effect_by',
  'ended_at',
  'end_code',
  'end_text',
  'answer',
  'outcome',
  'blockers',
];

/** The same statements with the same pragmas on a bare connection: prepared once, one transaction a decision, the chain hashed. */
export function rawDecider({ chain }: Gaia, path: string, { rows, events, request }: Written) {
  const db = new Sqlite(path);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('mmap_size = 0');
  const begin = db.prepare('begin immediate');
  const commit = db.prepare('commit');
  const find = db.prepare('select * from requests where id = ?');
  const votes = db.prepare('select * from decisions where request_id = ? order by id');
  const save = db.prepare(
    `update requests set ${changed.map((column) => `${column} = @${column}`).join(', ')} where id = @id and version = @from returning id`,
  );
  const inserts = rows.map(({ table, row }) => {
    const columns = Object.keys(row).filter(
      (column) => !(column === 'seq' || (column === 'id' && table !== 'deliveries')),
    );
    return {
      table,
      row,
      insert: db.prepare(
        `insert into ${table} (${columns.join(', ')}) values (${columns.map((column) => `@${column}`).join(', ')}) returning *`,
      ),
    };
  });
  const readHead = db.prepare("select seq, hash, at from log_head where id = 'log'");
  const insertEvent = db.prepare(
    'insert into events values (@seq, @at, @traceId, @actor, @source, @action, @subject, @detailHash, @prevHash, @hash)',
  );
  const insertDetail = db.prepare('insert into event_details values (?, ?)');
  const moveHead = db.prepare("update log_head set seq = @seq, hash = @hash, at = @at where id = 'log'");
  let made = 0;
  return {
    decide({ id, digest }: Waiting): void {
      begin.run();
      const found = find.get(id) as Row;
      votes.all(id);
      for (const { table, row, insert } of inserts) {
        insert.get(
          table === 'deliveries'
            ? { ...row, id: `d-RAW${++made}`, subject: `request:${id}` }
            : { ...row, request_id: id, digest },
        );
      }
      save.get({ ...request, id, version: (found.version as number) + 1, from: found.version });
      let head = readHead.get() as { seq: number; hash: string; at: number };
      for (const { row, detail } of events) {
        const event = {
          action: row.action,
          actor: row.actor,
          source: row.source,
          traceId: row.trace_id,
          subject: `request:${id}`,
          detail: { ...JSON.parse(detail), digest },
        } as NewEvent;
        const link = chain(head, event, head.at + 1);
        insertEvent.run(link.event);
        insertDetail.run(link.event.seq, link.detail);
        head = link.head;
      }
      moveHead.run(head);
      commit.run();
    },
    close: () => db.close(),
  };
}
