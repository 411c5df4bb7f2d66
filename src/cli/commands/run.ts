import { randomUUID } from 'node:crypto';
import type { GaiaClient, ReportInput } from '../../client/client.ts';
import { GaiaProblem, GaiaUnreachable } from '../../client/problem.ts';
import type { Effect } from '../../core/approval/request.ts';
import { visible } from '../../core/text/visible.ts';
import type { RequestAnswer, SubmittedAnswer } from '../../core/wire/answers.ts';
import { Interrupted, lookSeconds, Questions, restOfALook, WaitProgress } from '../await-end.ts';
import type { Cli } from '../cli.ts';
import { mustBeStartable } from '../find-program.ts';
import { withoutOwnSecrets } from '../own-secrets.ts';
import type { RunOptions } from '../program-runs.ts';
import { endingSignals, type Ran, runProgram } from '../run-program.ts';
import { whyNotRun } from '../text/not-run.ts';
import { problemOf, problemText } from '../text/problem.ts';
import { commandSubmission } from './submission.ts';

/**
 * Asks, waits, takes the permit and runs the command here, with the terminal attached; ends with its code. Whatever keeps it
 * from running is thrown.
 */
export async function run(cli: Cli, argv: readonly string[], options: RunOptions): Promise<number> {
  const submission = await commandSubmission(cli.terminal, argv, { ...options, mode: 'client' });
  const { cwd, env = {} } = submission.command;
  const program = { argv: [...argv], cwd, env: { ...withoutOwnSecrets(cli.terminal.env), ...env } };
  mustBeStartable(program);

  const interruption = listen(cli);
  const client = cli.client('asker');
  let released: RequestAnswer;
  try {
    const submitted = await client.submit({ ...submission, idempotencyKey: options.idempotencyKey ?? randomUUID() });
    cli.note(
      `${submitted.joined ? 'Joined the pending request' : 'Asked'} ${submitted.id}; it is decided at ${visible(submitted.url)}`,
    );
    released = await permitFor(cli, client, submitted, interruption);
  } finally {
    interruption.end();
  }
  if (interruption.signal.aborted) {
    await tell(cli, released.id, { exitCode: null, signal: interruption.by ?? null, durationMs: 0 });
    throw new GaiaProblem({
      status: 409,
      code: 'interrupted',
      detail: `Interrupted after the permit of ${released.id} was taken, and before anything was started: nothing was run.`,
      remedy: 'The permit is used up. Ask again.',
    });
  }
  const { timeoutSeconds } = (released.effect as Extract<Effect, { kind: 'command' }>).command;
  const ran = await runProgram(cli.terminal, program, {
    timeoutMs: timeoutSeconds * 1000,
    onTimeout: () => cli.note(`gaia: its ${timeoutSeconds} s are over (--timeout); it is told to end.`),
  });
  if (ran.notStarted !== undefined)
    cli.note(`gaia: ${visible(argv[0] ?? '')} could not be started (${ran.notStarted}); its permit is used up.`);
  await tell(cli, released.id, reportOf(ran));
  return ran.exit;
}

interface Interruption {
  signal: AbortSignal;
  by: NodeJS.Signals | undefined;
  end(): void;
}

/** A signal that asks for the end is heard once; another one ends this process as always. */
function listen({ terminal }: Cli): Interruption {
  const controller = new AbortController();
  const interruption: Interruption = { signal: controller.signal, by: undefined, end: () => stop() };
  const stop = terminal.onSignals(endingSignals, (signal) => {
    interruption.by = signal;
    stop();
    controller.abort(new Interrupted());
  });
  return interruption;
}

/** Waits for the approval and takes the permit. Where that is not to be, says why; interrupted, the request is withdrawn. */
async function permitFor(
  cli: Cli,
  client: GaiaClient,
  submitted: SubmittedAnswer,
  { signal }: Interruption,
): Promise<RequestAnswer> {
  const { id } = submitted;
  let seen: RequestAnswer = submitted;
  const progress = new WaitProgress(cli, () => seen);
  const questions = new Questions(cli, progress);
  try {
    for (;;) {
      questions.tell(seen);
      signal.throwIfAborted();
      const askedAt = performance.now();
      if (seen.state === 'approved') {
        const taken = await takePermit(client, id);
        if (taken !== undefined) return taken;
      } else if (seen.state !== 'pending') throw whyNotRun(seen);
      seen = await client.wait(id, { seconds: lookSeconds, signal, onTick: progress.tick((tick) => (seen = tick)) });
      if (seen.state !== 'approved' || seen.missing.length > 0) await restOfALook(cli, askedAt);
    }
  } catch (error) {
    progress.end();
    if (error instanceof Interrupted) throw await interrupted(client, submitted);
    if (error instanceof GaiaUnreachable && !seen.ended)
      cli.note(
        `Request ${id} stands (${seen.state}); nothing is run for it here any more. Take it back: gaia withdraw ${id}`,
      );
    throw error;
  } finally {
    progress.end();
  }
}

/** The request as released; undefined where its time has not come yet. Whoever gets no answer does not run. */
async function takePermit(client: GaiaClient, id: string): Promise<RequestAnswer | undefined> {
  try {
    return await client.takePermit(id);
  } catch (error) {
    if (error instanceof GaiaProblem && (error.code === 'not_yet' || error.status === 429)) return undefined;
    const isLost = error instanceof GaiaUnreachable || (error instanceof GaiaProblem && error.status >= 500);
    if (!isLost) throw error;
    throw new GaiaProblem({
      status: 503,
      code: 'permit_answer_lost',
      detail: `Nothing was run: whether the permit of ${id} was taken is not known. ${error.message}`,
      remedy: 'A permit is good for one start, so this one is not tried again. Ask again.',
    });
  }
}

async function interrupted(client: GaiaClient, { id, joined }: SubmittedAnswer): Promise<GaiaProblem> {
  const over = (detail: string, remedy: string) =>
    new GaiaProblem({ status: 409, code: 'interrupted', detail, remedy, facts: { id } });
  if (joined)
    return over(
      `Interrupted. Request ${id} was asked before, and may be waited for elsewhere, so it stands; nothing was run here.`,
      `Take it back: gaia withdraw ${id}`,
    );
  try {
    await client.withdraw(id);
    return over(`Interrupted: request ${id} is withdrawn, and nothing was run.`, 'Ask again when you want it.');
  } catch (error) {
    return over(
      `Interrupted, and nothing was run; request ${id} could not be withdrawn: ${problemOf(error).detail}`,
      `Look at it: gaia show ${id}`,
    );
  }
}

const reportOf = ({ exitCode, signal, durationMs, notStarted }: Ran): ReportInput => ({
  exitCode,
  signal,
  durationMs,
  ...(notStarted !== undefined && { stderr: `It could not be started (${notStarted}).` }),
});

/** Sends the report. That it did not arrive is said; it changes nothing about what was run. */
async function tell(cli: Cli, id: string, outcome: ReportInput): Promise<void> {
  const impatience = new AbortController();
  const stop = cli.terminal.onSignals(endingSignals, () => impatience.abort(new Interrupted()));
  try {
    await cli.client('asker', impatience.signal).report(id, outcome);
  } catch (error) {
    const why = error instanceof Interrupted ? ['Interrupted.'] : problemText(problemOf(cli.explained(error)));
    cli.note(`gaia: the report on ${id} did not arrive, so its card may say that there is none. ${why[0] ?? ''}`);
  } finally {
    stop();
  }
}
