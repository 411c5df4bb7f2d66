import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Executor, Handover, Held, Sighting } from '../actions/executor.ts';
import type { ResolvedCommand } from '../core/command/command.ts';
import { decideIsolation, type SandboxSetting } from '../core/command/isolation.ts';
import { cleanEnvironment, type Isolation, type Sandbox } from '../core/command/sandbox.ts';
import { conflict, GaiaError, invalid, unavailable } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';
import { errnoOf } from './errno.ts';
import {
  executionFiles,
  readLatch,
  readLive,
  readOutcome,
  readPlaces,
  syncDirectory,
  takeLatch,
} from './execution-files.ts';
import { type HashFile, hashFiles } from './hash-files.ts';
import {
  changed,
  checkFiles,
  checkWatched,
  copyHeld,
  heldFiles,
  isOwnScratch,
  makeScratch,
  openDirectory,
  programOf,
  refuseOtherHost,
  watchedFiles,
} from './held.ts';
import { markName, type Plan } from './plan.ts';
import {
  findExecUser,
  findTools,
  type Ids,
  type Probe,
  probeNamespace,
  probeSandbox,
  reachableBy,
  type Tools,
} from './probe.ts';
import { lives, signalProcess } from './processes.ts';
import { directoryFault, heldInside, homeInside, type Mask, startIn } from './sandbox-profile.ts';
import { workerUrl } from './worker-url.ts';

const run = promisify(execFile);

export interface ExecutorOptions {
  /** whether commands may run (ALLOW_COMMAND_EXECUTION=1); those that run already are looked after anyway */
  allow: boolean;
  /** the data directory, which no command sees */
  home: string;
  /** further files and directories of Gaia's that no command may see: its env file, a policy file elsewhere */
  masks: readonly string[];
  sandbox: SandboxSetting;
  /** EXEC_USER */
  execUser?: string;
  reach: Reach;
  hash?: HashFile;
  now?: () => number;
  /** between SIGTERM and SIGKILL */
  graceMs?: number;
}

export interface OpenedExecutor extends Executor {
  /** what the probe of the sandbox said */
  readonly probe: Probe;
  /** Why commands may not run with these directories; undefined where they may. To be asked when a command is resolved. */
  directoryFault(cwd: string, sandbox: Sandbox): Promise<string | undefined>;
}

const defaultGraceMs = 5_000;
/** How long a supervisor may take until its latch; then it is ended, and whoever takes the latch first decides. */
const latchMs = 30_000;
const idPattern = /^[A-Za-z0-9_-]{1,128}$/;

/** Decides once how commands are isolated, or refuses; see `decideIsolation`. */
export async function openExecutor(options: ExecutorOptions): Promise<OpenedExecutor> {
  if (process.platform !== 'linux' && options.allow) {
    throw invalid(`Commands run on Linux alone; this is ${process.platform}.`, {
      reason: 'executor_not_supported',
      remedy: 'Unset ALLOW_COMMAND_EXECUTION: requests are rehearsed then, and `gaia run` still asks and runs.',
    });
  }
  const tools = await findTools();
  const execUser = options.execUser === undefined ? undefined : await findExecUser(options.execUser, tools);
  const uid = process.geteuid?.() ?? -1;
  const ids = uid === 0 ? execUser?.ids : undefined;
  const probe = await probeSandbox(ids, tools);
  const { allow, sandbox } = options;
  const isolation = decideIsolation({ allow, sandbox, uid, probe, ...(execUser && { execUser }) });
  const masks = await masksOf([options.home, ...options.masks]);
  const executions = join(await realpath(options.home), 'executions');
  await mkdir(executions, { recursive: true, mode: 0o700 });
  syncDirectory(join(executions, '..'));

  const executor = new LocalExecutor(executions, {
    ...options,
    allowed: isolation !== undefined,
    isolation: isolation ?? 'none',
    user: ids && execUser?.name,
    ids,
    tools,
    probe,
    masks,
    hasNamespace: isolation === 'user' && (await probeNamespace(ids, tools)).works,
  });
  await executor.removeGone();
  return executor;
}

