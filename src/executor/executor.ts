import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Executor, Handover, Held, Sighting } from '../actions/executor.ts';
import type { ResolvedCommand } from '../core/command/command.ts';
import { decideIsolation, type SandboxSetting } from '../core/command/isolation.ts';
import { cleanEnvironment, type Isolation, type Sandbox } from '../core/command/sandbox.ts';
import { conflict, GaiaError, invalid } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';
import { refuseSecrets, withSecrets } from './command-secrets.ts';
import { errnoOf } from './errno.ts';
import {
  executionFiles,
  nameOfPlace,
  placeName,
  readLatch,
  readLive,
  readOutcome,
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
  makeScratch,
  openDirectory,
  programOf,
  refuseOtherHost,
  watchedFiles,
} from './held.ts';
import { Leftovers } from './leftovers.ts';
import { type OwnPlaces, ownPlaces } from './own-places.ts';
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
import { killMarked, lives, signalProcess } from './processes.ts';
import { heldInside, homeInside, sharesProcesses, startIn } from './sandbox-profile.ts';
import { showPlaces } from './shown-places.ts';
import { cannotRun, startSupervisor } from './start-supervisor.ts';
import { refuseWithoutStarter } from './starter.ts';

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
  /** told of what failed and is tried again */
  report?: (error: unknown, what: string) => void;
}

export interface OpenedExecutor extends Executor {
  /** what the probe of the sandbox said */
  readonly probe: Probe;
  /** Why commands may not run with these directories; undefined where they may. To be asked when a command is resolved. */
  directoryFault(cwd: string, sandbox: Sandbox): Promise<string | undefined>;
}

const defaultGraceMs = 5_000;
const isId = (name: string) => /^[A-Za-z0-9_-]{1,128}$/.test(name) && name !== placeName;

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
  if (allow && isolation) refuseWithoutStarter(tools);
  const executions = join(await realpath(options.home), 'executions');
  await mkdir(executions, { recursive: true, mode: 0o700 });
  syncDirectory(join(executions, '..'));

  const { report = (error, what) => process.emitWarning(`${what}: ${String(error)}`) } = options;
  const leftovers = new Leftovers({ executions, ids, tools, report });
  const executor = new LocalExecutor(executions, {
    ...options,
    allowed: isolation !== undefined,
    isolation: isolation ?? 'none',
    user: ids && execUser?.name,
    ids,
    tools,
    probe,
    leftovers,
    own: await ownPlaces([options.home, ...options.masks]),
    hasNamespace: isolation === 'user' && (await probeNamespace(ids, tools)).works,
  });
  await leftovers.removeAll();
  return executor;
}

interface Circumstances extends Omit<ExecutorOptions, 'allow' | 'sandbox' | 'execUser' | 'report'> {
  allowed: boolean;
  isolation: Isolation;
  user: string | undefined;
  ids: Ids;
  tools: Tools;
  probe: Probe;
  leftovers: Leftovers;
  own: OwnPlaces;
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
  readonly place: string;
  readonly probe: Probe;
  readonly #executions: string;
  readonly #around: Circumstances;
  readonly #hash: HashFile;
  readonly #now: () => number;
  readonly #inHand = new Map<Held, HeldCommand>();
  /** ids of lost executions of which nothing is left alive */
  readonly #swept = new Set<string>();
  #masks: readonly string[] = [];
  #own: OwnPlaces;

  constructor(executions: string, around: Circumstances) {
    this.isolation = around.isolation;
    if (around.user !== undefined) this.user = around.user;
    this.probe = around.probe;
    this.place = nameOfPlace(executions);
    this.#own = around.own;
    this.#executions = executions;
    this.#around = around;
    this.#hash = around.hash ?? hashFiles();
    this.#now = around.now ?? Date.now;
  }

  async setMasks(paths: readonly string[]): Promise<void> {
    this.#masks = [...paths];
    this.#own = await this.#findOwn();
  }

