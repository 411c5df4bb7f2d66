import type { Stats } from 'node:fs';
import { lstat, readlink } from './files.ts';

/** One thing passed on the way to a file: a directory, a link, or the file at the end. */
export interface Step {
  path: string;
  stat: Stats;
}

export interface Trace {
  /** without links, `.` and `..` */
  real: string;
  /** everything whose owner could lead the path elsewhere, `/` first, the file itself last */
  steps: Step[];
}

/** Linux follows at most 40 links in one path (path_resolution(7)). */
const linksMax = 40;

/**
 * Walks an absolute path as the kernel does (`..` after a link is the parent of its target), noting every step.
 * Throws the system's error (`ENOENT`, `ENOTDIR`, `EACCES`, `ELOOP`, …) where the kernel would.
 */
export async function tracePath(path: string): Promise<Trace> {
  const steps: Step[] = [];
  const visit = async (at: string) => {
    const stat = await lstat(at);
    steps.push({ path: at, stat });
    return stat;
  };

  let real = '/';
  let stat = await visit(real);
  let links = 0;
  const todo = path.split('/').slice(1);
  while (todo.length > 0) {
    const name = todo.shift();
    if (!stat.isDirectory()) throw systemError('ENOTDIR', path);
    if (name === undefined || name === '' || name === '.') continue;
    if (name === '..') {
      real = real.slice(0, real.lastIndexOf('/')) || '/';
      stat = await lstat(real);
      continue;
    }
    const at = real === '/' ? `/${name}` : `${real}/${name}`;
    const found = await visit(at);
    if (!found.isSymbolicLink()) {
      real = at;
      stat = found;
      continue;
    }
    links += 1;
    if (links > linksMax) throw systemError('ELOOP', path);
    const target = await readlink(at);
    todo.unshift(...target.split('/').slice(target.startsWith('/') ? 1 : 0));
    if (target.startsWith('/')) {
      real = '/';
      stat = await lstat(real);
    }
  }
  return { real, steps };
}

function systemError(code: 'ENOTDIR' | 'ELOOP', path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}

/**
 * Whether root and Gaia alone decide what stands at the end of a path: every step belongs to one of them and nobody
 * else may write it. A sticky directory such as /tmp is not safe: anyone may put a file there first.
 *
 * Where commands run as Gaia's own user, one could rewrite what another was approved with: `ownUid` is -1 then, and only
 * what is root's counts as fixed. For `gaia run`, which never starts anything itself, the user is the trust boundary.
 */
export const isFixed = ({ steps }: Trace, ownUid: number): boolean => steps.every((step) => isOnlyTheirs(step, ownUid));

/** Whether one step belongs to root or Gaia and only its owner may write it. An ACL's mask shows in the group's bits. */
export function isOnlyTheirs({ stat }: Pick<Step, 'stat'>, ownUid: number): boolean {
  if (stat.uid !== 0 && stat.uid !== ownUid) return false;
  return stat.isSymbolicLink() || (stat.mode & 0o022) === 0;
}
