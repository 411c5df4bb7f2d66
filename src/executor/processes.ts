import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { errnoOf } from './errno.ts';

/** One process, told from a later one with the same number. */
export interface ProcessMark {
  pid: number;
  /** clock ticks after boot (field 22 of /proc/PID/stat) */
  startTime: string;
  bootId: string;
}

export const markOf = (pid: number): ProcessMark => ({
  pid,
  startTime: statOf(pid)?.startTime ?? '',
  bootId: bootId(),
});

/** Whether that very process still lives; a zombie does not. */
export function lives({ pid, startTime, bootId: boot }: ProcessMark): boolean {
  const stat = boot === bootId() ? statOf(pid) : undefined;
  return stat !== undefined && stat.startTime === startTime && !['Z', 'X', 'x'].includes(stat.state);
}

export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Every process below one, itself first, parents before children; whatever its group or session. */
export function processesBelow(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const each of allPids()) {
    const parent = statOf(each)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), each]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** Every living process whose first environment holds `name=value`: children inherit it wherever they go. */
export function processesMarked(name: string, value: string): number[] {
  const mark = `${name}=${value}`;
  return allPids().filter((pid) => {
    const environment = readProc(`/proc/${pid}/environ`);
    return environment?.split('\0').includes(mark) && statOf(pid)?.state !== 'Z';
  });
}

/** How long strays are looked for and killed where no namespace holds them. */
const sweepMs = 5_000;
const sweepEveryMs = 20;

/** Kills what is marked, again until none is left; false where some still live, or nobody can tell, after a while. */
export async function killMarked(name: string, value: string): Promise<boolean> {
  for (const until = performance.now() + sweepMs; ; await setTimeout(sweepEveryMs)) {
    try {
      const strays = processesMarked(name, value).filter((pid) => pid !== process.pid);
      if (strays.length === 0) return true;
      for (const pid of strays) signalProcess(pid, 'SIGKILL');
    } catch (error) {
      if (errnoOf(error) === undefined) throw error; // no descriptors or memory are left: later perhaps
    }
    if (performance.now() >= until) return false;
  }
}

/** Sends a signal; false where nobody was there to get it, or it may not be sent. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

const allPids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

interface ProcessStat {
  state: string;
  parent: number;
  startTime: string;
}

function statOf(pid: number): ProcessStat | undefined {
  const line = readProc(`/proc/${pid}/stat`);
  if (line === undefined) return undefined;
  // the second field is the program's name in parentheses and may hold anything, `) ` included
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', parent: Number(fields[1]), startTime: fields[19] ?? '' };
}

/** What a look into /proc says where the process is gone or is not ours to look at; anything else says nothing about it. */
const isGoneOrForeign = ['ENOENT', 'ESRCH', 'EACCES', 'EPERM'];

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (!isGoneOrForeign.includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}
