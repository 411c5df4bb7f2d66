import { constants } from 'node:fs';
import { open, readlink } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { Sandbox } from '../core/command/sandbox.ts';
import { errnoOf } from './errno.ts';
import { isBelow, type OwnPlaces, realOr } from './own-places.ts';
import type { Pinned } from './starter.ts';

/** A place that a sandbox shows, as it was when it was looked at. */
export interface Shown extends Pinned {
  /** without links */
  real: string;
}

/** Places that a directory of a command may not be, or hold: what they show would undo the sandbox. */
const neverOpened = ['/proc', '/sys', '/dev', '/run'];

/** open(2): only to name it, which needs no permission to read it. Node has no name for it. */
const openPathOnly = 0o10000000;

export const writableOf = ({ writable }: Sandbox, cwd: string): string[] =>
  writable.map((place) => (place === '.' ? cwd : place));

/**
 * What a command would be shown, or why it may not run with these directories: they would open Gaia's own places, or the
 * host's. A working directory may stand above Gaia's places, where they stay masked, as long as it cannot be written there.
 */
export async function showPlaces(
  { cwd, sandbox }: { cwd: string; sandbox: Sandbox },
  own: OwnPlaces,
): Promise<{ fault: string } | { shown: Shown[] }> {
  const opened = [...writableOf(sandbox, cwd), ...(sandbox.home === undefined ? [] : [sandbox.home])];
  const shown: Shown[] = [];
  for (const place of new Set([cwd, ...opened, ...sandbox.path])) {
    if (!isAbsolute(place)) return { fault: `${place} is not an absolute path` };
    const found = await lookAt(place);
    const how = {
      isBoxed: sandbox.isolation === 'bwrap',
      isOpened: opened.includes(place),
      isBound: opened.includes(place) || sandbox.path.includes(place),
    };
    for (const path of [place, found?.real ?? (await realOr(place))]) {
      const fault = faultOf(path, how, own);
      if (fault !== undefined) return { fault: `${place} would open ${fault}` };
    }
    if (found !== undefined) shown.push(found);
  }
  return { shown };
}

/** What a path would open that stays closed; completes "… would open". */
function faultOf(
  path: string,
  how: { isBoxed: boolean; isOpened: boolean; isBound: boolean },
  own: OwnPlaces,
): string | undefined {
  const opens = (place: string) => isBelow(path, place) || (how.isOpened && isBelow(place, path));
  const mask = own.masks.find((each) => opens(each.path));
  if (mask) return `${mask.path}, which is Gaia's own`;
  if (!how.isBoxed) return undefined;
  const secret = own.secrets.find((each) => opens(each.path));
  if (secret) return `${secret.path}, where the user that runs Gaia keeps secrets`;
  const home = own.homes.find((each) => path === each || (how.isOpened && isBelow(each, path)));
  if (home) return `${home}, the home of the user that runs Gaia; a directory below it can be shown`;
  if (how.isOpened && opens(own.program)) return `${own.program}, which holds Gaia's own program, for writing`;
  const kernel = neverOpened.find((host) => (host === '/run' ? path === host : isBelow(path, host)));
  if (kernel) return `${kernel} of the host`;
  return how.isBound && path === '/' ? 'the whole host' : undefined;
}

/**
 * A place by what was really reached: opened first, then named, so that nobody swaps it in between. Nothing where it is not
 * there, or Gaia may not go there.
 */
async function lookAt(path: string): Promise<Shown | undefined> {
  try {
    const place = await open(path, openPathOnly | constants.O_RDONLY);
    try {
      const { dev, ino } = await place.stat({ bigint: true });
      const real = await readlink(`/proc/self/fd/${place.fd}`);
      return { path, real, device: String(dev), inode: String(ino) };
    } finally {
      await place.close();
    }
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'].includes(errnoOf(error) ?? '')) throw error;
    return undefined;
  }
}
