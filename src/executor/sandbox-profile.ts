import { realpath } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { ResolvedCommand } from '../core/command/command.ts';
import type { Sandbox } from '../core/command/sandbox.ts';
import { errnoOf } from './errno.ts';
import type { Plan } from './plan.ts';
import { type Ids, namespaceArgs, type Tools } from './probe.ts';

/** One of Gaia's own places, as no command may see it. */
export interface Mask {
  path: string;
  kind: 'directory' | 'file';
}

/** Where held copies are inside the sandbox. */
export const heldInside = '/run/gaia/held';
/** The home of commands inside the sandbox. */
export const homeInside = '/home/gaia';
/** Places that the sandbox replaces by empty ones: other people's files, sockets of the host's programs. */
const hidden = ['/tmp', '/var/tmp', '/run', '/home', '/root'];
const emptyBytes = 256 * 1024 * 1024;
/** Places that a directory of a command may not be, or hold: what they show would undo the sandbox. */
const neverOpened = ['/proc', '/sys', '/dev', '/run'];

export const isBelow = (path: string, place: string): boolean =>
  path === place || path.startsWith(place === '/' ? '/' : `${place}/`);

export const writableOf = ({ writable }: Sandbox, cwd: string): string[] =>
  writable.map((place) => (place === '.' ? cwd : place));

/**
 * Why a command may not run with these directories: they would open Gaia's own places, or the host's. A working
 * directory may stand above Gaia's places, where they stay masked, as long as it cannot be written there.
 */
export async function directoryFault(
  { cwd, sandbox }: { cwd: string; sandbox: Sandbox },
  masks: readonly Mask[],
): Promise<string | undefined> {
  const opened = [...writableOf(sandbox, cwd), ...(sandbox.home === undefined ? [] : [sandbox.home])];
  for (const place of [cwd, ...opened, ...sandbox.path]) {
    if (!isAbsolute(place)) return `${place} is not an absolute path`;
    const real = await realOr(place);
    for (const path of [place, real]) {
      const own = masks.find(
        (mask) => isBelow(path, mask.path) || (opened.includes(place) && isBelow(mask.path, path)),
      );
      if (own) return `${place} would open ${own.path}, which is Gaia's own`;
      if (sandbox.isolation !== 'bwrap') continue;
      const kernel = neverOpened.find((host) => (host === '/run' ? path === host : isBelow(path, host)));
      if (kernel) return `${place} would open ${kernel} of the host`;
      if (opened.includes(place) && path === '/') return '/ would open the whole host';
    }
  }
  return undefined;
}

async function realOr(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return path;
  }
}

/** What is started, as it will be seen where it runs. */
export interface Program {
  file: string;
  args: string[];
  argv0: string;
}

interface Surroundings {
  command: Pick<ResolvedCommand, 'cwd'>;
  sandbox: Sandbox;
  /** directory of copies on the host, where there are any */
  held: string | undefined;
  tools: Tools;
  ids: Ids;
  /** whether commands of another user get a pid namespace where there is no sandbox */
  hasNamespace: boolean;
  masks: readonly Mask[];
}

type Start = Pick<Plan, 'file' | 'args' | 'argv0' | 'kind' | 'ids' | 'startsInCwd' | 'hint'>;

/** How a program is started in its isolation. */
export async function startIn(program: Program, around: Surroundings): Promise<Start> {
  const { sandbox, tools, ids, hasNamespace } = around;
  if (sandbox.isolation === 'bwrap') {
    const inside = byScript(program, around.command.cwd, tools);
    const hint = hintFor(program.file, around);
    return {
      file: tools.bwrap ?? 'bwrap',
      args: [...(await profileArgs(around)), '--', ...inside],
      kind: 'wrapped',
      ...(ids && { ids }),
      startsInCwd: false,
      ...(hint && { hint }),
    };
  }
  const { setpriv, unshare, bash } = tools;
  if (ids && hasNamespace && setpriv && unshare && bash) {
    // what the init says of a command that a signal ended is no output of the command
    const init = [bash, '-p', '-c', 'exec 4>&2 2>/dev/null; "$@" 2>&4 4>&-; exit $?', 'init'];
    const args = namespaceArgs({ setpriv, unshare }, ids, [...init, ...byScript(program, undefined, tools)]);
    return { file: setpriv, args, kind: 'wrapped', startsInCwd: true };
  }
  return { ...program, kind: 'direct', ...(ids && { ids }), startsInCwd: true };
}

