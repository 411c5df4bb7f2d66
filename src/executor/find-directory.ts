import { constants } from 'node:fs';
import type { Blocker } from '../core/approval/blocker.ts';
import type { ResolvedCommand } from '../core/command/command.ts';
import { errnoOf, whyNot } from './errno.ts';
import { access, exactStat } from './files.ts';
import { tracePath } from './trace-path.ts';

/** The directory a command will run in: its real path, and device and inode, which tell it from another put in its place. */
export async function findDirectory(path: string): Promise<ResolvedCommand['cwd'] | Blocker> {
  try {
    const { real } = await tracePath(path);
    const found = await exactStat(real);
    if (!found.isDirectory()) return notFound(path, 'it is not a directory');
    await access(real, constants.X_OK);
    return { path: real, device: String(found.dev), inode: String(found.ino) };
  } catch (error) {
    const errno = errnoOf(error);
    return notFound(path, errno === 'EACCES' ? 'Gaia is not permitted to enter it' : whyNot(error));
  }
}

function notFound(path: string, why: string): Blocker {
  return {
    code: 'cwd_not_found',
    phase: 'submit',
    message: `The command cannot run in ${path}: ${why}.`,
    remedy: 'Ask again with `cwd` naming a directory on this host that Gaia may enter.',
    facts: { cwd: path, why },
  };
}
