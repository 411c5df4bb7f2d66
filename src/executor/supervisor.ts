import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Ended } from '../actions/executor.ts';
import { errnoOf } from './errno.ts';
import {
  executionFiles,
  outcomeBytesMax,
  publishLive,
  publishOutcome,
  takeLatch,
  takeRoom,
  writeSynced,
} from './execution-files.ts';
import { KeptOutput } from './kept-output.ts';
import { LiveOutput } from './live-output.ts';
import { type OutputSecrets, outputSecrets, storable } from './output-secrets.ts';
import { markName, type Plan, supervisorExits, type WatchedFile } from './plan.ts';
import { markOf, processesBelow, processesMarked, signalProcess } from './processes.ts';

/**
 * A program of its own that owns one command: its processes, its time-out, its output, its outcome. Gaia starts it
 * detached and may die meanwhile. Usage: supervisor.js DIRECTORY, the plan on standard input, the working directory as
 * descriptor 3. SIGTERM asks it to stop the command.
 */

/** How long output may still come after the end: a process elsewhere may hold the pipe open. */
const closingMs = 500;
/** How long strays are looked for and killed where no namespace holds them. */
const sweepMs = 5_000;
const sweepEveryMs = 20;
const liveEveryMs = 500;
const errorLengthMax = 2_000;
/** open(2): only to name it, which needs no permission to read it. Node has no name for it. */
const openPathOnly = 0o10000000;

type Reason = 'timed_out' | 'stopped';
let reason: Reason | undefined;
let stop = (why: Reason) => {
  reason ??= why;
};
process.on('SIGTERM', () => stop('stopped'));
process.on('SIGHUP', () => undefined);
process.on('SIGINT', () => undefined);

const directory = process.argv[2] ?? '';
const files = executionFiles(directory);
const plan = readPlan();
const cwd = takeDirectory(plan.cwd);
closeInherited();
takeRoomOrEnd();
if (!takeLatch(directory, { by: 'supervisor', at: Date.now(), ...markOf(process.pid) })) end('latchTaken', 'claimed');
tellGaia();
supervise(plan);

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

function supervise(plan: Plan): void {
  const secrets = outputSecrets(plan.secrets, plan.patterns);
  const stdout = new KeptOutput(secrets);
  const stderr = new KeptOutput(secrets);
  const nonce = randomBytes(16).toString('hex');
  const began = performance.now();
  let answer = '';
  let finished = false;

  const finish = (how: Ended['how'], exitCode: number | null, signal: string | null, error: string | null = null) => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    const out = stdout.read();
    const err = stderr.read();
    const ended: Ended = {
      how,
      exitCode,
      signal,
      error,
      stdout: out.text,
      stderr: err.text.replace(nonce, ''),
      truncated: out.truncated || err.truncated,
      durationMs: Math.round(performance.now() - began),
      changedDuringRun: plan.watched.filter(isDifferent).map(({ name }) => name),
    };
    publishOutcome(directory, fitted(ended));
    process.exit(0);
  };
  const fail = (words: string) =>
    finish(
      'not_startable',
      null,
      null,
      `${storable(words.trim()).slice(0, errorLengthMax).toWellFormed()}${plan.hint ? ` (${plan.hint})` : ''}`,
    );

  const timer = setTimeout(() => stop('timed_out'), plan.timeoutMs);
  const pipes = [openPipe(files.stdout), openPipe(files.stderr)] as const;
  let child: ChildProcess;
  try {
    child = start(plan, [openInput(plan.stdin), ...pipes.map(({ write }) => write)]);
  } catch (error) {
    fail(startWords(error, plan));
    return;
  }
  child.on('error', (error) => child.pid === undefined && fail(startWords(error, plan)));
  if (child.pid === undefined) return;
  const pid = child.pid;

  const [outSocket, errSocket] = pipes.map(({ read, write }) => {
    closeSync(write);
    return new Socket({ fd: read, readable: true, writable: false });
  }) as [Socket, Socket];
  outSocket.on('data', (chunk: Buffer) => stdout.add(chunk));
  errSocket.on('data', (chunk: Buffer) => stderr.add(chunk));
  const closed = Promise.all([outSocket, errSocket].map((socket) => new Promise((end) => socket.once('close', end))));
  const answers = child.stdio[3] as Duplex | undefined;
  answers
    ?.on('error', () => undefined)
    .on('data', (chunk: Buffer) => {
      if (answer.length < 64) answer += chunk.toString('latin1');
    });
  answers?.write(`${nonce}\n`);

  showLive(outSocket, errSocket, secrets);
  stop = (why) => {
    if (reason) return;
    reason = why;
    for (const each of ofCommand(plan, pid)) signalProcess(each, 'SIGTERM');
    setTimeout(() => killAll(plan, pid), plan.graceMs);
  };
  if (reason) {
    const why = reason;
    reason = undefined;
    stop(why);
  }

  child.on('exit', async (code, signal) => {
    await sweep(plan, pid);
    await Promise.race([closed, later(closingMs)]);
    if (plan.kind === 'wrapped' && !reason) {
      const said = stderr.read().text;
      if (answer.startsWith('cwd')) return fail('inside the sandbox its directory is not the one that was approved');
      if (!answer.startsWith('ready')) return fail(said || `the sandbox ended with ${code ?? signal}`);
      if (said.endsWith(nonce)) return fail(said.slice(0, -nonce.length).replace(/^gaia: line \d+: /, ''));
    }
    const seen = signal ?? (plan.kind === 'wrapped' ? signalOf(code) : null);
    finish(reason ?? 'exited', code, seen);
  });
}

