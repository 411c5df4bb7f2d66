import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GaiaProblem } from '../../client/problem.ts';
import { readConfig } from '../../config.ts';
import { conflict } from '../../core/errors.ts';
import { sayBytes } from '../../core/metrics/metrics.ts';
import { counted } from '../../core/text/count.ts';
import { listBackups } from '../../home/backup-files.ts';
import { backupsKept, checkedBackup, createBackup, restoreBackup } from '../../home/backups.ts';
import { homeAt, openHome } from '../../home/home.ts';
import { takeHome } from '../../home/running.ts';
import { copyStore } from '../../store/copy.ts';
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
): { home: string; directory: string } {
  const { home, databaseUrl } = readConfig(env, { cwd });
  if (databaseUrl !== undefined) {
    const name = new URL(databaseUrl.reveal()).pathname.slice(1) || 'NAME';
    throw new GaiaProblem({
      status: 409,
      code: 'postgres_backs_up_itself',
      detail: 'The store is PostgreSQL, whose backups Gaia does not make.',
      remedy:
        doing === 'restore'
          ? `Stop Gaia, then: pg_restore --clean --if-exists --dbname "$DATABASE_URL" gaia.dump. Gaia notices the older store at its start and asks an operator to accept it.`
          : `Use: pg_dump --format=custom --file=gaia.dump "$DATABASE_URL"   (database ${name}); seal.key and policy.yaml lie in ${home}.`,
    });
  }
  return { home, directory: join(home, 'backups') };
}

export async function create(cli: Cli, { to, keep = backupsKept }: CreateBackupOptions): Promise<Exit> {
  const { home, directory } = placeOf(cli, 'create');
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
    directory: target,
    version,
    now: Date.now(),
    keep,
    copy: copyStore,
  });
  cli.answer({ path, ...note, removed }, [
    `${path}: ${sayBytes(note.bytes)}, ${counted(note.seq, 'event')} (generation ${note.generation}), read back and whole.`,
    ...(removed.length === 0
      ? []
      : [`${counted(removed.length, 'older backup')} removed; the newest ${keep} are kept.`]),
  ]);
  return exits.done;
}

export async function list(cli: Cli): Promise<Exit> {
  const { directory } = placeOf(cli, 'look');
  const backups = await listBackups(directory);
  const times = cli.times();
  const rows = backups.map(({ path, note }) => [
    times.clock(note.at),
    sayBytes(note.bytes),
    String(note.seq),
    String(note.generation),
    path,
  ]);
  cli.answer(
    { backups: backups.map(({ path, note }) => ({ path, ...note })) },
    rows.length === 0
      ? [`There is no backup in ${directory}. Make one: gaia backup create`]
      : table(['MADE', 'SIZE', 'EVENTS', 'GENERATION', 'PATH'], rows),
  );
  return exits.done;
}

export async function verifyBackup(cli: Cli, named: string | undefined): Promise<Exit> {
  const { directory } = placeOf(cli, 'look');
  const backup = await checkedBackup(directory, named === undefined ? undefined : resolve(cli.terminal.cwd, named));
  const report = await verifyBackupStore(backup);
  const isWhole = report.faults.length === 0;
  cli.answer({ path: backup.path, verified: isWhole, ...report }, [
    isWhole
      ? cli.paint('green', 'verified')
      : cli.paint('red', `NOT VERIFIED: ${counted(report.faults.length, 'fault')}`),
    ...report.faults.slice(0, 20).map(({ code, message }) => `${code}: ${message}`),
    `${backup.path}: ${counted(report.events, 'event')}, ${counted(report.seals, 'seal')}, head ${report.head.seq} ${report.head.hash.slice(0, 12)}`,
  ]);
  return isWhole ? exits.done : exits.failed;
}

export async function restore(cli: Cli, named: string | undefined, { into, yes }: RestoreOptions): Promise<Exit> {
  const { home, directory } = placeOf(cli, 'restore');
  const target = into === undefined ? home : resolve(cli.terminal.cwd, into);
  const backup = await checkedBackup(directory, named === undefined ? undefined : resolve(cli.terminal.cwd, named));
  const { faults } = await verifyBackupStore(backup);
  if (faults.length > 0)
    throw conflict(`The log of ${backup.path} does not verify (${faults[0]?.message ?? ''}).`, {
      reason: 'backup_not_verified',
      remedy: 'gaia backup verify names every fault; take an older backup.',
    });
  const holds = existsSync(homeAt(target).database);
  const plan = [
    `${backup.path}, made ${cli.times().clock(backup.note.at)}, with ${counted(backup.note.seq, 'event')}, goes to ${homeAt(target).database}.`,
    ...(holds ? ['The store that is there is moved aside, not removed.'] : []),
    'What happened after the backup is not in it: keys revoked since are revoked again only where events.ndjson lies in that directory, so look at gaia key list, and revoke again what must not work. Everyone signs in anew.',
    'Nothing starts until an operator has accepted the restored store; approvals of before never start anything.',
  ];
  if (!yes) {
    cli.answer({ from: backup.path, into: target, done: false }, [...plan, 'To do it: the same with --yes']);
    return exits.done;
  }
  const opened = await openHome(target);
  const tenancy = await takeHome(opened, { startedAt: new Date() }); // refuses beside a running Gaia
  try {
    const { movedAside } = await restoreBackup(backup, { home: opened.path, now: Date.now() });
    cli.answer({ from: backup.path, into: target, done: true, movedAside }, [
      ...plan.slice(0, 1),
      ...(movedAside === null ? [] : [`The store that was there is now ${movedAside}.`]),
      'Next: gaia start, look at gaia status, then gaia resume --accept-generation',
    ]);
    return exits.done;
  } finally {
    await tenancy.release();
  }
}