  async directoryFault(cwd: string, sandbox: Sandbox): Promise<string | undefined> {
    const found = await showPlaces({ cwd, sandbox }, this.#own);
    return 'fault' in found ? found.fault : undefined;
  }

  async hold(id: string, command: ResolvedCommand): Promise<Held> {
    const sandbox = await this.#sandboxOf(command);
    refuseOtherHost(command);
    const { ids, tools } = this.#around;
    const { mkfifo = '/usr/bin/mkfifo', perl = '/usr/bin/perl' } = tools;
    const execution = await this.#make(id);
    let directory: FileHandle | undefined;
    try {
      const { stdout, stderr } = executionFiles(execution);
      // 666: opened as /dev/stdout by others
      await run(mkfifo, ['-m', '666', stdout, stderr], { env: {} });
      directory = await openDirectory(command.cwd);
      await checkFiles(command, { hash: this.#hash, ownUid: ids ? (process.geteuid?.() ?? -1) : -1 });
      const copies = heldFiles(command);
      const hasHome = sandbox.isolation !== 'bwrap' && sandbox.home === undefined;
      const scratch = copies.length > 0 || hasHome ? await makeScratch(execution, { ids, hasHome }) : undefined;
      for (const file of copies) await copyHeld(join(scratch ?? '', 'held'), file, { ids, perl });
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
      await startSupervisor(this.#directoryOf(held.id), plan, inHand.directory.fd);
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
    if (latch === undefined) return { kind: existsSync(directory) ? 'absent' : 'gone' };
    if (latch.by === 'claim') return { kind: 'never_started' };
    const running = lives(latch); // before the outcome is looked for: it may end in between
    const ended = readOutcome(directory);
    if (ended) return { kind: 'ended', ended };
    if (running || !(await this.#sweep(id))) return { kind: 'running', startedAt: latch.at };
    return { kind: 'lost' };
  }

  /** Ends what a supervisor that is gone left alive; false where something of it goes on. */
  async #sweep(id: string): Promise<boolean> {
    if (!this.#swept.has(id) && (await killMarked(markName, id))) this.#swept.add(id);
    return this.#swept.has(id);
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
    const { leftovers } = this.#around;
    const gone = leftovers.placeFor(id, randomBytes(6).toString('hex'));
    try {
      await rename(this.#directoryOf(id), gone);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    this.#swept.delete(id);
    await leftovers.remove(gone);
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#executions)).filter(isId);
  }

  #directoryOf(id: string): string {
    if (!isId(id)) throw invalid(`"${id}" is no id of an execution.`, { reason: 'execution_id' });
    return join(this.#executions, id);
  }

  async #sandboxOf({ sandbox, cwd, mode, env }: ResolvedCommand): Promise<Sandbox> {
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
    if (sharesProcesses({ ...this.#around, sandbox })) refuseSecrets({ ...sandbox.env, ...env });
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
    this.#own = await this.#findOwn(); // secrets may have come since
    const found = await showPlaces({ cwd: command.cwd.path, sandbox }, this.#own);
    if ('fault' in found) throw changed('Its sandbox', found.fault);
    const isBoxed = sandbox.isolation === 'bwrap';
    const held = scratch && join(scratch, 'held');
    const program = programOf(command, isBoxed ? heldInside : (held ?? ''));
    const reachable = isBoxed ? await this.#reachable() : { masks: [], homes: [], secrets: [] };
    const around = { command, sandbox, ...found, held, tools, ids, hasNamespace, ...reachable };
    const { orders, ...start } = await startIn(program, around);
    const home = isBoxed ? homeInside : (sandbox.home ?? join(scratch ?? '', 'home'));
    const env = withSecrets({ ...cleanEnvironment, HOME: home, ...sandbox.env, ...command.env }, secrets);
    return {
      ...start,
      orders: { ...orders, env: start.kind === 'direct' ? { ...env, [markName]: id } : env },
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

  #findOwn(): Promise<OwnPlaces> {
    const { home, masks } = this.#around;
    return ownPlaces([home, ...masks, ...this.#masks]);
  }

  /** Those of Gaia's places that are there, and that the user of the command could find. */
  async #reachable(): Promise<Pick<OwnPlaces, 'masks' | 'homes' | 'secrets'>> {
    const { ids, tools } = this.#around;
    const { masks, homes, secrets } = this.#own;
    const paths = [...homes, ...[...masks, ...secrets].map(({ path }) => path)];
    const reachable = new Set(await reachableBy(ids, paths, tools));
    const isReachable = ({ path }: { path: string }) => reachable.has(path);
    return {
      masks: masks.filter(isReachable),
      homes: homes.filter((path) => reachable.has(path)),
      secrets: secrets.filter(isReachable),
    };
  }
}

const refusalOf = (error: unknown) =>
  error instanceof GaiaError || errnoOf(error) === undefined ? error : cannotRun(error);
