import { readFile } from 'node:fs/promises';
import { errnoOf } from './file-errors.ts';

/**
 * One process, told from a later one with the same number. Start time and boot id are absent where there is no /proc.
 */
export interface ProcessIdentity {
  pid: number;
  /** clock ticks after boot (field 22 of /proc/PID/stat) */
  startTime?: string;
  bootId?: string;
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  const [startTime, bootId] = await Promise.all([startTimeOf(process.pid), readBootId()]);
  return { pid: process.pid, ...(startTime && { startTime }), ...(bootId && { bootId }) };
}

/** Whether that very process still lives; one that ended and was not yet reaped does not. */
export async function isAlive({ pid, startTime, bootId }: ProcessIdentity): Promise<boolean> {
  if (bootId !== undefined && bootId !== (await readBootId())) return false;
  if (startTime !== undefined) return (await startTimeOf(pid)) === startTime;
  return answersSignals(pid);
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === 'EPERM';
  }
}

const endedStates = ['Z', 'X', 'x'];

/** Nothing where there is no such process, it has ended, or there is no /proc. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const line = await readIfThere(`/proc/${pid}/stat`);
  // the second field is the program's name in parentheses and may hold anything, `) ` included
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || endedStates.includes(fields[0] ?? '') ? undefined : fields[19];
}

const readBootId = async () => (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim();

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}
