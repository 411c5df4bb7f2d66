import type { LogFault } from '../../core/audit/verify.ts';

/** How records of one kind are read and compared with the log. */
export interface Records<Row> {
  idOf(row: Row): string;
  /** the next rows after this id, by id; none at the end */
  after(id: string): Promise<readonly Row[]>;
  find(id: string): Promise<Row | undefined>;
  /** what of a row is not what the log says */
  faultsOf(row: Row): Promise<LogFault[]>;
}

/** How often a record that changes while it is looked at is looked at again. */
const mostLooks = 5;

/** Compares every record of a kind with the log. `seen` is told of each, and how many that makes. */
export async function verifyRecords<Row>(
  records: Records<Row>,
  seen: (id: string, done: number) => void,
): Promise<LogFault[]> {
  const faults: LogFault[] = [];
  let done = 0;
  let last: string | undefined = '';
  while (last !== undefined) {
    const rows: readonly Row[] = await records.after(last);
    last = undefined;
    for (const row of rows) {
      faults.push(...(await verifyOne(records, row)));
      last = records.idOf(row);
      seen(last, ++done);
    }
  }
  return faults;
}

/** A running Gaia may change a record between two reads; only what disagrees while nothing changes is a fault. */
async function verifyOne<Row>(records: Records<Row>, first: Row): Promise<LogFault[]> {
  let row = first;
  for (let looks = 1; ; looks++) {
    const faults = await records.faultsOf(row);
    if (faults.length === 0) return faults;
    const now = await records.find(records.idOf(row));
    if (now === undefined || looks === mostLooks || JSON.stringify(now) === JSON.stringify(row)) return faults;
    row = now;
  }
}

/** What the log says was made and no row was seen of. */
export const missing = (kind: string, ids: Iterable<string>): LogFault[] =>
  [...ids].map((id) => ({
    code: 'row_missing',
    seq: null,
    message: `${kind} ${id} was made, says the log, and its record is gone.`,
  }));
