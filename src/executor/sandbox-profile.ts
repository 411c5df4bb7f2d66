import type { ResolvedCommand } from '../core/command/command.ts';
import type { Sandbox } from '../core/command/sandbox.ts';
import { isBelow, type Mask, realOr } from './own-places.ts';
import type { Plan } from './plan.ts';
import { type Ids, namespaceArgs, type Tools } from './probe.ts';
import { type Shown, writableOf } from './shown-places.ts';
import { type Orders, type Pinned, type Program, processesMax, starter } from './starter.ts';

/** Where held copies are inside the sandbox. */
export const heldInside = '/run/gaia/held';
/** The home of commands inside the sandbox. */
export const homeInside = '/home/gaia';
/** Places that the sandbox replaces by empty ones: other people's files, sockets of the host's programs. */
const hidden = ['/tmp', '/var/tmp', '/run', '/home', '/root'];
const emptyBytes = 256 * 1024 * 1024;

interface Surroundings {
  command: Pick<ResolvedCommand, 'cwd'>;
  sandbox: Sandbox;
  /** what of its directories is there */
  shown: readonly Shown[];
  /** directory of copies on the host, where there are any */
  held: string | undefined;
  tools: Tools;
  ids: Ids;
  /** whether commands of another user get a pid namespace where there is no sandbox */
  hasNamespace: boolean;
  masks: readonly Mask[];
  /** home directories that are empty inside */
  homes: readonly string[];
  /** places in those that are hidden where something around them is shown */
  secrets: readonly Mask[];
}

type Start = Pick<Plan, 'file' | 'args' | 'kind' | 'ids' | 'startsInCwd' | 'hint'> & { orders: Omit<Orders, 'env'> };

/** How a program is started in its isolation. */
export async function startIn(program: Program, around: Surroundings): Promise<Start> {
  const { sandbox, tools, ids, hasNamespace } = around;
  const [perl, ...script] = starter(tools);
  if (sandbox.isolation === 'bwrap') {
    const { args, pinned } = await profileOf(around);
    const hint = hintFor(program.file, around);
    return {
      file: tools.bwrap ?? 'bwrap',
      args: [...args, '--', perl, ...script],
      kind: 'wrapped',
      ...(ids && { ids }),
      startsInCwd: false,
      orders: { program, pinned, isInit: true, noNewPrivs: true, processes: processesMax },
      ...(hint && { hint }),
    };
  }
  const { setpriv, unshare } = tools;
  if (ids && hasNamespace && setpriv && unshare) {
    return {
      file: setpriv,
      args: namespaceArgs({ setpriv, unshare }, ids, [perl, ...script]),
      kind: 'wrapped',
      startsInCwd: true,
      orders: { program, pinned: [], isInit: true, noNewPrivs: true, processes: processesMax },
    };
  }
  // Gaia's own user may run thousands of processes that are none of a command's
  const limits = ids ? { noNewPrivs: true, processes: processesMax } : { noNewPrivs: false };
  const orders = { program, pinned: [], isInit: false, ...limits };
  return { file: perl, args: script, kind: 'direct', ...(ids && { ids }), startsInCwd: true, orders };
}

/** A place that was not there: it cannot be bound, and where it comes meanwhile, it is not what anyone looked at. */
const nowhere = (path: string): Shown => ({ path, real: path, device: '0', inode: '0' });

/** Whether commands of one user could read each other's environment: nothing but the user keeps them from each other. */
export const sharesProcesses = ({
  sandbox,
  ids,
  hasNamespace,
}: Pick<Surroundings, 'sandbox' | 'ids' | 'hasNamespace'>) =>
  sandbox.isolation === 'user' && ids !== undefined && !hasNamespace;

/**
 * Homes are emptied after what is shown around them, and before what is shown below them. Masks are last: a directory
 * opened above them would uncover them otherwise. What is bound is compared inside: its path may lead elsewhere by then.
 */
async function profileOf(around: Surroundings): Promise<{ args: string[]; pinned: Pinned[] }> {
  const { command, sandbox, shown, held, homes } = around;
  const { path: cwd, device, inode } = command.cwd;
  const writable = writableOf(sandbox, cwd);
  const resolver = sandbox.network ? await realOr('/etc/resolv.conf') : '';
  const readable = [...sandbox.path, ...(isHidden(cwd, around) && !writable.includes(cwd) ? [cwd] : [])];
  const found = (path: string) => shown.find((place) => place.path === path);
  const binds = [
    ...readable.flatMap((path) => found(path) ?? []).map((place) => ({ ...place, how: '--ro-bind' })),
    ...writable.map((path) => ({ ...(found(path) ?? nowhere(path)), how: '--bind' })),
  ];
  const isAround = ({ path, real }: Shown) => homes.some((home) => isBelow(home, path) || isBelow(home, real));
  const below = binds.filter((place) => !isAround(place));
  const isShown = ({ path }: Mask) => below.some((place) => isBelow(path, place.path) || isBelow(path, place.real));
  const masks = [...around.secrets.filter(isShown), ...around.masks];
  const bind = ({ how, path }: (typeof binds)[number]) => [how, path, path];
  const empty = (place: string) => ['--size', String(emptyBytes), '--tmpfs', place];
  const home = sandbox.home === undefined ? undefined : (found(sandbox.home) ?? nowhere(sandbox.home));
  return {
    args: [
      ...['--unshare-user-try', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
      ...(sandbox.network ? [] : ['--unshare-net']),
      ...['--die-with-parent', '--new-session', '--as-pid-1', '--cap-drop', 'ALL', '--hostname', 'gaia'],
      ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
      ...hidden.flatMap(empty),
      ...(isBelow(resolver, '/run') ? ['--ro-bind-try', resolver, resolver] : []),
      ...binds.filter(isAround).flatMap(bind),
      ...homes.flatMap(empty),
      ...(sandbox.home === undefined ? ['--dir', homeInside] : ['--bind', sandbox.home, homeInside]),
      ...below.flatMap(bind),
      ...(held === undefined ? [] : ['--ro-bind', held, heldInside]),
      ...masks.flatMap(({ kind, path }) =>
        kind === 'directory' ? ['--perms', '0000', '--tmpfs', path] : ['--ro-bind', '/dev/null', path],
      ),
      ...['--chdir', cwd],
    ],
    pinned: [
      { path: '.', device, inode },
      ...binds.map(({ path, device, inode }) => ({ path, device, inode })),
      ...(home ? [{ ...home, path: homeInside }] : []),
    ],
  };
}

const isHidden = (path: string, { homes }: Surroundings) => hiding(path, homes) !== undefined;
const hiding = (path: string, homes: readonly string[]) => [...hidden, ...homes].find((place) => isBelow(path, place));

function hintFor(file: string, { sandbox, command, homes }: Surroundings): string | undefined {
  const place = hiding(file, homes);
  const shown = [heldInside, command.cwd.path, ...sandbox.path, ...writableOf(sandbox, command.cwd.path)];
  if (place === undefined || shown.some((each) => isBelow(file, each))) return undefined;
  return `${file} lies below ${place}, which the sandbox hides; \`exec: {path: […]}\` of the policy shows it`;
}
