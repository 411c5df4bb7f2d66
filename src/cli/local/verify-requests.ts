import type { LogFault } from '../../core/audit/verify.ts';
import { verifyRequest } from '../../core/audit/verify-request.ts';
import {
  type AuditedRequest,
  findPermit,
  findRequestRow,
  listEventsOf,
  listRequestRows,
} from '../../store/audit-rows.ts';
import type { Database } from '../../store/database.ts';
import { listVotes } from '../../store/decisions.ts';

const pageSize = 200;
/** How often a request that changes while it is looked at is looked at again. */
const mostLooks = 5;

/** Compares every request, its votes and its permit with the log. `made`: the requests that the log says were made. */
export async function verifyRequests(
  db: Database,
  made: ReadonlySet<string>,
  report: (done: number) => void,
): Promise<LogFault[]> {
  const faults: LogFault[] = [];
  const gone = new Set(made);
  let done = 0;
  let after = '';
  for (;;) {
    const rows = await listRequestRows(db.read, after, pageSize);
    for (const row of rows) {
      faults.push(...(await verifyOne(db, row)));
      gone.delete(row.id);
    }
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;
    done += rows.length;
    report(done);
  }
  for (const id of gone) {
    faults.push({
      code: 'row_missing',
      seq: null,
      message: `Request ${id} was made, says the log, and its record is gone.`,
    });
  }
  return faults;
}

/** A running Gaia may change a request between two reads; only what disagrees while nothing changes is a fault. */
async function verifyOne(db: Database, first: AuditedRequest): Promise<LogFault[]> {
  let request = first;
  for (let looks = 1; ; looks++) {
    const votes = await listVotes(db.read, request.id);
    const permit = await findPermit(db.read, request.id);
    const events = await listEventsOf(db.read, `request:${request.id}`);
    const faults = verifyRequest({ request, votes, permit, events });
    if (faults.length === 0) return faults;
    const now = await findRequestRow(db.read, request.id);
    if (now === undefined || now.version === request.version || looks === mostLooks) return faults;
    request = now;
  }
}
