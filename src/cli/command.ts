import { type Command, InvalidArgumentError, Option } from 'commander';

/** A command that only holds others. */
export const group = (parent: Command, name: string, description: string): Command =>
  parent
    .command(name)
    .description(description)
    .enablePositionalOptions()
    .showHelpAfterError(`(Try ${pathOf(parent)} ${name} --help.)`);

/** How a command is called: `gaia github run`. */
const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** A command that does something; options stand before what it is about. `isLocal`: it calls no Gaia. */
export function leaf(
  parent: Command,
  usage: string,
  description: string,
  { isLocal = false, example }: { isLocal?: boolean; example?: string } = {},
): Command {
  const command = parent
    .command(usage)
    .description(description)
    .passThroughOptions(usage.includes('...'))
    .option('--json', 'answer in JSON, for programs');
  if (usage.includes('<') || example !== undefined) {
    const typed = example ?? exampleOf(parent, usage);
    command.showHelpAfterError(`(For example: ${typed})`).addHelpText('after', `\nFor example: ${typed}`);
  }
  return isLocal ? command : command.option('--url <url>', 'where Gaia is (GAIA_URL)');
}

/** What stands for an argument in an example. */
const samples: Readonly<Record<string, string>> = {
  '<id>': 'r-7F3K2Q',
  '<name>': 'builder',
  '<text>': '"Release now?"',
  '<answer>': 'yes',
  '<cmd...>': '-- make deploy',
  '<directory>': './log',
  '<file>': 'change.json',
  '<n>': '1',
  '<verdict>': 'executed --reason "the release is there"',
};

/** Ids look different where they name no request. */
const ids: Readonly<Record<string, string>> = { key: 'k7f3k2qa', run: 'g-7F3K2Q' };

const exampleOf = (parent: Command, usage: string): string =>
  [
    pathOf(parent),
    ...usage.split(' ').map((part) => (part === '<id>' ? ids[parent.name()] : undefined) ?? samples[part] ?? part),
  ].join(' ');

/** The options of a command that someone will run, Gaia or who asks. */
export const commandOptions = (command: Command): Command =>
  command
    .option('--title <text>', 'a short name')
    .option('--reason <text>', 'why, in your words')
    .option('--cwd <directory>', 'where it runs; here unless told')
    .option('--env <NAME=VALUE>', 'an environment variable; may be given several times', gathered)
    .option('--timeout <s>', 'seconds until it is stopped; 600 unless told', whole)
    .option('--ttl <s>', 'seconds it may wait for a decision', whole);

/** The options of a command for Gaia to run. */
export const gaiasCommandOptions = (command: Command): Command =>
  commandOptions(command)
    .option('--stdin <file>', 'its standard input; - takes yours')
    .option('--test', 'marked as a test: always ends as a rehearsal')
    .addOption(
      new Option(
        '--mode <mode>',
        'real: Gaia runs it, where that is enabled; client: you run it yourself, see gaia run; dry_run: a rehearsal',
      ).choices(['dry_run', 'real', 'client']),
    );

/** An option that may be given several times, one value each: what stands behind it is never swallowed. */
export const gathered = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function whole(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(value);
}
