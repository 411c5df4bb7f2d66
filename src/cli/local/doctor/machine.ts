import { type FileHandle, mkdtemp, open, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../../../home/file-errors.ts';
import { openConfigured } from '../../../store/sqlite-connection.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

export interface Machine {
  /** a directory on the disk of the data directory, or nearest to it */
  place: string;
  /** as in process.version */
  nodeVersion?: string;
}

/** What Gaia stands on: Node, SQLite and the disk. */
export const machineChecks = ({ place, nodeVersion = process.version }: Machine): Check[] => [
  { name: 'node', look: () => ofNode(nodeVersion) },
  { name: 'sqlite', look: () => inScratch(place, ofSqlite) },
  { name: 'disk', look: () => ofDisk(place) },
  { name: 'fsync', look: () => inScratch(place, ofFsync) },
];

export function ofNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    return fail(`Node ${version} is too old: 20.19 or newer is needed.`, 'Install Node 24, then: npm ci');
  return ok(major >= 24 ? `Node ${version}.` : `Node ${version}; 24 is recommended.`);
}

/** Opens a database as Gaia does: native binding, version and pragmas are what it relies on, or it throws. */
async function ofSqlite(directory: string): Promise<Finding> {
  const path = join(directory, 'try.db');
  await writeFile(path, '', { mode: 0o600 });
  try {
    const raw = openConfigured(path);
    try {
      const version = raw.prepare('select sqlite_version()').pluck().get();
      return ok(`SQLite ${version}, with WAL and synchronous=FULL.`);
    } finally {
      raw.close();
    }
  } catch (error) {
    const finding = bindingFinding(error);
    if (finding) return finding;
    throw error;
  }
}

/** What is wrong with the native part of better-sqlite3, where that is what failed. */
export function bindingFinding(error: unknown): Finding | undefined {
  if (errnoOf(error) === 'ERR_DLOPEN_FAILED')
    return fail(
      'better-sqlite3 was built for another Node than this one.',
      'Build it again with the Node that runs Gaia: npm rebuild better-sqlite3',
    );
  if (!(error instanceof Error) || !/bindings file|better_sqlite3\.node/.test(error.message)) return undefined;
  return fail(
    'better-sqlite3 has no native part: its install script did not run, or could not build it.',
    'Type npm rebuild better-sqlite3. npm runs its script only if allowed: package.json lists it under allowScripts, ' +
      'and --ignore-scripts must not be set. Building needs python3, make and g++.',
  );
}

const mebibyte = 1024 * 1024;

async function ofDisk(place: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(place);
  return diskFinding(bavail * bsize);
}

/** @param free bytes */
export function diskFinding(free: number): Finding {
  const said = `${Math.floor(free / mebibyte).toLocaleString('en')} MiB free for the data directory.`;
  const remedy = 'Free some space: on a full disk Gaia stops accepting requests.';
  if (free < 50 * mebibyte) return fail(said, remedy);
  return free < 500 * mebibyte ? warn(said, remedy) : ok(said);
}

const fsyncs = 9;
/** Every decision waits for one. */
const slowFsyncMs = 10;

async function ofFsync(directory: string): Promise<Finding> {
  const file = await open(join(directory, 'try'), 'wx', 0o600);
  try {
    return fsyncFinding(await measuredSyncs(file));
  } finally {
    await file.close();
  }
}

async function measuredSyncs(file: FileHandle): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < fsyncs; i++) {
    await file.write(Buffer.alloc(4_096, i), 0, 4_096, 0);
    const start = performance.now();
    await file.sync();
    took.push(performance.now() - start);
  }
  return took;
}

/** @param took ms of each */
export function fsyncFinding(took: readonly number[]): Finding {
  const median = [...took].sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  const said = `Writing to the disk for good (fsync) takes ${median.toFixed(median < 1 ? 2 : 1)} ms.`;
  if (median <= slowFsyncMs) return ok(said);
  return warn(
    said,
    'Put the data directory on a faster disk: each decision waits for this, and so does everyone else.',
  );
}

/** A directory on that disk for the time of one look; where nothing may be written there, among the temporary files. */
async function inScratch(place: string, look: (directory: string) => Promise<Finding>): Promise<Finding> {
  const directory = await mkdtemp(join(place, '.doctor-')).catch((error: unknown) => {
    if (['EACCES', 'EROFS', 'EPERM'].includes(errnoOf(error) ?? '')) return mkdtemp(join(tmpdir(), 'gaia-doctor-'));
    throw error;
  });
  try {
    return await look(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
