import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { readConfig } from '../../config.ts';
import { conflict, GaiaError, notFound } from '../../core/errors.ts';
import { sayBytes } from '../../core/metrics/metrics.ts';
import { counted } from '../../core/text/count.ts';
import { type BackupNote, type KeptBackup, listBackups } from '../../home/backup-files.ts';
import { backupsKept, checkedBackup, createBackup, damaged, restoreBackup } from '../../home/backups.ts';
import { homeAt, openHome } from '../../home/home.ts';
import { policyToCompare } from '../../home/kept-policy.ts';
import { isMigrationCopy, listMigrationCopies, withMigrationCopy } from '../../home/migration-copies.ts';
import { takeHome } from '../../home/running.ts';
import { copyStore } from '../../store/copy.ts';
import { inspectSqlite } from '../../store/migrate-sqlite.ts';
import { version } from '../../version.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import type { CreateBackupOptions, RestoreOptions } from '../operations.ts';
import { table } from '../text/table.ts';
import { verifyBackupStore } from './verify-backup.ts';

/** The data directory, where its store is a file; of PostgreSQL the command to use is named. */
function placeOf(
  { terminal: { env, cwd } }: Cli,
  doing: 'create' | 'restore' | 'look',
): { home: string; directory: string; policyFile: string } {
  const { home, databaseUrl, policyFile } = readConfig(env, { cwd });
  if (databaseUrl !== undefined) {
    const name = new URL(databaseUrl.reveal()).pathname.slice(1) || 'NAME';
    throw new GaiaProblem({
      status: 409,
      code: 'postgres_backs_up_itself',
      detail: 'The store is PostgreSQL, whose backups Gaia does not make.',
      remedy:
        doing === 'restore'
          ? `Stop Gaia, then: pg_restore --clean --if-exists --dbname "$DATABASE_URL" gaia.dump. Gaia notices the older store at its start and asks an operator to accept it.`
          : `Use: pg_dump --format=custom --file=gaia.dump "$DATABASE_URL"   (database ${name}); seal.key lies in ${home}, the policy is ${policyFile}.`,
    });
  }
  return { home, directory: join(home, 'backups'), policyFile };
}

export async function create(cli: Cli, { to, keep = backupsKept }: CreateBackupOptions): Promise<Exit> {
  const { home, directory, policyFile } = placeOf(cli, 'create');
  if (!existsSync(homeAt(home).database))
    throw new GaiaProblem({
      status: 404,
      code: 'no_store',
      detail: `There is no store in ${home}.`,
      remedy: 'Point GAIA_HOME at the data directory of a Gaia.',
    });
  if (keep < 1)
    throw new GaiaProblem({
      status: 400,
      code: 'keep_none',
      detail: 'At least one backup is kept.',
      remedy: '--keep 1, or more',
    });
  const target = to === undefined ? directory : resolve(cli.terminal.cwd, to);
  const { path, note, removed } = await createBackup({
    home,
    ...(to === undefined ? {} : { directory: target }),
    policyFile,
    version,
    now: Date.now(),
    keep,
    copy: copyStore,
  });
  cli.answer({ path, ...note, removed }, [
    `${path}: ${sayBytes(note.bytes)}, ${counted(note.seq, 'event')} (generation ${note.generation}), read back and whole.`,
    ...policyLines(note, policyFile),
    ...(removed.length === 0
      ? []
      : [`${counted(removed.length, 'older backup')} removed; the newest ${keep} are kept.`]),
  ]);
  return exits.done;
}

/** What of the policy is in a backup. */
const policyLines = ({ policy }: BackupNote, policyFile: string): string[] => {
  if (!policy) return [`There is no ${policyFile} to keep: the built-in policy needs none.`];
  return policy.file === 'policy.yaml'
    ? [`The policy is in it: ${policy.file}.`]
    : [`The policy ${policy.from} is in it as ${policy.file}; a restore leaves the file itself to you.`];
};

export async function list(cli: Cli): Promise<Exit> {
  const { directory } = placeOf(cli, 'look');
  const backups = await listBackups(directory);
  const copies = await listMigrationCopies(directory);
  const times = cli.times();
  const rows = [
    ...backups.map(({ path, note: { at, bytes, seq, generation } }) => ({
      at,
      row: [times.clock(at), sayBytes(bytes), String(seq), String(generation), path],
    })),
    ...copies.map(({ path, at, bytes }) => ({ at, row: [times.clock(at), sayBytes(bytes), '-', '-', path] })),
  ].sort((one, other) => other.at - one.at);
  cli.answer(
    { backups: backups.map(({ path, note }) => ({ path, ...note })), beforeUpdates: copies },
    rows.length === 0
      ? [`There is no backup in ${directory}. Make one: gaia backup create`]
      : [
          ...table(
            ['MADE', 'SIZE', 'EVENTS', 'GENERATION', 'PATH'],
            rows.map(({ row }) => row),
          ),
          ...(copies.length === 0
            ? []
            : ['before-… is what an update of the store copied first: verify or restore it by its name.']),
        ],
  );
  return exits.done;
}

