import type { Made } from '../../core/audit/made.ts';
import type { LogFault } from '../../core/audit/verify.ts';
import { type StoredIntent, type StoredRun, verifyIntent, verifyRun } from '../../core/audit/verify-github.ts';
import {
  findIntentRow,
  findRunRow,
  listEventsOf,
  listGateRows,
  listIntentRows,
  listRunRows,
} from '../../store/audit-rows.ts';
import type { Database } from '../../store/database.ts';
import { missing, verifyRecords } from './verify-records.ts';

const pageSize = 200;

/** Compares runs, their verdicts and the ledger of writes with the log. `made`: what the log says was made. */
export async function verifyGitHub(db: Database, made: Pick<Made, 'runs' | 'intents'>): Promise<LogFault[]> {
  return [...(await verifyRuns(db, made.runs)), ...(await verifyIntents(db, made.intents))];
}

async function verifyRuns({ read }: Database, made: ReadonlySet<string>): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredRun>(
    {
      idOf: ({ id }) => id,
      after: (id) => listRunRows(read, id, pageSize),
      find: (id) => findRunRow(read, id),
      faultsOf: async (run) =>
        verifyRun(run, await listGateRows(read, run.id), await listEventsOf(read, `run:${run.id}`)),
    },
    (id) => gone.delete(id),
  );
  return faults.concat(missing('Run', gone));
}

async function verifyIntents({ read }: Database, made: ReadonlySet<string>): Promise<LogFault[]> {
  const gone = new Set(made);
  const faults = await verifyRecords<StoredIntent>(
    {
      idOf: ({ id }) => id,
      after: (id) => listIntentRows(read, id, pageSize),
      find: (id) => findIntentRow(read, id),
      faultsOf: async (intent) => {
        gone.delete(`${intent.place + 1} of request ${intent.requestId}`);
        return verifyIntent(intent, await listEventsOf(read, `request:${intent.requestId}`));
      },
    },
    () => undefined,
  );
  return faults.concat(missing('Intent', gone));
}