async function masksOf(places: readonly string[]): Promise<Mask[]> {
  const masks = new Map<string, Mask>();
  for (const place of places) {
    try {
      const path = await realpath(place);
      masks.set(path, { path, kind: (await stat(path)).isDirectory() ? 'directory' : 'file' });
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error; // what is not there needs no mask
    }
  }
  return [...masks.values()];
}

interface Circumstances extends Omit<ExecutorOptions, 'allow' | 'sandbox' | 'execUser' | 'masks'> {
  allowed: boolean;
  isolation: Isolation;
  user: string | undefined;
  ids: Ids;
  tools: Tools;
  probe: Probe;
  masks: Mask[];
  hasNamespace: boolean;
}

/** What is in hand between `hold` and `start`. */
interface HeldCommand extends Held {
  sandbox: Sandbox;
  directory: FileHandle;
  scratch: string | undefined;
}

class LocalExecutor implements OpenedExecutor {
  readonly isolation: Isolation;
  readonly user?: string;
  readonly probe: Probe;
  readonly #executions: string;
  readonly #around: Circumstances;
  readonly #hash: HashFile;
  readonly #now: () => number;
  readonly #inHand = new Map<Held, HeldCommand>();

  constructor(executions: string, around: Circumstances) {
    this.isolation = around.isolation;
    if (around.user !== undefined) this.user = around.user;
    this.probe = around.probe;
    this.#executions = executions;
    this.#around = around;
    this.#hash = around.hash ?? hashFiles();
    this.#now = around.now ?? Date.now;
  }

