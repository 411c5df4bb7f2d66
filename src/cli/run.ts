import { type Command, CommanderError } from 'commander';
import { Cli, type GlobalOptions, printableJson } from './cli.ts';
import { exitOfError, exits, runExits } from './exit-codes.ts';
import { painter, type Terminal } from './terminal.ts';
import { inFlags } from './text/flags.ts';
import { problemOf, problemText } from './text/problem.ts';

/** How a command does its work; it answers what `gaia` ends with. */
export type Perform = (cli: Cli) => Promise<number>;

/** Runs one command to its end; what it ends with is told to the one who made the program. */
export type Performer = (options: GlobalOptions, perform: Perform) => Promise<void>;

/** Runs `gaia` with these arguments and answers its exit code. Errors are told on standard error, as JSON with --json. */
export async function runGaia(
  build: (perform: Performer) => Command,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let exit: number = exits.done;
  let called: Command | undefined;
  const program = build(async (options, perform) => {
    const cli = new Cli(terminal, options);
    exit = await perform(cli).catch((error: unknown) => {
      throw cli.explained(error);
    });
  });
  let complaint = '';
  const speakThroughTerminal = (command: Command) => {
    command.exitOverride((error) => {
      called = command;
      throw error;
    });
    command.configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => {
        complaint += text;
      },
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
    for (const child of command.commands) speakThroughTerminal(child);
  };
  speakThroughTerminal(program);
  program.hook('preAction', (_, command) => {
    called = command;
  });

  // What follows `--` is another program's.
  const own = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const json = own.includes('--json');
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exits.done;
      if (json) terminal.err(`${printableJson(usageProblem(complaint))}\n`);
      else terminal.err(complaint);
      return runsAnother(called) ? runExits.refused : exits.usage;
    }
    const problem = problemOf(error);
    const paint = painter(terminal.env, terminal.errIsTerminal);
    if (json) terminal.err(`${printableJson(problem)}\n`);
    else
      terminal.err(
        `${problemText(inFlags(problem))
          .map((line, index) => (index === 0 ? paint('red', line) : line))
          .join('\n')}\n`,
      );
    return runsAnother(called) ? runExits.refused : exitOfError(error);
  }
}

/** Whether what a command ends with is the code of another program, so that its own refusals need one apart. */
const runsAnother = (command: Command | undefined): boolean => command?.name() === 'run';

const usageProblem = (complaint: string) => {
  const [first = '', ...rest] = complaint.trim().split('\n');
  const hint = rest.find((line) => line.startsWith('('))?.slice(1, -1);
  return {
    type: 'urn:gaia:problem:usage',
    title: 'Usage',
    status: 400,
    detail: first.replace(/^error: /, '') || 'A subcommand is missing.',
    code: 'usage',
    remedy: hint ?? 'gaia --help shows the commands; gaia COMMAND --help their options.',
  };
};
