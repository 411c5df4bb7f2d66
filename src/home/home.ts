import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { forbidden, invalid } from '../core/errors.ts';
import { errnoOf, fileError } from './file-errors.ts';
import { ensureDirectory, takesNone, whyNot } from './make-directory.ts';

/** The data directory, and the names of what Gaia keeps in it. All paths are absolute and without links. */
export interface Home {
  path: string;
  /** the store, where it is SQLite */
  database: string;
  policy: string;
  /** who can read it is the administrator */
  adminKey: string;
  /** the key that clients on this machine use unless told */
  agentKey: string;
  /** signs the log's seals */
  sealKey: string;
  /** signs Gaia's marks in what it writes to GitHub */
  markerKey: string;
  /** documents that people approve before anything is written to GitHub */
  checkpoints: string;
  /** Gaia's own world in place of GitHub */
  localGitHub: string;
  /** held by the one running Gaia */
  lock: string;
  /** which process that is, for people and clients */
  pid: string;
}

/** The places in a data directory, without looking at it. */
export const homeAt = (path: string): Home => ({
  path,
  database: join(path, 'gaia.db'),
  policy: join(path, 'policy.yaml'),
  adminKey: join(path, 'admin.key'),
  agentKey: join(path, 'agent.key'),
  sealKey: join(path, 'seal.key'),
  markerKey: join(path, 'marker.key'),
  checkpoints: join(path, 'checkpoints'),
  localGitHub: join(path, 'local-github.json'),
  lock: join(path, 'gaia.lock'),
  pid: join(path, 'gaia.pid'),
});

/**
 * Opens the data directory, making it (0700) where there is none. A link to it is followed. `setting` is what named it.
 * Refuses one that another user owns or may look into: whoever can is the administrator.
 */
export async function openHome(path: string, setting = 'GAIA_HOME'): Promise<Home> {
  try {
    ensureDirectory(path, 0o700);
    const real = await realpath(path);
    await refuseUnlessPrivate(real);
    return homeAt(real);
  } catch (error) {
    if (takesNone.includes(errnoOf(error) ?? '')) {
      throw invalid(`The data directory ${path} cannot be made: ${whyNot(error)}.`, {
        reason: 'home_not_a_directory',
        remedy: `Point ${setting} at a directory, or at a path where one can be made.`,
      });
    }
    throw fileError(error, `open the data directory ${path}`);
  }
}

async function refuseUnlessPrivate(path: string): Promise<void> {
  const { mode, uid } = await stat(path);
  const ownUid = process.geteuid?.();
  if (ownUid !== undefined && uid !== ownUid) {
    throw forbidden(`The data directory ${path} belongs to another user (uid ${uid}; Gaia runs as ${ownUid}).`, {
      reason: 'home_of_another_user',
      remedy: `Run Gaia as that user, or give it the directory: chown -R ${ownUid} ${path}`,
    });
  }
  if ((mode & 0o077) !== 0) {
    throw forbidden(`Others may look into the data directory ${path} (mode ${(mode & 0o777).toString(8)}).`, {
      reason: 'home_open',
      remedy: `Close it: chmod 700 ${path}`,
    });
  }
}
