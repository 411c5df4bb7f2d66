import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { parsePolicy } from '../../../core/policy/parse.ts';
import { listBackups } from '../../../home/backup-files.ts';
import { errnoOf } from '../../../home/file-errors.ts';
import { homeAt } from '../../../home/home.ts';
import { isOfHome } from '../../../home/kept-policy.ts';
import { listMigrationCopies } from '../../../home/migration-copies.ts';
import { backupsPath } from '../../../store/open.ts';
import { type Check, type Finding, fail, ok, warn } from './check.ts';

export interface HomeFacts {
  /** absolute path of the data directory */
  path: string;
  policyFile: string;
  envFile?: string | undefined;
  /** whether the store is a file in it */
  holdsStore: boolean;
  now: number;
}

/** The data directory: who may read it, and what lies in it. */
export const homeChecks = (home: HomeFacts): Check[] => [
  { name: 'data_directory', look: () => ofDirectory(home.path) },
  { name: 'trust_boundary', look: () => ofTrustBoundary(home.path) },
  { name: 'secret_files', look: () => ofSecretFiles(home) },
  { name: 'policy', look: () => ofPolicy(home.policyFile) },
  ...(home.holdsStore ? [{ name: 'backups', look: () => ofBackups(home) }] : []),
];

const notYet = (path: string) => ok(`${path} is not there yet; the first start makes it, for Gaia's user alone.`);

async function ofDirectory(path: string): Promise<Finding> {
  const found = await statOrNothing(path);
  if (found === undefined) return notYet(path);
  if (!found.isDirectory()) return fail(`${path} is not a directory.`, 'Point GAIA_HOME at a directory.');
  if ((found.mode & 0o077) !== 0)
    return fail(`Others may look into ${path} (mode ${octal(found)}).`, `Close it: chmod 700 ${path}`);
  if (found.uid !== process.geteuid?.())
    return fail(
      `${path} belongs to another user (uid ${found.uid}).`,
      `Run gaia doctor as that user, for example: sudo -u '#${found.uid}' gaia doctor`,
    );
  return ok(`${path}, for uid ${found.uid} alone.`);
}

/** Users below this are made for services (login.defs). */
const firstPersonsUid = 1_000;

async function ofTrustBoundary(path: string): Promise<Finding> {
  const found = await statOrNothing(path);
  const uid = found?.uid ?? process.geteuid?.() ?? 0;
  const { uid: ownUid, username } = userInfo();
  const who = uid === ownUid ? `${username} (uid ${uid})` : `uid ${uid}`;
  if (uid !== 0 && uid < firstPersonsUid)
    return ok(`Only what runs as ${who} can read the data directory and administer Gaia.`);
  return warn(
    `Everything that runs as ${who} can read the data directory and administer Gaia; agents that run so are not held back by it.`,
    'Give Gaia a user of its own: runbooks/install.md.',
  );
}

async function ofSecretFiles({ path, envFile, holdsStore }: HomeFacts): Promise<Finding> {
  const { adminKey, agentKey, sealKey, database } = homeAt(path);
  const files = [adminKey, agentKey, sealKey, ...(holdsStore ? [database] : []), ...(envFile ? [envFile] : [])];
  const found = await Promise.all(files.map(async (file) => ({ file, stats: await statOrNothing(file) })));
  const there = found.flatMap(({ file, stats }) => (stats ? [{ file, stats }] : []));
  if (there.length === 0) return ok('None yet; the first start makes them.');
  const open = there.filter(({ stats }) => (stats.mode & 0o077) !== 0);
  if (open.length === 0) return ok(`${there.map(({ file }) => basename(file)).join(', ')}: for their owner alone.`);
  return fail(
    `Others may use ${open.map(({ file, stats }) => `${file} (mode ${octal(stats)})`).join(', ')}.`,
    `Close it: chmod 600 ${open.map(({ file }) => file).join(' ')}. If others may have read them, make new ones: runbooks/rotate-keys.md.`,
  );
}

async function ofPolicy(path: string): Promise<Finding> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  });
  if (text.trim() === '') return ok(`The built-in policy: there is no ${path}.`);
  const result = parsePolicy(text);
  if ('policy' in result) return ok(`${path}: ${result.policy.rules.length} rules.`);
  const faults = result.faults.map(({ line, column, field, message }) => `line ${line}:${column} ${field} ${message}`);
  return fail(
    [`${path} has faults, and Gaia does not start with them:`, ...faults.slice(0, 5)].join('\n'),
    `gaia policy check names all of them.`,
  );
}

const dayMs = 86_400_000;
const oldBackupMs = 2 * dayMs;

/** A young store needs none yet. */
async function ofBackups({ path, policyFile, now }: HomeFacts): Promise<Finding> {
  const store = await statOrNothing(homeAt(path).database);
  if (store === undefined) return ok('Nothing to back up yet.');
  const directory = backupsPath(path);
  const remedy = 'Gaia makes one every night while it runs; now: gaia backup create';
  const [backup] = await listBackups(directory);
  const newest = backup?.note.at ?? (await listMigrationCopies(directory))[0]?.at;
  if (newest !== undefined) {
    const days = Math.floor((now - newest) / dayMs);
    const said = `The newest backup is ${days} days old${backup ? ', and was read back' : ''}.`;
    if (now - newest > oldBackupMs) return warn(said, remedy);
    if (await isOfHome(policyFile, path)) return ok(said);
    const kept = backup?.note.policy;
    return kept?.from === policyFile
      ? ok(`${said} It has a copy of ${policyFile}, which a restore leaves to you.`)
      : warn(`${said} It has no copy of ${policyFile}, the policy in force.`, remedy);
  }
  return now - store.birthtimeMs > oldBackupMs
    ? warn('There is no backup.', remedy)
    : ok('No backup yet; Gaia makes one every night, and before each change of the store’s form.');
}

async function statOrNothing(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  });
}

const octal = ({ mode }: Stats): string => (mode & 0o777).toString(8).padStart(4, '0');