  directoryFault(cwd: string, sandbox: Sandbox): Promise<string | undefined> {
    return directoryFault({ cwd, sandbox }, this.#around.masks);
  }

  async hold(id: string, command: ResolvedCommand): Promise<Held> {
    const sandbox = await this.#sandboxOf(command);
    refuseOtherHost(command);
    const execution = await this.#make(id);
    let directory: FileHandle | undefined;
    try {
      const { stdout, stderr } = executionFiles(execution);
      await run(this.#around.tools.mkfifo ?? 'mkfifo', ['-m', '666', stdout, stderr]); // opened as /dev/stdout by others
      directory = await openDirectory(command.cwd);
      await checkFiles(command, { hash: this.#hash, ownUid: process.geteuid?.() ?? -1 });
      const copies = heldFiles(command);
      const home = sandbox.isolation === 'bwrap' || sandbox.home !== undefined ? undefined : { ids: this.#around.ids };
      const scratch = copies.length > 0 || home ? await makeScratch(execution, home) : undefined;
      for (const file of copies) await copyHeld(join(scratch ?? '', 'held'), file);
      const held: HeldCommand = { id, command, sandbox, directory, scratch };
      this.#inHand.set(held, held);
      return held;
    } catch (error) {
      await directory?.close();
      await this.forget(id);
      throw refusalOf(error);
    }
  }

  async release(held: Held): Promise<void> {
    await this.#letGo(held);
    if (readLatch(this.#directoryOf(held.id)) === undefined) await this.forget(held.id);
  }

  async start(held: Held, handover: Handover): Promise<void> {
    const inHand = this.#inHand.get(held);
    if (inHand === undefined) throw new Error(`${held.id} is not in hand: held by another executor, or started before`);
    try {
      const plan = await this.#planOf(inHand, handover);
      await checkWatched(plan.watched, this.#hash);
      this.#around.reach('executor.start.before');
      await this.#supervise(inHand, plan);
      this.#around.reach('executor.start.after');
    } catch (error) {
      throw refusalOf(error);
    } finally {
      await this.#letGo(held);
    }
  }

  async look(id: string): Promise<Sighting> {
    const directory = this.#directoryOf(id);
    const latch = readLatch(directory);
    if (latch === undefined) return { kind: 'absent' };
    if (latch.by === 'claim') return { kind: 'never_started' };
    const running = lives(latch); // before the outcome is looked for: it may end in between
    const ended = readOutcome(directory);
    if (ended) return { kind: 'ended', ended };
    return running ? { kind: 'running', startedAt: latch.at } : { kind: 'lost' };
  }

  async claim(id: string): Promise<boolean> {
    const directory = this.#directoryOf(id);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    syncDirectory(this.#executions);
    return takeLatch(directory, { by: 'claim', at: this.#now() }) || readLatch(directory)?.by === 'claim';
  }

  async stop(id: string): Promise<void> {
    const latch = readLatch(this.#directoryOf(id));
    if (latch?.by === 'supervisor' && lives(latch)) signalProcess(latch.pid, 'SIGTERM');
  }

  async live(id: string) {
    return readLive(this.#directoryOf(id));
  }

  /** Renamed first, so that no supervisor that comes late finds a place for its latch. */
  async forget(id: string): Promise<void> {
    const gone = join(this.#executions, `.gone-${id}-${randomBytes(6).toString('hex')}`);
    try {
      await rename(this.#directoryOf(id), gone);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    await this.#remove(gone);
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#executions)).filter((name) => idPattern.test(name));
  }

  /** Ends what a crash left of `forget`. */
  async removeGone(): Promise<void> {
    for (const name of await readdir(this.#executions)) {
      if (name.startsWith('.gone-')) await this.#remove(join(this.#executions, name));
    }
  }

  #directoryOf(id: string): string {
    if (!idPattern.test(id)) throw invalid(`"${id}" is no id of an execution.`, { reason: 'execution_id' });
    return join(this.#executions, id);
  }

  async #sandboxOf({ sandbox, cwd, mode }: ResolvedCommand): Promise<Sandbox> {
    const { allowed, isolation, user } = this.#around;
    if (!allowed || mode !== 'real' || sandbox === 'none') throw changed('The way it runs', 'commands are rehearsed');
    if (sandbox.isolation !== isolation) {
      throw changed('Its isolation', `it was approved to run with ${sandbox.isolation}, and Gaia has ${isolation} now`);
    }
    if (sandbox.user !== user) {
      throw changed('Its user', `it was approved to run as ${sandbox.user ?? "Gaia's own user"}`);
    }
    const fault = await this.directoryFault(cwd.path, sandbox);
    if (fault) throw changed('Its sandbox', fault);
    return sandbox;
  }

  /** A directory for the execution; what an earlier try left there without a start is removed. */
  async #make(id: string): Promise<string> {
    const directory = this.#directoryOf(id);
    if (readLatch(directory)) {
      throw conflict(`The execution ${id} was started or given up before.`, { reason: 'already_started' });
    }
    await this.forget(id);
    await mkdir(directory, { mode: 0o700 });
    syncDirectory(this.#executions);
    return directory;
  }

  async #letGo(held: Held): Promise<void> {
    const inHand = this.#inHand.get(held);
    this.#inHand.delete(held);
    await inHand?.directory.close();
  }

  async #planOf({ id, command, sandbox, scratch }: HeldCommand, { secrets, patterns }: Handover): Promise<Plan> {
    const { ids, tools, hasNamespace, graceMs = defaultGraceMs } = this.#around;
    const isBoxed = sandbox.isolation === 'bwrap';
    const heldRoot = isBoxed ? heldInside : join(scratch ?? '', 'held');
    const masks = isBoxed ? await this.#masks() : [];
    const held = scratch && join(scratch, 'held');
    const around = { command, sandbox, held, tools, ids, hasNamespace, masks };
    const start = await startIn(programOf(command, heldRoot), around);
    const home = isBoxed ? homeInside : (sandbox.home ?? join(scratch ?? '', 'home'));
    const env = { ...cleanEnvironment, HOME: home, ...sandbox.env, ...command.env };
    return {
      ...start,
      env: {
        ...withSecrets(env, secrets),
        ...(start.kind === 'direct' && { [markName]: id }),
      },
      stdin: command.stdin ?? '',
      cwd: command.cwd,
      mark: id,
      timeoutMs: command.timeoutSeconds * 1_000,
      graceMs,
      watched: watchedFiles(command),
      secrets: Object.entries(secrets).map(([name, value]) => ({ name, value })),
      patterns: [...patterns],
    };
  }

  /** Those of Gaia's places that are there, and that the user of the command could find. */
  async #masks(): Promise<Mask[]> {
    const { masks, ids, tools } = this.#around;
    const reachable = new Set(
      await reachableBy(
        ids,
        masks.map(({ path }) => path),
        tools,
      ),
    );
    return masks.filter(({ path }) => reachable.has(path));
  }

  async #supervise({ id, directory }: HeldCommand, plan: Plan): Promise<void> {
    const execution = this.#directoryOf(id);
    const { complaint: path } = executionFiles(execution);
    const complaint = await open(path, 'w', 0o600);
    try {
      const program = fileURLToPath(workerUrl('supervisor', import.meta.url));
      const supervisor = spawn(process.execPath, [program, execution], {
        argv0: 'gaia-supervisor',
        cwd: '/',
        env: {},
        detached: true,
        stdio: ['pipe', 'pipe', complaint.fd, directory.fd],
      });
      await new Promise<void>((resolve, reject) => {
        const limit = setTimeout(() => supervisor.kill('SIGKILL'), latchMs);
        const settle = (act: () => void) => {
          clearTimeout(limit);
          act();
        };
        supervisor.once('error', (error) => settle(() => reject(cannotRun(error))));
        supervisor.once('exit', () => {
          if (readLatch(execution)?.by === 'supervisor') settle(resolve);
          else void readFile(path, 'utf8').then((said) => settle(() => reject(ended(said))), reject);
        });
        supervisor.stdout?.once('data', () => settle(resolve));
        supervisor.stdin?.on('error', () => undefined); // it is gone: its exit says why
        supervisor.stdin?.end(JSON.stringify(plan));
      });
      supervisor.stdout?.destroy();
      supervisor.unref();
    } finally {
      await complaint.close();
    }
  }

  async #remove(directory: string): Promise<void> {
    const scratch = readPlaces(directory)?.scratch;
    if (scratch !== undefined && (await isOwnScratch(scratch))) {
      const home = join(scratch, 'home');
      // by its own user and by openat(2): what a command left there could lead root elsewhere
      if (existsSync(home)) await removeAs(this.#around.ids, home, this.#around.tools);
      await rm(scratch, { recursive: true, force: true });
    }
    await rm(directory, { recursive: true, force: true });
  }
}

async function removeAs(ids: Ids, path: string, tools: Tools): Promise<void> {
  const { rm: program = '/bin/rm' } = tools;
  const script = '"$1" -rf -- "$2"/* "$2"/.[!.]* "$2"/..?*';
  await run(tools.sh ?? '/bin/sh', ['-c', script, 'sh', program, path], { ...ids, env: {}, cwd: '/' });
}

/** `secret:NAME` stands for a value that only the handover has. */
function withSecrets(env: Record<string, string>, secrets: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const [, secret] = /^secret:(.+)$/s.exec(value) ?? [];
      if (secret === undefined) return [name, value];
      const given = Object.hasOwn(secrets, secret) ? secrets[secret] : undefined;
      if (given === undefined) throw changed(name, `the secret ${secret} that it names is not there`);
      return [name, given];
    }),
  );
}

const refusalOf = (error: unknown) =>
  error instanceof GaiaError || errnoOf(error) === undefined ? error : cannotRun(error);

const cannotRun = (error: unknown) =>
  unavailable(`Nothing could be started: the system answered ${errnoOf(error) ?? String(error)}.`, {
    reason: 'executor_unavailable',
    remedy: 'Look at the room on the disk, and at the limits of processes and open files.',
  });

const ended = (said: string) =>
  unavailable(`Nothing was started: its supervisor ended first (${said.trim().slice(0, 500) || 'it said nothing'}).`, {
    reason: 'supervisor_ended',
    remedy: 'Look at the room on the disk, and at the limits of processes and memory.',
  });
