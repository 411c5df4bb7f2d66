import type { Command } from 'commander';
import type { GlobalOptions } from './cli.ts';
import { commandOptions, group, leaf } from './command.ts';
import type { Performer } from './run.ts';

/** What `run` takes. */
export interface RunOptions extends GlobalOptions {
  title?: string;
  reason?: string;
  cwd?: string;
  env?: string[];
  timeout?: number;
  ttl?: number;
  idempotencyKey?: string;
}

const aboutRun = `
Asks, waits, takes the permit of the approved request and runs the command here: as stated and without a shell, with this
terminal and your environment. It has your rights; Gaia cannot hold it to what was approved.
What it writes stays on this terminal: Gaia is told its exit code, its signal and how long it took, never its output.

Ends with the code of the command, or 128 and the number of the signal that ended it; 126 and 127 where it could not be
started although it was approved; 125 where it was not run: denied, expired, withdrawn, blocked, Gaia not reachable, …
Ctrl-C withdraws the request while it waits; afterwards it goes to the command.
`;

const aboutEnvRun = `
The variables of the file stand over those of your environment. Gaia's own secrets (TELEGRAM_BOT_TOKEN, DATABASE_URL,
GAIA_API_KEY, GITHUB_TOKEN, …) are never handed over: a file that holds one is refused, from your environment they are
removed, under their own names and wherever else their values stand.

Ends with the code of the command, or 128 and the number of the signal that ended it; 126 and 127 where it could not be
started; 125 where it was not run.
`;

/** What runs here. */
export function runs(program: Command, perform: Performer): void {
  commandOptions(
    leaf(program, 'run <cmd...>', 'ask to run a command, and run it here once it is approved: gaia run -- make deploy'),
  )
    .option('--idempotency-key <key>', 'the same key with the same content gives the same request')
    .addHelpText('after', aboutRun)
    .action((argv: string[], options: RunOptions) =>
      perform(options, async (cli) => (await import('./commands/run.ts')).run(cli, argv, options)),
    );
  const env = group(program, 'env', "run a command with a file's variables, without Gaia's own secrets");
  leaf(env, 'run <cmd...>', "run a command with a file's variables: gaia env run --file FILE -- make deploy", {
    isLocal: true,
    example: 'gaia env run --file deploy.env -- make deploy',
  })
    .requiredOption('--file <file>', 'NAME=VALUE lines; only you may read it')
    .addHelpText('after', aboutEnvRun)
    .action((argv: string[], options: GlobalOptions & { file: string }) =>
      perform(options, async (cli) => (await import('./commands/env-run.ts')).envRun(cli, argv, options)),
    );
}

/** What is done about what Gaia runs. */
export function executions(program: Command, perform: Performer): void {
  leaf(program, 'stop-command <id>', 'end a command that Gaia runs (operator)').action(
    (id: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/executions.ts')).stopCommand(cli, id)),
  );
  leaf(
    program,
    'resolve <id> <verdict>',
    'say what became of what is unknown: executed or failed; or resend, to send a write to GitHub once more (operator)',
  )
    .requiredOption('--reason <text>', 'how you know')
    .option(
      '--number <n>',
      'of a write to GitHub that is there: the number of the issue or pull request, the id of the comment or item',
    )
    .action((id: string, verdict: string, options: GlobalOptions & { reason: string; number?: string }) =>
      perform(options, async (cli) => (await import('./commands/executions.ts')).resolve(cli, id, verdict, options)),
    );
}
