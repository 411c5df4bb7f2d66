import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ExecUser } from '../core/command/isolation.ts';
import { errnoOf } from './errno.ts';
import { whyNoStarter } from './starter.ts';
import { isFixed, tracePath } from './trace-path.ts';

const run = promisify(execFile);

/** A uid and its gid; absent where commands run as Gaia itself. */
export type Ids = { uid: number; gid: number } | undefined;

export interface Probe {
  works: boolean;
  /** what bubblewrap said, or why it was not asked */
  said: string;
}

const toolNames = ['bwrap', 'perl', 'sh', 'unshare', 'setpriv', 'find', 'chmod', 'getent', 'mkfifo'] as const;
/** Absolute paths of the system's programs that start commands; absent where there is none that only root may replace. */
export type Tools = Partial<Record<(typeof toolNames)[number], string>>;

const toolDirectories = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];
const emptyEnvironment = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LANG: 'C.UTF-8' };
const probeMs = 10_000;

export async function findTools(): Promise<Tools> {
  const found: Tools = {};
  for (const name of toolNames) {
    for (const directory of toolDirectories) {
      const path = found[name] ?? (await rootsOwn(`${directory}/${name}`));
      if (path !== undefined) found[name] = path;
    }
  }
  return found;
}

async function rootsOwn(path: string): Promise<string | undefined> {
  try {
    return isFixed(await tracePath(path), 0) ? path : undefined;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** Whether the sandbox works on this host for the uid that commands run as. */
export async function probeSandbox(ids: Ids, tools: Tools): Promise<Probe> {
  const { bwrap } = tools;
  if (process.platform !== 'linux') return { works: false, said: 'sandboxes of bubblewrap are made on Linux alone' };
  if (bwrap === undefined) return { works: false, said: 'bwrap (package bubblewrap) is not installed' };
  const why = whyNoStarter(tools);
  if (why !== undefined) return { works: false, said: why };
  const namespaces = ['--unshare-user-try', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--die-with-parent'];
  const places = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'];
  return tryOut(bwrap, [...namespaces, '--as-pid-1', ...places, '--', tools.perl ?? 'perl', '-f', '-e', '0'], ids);
}

/** Whether a pid namespace without a sandbox can be made: it ends all of a command at once, where another user runs it. */
export async function probeNamespace(ids: Ids, tools: Tools): Promise<Probe> {
  const { setpriv, unshare } = tools;
  if (!ids || setpriv === undefined || unshare === undefined) {
    return { works: false, said: 'setpriv or unshare is missing' };
  }
  return tryOut(setpriv, namespaceArgs({ setpriv, unshare }, ids, ['/bin/true']), undefined);
}

/** `setpriv` with these arguments starts a program as another user, as the second process of a pid namespace. */
export const namespaceArgs = (
  { setpriv, unshare }: { setpriv: string; unshare: string },
  { uid, gid }: { uid: number; gid: number },
  program: readonly string[],
): string[] => [
  ...['--pdeathsig', 'KILL', unshare, '--pid', '--fork', '--kill-child', '--mount-proc', setpriv],
  ...['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--no-new-privs'],
  // anew: the kernel forgets the first when the user changes
  ...['--inh-caps=-all', '--bounding-set=-all', '--pdeathsig', 'KILL', ...program],
];

async function tryOut(file: string, args: string[], ids: Ids): Promise<Probe> {
  try {
    await run(file, args, { ...ids, env: emptyEnvironment, cwd: '/', timeout: probeMs });
    return { works: true, said: '' };
  } catch (error) {
    return { works: false, said: saidBy(error) };
  }
}

function saidBy(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return said || (error instanceof Error ? error.message : String(error));
}

/** Looks up the user that EXEC_USER names, by name or number. */
export async function findExecUser(name: string, { getent }: Tools): Promise<ExecUser> {
  if (getent === undefined || !/^[\w][\w.-]{0,63}$/.test(name)) return { name };
  try {
    const { stdout } = await run(getent, ['passwd', name], { env: emptyEnvironment, cwd: '/', timeout: probeMs });
    const [known, , uid, gid] = stdout.trim().split(':');
    return known && uid && gid ? { name: known, ids: { uid: Number(uid), gid: Number(gid) } } : { name };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 2) return { name }; // getent(1): no such key
    throw error;
  }
}

/** Those of the paths that a user can find at all: what stands below a closed directory needs no mask, and can get none. */
export async function reachableBy(ids: Ids, paths: readonly string[], { sh }: Tools): Promise<string[]> {
  const script = 'for path; do [ ! -e "$path" ] || printf "%s\\0" "$path"; done';
  const { stdout } = await run(sh ?? '/bin/sh', ['-c', script, 'sh', ...paths], {
    ...ids,
    env: emptyEnvironment,
    cwd: '/',
    timeout: probeMs,
  });
  return stdout.split('\0').filter((path) => path !== '');
}
