import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Ended } from '../actions/executor.ts';
import { errnoOf } from './errno.ts';
import { executionFiles, outcomeBytesMax, publishLive, publishOutcome, writeSynced } from './execution-files.ts';
import { KeptOutput } from './kept-output.ts';
import { LiveOutput } from './live-output.ts';
import { type OutputSecrets, outputSecrets, storable } from './output-secrets.ts';
import { markName, type Plan, type WatchedFile } from './plan.ts';
import { processesBelow, processesMarked, signalProcess } from './processes.ts';

/** How long output may still come after the end: a process elsewhere may hold the pipe open. */
const closingMs = 500;
/** How long strays are looked for and killed where no namespace holds them. */
const sweepMs = 5_000;
const sweepEveryMs = 20;
const liveEveryMs = 500;
const errorLengthMax = 2_000;
const nothing = { text: '', truncated: false };

interface Surroundings {
  /** of the execution */
  directory: string;
  /** descriptor of the working directory */
  cwd: number;
  /** aborted when the command is to be stopped */
  stopping: AbortSignal;
}

/** Runs a command to its end: its processes, its time-out, its output, its outcome. Ends this process. */
export function supervise(plan: Plan, { directory, cwd, stopping }: Surroundings): void {
  const files = executionFiles(directory);
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
    // what was written before the command itself ran is in `error`
    const [out, err] = how === 'not_startable' ? [nothing, nothing] : [stdout.read(), stderr.read()];
    const ended: Ended = {
      how,
      exitCode,
      signal,
      error,
      stdout: out.text,
      stderr: err.text,
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

  const pipes = [openPipe(files.stdout), openPipe(files.stderr)] as const;
  let child: ChildProcess;
  try {
    child = start(plan, cwd, [openInput(files.stdin, plan.stdin), ...pipes.map(({ write }) => write)]);
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

  const live = showLive(directory, { stdout: outSocket, stderr: errSocket }, secrets);
  let reason: 'timed_out' | 'stopped' | undefined;
  const stop = (why: typeof reason) => {
    if (reason) return;
    reason = why;
    for (const each of ofCommand(plan, pid)) signalProcess(each, 'SIGTERM');
    setTimeout(() => killAll(plan, pid), plan.graceMs);
  };
  const timer = setTimeout(stop, plan.timeoutMs, 'timed_out');
  if (stopping.aborted) stop('stopped');
  else stopping.addEventListener('abort', () => stop('stopped'));

  const endWithMe = () => killAll(plan, pid); // where this program fails, what it owns must not go on
  process.on('exit', endWithMe);
  child.on('exit', async (code, signal) => {
    process.off('exit', endWithMe);
    clearTimeout(timer);
    clearInterval(live);
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
function openInput(path: string, text: string): number {
  if (text === '') return openSync('/dev/null', 'r');
  writeSynced(path, text, 0o444);
  const input = openSync(path, 'r');
  rmSync(path);
  return input;
}

function start({ file, args, argv0, kind, ids, env, startsInCwd }: Plan, cwd: number, stdio: number[]): ChildProcess {
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
function showLive(
  directory: string,
  streams: Record<'stdout' | 'stderr', Socket>,
  secrets: OutputSecrets,
): NodeJS.Timeout {
  const stdout = new LiveOutput(secrets);
  const stderr = new LiveOutput(secrets);
  let isNews = false;
  const listen = (stream: LiveOutput) => (chunk: Buffer) => {
    stream.add(chunk);
    isNews = true;
  };
  streams.stdout.on('data', listen(stdout));
  streams.stderr.on('data', listen(stderr));
  return setInterval(() => {
    if (!isNews) return;
    isNews = false;
    try {
      publishLive(directory, { stdout: stdout.newest(), stderr: stderr.newest() });
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }, liveEveryMs);
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
