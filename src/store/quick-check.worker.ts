import Sqlite from 'better-sqlite3';
import type { Task } from './in-worker.ts';
import { sqliteCode } from './sqlite-errors.ts';

export interface CheckResult {
  isWhole: boolean;
  /** what is wrong, at most a hundred findings */
  findings: string[];
}

/** Checks every page, index and reference of a SQLite file, without changing it. */
export const run: Task<{ path: string }, CheckResult> = ({ path }) => {
  const findings: string[] = [];
  try {
    const raw = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: 1_000 });
    try {
      const verdicts = raw.pragma('integrity_check(100)') as { integrity_check: string }[];
      for (const { integrity_check } of verdicts) if (integrity_check !== 'ok') findings.push(integrity_check);
      const broken = raw.pragma('foreign_key_check') as { table: string; parent: string }[];
      for (const { table, parent } of broken.slice(0, 100))
        findings.push(`a row of ${table} refers to a missing row of ${parent}`);
    } finally {
      raw.close();
    }
  } catch (error) {
    if (sqliteCode(error) === '') throw error;
    findings.push(`the file cannot be read as a database (${sqliteCode(error)})`);
  }
  return { isWhole: findings.length === 0, findings };
};
