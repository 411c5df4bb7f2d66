import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as system } from 'node:os';
import type { Duplex } from 'node:stream';
import type { Ended } from '../actions/executor.ts';
import { errnoOf } from './errno.ts';
import { executionFiles, outcomeBytesMax, publishLive, publishOutcome, writeSynced } from './execution-files.ts';
import { KeptOutput } from './kept-output.ts';
import { LiveOutput } from './live-output.ts';
import { type OutputSecrets, outputSecrets, storable } from './output-secrets.ts';
import { markName, type Plan, type WatchedFile } from './plan.ts';
import { killMarked, processesBelow, processesMarked, signalProcess } from './processes.ts';
import { ordersText } from './starter.ts';

/** How long output may still come after the end: a process elsewhere may hold the pipe open. */
const closingMs = 500;
const liveEveryMs = 500;
const errorLengthMax = 2_000;
/** of the starter's answers: a path in a place that is another, and two lines */
const answerLengthMax = 8_192;
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
    fail(spawnWords(error, plan));
    return;
  }
  child.on('error', (error) => child.pid === undefined && fail(spawnWords(error, plan)));
  if (child.pid === undefined) return;
  const pid = child.pid;

  const [outSocket, errSocket] = pipes.map(({ read, write }) => {
    closeSync(write);
    return new Socket({ fd: read, readable: true, writable: false });
  }) as [Socket, Socket];
  outSocket.on('data', (chunk: Buffer) => stdout.add(chunk));
  errSocket.on('data', (chunk: Buffer) => stderr.add(chunk));
  const answers = child.stdio[3] as Duplex;
  const closed = Promise.all(
    [outSocket, errSocket, answers].map((stream) => new Promise((end) => stream.once('close', end))),
  );
  answers
    .on('error', () => undefined) // it is gone: its exit says why
    .on('data', (chunk: Buffer) => {
      if (answer.length < answerLengthMax) answer += chunk.toString();
    });
  answers.end(ordersText(plan.orders));

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
    const told = answersIn(answer);
    if (told.failed !== undefined) return fail(startWords(told.failed, plan.orders.program.file));
    if (!told.ready && !reason) {
      if (told.place !== undefined) return fail(placeWords(told.place));
      return fail(stderr.read().text || `it ended before the command began (${code ?? signal})`);
    }
    if (told.status === undefined) return finish(reason ?? 'exited', code, signal);
    const by = told.status & 0x7f;
    finish(reason ?? 'exited', by === 0 ? told.status >> 8 : null, by === 0 ? null : signalName(by));
  });
}

interface Answers {
  /** a place inside that was not the one looked at outside */
  place?: string;
  ready: boolean;
  /** the errno name with which the program could not be started after all */
  failed?: string;
  /** the wait status, where the starter stayed as an init; a wrapper's exit code does not tell a signal from a number */
  status?: number;
}

/** Only the starter can write them: the program has no descriptor 3, and may not trace the init that has. */
function answersIn(text: string): Answers {
  const [, place] = /^place (.*)$/ms.exec(text) ?? [];
  const [, failed] = /^failed (\d+)$/m.exec(text) ?? [];
  const [, status] = /^ended (\d+)$/m.exec(text) ?? [];
  return {
    ready: /^ready$/m.test(text),
    ...(place !== undefined && { place: place.trimEnd() }),
    ...(failed !== undefined && { failed: nameIn(system.errno, Number(failed)) ?? `error ${failed}` }),
    ...(status !== undefined && { status: Number(status) }),
  };
}

const nameIn = (names: object, value: number): string | undefined =>
  Object.entries(names).find(([, each]) => each === value)?.[0];
const signalName = (number: number): string => nameIn(system.signals, number) ?? `signal ${number}`;
const placeWords = (place: string): string =>
  `inside the sandbox ${place === '.' ? 'its directory' : place} is not the one that was approved`;

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

/** The wrapper and the starter get an environment of their own: what a request names there works in its program alone. */
function start({ file, args, ids, mark, startsInCwd }: Plan, cwd: number, stdio: number[]): ChildProcess {
  return spawn(file, args, {
    ...ids,
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', [markName]: mark },
    cwd: startsInCwd ? `/proc/${process.pid}/fd/${cwd}` : '/',
    detached: true,
    stdio: [...stdio, 'pipe'],
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

const startWords = (errno: string, file: string): string =>
  `${file}: ${startErrors[errno] ?? `the system answered ${errno}`} (${errno})`;

function spawnWords(error: unknown, { file }: Plan): string {
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return startWords(errno, file);
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
  await killMarked(markName, plan.mark);
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
