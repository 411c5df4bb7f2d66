import { type Command, InvalidArgumentError } from 'commander';
import { requeuedAtOnce } from '../core/delivery/requeue.ts';
import type { GlobalOptions } from './cli.ts';
import { group, leaf, whole } from './command.ts';
import type { Performer } from './run.ts';

export type RequeueOptions = GlobalOptions & { all?: boolean; auto?: boolean; dryRun?: boolean };
export type CheckOptions = GlobalOptions & { dryRun?: boolean; window?: string; threshold?: Record<string, number> };
export type CleanupOptions = GlobalOptions & { archive?: boolean; clean?: boolean; yes?: boolean };
export type CreateBackupOptions = GlobalOptions & { to?: string; keep?: number };
export type RestoreOptions = GlobalOptions & { into?: string; yes?: boolean };

/** What an operator does: failed messages, alerts, metrics, backups, cleaning up. */
export function operations(program: Command, perform: Performer): void {
  failed(program, perform);
  alerts(program, perform);
  backups(program, perform);
  leaf(program, 'metrics', 'what is measured, with the last hour').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/metrics.ts')).metrics(cli)),
  );
  leaf(program, 'cleanup', 'archive and remove what is old enough; shows its plan unless told --yes', { isLocal: true })
    .option('--archive', 'copy it into the archive')
    .option('--clean', 'remove what was archived')
    .option('--yes', 'do it, instead of showing the plan')
    .action((options: CleanupOptions) =>
      perform(options, async (cli) => (await import('./local/cleanup.ts')).cleanup(cli, options)),
    );
}

function failed(program: Command, perform: Performer): void {
  leaf(program, 'failed', 'messages that could not be delivered, the oldest first').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/failed.ts')).failed(cli)),
  );
  leaf(
    program,
    'requeue [id-or-index]',
    'try a failed message again: by id, by its index in `gaia failed`, or --all (operator)',
  )
    .option('--all', `all of them, the oldest ${requeuedAtOnce.toLocaleString('en')} at once`)
    .option('--auto', 'those that Gaia would take by itself')
    .option('--dry-run', 'say what would be requeued, and do nothing')
    .action((which: string | undefined, options: RequeueOptions) =>
      perform(options, async (cli) => (await import('./commands/failed.ts')).requeue(cli, which, options)),
    );
  leaf(program, 'discard <id>', 'close a failed message for good: it is never sent (operator)', {
    example: 'gaia discard d-7F3K2Q --reason "the chat is gone"',
  })
    .requiredOption('--reason <text>', 'why')
    .action((id: string, options: GlobalOptions & { reason: string }) =>
      perform(options, async (cli) => (await import('./commands/failed.ts')).discard(cli, id, options)),
    );
}

function alerts(program: Command, perform: Performer): void {
  const alert = group(program, 'alerts', 'what Gaia watches about itself, and what is wrong');
  leaf(alert, 'list', 'every alert, those that fire first').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/alerts.ts')).list(cli)),
  );
  leaf(alert, 'check', 'one look, for cron: 0 quiet, 1 firing, 2 unknown metric, 8 Gaia is down')
    .option('--dry-run', 'look and tell nobody')
    .option('--window <length>', 'the time over which things are counted; 1h unless told')
    .option('--threshold <name=n>', 'fires when the metric reaches n; may be given several times', thresholds)
    .action((options: CheckOptions) =>
      perform(options, async (cli) => (await import('./commands/alerts.ts')).check(cli, options)),
    );
  leaf(alert, 'silence <name> <length>', 'keep an alert quiet for a while, such as 2h (operator)', {
    example: 'gaia alerts silence backup_old 2h',
  })
    .option('--reason <text>', 'why')
    .action((name: string, length: string, options: GlobalOptions & { reason?: string }) =>
      perform(options, async (cli) => (await import('./commands/alerts.ts')).silence(cli, name, length, options)),
    );
  leaf(alert, 'unsilence <name>', 'let an alert speak again (operator)', {
    example: 'gaia alerts unsilence backup_old',
  }).action((name: string, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/alerts.ts')).silence(cli, name, null, options)),
  );
}

function backups(program: Command, perform: Performer): void {
  const backup = group(program, 'backup', 'copies of the store and the policy, read back when they are made');
  leaf(backup, 'create', 'make a backup, also while Gaia runs', { isLocal: true })
    .option('--to <directory>', 'the directory it goes to; backups in the data directory unless told')
    .option('--keep <n>', 'how many are kept, this one included; 14 unless told', whole)
    .action((options: CreateBackupOptions) =>
      perform(options, async (cli) => (await import('./local/backup.ts')).create(cli, options)),
    );
  leaf(backup, 'list', 'show the backups, the newest first', { isLocal: true }).action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./local/backup.ts')).list(cli)),
  );
  leaf(backup, 'verify [backup]', 'check a backup, the newest unless told: its bytes, its pages, its whole log', {
    isLocal: true,
  }).action((path: string | undefined, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./local/backup.ts')).verifyBackup(cli, path)),
  );
  leaf(
    backup,
    'restore [backup]',
    'put a backup, the newest unless told, in the place of the store; Gaia must not run',
    {
      isLocal: true,
    },
  )
    .option('--into <directory>', 'put it into another data directory')
    .option('--yes', 'do it, instead of saying what would be done')
    .action((path: string | undefined, options: RestoreOptions) =>
      perform(options, async (cli) => (await import('./local/backup.ts')).restore(cli, path, options)),
    );
}

function thresholds(value: string, before: Record<string, number> | undefined): Record<string, number> {
  const [, name, number] = /^([\w.]{1,60})=(\d{1,15}(?:\.\d{1,6})?)$/.exec(value) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Write name=n, for example delivery_moved_dead=1.');
  return { ...before, [name]: Number(number) };
}
