import type { Command } from 'commander';
import type { GlobalOptions } from './cli.ts';
import { gathered, group, leaf, whole } from './command.ts';
import type { Performer } from './run.ts';

/** What `request changeset` takes. */
export interface ChangesetOptions extends GlobalOptions {
  title?: string;
  reason?: string;
  ttl?: number;
  test?: boolean;
  idempotencyKey?: string;
  supersedes?: string;
  wait?: boolean;
}

export interface GateOptions extends GlobalOptions {
  sha: string;
  artifact?: string[];
}

export interface RunStartOptions extends GlobalOptions {
  repo: string;
  head: string;
  base: string;
  workspace?: string;
  remote?: string;
}

export const changesetCommand = (request: Command, perform: Performer): Command =>
  leaf(request, 'changeset <file>', 'ask to write to GitHub: a changeset as JSON, or - for standard input')
    .option('--title <text>', 'a short name')
    .option('--reason <text>', 'why, in your words')
    .option('--ttl <s>', 'seconds it may wait for a decision', whole)
    .option('--test', 'marked as a test: nothing is written')
    .option('--idempotency-key <key>', 'the same key with the same content gives the same request')
    .option('--supersedes <id>', 'an earlier request that this one replaces')
    .option('--wait', 'wait for the end')
    .action((file: string, options: ChangesetOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).requestChangeset(cli, file, options)),
    );

/** Writes to GitHub: looking, publishing, and the runs, gates and checkpoints they rest on. */
export function github(program: Command, perform: Performer): void {
  const top = group(program, 'github', 'writes to GitHub: what is in the way, runs and gates, checkpoints');
  leaf(top, 'status', 'how Gaia may write, what is under way, runs and checkpoints').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/github.ts')).status(cli)),
  );
  leaf(top, 'preview <file>', 'what a changeset would write, and what is in the way; nothing is stored').action(
    (file: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).preview(cli, file)),
  );
  leaf(top, 'publish <id>', 'publish an approved changeset now, or say what is in the way (operator)').action(
    (id: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).publish(cli, id)),
  );
  leaf(top, 'look <id>', 'look at GitHub again for a write whose outcome is unknown (operator)').action(
    (id: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).look(cli, id)),
  );
  leaf(top, 'repair <id>', 'say what of a finished changeset is gone from GitHub (operator)')
    .option('--propose', 'ask people to put it back')
    .action((id: string, options: GlobalOptions & { propose?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).repair(cli, id, options)),
    );
  leaf(top, 'undo <id>', 'print the changeset that takes back what a request wrote, or ask for it')
    .option('--propose', 'ask people for it at once')
    .action((id: string, options: GlobalOptions & { propose?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).undo(cli, id, options)),
    );

  const run = group(top, 'run', 'work on a branch that is verified, reviewed and handed over to people');
  leaf(run, 'start', 'start a run for the branch that work is done on', {
    example: 'gaia github run start --repo owner/name --head gaia/fix --base main',
  })
    .requiredOption('--repo <owner/name>', 'the repository')
    .requiredOption('--head <branch>', 'the branch with the work')
    .requiredOption('--base <branch>', 'the branch it is to be merged into, by people')
    .option('--workspace <dir>', 'the directory of the work; this one unless told')
    .option('--remote <name>', 'the git remote that is the repository; origin unless told')
    .action((options: RunStartOptions) =>
      perform(options, async (cli) => (await import('./commands/github-runs.ts')).start(cli, options)),
    );
  leaf(run, 'verify <id>', 'enter verification for a commit; no gate has passed for it yet', {
    example: 'gaia github run verify g-7F3K2Q --sha "$(git rev-parse HEAD)"',
  })
    .requiredOption('--sha <commit>', 'the commit, 40 hexadecimal digits')
    .action((id: string, options: GlobalOptions & { sha: string }) =>
      perform(options, async (cli) => (await import('./commands/github-runs.ts')).verify(cli, id, options)),
    );
  leaf(run, 'status <id>', 'show a run and its gates').action((id: string, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/github-runs.ts')).status(cli, id)),
  );
  leaf(run, 'fail <id>', 'end a run as failed')
    .option('--reason <text>', 'why')
    .action((id: string, options: GlobalOptions & { reason?: string }) =>
      perform(options, async (cli) => (await import('./commands/github-runs.ts')).fail(cli, id, options)),
    );

  const gate = group(top, 'gate', 'verdicts on the work of a run');
  leaf(gate, 'record <run> <gate> <verdict>', 'record verification or internal_review: PASS, FAIL or BLOCKED', {
    example: 'gaia github gate record g-7F3K2Q verification PASS --sha 1a2b… --artifact reports/tests.xml',
  })
    .requiredOption('--sha <commit>', 'the commit that was judged')
    .option('--artifact <file>', 'evidence, bound by its content; may be given several times', gathered)
    .action((id: string, name: string, verdict: string, options: GateOptions) =>
      perform(options, async (cli) =>
        (await import('./commands/github-runs.ts')).record(cli, id, name, verdict, options),
      ),
    );

  const checkpoint = group(top, 'checkpoint', 'documents that people approve before anything is written for real');
  leaf(checkpoint, 'create', 'write the next CHECKPOINT_<n>.md into the data directory and ask for its approval', {
    isLocal: true,
  })
    .option('--again', 'write nothing: ask for the approval of the highest one as it is now')
    .option('--wait', 'wait for the decision')
    .action((options: GlobalOptions & { again?: boolean; wait?: boolean }) =>
      perform(options, async (cli) => (await import('./local/checkpoint.ts')).create(cli, options)),
    );
  leaf(checkpoint, 'verify', 'say whether the highest checkpoint is approved as it lies there').action(
    (options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).verifyCheckpoint(cli)),
  );
  leaf(checkpoint, 'revoke <n>', 'take back the approval of a checkpoint (operator)').action(
    (n: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/github.ts')).revokeCheckpoint(cli, n)),
  );
}
