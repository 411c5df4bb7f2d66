import type { LogFault } from '../../core/audit/verify.ts';
import { type StoredRequest, verifyRequest } from '../../core/audit/verify-request.ts';
import { findPermit, findRequestRow, listEventsOf, listRequestRows } from '../../store/audit-rows.ts';
import { listComments } from '../../store/comments.ts';
import type { Database } from '../../store/database.ts';
import { listVotes } from '../../store/decisions.ts';
import { missing, verifyRecords } from './verify-records.ts';

const pageSize = 200;

/** Compares every request, its votes and its permit with the log. `made`: the requests that the log says were made. */
export async function verifyRequests(
  { read }: Database,
  made: ReadonlySet<string>,
  report: (done: number) => void,
): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredRequest>(
    {
      idOf: ({ id }) => id,
      after: (id) => listRequestRows(read, id, pageSize),
      find: (id) => findRequestRow(read, id),
      faultsOf: async (request) =>
        verifyRequest({
          request,
          votes: await listVotes(read, request.id),
          permit: await findPermit(read, request.id),
          comments: await listComments(read, request.id),
          events: await listEventsOf(read, `request:${request.id}`),
          ...(request.grantId !== null && { grantEvents: await listEventsOf(read, `grant:${request.grantId}`) }),
        }),
    },
    (id, done) => {
      gone.delete(id);
      if (done % pageSize === 0) report(done);
    },
  );
  report(made.size);
  return faults.concat(missing('Request', gone));
}
