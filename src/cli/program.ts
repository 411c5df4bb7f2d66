import { Command, Option } from 'commander';
import { scopes } from '../core/access/key.ts';
import { requestStates } from '../core/approval/states.ts';
import { nearest } from '../core/policy/nearest.ts';
import { visible } from '../core/text/visible.ts';
import type { GlobalOptions } from './cli.ts';
import { gaiasCommandOptions, gathered, group, leaf, whole } from './command.ts';
import { exits } from './exit-codes.ts';
import { operations } from './operations.ts';
import { agentDoors, standing } from './program-doors.ts';
import { changesetCommand, github } from './program-github.ts';
import { executions, runs } from './program-runs.ts';
import type { Performer } from './run.ts';

const exitCodes = `
Exit codes:
  0 done as asked     4 expired or withdrawn   8 Gaia not reachable
  1 failed            5 still pending          9 not allowed
  2 usage             6 blocked or stale      10 rehearsal only
  3 denied            7 conflict              11 unknown
gaia run and gaia env run end with the code of what they ran, and with 125 where they ran nothing.
`;

/** Every command of `gaia`. What a command does is loaded when it is called, so that calls start quickly. */
export function buildProgram(perform: Performer): Command {
  const program = new Command('gaia')
    .description('People approve what agents want to do; Gaia does exactly that, once, and can prove it.')
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText('after', exitCodes)
    .option('-V, --version', 'print the version')
    .allowUnknownOption()
    .action(async (options: GlobalOptions & { version?: boolean }, command: Command) => {
      const [given] = command.args;
      if (given !== undefined) refuseUnknown(command, given);
      if (!options.version) command.help({ error: true });
      await perform(options, async (cli) => (await import('./commands/version.ts')).printVersion(cli));
    });

  const below = (heading: string, ...parts: ((program: Command, perform: Performer) => void)[]) => {
    program.commandsGroup(heading);
    for (const part of parts) part(program, perform);
  };
  below('Set up and run Gaia:', running, keys);
  below('Ask, as an agent, a job or yourself:', requests, runs, agentDoors);
  below('Decide, as a person:', decisions, standing);
  below('Operate:', operating, executions, operations);
  below('The policy and the log:', policy, audit);
  below('Write to GitHub:', github);
  return program.allowExcessArguments(); // last: commands made before take none of it over
}

function refuseUnknown(program: Command, given: string): never {
  const isOption = given.startsWith('-');
  const meant = nearest(given, isOption ? ['--version', '--help'] : program.commands.map((command) => command.name()));
  program.error(
    `error: unknown ${isOption ? 'option' : 'command'} '${visible(given)}'\n(${meant ? `Did you mean ${meant}? ` : ''}Try gaia --help.)`,
    { code: isOption ? 'commander.unknownOption' : 'commander.unknownCommand' },
  );
}

export interface InitOptions extends GlobalOptions {
  tokenFile?: string;
  chat?: string;
  approver?: string[];
  yes?: boolean;
  test: boolean;
}

function running(program: Command, perform: Performer): void {
  leaf(program, 'start', 'run Gaia', { isLocal: true })
    .option('--detach', 'go on in the background')
    .action((options: GlobalOptions & { detach?: boolean }) =>
      perform(options, async () => {
        const { start } = await import('./local/start.ts');
        await start({ ...(options.detach && { detach: true }) });
        return exits.done;
      }),
    );
  leaf(program, 'stop', 'stop the Gaia of the data directory', { isLocal: true }).action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./local/stop.ts')).stop(cli)),
  );
  leaf(program, 'init', 'set up Telegram: the bot, the chat, who may approve; ends with a test you approve', {
    isLocal: true,
  })
    .option('--token-file <file>', "a file with the bot's token; - takes standard input")
    .option('--chat <id[:topic]>', 'where requests go')
    .option('--approver <id...>', 'who may approve: numeric ids')
    .option('--yes', 'write without asking')
    .option('--no-test', 'send no test request')
    .action((options: InitOptions) =>
      perform(options, async (cli) => (await import('./local/init.ts')).init(cli, options)),
    );
  leaf(program, 'doctor', 'look at everything Gaia needs, and say what to do about what is wrong').action(
    (options: GlobalOptions) => perform(options, async (cli) => (await import('./local/doctor.ts')).doctor(cli)),
  );
  leaf(program, 'demo', 'play a sample day on a throw-away data directory', { isLocal: true }).action(
    (options: GlobalOptions) =>
      perform(options, async () => {
        const { demo } = await import('./local/demo.ts');
        await demo();
        return exits.done;
      }),
  );
  leaf(program, 'console', 'print a fresh one-time link into the console').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/console.ts')).printSignInLink(cli)),
  );
}

