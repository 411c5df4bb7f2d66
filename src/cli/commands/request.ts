import { randomUUID } from 'node:crypto';
import type { GaiaClient } from '../../client/client.ts';
import type { Submission } from '../../core/approval/submission.ts';
import type { SubmittedAnswer } from '../../core/wire/answers.ts';
import { awaitEnd } from '../await-end.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exitOfRequest, exits } from '../exit-codes.ts';
import type { CommandOptions, QuestionOptions } from '../program.ts';
import { requestText } from '../text/request.ts';
import { commandSubmission, common, usage } from './submission.ts';

export async function requestCommand(cli: Cli, argv: readonly string[], options: CommandOptions): Promise<Exit> {
  const submission = await commandSubmission(cli.terminal, argv, options);
  const rehearsalAsked = options.test === true || options.mode === 'dry_run';
  return ask(cli, submission, { wait: options.wait, rehearsalAsked });
}

export async function requestQuestion(cli: Cli, text: string, options: QuestionOptions): Promise<Exit> {
  if (options.expect !== undefined && !options.wait)
    throw usage('--expect compares an answer that nobody waits for.', 'Say --wait with it.');
  const question = { text, ...(options.choice && { choices: options.choice }) };
  return ask(cli, { kind: 'question', ...common(options), question }, { wait: options.wait, expect: options.expect });
}

export async function requestAgain(cli: Cli, id: string, { wait }: { wait?: boolean }): Promise<Exit> {
  const client = cli.client('asker');
  return follow(cli, client, await client.askAgain(id), { wait });
}

interface How {
  wait?: boolean | undefined;
  rehearsalAsked?: boolean;
  /** any other answer counts as a denial */
  expect?: string | undefined;
}

/** With a key of its own the submission can be sent again when its answer is lost. */
export async function ask(cli: Cli, submission: Submission, how: How): Promise<Exit> {
  const client = cli.client('asker');
  const submitted = await client.submit({ ...submission, idempotencyKey: submission.idempotencyKey ?? randomUUID() });
  return follow(cli, client, submitted, how);
}

async function follow(
  cli: Cli,
  client: GaiaClient,
  submitted: SubmittedAnswer,
  { wait = false, rehearsalAsked = false, expect }: How,
): Promise<Exit> {
  if (!wait) {
    cli.answer(submitted, requestText(submitted, cli.times(), cli.paint));
    if (!cli.json && !submitted.ended) cli.note(...nextSteps(submitted), ...whoRuns(submitted));
    return submitted.ended ? exitOfRequest(submitted, { rehearsalAsked }) : exits.done;
  }
  if (!submitted.ended)
    cli.note(
      `${submitted.joined ? 'Joined the pending request' : 'Asked'} ${submitted.id}; it is decided at ${submitted.url}`,
      ...whoRuns(submitted),
    );
  const { request, streamed } = await awaitEnd(cli, client, submitted);
  cli.answer(request, requestText(request, cli.times(), cli.paint, { withOutput: !streamed }));
  if (expect !== undefined && request.state === 'answered' && request.answer !== expect) return exits.denied;
  return exitOfRequest(request, { rehearsalAsked });
}

/** Of a command that its agent runs, Gaia starts nothing. */
const whoRuns = ({ mode, id }: SubmittedAnswer): string[] =>
  mode === 'client'
    ? [`Gaia will not run it: whoever takes the permit of ${id} does. gaia run -- CMD… asks, waits, takes it and runs.`]
    : [];

const nextSteps = ({ id, joined }: SubmittedAnswer): string[] => [
  ...(joined ? ['An equal request was pending already; yours joined it.'] : []),
  `→ wait for it: gaia wait ${id}    take it back: gaia withdraw ${id}`,
];
