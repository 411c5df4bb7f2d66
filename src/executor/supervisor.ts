import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import { takeLatch, takeRoom } from './execution-files.ts';
import { type Plan, supervisorExits } from './plan.ts';
import { markOf } from './processes.ts';
import { supervise } from './supervise.ts';

/**
 * A program of its own that owns one command. Gaia starts it detached and may die meanwhile. Usage: supervisor.js DIRECTORY,
 * the plan on standard input, the working directory as descriptor 3. SIGTERM asks it to stop the command.
 */

/** open(2): only to name it, which needs no permission to read it. Node has no name for it. */
const openPathOnly = 0o10000000;

const stopping = new AbortController();
process.on('SIGTERM', () => stopping.abort());
process.on('SIGHUP', () => undefined);
process.on('SIGINT', () => undefined);

const directory = process.argv[2] ?? '';
const plan = readPlan();
const cwd = takeDirectory(plan.cwd);
closeInherited();
takeRoomOrEnd();
if (!takeLatch(directory, { by: 'supervisor', at: Date.now(), ...markOf(process.pid) })) end('latchTaken', 'claimed');
tellGaia();
supervise(plan, { directory, cwd, stopping: stopping.signal });

/** A plan cut short by Gaia's death does not parse; its text may hold secrets, so nothing of it is repeated. */
function readPlan(): Plan {
  const text = readFileSync(0, 'utf8');
  try {
    return JSON.parse(text) as Plan;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return end('planUnreadable', 'the plan was cut short');
  }
}

/** The directory under another number, which no child inherits: with a directory in hand a child walks out of a sandbox. */
function takeDirectory({ device, inode }: Plan['cwd']): number {
  const taken = openSync('/proc/self/fd/3', openPathOnly | constants.O_DIRECTORY);
  closeSync(3);
  const { dev, ino } = fstatSync(taken, { bigint: true });
  if (String(dev) !== device || String(ino) !== inode) end('wrongDirectory', 'the directory is another');
  return taken;
}

/** What Gaia itself was started with in hand is no command's: Node closes only what Node opened. */
function closeInherited(): void {
  const closesOnExec = 0o2000000; // O_CLOEXEC, as /proc/PID/fdinfo says it
  for (const file of readdirSync('/proc/self/fdinfo').map(Number)) {
    const [, flags] = /^flags:\s*([0-7]+)/m.exec(readFdInfo(file)) ?? [];
    if (file > 2 && flags !== undefined && (Number.parseInt(flags, 8) & closesOnExec) === 0) closeSync(file);
  }
}

/** Nothing for the descriptor that read the list itself, which is closed by now. */
function readFdInfo(file: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${file}`, 'utf8');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    return '';
  }
}

function takeRoomOrEnd(): void {
  try {
    takeRoom(directory);
  } catch (error) {
    end('noRoom', errnoOf(error) ?? String(error));
  }
}

function end(how: keyof typeof supervisorExits, why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(supervisorExits[how]);
}

/** Gaia waits for this word; where it has died meanwhile, nobody does. */
function tellGaia(): void {
  try {
    writeSync(1, 'latched\n');
  } catch (error) {
    if (errnoOf(error) !== 'EPIPE') throw error;
  }
}
