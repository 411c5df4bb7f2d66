import { open, stat } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { errnoOf, fileError } from './file-errors.ts';

/** A held lock; it also ends with the process, however that ends. */
export interface Lock {
  release(): void;
}

/**
 * How long to wait for someone who only looks whether the lock is free, in ms. Blocks the thread: used at start only.
 */
const passingLookMs = 250;

/**
 * Takes an operating-system lock on a file, or nothing where another process (or this one) holds it.
 * SQLite's exclusive transaction is the lock: a POSIX record lock, which the kernel drops with the process, by kill -9 too.
 * Nobody in this process may open and close the file by other means: that would drop the lock (fcntl(2)).
 */
export async function takeLock(path: string): Promise<Lock | undefined> {
  try {
    if (!(await exists(path))) await createPrivate(path);
    return lockExisting(path, passingLookMs);
  } catch (error) {
    throw fileError(error, `lock ${path}`);
  }
}

/** Whether nobody holds the lock at this moment. */
export async function isFree(path: string): Promise<boolean> {
  if (!(await exists(path))) return true;
  const lock = lockExisting(path, 0);
  lock?.release();
  return lock !== undefined;
}

function lockExisting(path: string, timeout: number): Lock | undefined {
  const database = new Database(path, { timeout, fileMustExist: true });
  try {
    database.pragma('locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (errnoOf(error)?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
  return { release: () => void database.close() };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function createPrivate(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close();
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  }
}
