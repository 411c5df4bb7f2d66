import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ended, Handover, Sighting } from '../../src/actions/executor.ts';
import type { CommandInput, ResolvedCommand } from '../../src/core/command/command.ts';
import type { Sandbox } from '../../src/core/command/sandbox.ts';
import { unfailing } from '../../src/core/fail-point.ts';
import { type ExecutorOptions, type OpenedExecutor, openExecutor } from '../../src/executor/executor.ts';
import { hashFiles } from '../../src/executor/hash-files.ts';
import { resolveCommand } from '../../src/executor/resolve.ts';

export const isRoot = process.getuid?.() === 0;
/** Commands are isolated from the tests as they would be from Gaia: by another user where the tests run as root. */
export const execUser: Pick<ExecutorOptions, 'execUser'> = isRoot ? { execUser: 'nobody' } : {};

export const nothingSecret: Handover = { secrets: {}, patterns: [] };

/** An executor over a data directory of its own, and a working directory that everyone may write. */
export interface AnExecutor {
  executor: OpenedExecutor;
  /** the data directory */
  home: string;
  /** Gaia's env file, beside it */
  envFile: string;
  cwd: string;
  command(
    input: Partial<CommandInput>,
    how?: { bind?: string[]; sandbox?: Partial<Sandbox> },
  ): Promise<ResolvedCommand>;
  /** holds, starts and waits for the end */
  run(
    argv: string[],
    how?: Partial<CommandInput> & { bind?: string[]; sandbox?: Partial<Sandbox>; handover?: Handover },
  ): Promise<Ended>;
  begin(id: string, command: ResolvedCommand, handover?: Handover): Promise<void>;
  ended(id: string): Promise<Ended>;
  close(): Promise<void>;
}

/** A process that must not outlive a test, told by a word among its arguments that nobody else uses. */
export async function processesWith(word: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => ''); // it has ended meanwhile
    if (line.includes(word)) found.push(Number(name));
  }
  return found;
}

let ids = 0;
export const newId = () => `execution-${process.pid}-${++ids}`;

export async function anExecutor(options: Partial<ExecutorOptions> = {}): Promise<AnExecutor> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gaia-executor-')));
  const home = join(root, 'home');
  const cwd = join(root, 'work');
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, 'admin.key'), 'PLANTED-ADMIN-KEY\n', { mode: 0o600 });
  const envFile = join(root, 'gaia.env');
  await writeFile(envFile, 'TOKEN=PLANTED-ENV-FILE\n', { mode: 0o600 });
  await mkdir(cwd);
  await chmod(root, 0o755);
  await chmod(cwd, 0o777);
  const executor = await openExecutor({
    allow: true,
    home,
    masks: [envFile],
    sandbox: 'auto',
    reach: unfailing,
    graceMs: 300,
    ...execUser,
    ...options,
  });
  const hash = hashFiles();

  const command: AnExecutor['command'] = async (input, { bind = [], sandbox = {} } = {}) => {
    const where = { path: '/usr/bin:/bin', bind, mode: 'real', ownUid: process.getuid?.() ?? 0, hash } as const;
    const resolution = await resolveCommand({ argv: ['true'], cwd, ...input }, where);
    if ('blockers' in resolution) throw new Error(JSON.stringify(resolution.blockers));
    const { isolation, user } = executor;
    const given = { isolation, profile: 'default', network: false, writable: ['.'], path: [], env: {}, ...sandbox };
    return { ...resolution.command, mode: 'real', sandbox: { ...given, ...(user !== undefined && { user }) } };
  };
  const ended = (id: string) => waitForEnd(executor, id);
  const begin: AnExecutor['begin'] = async (id, resolved, handover = nothingSecret) =>
    executor.start(await executor.hold(id, resolved), handover);
  return {
    executor,
    home,
    envFile,
    cwd,
    command,
    begin,
    ended,
    run: async (argv, { bind, sandbox, handover, ...input } = {}) => {
      const id = newId();
      await begin(
        id,
        await command({ argv, ...input }, { ...(bind && { bind }), ...(sandbox && { sandbox }) }),
        handover,
      );
      return ended(id);
    },
    close: async () => {
      for (const id of await executor.list()) await executor.forget(id);
      await rm(root, { recursive: true, force: true });
    },
  };
}

export async function waitForEnd(executor: OpenedExecutor, id: string): Promise<Ended> {
  const seen = await waitFor(async () => {
    const sighting = await executor.look(id);
    return sighting.kind === 'running' || sighting.kind === 'absent' ? undefined : sighting;
  });
  if (seen.kind !== 'ended') throw new Error(`it is ${seen.kind}`);
  return seen.ended;
}

export const sightingOf = async (executor: OpenedExecutor, id: string): Promise<Sighting['kind']> =>
  (await executor.look(id)).kind;

/** Asks again every few ms until there is an answer. */
export async function waitFor<Answer>(ask: () => Promise<Answer | undefined>, ms = 15_000): Promise<Answer> {
  for (const until = Date.now() + ms; Date.now() < until; ) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`nothing within ${ms} ms`);
}