/** The backup that was meant, checked, for as long as `use` takes: a nightly one, or a copy that an update made. */
async function withBackup<T>(
  cli: Cli,
  { home, directory }: { home: string; directory: string },
  named: string | undefined,
  use: (backup: KeptBackup, shown: string) => Promise<T>,
): Promise<T> {
  const given = named === undefined ? undefined : resolve(cli.terminal.cwd, named);
  const path =
    given === undefined || existsSync(given) || named !== basename(named ?? '') ? given : join(directory, named);
  if (path === undefined || !isMigrationCopy(path)) {
    const backup = await checkedBackup(directory, path);
    return use(backup, backup.path);
  }
  if (!existsSync(path))
    throw notFound(`There is no ${path}.`, { reason: 'no_backup', remedy: 'gaia backup list shows those there are.' });
  try {
    return await withCopy(path, { home, directory }, use);
  } catch (error) {
    // the store itself is whole, so this is no matter of the store's runbook
    if (error instanceof GaiaError && error.extras.reason === 'store_damaged')
      throw damaged(path, 'it is no whole database');
    throw error;
  }
}

async function withCopy<T>(
  path: string,
  { home, directory }: { home: string; directory: string },
  use: (backup: KeptBackup, shown: string) => Promise<T>,
): Promise<T> {
  const { pending } = inspectSqlite(path);
  if (pending.length > 0)
    throw conflict(`${path} was made before an update (${pending[0] ?? ''}), and this Gaia is of after it.`, {
      reason: 'version_too_new',
      remedy: 'Install the version from before the update first, then do this again with it: runbooks/rollback.md',
    });
  return withMigrationCopy(path, { home, directory, copy: copyStore }, (backup) => use(backup, path));
}

export function verifyBackup(cli: Cli, named: string | undefined): Promise<Exit> {
  return withBackup(cli, placeOf(cli, 'look'), named, async (backup, path) => {
    const report = await verifyBackupStore(backup);
    const isWhole = report.faults.length === 0;
    cli.answer({ path, verified: isWhole, ...report }, [
      isWhole
        ? cli.paint('green', 'verified')
        : cli.paint('red', `NOT VERIFIED: ${counted(report.faults.length, 'fault')}`),
      ...report.faults.slice(0, 20).map(({ code, message }) => `${code}: ${message}`),
      `${path}: ${counted(report.events, 'event')}, ${counted(report.seals, 'seal')}, head ${report.head.seq} ${report.head.hash.slice(0, 12)}`,
    ]);
    return isWhole ? exits.done : exits.failed;
  });
}

export function restore(cli: Cli, named: string | undefined, options: RestoreOptions): Promise<Exit> {
  const place = placeOf(cli, 'restore');
  return withBackup(cli, place, named, (backup, path) => restoreFrom(cli, place.home, { backup, path }, options));
}

/** A policy outside the data directory is not written to. */
async function policyPlan(backup: KeptBackup): Promise<string[]> {
  const policy = await policyToCompare(backup);
  if (!policy) return [];
  return [
    policy.isSame
      ? `The policy ${policy.from} is as it was then.`
      : `The policy ${policy.from} is not as it was then, and stays as it is. Compare: diff ${policy.from} ${policy.copy}`,
  ];
}

async function restoreFrom(
  cli: Cli,
  home: string,
  { backup, path }: { backup: KeptBackup; path: string },
  { into, yes }: RestoreOptions,
): Promise<Exit> {
  const target = into === undefined ? home : resolve(cli.terminal.cwd, into);
  const { faults } = await verifyBackupStore(backup);
  if (faults.length > 0)
    throw conflict(`The log of ${path} does not verify (${faults[0]?.message ?? ''}).`, {
      reason: 'backup_not_verified',
      remedy: 'gaia backup verify names every fault; take an older backup.',
    });
  const holds = existsSync(homeAt(target).database);
  const plan = [
    `${path}, made ${cli.times().clock(backup.note.at)}, with ${counted(backup.note.seq, 'event')}, goes to ${homeAt(target).database}.`,
    ...(holds ? ['The store that is there is moved aside, not removed.'] : []),
    ...(await policyPlan(backup)),
    'What happened after the backup is not in it: keys revoked since are revoked again only where events.ndjson lies in that directory, so look at gaia key list, and revoke again what must not work. Everyone signs in anew.',
    'Nothing starts until an operator has accepted the restored store; approvals of before never start anything.',
  ];
  if (!yes) {
    cli.answer({ from: path, into: target, done: false }, [...plan, 'To do it: the same with --yes']);
    return exits.done;
  }
  const opened = await openHome(target, into === undefined ? 'GAIA_HOME' : '--into');
  const tenancy = await takeHome(opened, { startedAt: new Date() }); // refuses beside a running Gaia
  try {
    const { movedAside } = await restoreBackup(backup, {
      home: opened.path,
      now: Date.now(),
      from: basename(path),
    });
    cli.answer({ from: path, into: target, done: true, movedAside }, [
      ...plan.slice(0, 1),
      ...(await policyPlan(backup)),
      ...(movedAside === null ? [] : [`The store that was there is now ${movedAside}.`]),
      'Next: gaia start, look at gaia status, then gaia resume --accept-generation',
    ]);
    return exits.done;
  } finally {
    await tenancy.release();
  }
}
