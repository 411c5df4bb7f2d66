import { readFile, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { conflict, unavailable } from '../core/errors.ts';
import { errnoOf } from './file-errors.ts';
import { type Home, homeAt } from './home.ts';
import { isFree, takeLock } from './lock.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** What stands in `gaia.pid`: the process that holds the data directory. */
export interface RunningGaia extends ProcessIdentity {
  /** ISO 8601 */
  startedAt: string;
  /** where it listens, once it does */
  url?: string;
}

/** The exclusive use of a data directory by this process. */
export interface Tenancy {
  /** Notes where Gaia listens, for clients and for whoever finds the directory taken. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
}

/** Takes the data directory for this process; it is given back with the process, however that ends. */
export async function takeHome(home: Home, { startedAt }: { startedAt: Date }): Promise<Tenancy> {
  const lock = await takeLock(home.lock);
  if (lock === undefined) throw await alreadyTaken(home);
  const self: RunningGaia = { ...(await ownIdentity()), startedAt: startedAt.toISOString() };
  const write = (record: RunningGaia) => writeFileAtomic(home.pid, `${JSON.stringify(record)}\n`);
  try {
    await write(self);
  } catch (error) {
    lock.release();
    throw error;
  }
  return {
    announce: (url) => write({ ...self, url }),
    release: async () => {
      await rm(home.pid, { force: true });
      lock.release();
    },
  };
}

/** The Gaia that runs on a data directory, if that very process still lives. Only looks, and needs no lock. */
export async function runningGaia(path: string): Promise<RunningGaia | undefined> {
  const record = await readRecord(homeAt(path).pid);
  return record !== undefined && (await isAlive(record)) ? record : undefined;
}

/**
 * Asks the Gaia of a data directory to end and waits until it has given the directory back.
 * Answers with the process that ended, or nothing where none ran. Refuses where it is still there after `timeoutMs`.
 */
export async function stopGaia(path: string, { timeoutMs = 15_000 } = {}): Promise<RunningGaia | undefined> {
  const home = homeAt(path);
  const running = await runningGaia(path);
  if (running === undefined) {
    if (await isFree(home.lock)) return undefined;
    throw await alreadyTaken(home);
  }
  signal(running);
  const deadline = performance.now() + timeoutMs;
  while (!(await isFree(home.lock))) {
    if (performance.now() >= deadline) throw stillThere(running, timeoutMs);
    await delay(50);
  }
  return running;
}

function signal({ pid }: RunningGaia): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error; // it ended meanwhile: what was wanted
  }
}

const stillThere = ({ pid }: RunningGaia, timeoutMs: number) =>
  unavailable(`Gaia (process ${pid}) was asked to stop and is still there after ${Math.round(timeoutMs / 1000)} s.`, {
    reason: 'still_stopping',
    remedy: `Wait and look again, or end it by force: kill -9 ${pid} (nothing acknowledged is lost by that).`,
    facts: { pid },
  });

async function alreadyTaken(home: Home): Promise<Error> {
  const holder = await runningGaia(home.path);
  const who = holder
    ? `process ${holder.pid}, since ${holder.startedAt}${holder.url ? `, at ${holder.url}` : ''}`
    : 'a process that left no gaia.pid (it may be starting or stopping)';
  return conflict(`Another Gaia uses the data directory ${home.path}: ${who}.`, {
    reason: 'home_taken',
    remedy: 'Stop it first (gaia stop), or start this one on another GAIA_HOME.',
    ...(holder && { facts: { ...holder } }),
  });
}

/** A file that is missing or not as Gaia writes it names nobody. */
async function readRecord(path: string): Promise<RunningGaia | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** `pid` must be above 0: signals to 0 and below reach whole groups. */
const isRecord = (value: unknown): value is RunningGaia =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isInteger(value.pid) &&
  Number(value.pid) > 0 &&
  'startedAt' in value &&
  typeof value.startedAt === 'string';
