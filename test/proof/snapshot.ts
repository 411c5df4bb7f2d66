import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import pg from 'pg';

export type Row = Record<string, string | number | null>;

/** Everything a data directory says, read without any of Gaia's code. */
export interface Snapshot {
  requests: Row[];
  decisions: Row[];
  permits: Row[];
  executions: Row[];
  intents: Row[];
  attempts: Row[];
  runs: Row[];
  gates: Row[];
  deliveries: Row[];
  cards: Row[];
  cardMessages: Row[];
  buttons: Row[];
  updates: Row[];
  /** with `detail`, null where there is none */
  events: Row[];
  seals: Row[];
  logHead: Row;
  installation: Row;
  /** what the database says of its own pages and references; empty: all is well */
  damage: string[];
  /** the lines of the log's files, in order; undefined where there is no data directory beside the store */
  lines?: string[] | undefined;
  headFile?: string | undefined;
  publicKey?: string | undefined;
  /** directories of commands that are still there, whatever is in them */
  places?: string[];
  /** every file of the data directory by its name, with its bytes; what is planted must be in none */
  files: Map<string, Buffer>;
}

const reads = {
  requests: 'select * from requests order by id',
  decisions: 'select * from decisions order by id',
  permits: 'select * from permits order by id',
  executions: 'select * from executions order by started_at, request_id',
  intents: 'select * from intents order by request_id, place',
  attempts: 'select * from attempts order by intent_id, number',
  runs: 'select * from runs order by id',
  gates: 'select * from gates order by seq',
  deliveries: 'select * from deliveries order by seq',
  cards: 'select * from cards order by id',
  cardMessages: 'select * from card_messages order by seq',
  buttons: 'select * from buttons order by ref',
  updates: 'select * from updates order by id',
  events: 'select e.*, d.detail from events e left join event_details d on d.seq = e.seq order by e.seq',
  seals: 'select * from seals order by seq',
  logHead: 'select * from log_head',
  installation: 'select * from installation',
} as const;

type Tables = Record<keyof typeof reads, Row[]>;

const shaped = ({ logHead, installation, ...tables }: Tables) => ({
  ...tables,
  logHead: logHead[0] as Row,
  installation: installation[0] as Row,
});

/** A copy is read, so that a data directory that was just killed stays as it was left. */
export function snapshotOfHome(home: string): Snapshot {
  const { damage, ...tables } = readSqliteCopy(join(home, 'gaia.db'));
  const names = readdirSync(home, { recursive: true, encoding: 'utf8' });
  const files = new Map(names.sort().flatMap((name) => fileOf(home, name)));
  const segments = [...files.keys()].filter((name) => /^events-\d{4}-\d\d-\d\d(\.\d+)?\.ndjson$/.test(name)).sort();
  const lines = [...segments, 'events.ndjson']
    .flatMap((name) => (files.get(name)?.toString('utf8') ?? '').split('\n'))
    .filter(Boolean);
  return {
    ...tables,
    damage,
    lines,
    headFile: files.get('head.json')?.toString('utf8'),
    publicKey: files.get('seal.pub')?.toString('utf8'),
    places: existsSync(join(home, 'executions')) ? readdirSync(join(home, 'executions')) : [],
    files,
  };
}

/** What a supervisor that still lives writes and renames may be gone by the time it is read. */
function fileOf(home: string, name: string): [string, Buffer][] {
  try {
    return statSync(join(home, name)).isFile() ? [[name, readFileSync(join(home, name))]] : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A store without a data directory around it. */
export async function snapshotOfStore(where: string): Promise<Snapshot> {
  if (!/^postgres/.test(where)) return { ...readSqliteCopy(where), files: new Map() };
  const client = new pg.Client({ connectionString: where });
  await client.connect();
  try {
    const tables = {} as Tables;
    for (const [name, text] of Object.entries(reads)) {
      const { rows, fields } = await client.query(text);
      const whole = fields.filter(({ dataTypeID }) => dataTypeID === 20).map((field) => field.name);
      for (const row of rows) {
        for (const column of whole) row[column] = row[column] === null ? null : Number(row[column]);
        for (const [column, value] of Object.entries(row)) if (typeof value === 'boolean') row[column] = Number(value);
      }
      tables[name as keyof Tables] = rows;
    }
    return { ...shaped(tables), damage: [], files: new Map() };
  } finally {
    await client.end();
  }
}

function readSqliteCopy(path: string) {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-snapshot-'));
  try {
    for (const end of ['', '-wal']) if (existsSync(path + end)) cpSync(path + end, join(directory, `gaia.db${end}`));
    const db = new Sqlite(join(directory, 'gaia.db'));
    try {
      const integrity = (db.pragma('integrity_check') as { integrity_check: string }[]).map(
        (row) => row.integrity_check,
      );
      const orphans = (db.pragma('foreign_key_check') as { table: string }[]).map(
        ({ table }) => `a row of ${table} names one that is not there`,
      );
      const tables = {} as Tables;
      for (const [name, text] of Object.entries(reads)) tables[name as keyof Tables] = db.prepare(text).all() as Row[];
      return { ...shaped(tables), damage: [...integrity.filter((said) => said !== 'ok'), ...orphans] };
    } finally {
      db.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Rows by the value of a column. */
export function grouped(rows: readonly Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = String(row[column]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}
