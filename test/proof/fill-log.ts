import Sqlite from 'better-sqlite3';
import type { Gaia } from './gaia.ts';

/** Appends events to a closed SQLite store, hashed as Gaia hashes them, a thousand to a transaction. Answers where the log then ends. */
export function fillLog(
  { chain }: Pick<Gaia, 'chain'>,
  path: string,
  events: number,
  subjects = 1_000,
): { seq: number; hash: string } {
  const db = new Sqlite(path);
  try {
    db.pragma('synchronous = OFF'); // filled, not lived: nothing here is acknowledged to anyone
    const insertEvent = db.prepare(
      'insert into events values (@seq, @at, @traceId, @actor, @source, @action, @subject, @detailHash, @prevHash, @hash)',
    );
    const insertDetail = db.prepare('insert into event_details values (?, ?)');
    const moveHead = db.prepare('update log_head set seq = @seq, hash = @hash, at = @at');
    let head = db.prepare('select seq, hash, at from log_head').get() as { seq: number; hash: string; at: number };
    const page = db.transaction((count: number) => {
      for (let n = 0; n < count; n++) {
        const subject = `claim:c-${(head.seq % subjects).toString().padStart(6, '0')}`;
        const detail = { digest: head.hash, because: 'so that there is something to read', n: head.seq };
        const link = chain(
          head,
          {
            action: 'claim.held',
            actor: 'agent:builder',
            source: 'http',
            subject,
            traceId: '0123456789abcdef',
            detail,
          },
          head.at + 1,
        );
        insertEvent.run(link.event);
        insertDetail.run(link.event.seq, link.detail);
        head = link.head;
      }
      moveHead.run(head);
    });
    for (let left = events; left > 0; left -= 1_000) page(Math.min(left, 1_000));
    db.pragma('wal_checkpoint(TRUNCATE)');
    return head;
  } finally {
    db.close();
  }
}
