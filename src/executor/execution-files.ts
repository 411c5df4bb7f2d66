import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Ended, Live } from '../actions/executor.ts';
import { errnoOf } from './errno.ts';
import type { ProcessMark } from './processes.ts';

/** What stands in `executions/ID/`. */
export const executionFiles = (directory: string) => ({
  /** the latch: whoever links it decides whether the execution ever starts */
  started: join(directory, 'started'),
  outcome: join(directory, 'outcome.json'),
  /** room on the disk for the outcome, taken before the start */
  room: join(directory, '.outcome.room'),
  live: join(directory, 'live.json'),
  /** named pipes for what it writes, and the text it reads; without a name as soon as it runs */
  stdout: join(directory, 'stdout'),
  stderr: join(directory, 'stderr'),
  stdin: join(directory, 'stdin'),
  /** where its copies are, outside the data directory; written before they are made */
  places: join(directory, 'places.json'),
  /** what a supervisor said that never took the latch */
  complaint: join(directory, 'complaint'),
});

/** Beside the executions: a random name of where they stand. */
export const placeName = 'place';

export type Latch = ({ by: 'supervisor'; at: number } & ProcessMark) | { by: 'claim'; at: number };

/** The largest outcome: both streams' first and last 64 KiB, each byte at worst six characters of JSON, and words. */
export const outcomeBytesMax = 2 * 1024 * 1024;

/** Takes the latch; false where somebody has it already. It is on the disk before anyone sees it. */
export function takeLatch(directory: string, latch: Latch): boolean {
  const draft = join(directory, `.started.${process.pid}`);
  writeSynced(draft, JSON.stringify(latch));
  try {
    linkSync(draft, executionFiles(directory).started);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(directory);
  return true;
}

/** The name of a directory of executions, drawn where it has none; of two Gaias that draw at once, both get the first. */
export function nameOfPlace(executions: string): string {
  const path = join(executions, placeName);
  const draft = join(executions, `.${placeName}.${process.pid}.${randomBytes(6).toString('hex')}`);
  const known = readIfThere(path);
  if (known !== undefined) return known.trim();
  writeSynced(draft, `${randomBytes(16).toString('hex')}\n`);
  try {
    linkSync(draft, path);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  syncDirectory(executions);
  return readFileSync(path, 'utf8').trim();
}

export const readLatch = (directory: string): Latch | undefined => readJson(executionFiles(directory).started);
export const readOutcome = (directory: string): Ended | undefined => readJson(executionFiles(directory).outcome);
export const readLive = (directory: string): Live | undefined => readJson(executionFiles(directory).live);
export const readPlaces = (directory: string): { scratch: string } | undefined =>
  readJson(executionFiles(directory).places);

/** Takes the room that the outcome will need, so that a disk which fills up meanwhile cannot lose it. */
export function takeRoom(directory: string): void {
  writeSynced(executionFiles(directory).room, Buffer.alloc(outcomeBytesMax));
}

/** Writes the outcome over the room taken for it, and shows it whole or not at all. */
export function publishOutcome(directory: string, text: string): void {
  const { room, outcome } = executionFiles(directory);
  const bytes = Buffer.from(text);
  const file = openSync(room, 'r+');
  try {
    writeAll(file, bytes);
    ftruncateSync(file, bytes.length);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(room, outcome);
  syncDirectory(directory);
}

/** Shows the newest live output; it need not survive a power cut. */
export function publishLive(directory: string, live: Live): void {
  const { live: path } = executionFiles(directory);
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeAll(file, Buffer.from(JSON.stringify(live)));
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}

export function writeSynced(path: string, content: string | Buffer, mode = 0o600): void {
  const file = openSync(path, 'w', mode);
  try {
    fchmodSync(file, mode);
    writeAll(file, Buffer.from(content));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function readJson<Shape>(path: string): Shape | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : (JSON.parse(text) as Shape);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
