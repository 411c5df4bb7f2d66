import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import type { Task } from './in-worker.ts';
import { assertVersion } from './sqlite-connection.ts';
import { plainError, sqliteCode } from './sqlite-errors.ts';

export interface CopyInput {
  from: string;
  /** does not exist yet; private from its first byte */
  to: string;
}

/** What a copy holds, as read back from it. */
export interface Copied {
  generation: number;
  seq: number;
  hash: string;
  /** the hash its log begins with, which tells it from every other; absent while the log is empty */
  installation?: string;
}

/**
 * Copies a SQLite store while others write to it: one consistent snapshot, synced, and read back: every page and
 * reference, and that the log ends where its head says. What fails leaves no file.
 */
export const run: Task<CopyInput, Copied> = ({ from, to }) => {
  try {
    closeSync(openSync(to, 'wx', 0o600)); // SQLite would make it readable by others
    const source = new Sqlite(from, { readonly: true, fileMustExist: true, timeout: 5_000 });
    try {
      assertVersion(source.prepare('select sqlite_version()').pluck().get() as string);
      source.prepare('vacuum into ?').run(to);
    } finally {
      source.close();
    }
    const file = openSync(to, 'r');
    fsyncSync(file);
    closeSync(file);
    return readBack(to);
  } catch (error) {
    rmSync(to, { force: true });
    throw sqliteCode(error) === '' ? error : plainError(error, 'backup', to);
  }
};

function readBack(path: string): Copied {
  const copy = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    const verdict = copy.pragma('integrity_check', { simple: true });
    if (verdict !== 'ok') throw new Error(`the copy is not whole: ${String(verdict)}`);
    const broken = copy.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new Error(`${broken.length} rows of the copy point nowhere`);
    const generation = copy.prepare("select generation from installation where id = 'gaia'").pluck().get();
    const head = copy.prepare("select seq, hash from log_head where id = 'log'").get() as { seq: number; hash: string };
    const last = copy.prepare('select hash from events where seq = ?').pluck().get(head.seq);
    if (head.seq > 0 && last !== head.hash) throw new Error('the log of the copy does not end where its head says');
    const first = copy.prepare('select hash from events where seq = 1').pluck().get() as string | undefined;
    const installation = first === undefined ? {} : { installation: first };
    return { generation: Number(generation), seq: head.seq, hash: head.hash, ...installation };
  } finally {
    copy.close();
  }
}