function keys(program: Command, perform: Performer): void {
  const key = group(program, 'key', "agents' keys (administrator)");
  leaf(key, 'create <name>', 'make a key for an agent; it is shown once')
    .option('--owner <id>', 'the person the agent belongs to')
    .option(
      '--scope <scope>',
      `what the key may do: ${scopes.join(', ')}; may be given several times; without it everything that begins with submit`,
      gathered,
    )
    .option('--expires-in-days <n>', 'days until it stops working', whole)
    .action((name: string, options: GlobalOptions & { owner?: string; scope?: string[]; expiresInDays?: number }) =>
      perform(options, async (cli) => (await import('./commands/keys.ts')).createKey(cli, name, options)),
    );
  leaf(key, 'list', 'show the keys').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/keys.ts')).listKeys(cli)),
  );
  leaf(key, 'rotate <id>', 'make a new key in place of an old one, which works for another day').action(
    (id: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/keys.ts')).rotateKey(cli, id)),
  );
  leaf(key, 'revoke <id>', 'end a key at once').action((id: string, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/keys.ts')).revokeKey(cli, id)),
  );
}

/** What `request command` and `policy explain` take. */
export interface CommandOptions extends GlobalOptions, AskOptions {
  cwd?: string;
  env?: string[];
  stdin?: string;
  timeout?: number;
  mode?: 'dry_run' | 'real' | 'client';
}

/** What every request takes. */
export interface AskOptions {
  title?: string;
  reason?: string;
  ttl?: number;
  test?: boolean;
  idempotencyKey?: string;
  supersedes?: string;
  wait?: boolean;
}

export type QuestionOptions = GlobalOptions & AskOptions & { choice?: string[]; expect?: string };

function requests(program: Command, perform: Performer): void {
  const request = group(program, 'request', 'ask for something');
  gaiasCommandOptions(
    leaf(request, 'command <cmd...>', 'ask to run a command: gaia request command [options] -- make deploy'),
  )
    .option('--idempotency-key <key>', 'the same key with the same content gives the same request')
    .option('--supersedes <id>', 'an earlier request that this one replaces')
    .option('--wait', 'wait for the end, and show what it writes as it comes')
    .action((argv: string[], options: CommandOptions) =>
      perform(options, async (cli) => (await import('./commands/request.ts')).requestCommand(cli, argv, options)),
    );
  leaf(request, 'question <text>', 'ask people a question')
    .option(
      '--choice <answer>',
      'an answer to choose from, given once for each; without them the answer is free text',
      gathered,
    )
    .option('--title <text>', 'a short name')
    .option('--reason <text>', 'why, in your words')
    .option('--ttl <s>', 'seconds it may wait for an answer', whole)
    .option('--test', 'marked as a test')
    .option('--idempotency-key <key>', 'the same key with the same content gives the same request')
    .option('--supersedes <id>', 'an earlier request that this one replaces')
    .option('--wait', 'wait for the answer')
    .option('--expect <answer>', 'with --wait: any other answer counts as a denial (exit code 3)')
    .action((text: string, options: QuestionOptions) =>
      perform(options, async (cli) => (await import('./commands/request.ts')).requestQuestion(cli, text, options)),
    );
  changesetCommand(request, perform);
  leaf(request, 'again <id>', 'ask once more for what an earlier request asked')
    .option('--wait', 'wait for the end')
    .action((id: string, options: GlobalOptions & { wait?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/request.ts')).requestAgain(cli, id, options)),
    );
  leaf(program, 'wait <id>', 'wait until a request has ended, and say how')
    .option('--seconds <n>', 'wait no longer; it is pending then (exit code 5)', whole)
    .action((id: string, options: GlobalOptions & { seconds?: number }) =>
      perform(options, async (cli) => (await import('./commands/requests.ts')).waitFor(cli, id, options)),
    );
  leaf(program, 'show <id>', 'show the whole of a request').action((id: string, options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/requests.ts')).show(cli, id)),
  );
  leaf(program, 'list', 'show requests, the newest first')
    .option('--state <state>', `only those in this state: ${requestStates.join(', ')}`)
    .option('--limit <n>', 'how many on a page; 20 unless told', whole)
    .option('--cursor <cursor>', 'go on where a page ended, as it says itself')
    .option('--all', 'every page')
    .action((options: GlobalOptions & { state?: string; limit?: number; cursor?: string; all?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/requests.ts')).list(cli, options)),
    );
  leaf(program, 'withdraw <id>', 'take back a request that is not carried out yet').action(
    (id: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/requests.ts')).withdraw(cli, id)),
  );
}

/** What decisions take: --yes and --digest stand in for someone who answers. */
export interface DecideOptions extends GlobalOptions {
  yes?: boolean;
  digest?: string;
}

function decisions(program: Command, perform: Performer): void {
  leaf(program, 'login', 'act as a person on this terminal, for an hour').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/login.ts')).login(cli)),
  );
  leaf(program, 'logout', 'forget the person on this terminal').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/login.ts')).logout(cli)),
  );
  const unattended = (command: Command) =>
    command
      .option('--yes', 'do not ask; needs --digest')
      .option('--digest <hex>', 'the digest of what you saw, at least its first 12 digits');
  unattended(leaf(program, 'approve <id>', 'show a request and approve it'))
    .option('--allow', 'also let the agent do exactly this again without asking, 10 times within an hour')
    .action((id: string, options: DecideOptions & { allow?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/decide.ts')).approve(cli, id, options)),
    );
  unattended(
    leaf(program, 'deny <id>', 'show a request and deny it; --reason, --code or both', {
      example: 'gaia deny r-7F3K2Q --reason "not today"',
    }),
  )
    .option('--reason <text>', 'why, for the one who asked')
    .addOption(
      new Option('--code <code>', 'the kind of reason').choices([
        'wrong_target',
        'too_risky',
        'not_now',
        'need_more_information',
        'other',
      ]),
    )
    .action((id: string, options: DecideOptions & { reason?: string; code?: string }) =>
      perform(options, async (cli) => (await import('./commands/decide.ts')).deny(cli, id, options)),
    );
  unattended(
    leaf(program, 'answer <id> <answer>', 'show a question and answer it: one of its choices, or a text of your own'),
  ).action((id: string, answer: string, options: DecideOptions) =>
    perform(options, async (cli) => (await import('./commands/decide.ts')).answer(cli, id, answer, options)),
  );
}

function operating(program: Command, perform: Performer): void {
  leaf(program, 'status', 'what runs, what waits, what to do next').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/status.ts')).status(cli)),
  );
  leaf(program, 'pause', 'let nothing new start (operator)')
    .option('--reason <text>', 'why')
    .option('--kill', 'end every running command too')
    .action((options: GlobalOptions & { reason?: string; kill?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/status.ts')).pause(cli, options)),
    );
  leaf(program, 'resume', 'let things start again (operator)')
    .option('--accept-generation', 'take a store that was restored as it is: what was approved before never starts')
    .action((options: GlobalOptions & { acceptGeneration?: boolean }) =>
      perform(options, async (cli) => (await import('./commands/status.ts')).resume(cli, options)),
    );
}

/** What `audit tail` takes. */
export interface TailOptions {
  follow?: boolean;
  lines: number;
  subject?: string;
  action?: string;
  actor?: string;
}

function audit(program: Command, perform: Performer): void {
  const log = group(program, 'audit', 'the log of what happened: look at it, verify it, take it along');
  leaf(log, 'tail', 'show the last events')
    .option('-f, --follow', 'go on as they come')
    .option('-n, --lines <n>', 'how many', whole, 20)
    .option('--subject <subject>', 'only about this, for example request:r-7F3K2Q')
    .option('--action <action>', 'only this act, for example request.approved, or all of a noun: request.')
    .option('--actor <actor>', 'only by this actor, for example person:123456789, agent:builder or admin')
    .action((options: GlobalOptions & TailOptions) =>
      perform(options, async (cli) => (await import('./commands/audit-tail.ts')).tail(cli, options)),
    );
  leaf(log, 'verify', 'check every event, seal and record in the data directory, also while no Gaia runs', {
    isLocal: true,
  })
    .option('--seal <text>', 'a seal that was kept elsewhere, for example in the chat')
    .option('--public-key <file>', 'check seals with this key too; may be given several times', gathered)
    .action((options: GlobalOptions & { seal?: string; publicKey?: string[] }) =>
      perform(options, async (cli) => (await import('./local/verify.ts')).verify(cli, options)),
    );
  leaf(log, 'export <directory>', 'write the log with all it takes to verify it elsewhere', { isLocal: true }).action(
    (directory: string, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./local/export.ts')).exportLog(cli, directory)),
  );
  leaf(log, 'seal', "sign the log's head and print the seal (administrator)").action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/status.ts')).seal(cli)),
  );
}

function policy(program: Command, perform: Performer): void {
  const rules = group(program, 'policy', 'who must approve what: check it, ask it, try another one');
  leaf(rules, 'check [file]', 'read a policy file and name every fault with its line', { isLocal: true }).action(
    (file: string | undefined, options: GlobalOptions) =>
      perform(options, async (cli) => (await import('./commands/policy.ts')).check(cli, file)),
  );
  gaiasCommandOptions(
    leaf(
      rules,
      'explain <cmd...>',
      'what the policy would ask for a command (gaia policy explain [options] -- make deploy), or for a changeset (gaia policy explain change.json)',
    ),
  ).action((argv: string[], options: CommandOptions) =>
    perform(options, async (cli) => (await import('./commands/policy.ts')).explain(cli, argv, options)),
  );
  leaf(rules, 'simulate <file>', 'what another policy would have asked of past requests (administrator)', {
    example: 'gaia policy simulate policy.new.yaml',
  })
    .option('--limit <n>', 'how many requests, the newest first', whole)
    .action((file: string, options: GlobalOptions & { limit?: number }) =>
      perform(options, async (cli) => (await import('./commands/simulate.ts')).simulate(cli, file, options)),
    );
  leaf(rules, 'reload', 'put the policy file in force as it is now (administrator)').action((options: GlobalOptions) =>
    perform(options, async (cli) => (await import('./commands/policy.ts')).reload(cli)),
  );
}
