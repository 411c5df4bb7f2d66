import { join } from 'node:path';
import { readOrNothing } from './read-or-nothing.ts';

/** What `gaia.pid` says of the process that holds a data directory. */
interface Record {
  pid: number;
  startTime?: string;
  bootId?: string;
  url?: string;
}

/**
 * Where the Gaia of a data directory listens, if the very process that noted it still lives. A number alone proves
 * nothing: after a crash another process may have both the number and the port, and would be handed the keys.
 */
export function livingUrl(home: string): string | undefined {
  const record = readRecord(join(home, 'gaia.pid'));
  if (record?.url === undefined) return undefined;
  const bootId = readOrNothing('/proc/sys/kernel/random/boot_id')?.trim();
  if (record.bootId !== undefined && record.bootId !== bootId) return undefined;
  if (record.startTime !== undefined) return startTimeOf(record.pid) === record.startTime ? record.url : undefined;
  return answersSignals(record.pid) ? record.url : undefined;
}

function readRecord(path: string): Record | undefined {
  const text = readOrNothing(path);
  if (text === undefined) return undefined;
  try {
    const record = JSON.parse(text) as Partial<Record> | null;
    return typeof record?.pid === 'number' && record.pid > 0 ? (record as Record) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Field 22 of /proc/PID/stat; the second field is a name in parentheses and may hold anything. */
export function startTimeOf(pid: number): string | undefined {
  const line = readOrNothing(`/proc/${pid}/stat`);
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields === undefined || ['Z', 'X', 'x'].includes(fields[0] ?? '') ? undefined : fields[19];
}

/** Where there is no /proc. */
function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