interface OpenPipe {
  read: number;
  write: number;
}

/**
 * A named pipe, already without its name. Node's own pipes are sockets, which cannot be opened as /dev/stdout; scripts
 * write to that.
 */
function openPipe(path: string): OpenPipe {
  const read = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { read, write };
}

/** A file without a name, so that it can be opened as /dev/stdin and nobody has to feed it. */
function openInput(text: string): number {
  if (text === '') return openSync('/dev/null', 'r');
  writeSynced(files.stdin, text, 0o444);
  const input = openSync(files.stdin, 'r');
  rmSync(files.stdin);
  return input;
}

function start({ file, args, argv0, kind, ids, env, startsInCwd }: Plan, stdio: number[]): ChildProcess {
  return spawn(file, args, {
    ...(argv0 !== undefined && { argv0 }),
    ...ids,
    env,
    cwd: startsInCwd ? `/proc/${process.pid}/fd/${cwd}` : '/',
    detached: true,
    stdio: [...stdio, ...(kind === 'wrapped' ? (['pipe'] as const) : [])],
  });
}

const startErrors: Record<string, string> = {
  E2BIG: 'its arguments and environment are larger than the kernel takes',
  EACCES: 'permission denied',
  ENOENT: 'it, or the interpreter it names, is not there',
  ENOEXEC: 'this machine cannot run a file of its kind',
  ETXTBSY: 'somebody is writing to it',
  EPERM: 'not permitted',
  ENOMEM: 'no memory is left',
  EAGAIN: 'no more processes may be started',
};

function startWords(error: unknown, { file }: Plan): string {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return `${file}: ${startErrors[errno] ?? `the system answered ${errno}`} (${errno})`;
}

/** Processes that belong to the command; a wrapper and its init are none: SIGTERM to them leaves no grace to the rest. */
function ofCommand({ kind, mark }: Plan, pid: number): number[] {
  if (kind === 'wrapped') return processesBelow(pid).slice(2);
  return [...new Set([...processesBelow(pid), ...processesMarked(markName, mark)])];
}

function killAll(plan: Plan, pid: number): number {
  if (plan.kind === 'wrapped') return Number(signalProcess(pid, 'SIGKILL'));
  signalProcess(-pid, 'SIGKILL');
  return ofCommand(plan, pid).filter((each) => each !== process.pid && signalProcess(each, 'SIGKILL')).length;
}

/**
 * Ends what outlived the command. Its namespace does that by itself. Without one: its group, and whatever is below it or
 * carries its mark, again until none is left; a process that left all three of them is not found.
 */
async function sweep(plan: Plan, pid: number): Promise<void> {
  if (plan.kind === 'wrapped') return;
  signalProcess(-pid, 'SIGKILL');
  for (const until = performance.now() + sweepMs; performance.now() < until; await later(sweepEveryMs)) {
    const strays = processesMarked(markName, plan.mark).filter((each) => signalProcess(each, 'SIGKILL'));
    if (strays.length === 0) return;
  }
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A sandbox says a signal as an exit code above 128, as shells do. */
const signalNames: Record<number, string> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
};
const signalOf = (code: number | null): string | null => signalNames[(code ?? 0) - 128] ?? null;

/** Shows the newest output beside the execution; a disk that is full shows none. */
function showLive(out: Socket, err: Socket, secrets: OutputSecrets): void {
  const stdout = new LiveOutput(secrets);
  const stderr = new LiveOutput(secrets);
  let isNews = false;
  const listen = (stream: LiveOutput) => (chunk: Buffer) => {
    stream.add(chunk);
    isNews = true;
  };
  out.on('data', listen(stdout));
  err.on('data', listen(stderr));
  setInterval(() => {
    if (!isNews) return;
    isNews = false;
    try {
      publishLive(directory, { stdout: stdout.newest(), stderr: stderr.newest() });
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }, liveEveryMs).unref();
}

function isDifferent({ path, sha256, bytes }: WatchedFile): boolean {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      if (!found.isFile() || found.size !== bytes) return true;
      return createHash('sha256').update(readFileSync(file)).digest('hex') !== sha256;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return true; // it is gone, or nobody may look at it any more
  }
}

/** The outcome as text that fits in the room taken for it; output full of redactions is cut once more. */
function fitted(ended: Ended): string {
  let text = JSON.stringify(ended);
  for (let length = 512 * 1024; Buffer.byteLength(text) > outcomeBytesMax; length /= 2) {
    const cut = (stream: string) => stream.slice(0, length).toWellFormed();
    text = JSON.stringify({ ...ended, stdout: cut(ended.stdout), stderr: cut(ended.stderr), truncated: true });
  }
  return text;
}
