import { realpath, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { errnoOf } from './errno.ts';

/** One of Gaia's own places, as no command may see it. */
export interface Mask {
  path: string;
  kind: 'directory' | 'file';
}

/** What a sandbox keeps from commands, by real paths. */
export interface OwnPlaces {
  /** the data directory and what was named */
  masks: Mask[];
  /** home directories of the user Gaia runs as: empty inside, except for what a command is shown below them */
  homes: string[];
  /** what keeps secrets in those homes, hidden even where a directory around it is shown */
  secrets: Mask[];
  /** where Gaia's own program lies: readable, never to be written */
  program: string;
}

/** Below a home directory: keys and tokens of the programs that agents use. */
const secretNames = [
  ...['.ssh', '.gnupg', '.aws', '.azure', '.kube', '.docker', '.password-store', '.config/gh', '.config/gcloud'],
  ...['.netrc', '.git-credentials', '.npmrc', '.pypirc', '.pgpass'],
];

/** Homes that users of the system are given, and that the system needs. */
const systemPlaces = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc', '/dev', '/proc', '/sys'];

export const isBelow = (path: string, place: string): boolean =>
  path === place || path.startsWith(place === '/' ? '/' : `${place}/`);

/** Looks up what is there now; homes both as HOME says and as the system knows them. */
export async function ownPlaces(named: readonly string[]): Promise<OwnPlaces> {
  const homes = [...new Set(await Promise.all([homedir, () => userInfo().homedir].map(homeBy).map(realOr)))].filter(
    (home) => home !== '/' && home !== '/var' && !systemPlaces.some((place) => isBelow(home, place)),
  );
  const there = await masksOf(homes);
  return {
    masks: await masksOf(named),
    homes: there.map(({ path }) => path),
    secrets: await masksOf(there.flatMap(({ path }) => secretNames.map((name) => `${path}/${name}`))),
    program: await programPlace(),
  };
}

/** What is not there needs no mask, nor what Gaia itself may not reach: no command is of a mightier user. */
async function masksOf(places: readonly string[]): Promise<Mask[]> {
  const masks = new Map<string, Mask>();
  for (const place of places) {
    try {
      const path = await realpath(place);
      masks.set(path, { path, kind: (await stat(path)).isDirectory() ? 'directory' : 'file' });
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR', 'EACCES'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  return [...masks.values()];
}

/** `/` where HOME is not set, or the system knows no such user. */
function homeBy(ask: () => string): string {
  try {
    return ask();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return '/';
  }
}

/** The directory with `dist/`; where Gaia was installed as a package, that of all packages beside it. */
async function programPlace(): Promise<string> {
  const root = await realpath(fileURLToPath(new URL('../..', import.meta.url)));
  const packages = root.indexOf('/node_modules/');
  return packages === -1 ? root : root.slice(0, packages + '/node_modules'.length);
}

export async function realOr(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return path;
  }
}