/** Masks are last: a directory opened above them would uncover them otherwise. */
async function profileArgs({ command, sandbox, held, masks }: Surroundings): Promise<string[]> {
  const { path: cwd } = command.cwd;
  const writable = writableOf(sandbox, cwd);
  const resolver = sandbox.network ? await realOr('/etc/resolv.conf') : '';
  const isHidden = hidden.some((place) => isBelow(cwd, place));
  return [
    ...['--unshare-user-try', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(sandbox.network ? [] : ['--unshare-net']),
    ...['--die-with-parent', '--new-session', '--cap-drop', 'ALL', '--hostname', 'gaia'],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...hidden.flatMap((place) => ['--size', String(emptyBytes), '--tmpfs', place]),
    ...(isBelow(resolver, '/run') ? ['--ro-bind-try', resolver, resolver] : []),
    ...sandbox.path.flatMap((place) => ['--ro-bind-try', place, place]),
    ...(isHidden && !writable.includes(cwd) ? ['--ro-bind', cwd, cwd] : []),
    ...writable.flatMap((place) => ['--bind', place, place]),
    ...(sandbox.home === undefined ? ['--dir', homeInside] : ['--bind', sandbox.home, homeInside]),
    ...(held === undefined ? [] : ['--ro-bind', held, heldInside]),
    ...masks.flatMap(({ kind, path }) =>
      kind === 'directory' ? ['--perms', '0000', '--tmpfs', path] : ['--ro-bind', '/dev/null', path],
    ),
    ...['--chdir', cwd],
  ];
}

function hintFor(file: string, { sandbox, command }: Surroundings): string | undefined {
  const place = hidden.find((each) => isBelow(file, each));
  const shown = [heldInside, command.cwd.path, ...sandbox.path, ...writableOf(sandbox, command.cwd.path)];
  if (place === undefined || shown.some((each) => isBelow(file, each))) return undefined;
  return `${file} lies below ${place}, which the sandbox hides; \`exec: {path: […]}\` of the policy shows it`;
}

/**
 * Started by a shell, since bwrap gives a program no argv[0] of its own before 0.9, and nobody outside can see which
 * directory it stands in. Descriptor 3 brings a word that the program never learns, and takes the answers `cwd` (another
 * directory) or `ready`; where the program cannot be started after all, the word ends the standard error.
 * `-p`: nothing in the environment makes the shell read files or define functions.
 */
function byScript({ file, args, argv0 }: Program, cwd: ResolvedCommand['cwd'] | undefined, tools: Tools): string[] {
  const { bash, sh = '/bin/sh', stat = 'stat' } = tools;
  const place = cwd ? `${cwd.device}:${cwd.inode}` : '';
  const look = [
    'unset gaia_word gaia_name; gaia_name=$2; read -r gaia_word <&3',
    `[ -z "$1" ] || [ "$(${stat} -c %d:%i . 3>&-)" = "$1" ] || { echo cwd >&3; exit 125; }`,
  ];
  if (bash) {
    const script = [...look, 'shopt -s execfail', 'echo ready >&3', 'shift 2', 'exec -a "$gaia_name" "$@" 3>&-'];
    script.push('printf %s "$gaia_word" >&2', 'exit 126');
    return [bash, '-p', '-c', script.join('\n'), 'gaia', place, argv0, file, ...args];
  }
  const missing = '[ -x "$1" ] || { echo "$1: not there, or not executable" >&2; exit 126; }';
  const script = [...look, 'shift 2', missing, 'echo ready >&3', 'exec "$@" 3>&-'];
  return [sh, '-c', script.join('\n'), 'gaia', place, file, file, ...args];
}
