import type { GaiaClient } from '../client/client.ts';
import { openQuestion } from '../core/approval/comment.ts';
import { visible } from '../core/text/visible.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import type { Cli } from './cli.ts';
import { LiveOutput } from './live-output.ts';
import { Progress } from './progress.ts';
import { stateText } from './text/request.ts';
import { span } from './text/times.ts';

/** How often a request is looked at of which more than its end matters, in seconds. */
export const lookSeconds = 1;

export interface Awaited {
  /** as last seen */
  request: RequestAnswer;
  /** what it wrote has been shown as it came */
  streamed: boolean;
}

/**
 * Waits for a request's end and shows on the way what it waits for, what people ask about it, and what its command writes. An
 * interrupt ends the waiting, not the request.
 */
export async function awaitEnd(
  cli: Cli,
  client: GaiaClient,
  request: RequestAnswer,
  seconds?: number,
): Promise<Awaited> {
  if (request.ended) return { request, streamed: false };
  const interrupt = new AbortController();
  const stopListening = cli.terminal.onInterrupt(() => interrupt.abort(new Interrupted()));
  const output = cli.json || request.mode !== 'real' ? undefined : new LiveOutput(cli.terminal);
  let seen = request;
  const deadline = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const progress = new WaitProgress(cli, () => seen);
  const questions = new Questions(cli, progress);
  questions.tell(seen);
  try {
    for (;;) {
      const askedAt = performance.now();
      const left = Math.max(0, (deadline - askedAt) / 1000);
      const known = seen.comments.length;
      const answer = await client.wait(request.id, {
        seconds: output === undefined ? (seconds === undefined ? undefined : left) : Math.min(left, lookSeconds),
        comments: known,
        signal: interrupt.signal,
        onTick: progress.tick((tick) => (seen = tick)),
      });
      seen = answer;
      if (output !== undefined) await follow(client, answer, output, progress);
      questions.tell(seen);
      if (answer.ended || answer.state === 'unknown' || left <= (output === undefined ? 0 : lookSeconds)) break;
      if (output !== undefined) await restOfALook(cli, askedAt);
      else if (answer.comments.length === known) break;
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.end();
    output?.endLines();
    cli.note(
      `No longer waiting; request ${request.id} stands as it is (${seen.state}).`,
      `→ take it back: gaia withdraw ${request.id}    wait again: gaia wait ${request.id}`,
    );
  } finally {
    progress.end();
    output?.endLines();
    stopListening();
  }
  return { request: seen, streamed: output?.hasShown ?? false };
}

/** A Gaia that is stopping answers at once; it is not asked again before its time. */
export async function restOfALook({ terminal }: Cli, askedAt: number): Promise<void> {
  const early = lookSeconds * 1000 - (performance.now() - askedAt);
  if (early > 0) await terminal.delay(early);
}

/** Shows what is new of a command that runs, and the rest of one that has ended. */
async function follow(client: GaiaClient, seen: RequestAnswer, output: LiveOutput, progress: WaitProgress) {
  if (seen.state === 'executing') {
    const live = await client.output(seen.id);
    if (!live.running || live.stdout.end + live.stderr.end === 0) return;
    progress.end();
    progress.isSilent = true;
    output.show(live);
  } else if (seen.outcome !== null) {
    progress.end();
    output.finish(seen.outcome);
  }
}

export class Interrupted extends Error {}

/** Says what a person asks about a request, once, and how it is answered. */
export class Questions {
  readonly #cli: Cli;
  readonly #progress: WaitProgress;
  #told = 0;

  constructor(cli: Cli, progress: WaitProgress) {
    this.#cli = cli;
    this.#progress = progress;
  }

  tell({ id, askedBy, comments, ended }: RequestAnswer): void {
    const question = ended ? undefined : openQuestion(comments, askedBy);
    if (question === undefined || question.id <= this.#told) return;
    this.#told = question.id;
    this.#progress.clear();
    this.#cli.note(
      `${visible(question.author)} asks about ${id}: ${visible(question.text)}`,
      `→ answer it: gaia comment ${id} TEXT    (this goes on waiting)`,
    );
  }
}

/** What is waited for, on one line that is kept up to date. */
export class WaitProgress {
  /** where something else is shown, the line would be written over it */
  isSilent = false;
  readonly #cli: Cli;
  readonly #seen: () => RequestAnswer;
  readonly #progress: Progress;
  readonly #everySecond: NodeJS.Timeout | undefined;
  #trouble: string | undefined;
  #told: string | undefined;

  constructor(cli: Cli, seen: () => RequestAnswer) {
    this.#cli = cli;
    this.#seen = seen;
    this.#progress = new Progress(cli.terminal);
    this.#everySecond = cli.terminal.errIsTerminal ? setInterval(() => this.#show(), 1_000) : undefined;
    this.#show();
  }

  /** For `onTick` of a wait: hands on what was seen. */
  tick =
    (hand: (request: RequestAnswer) => void) =>
    (tick: RequestAnswer | Error): void => {
      if (tick instanceof Error) this.#trouble = `waits on: ${visible(tick.message)}`;
      else {
        hand(tick);
        this.#trouble = undefined;
      }
      this.#show();
    };

  /** Makes room for something that is said beside it. */
  clear(): void {
    this.#progress.end();
  }

  end(): void {
    if (this.#everySecond) clearInterval(this.#everySecond);
    this.#progress.end();
  }

  #show(): void {
    const seen = this.#seen();
    if (this.isSilent) {
      this.#tellTrouble();
      return;
    }
    const { terminal } = this.#cli;
    const deadline = { pending: seen.expiresAt, approved: seen.effectBy }[seen.state as string] ?? null;
    const left = deadline === null ? '' : `, ${span(Math.max(0, deadline - terminal.now()))} left`;
    this.#progress.show(`${seen.id} ${this.#trouble ?? sentence(seen, this.#cli)}`, this.#trouble ? '' : left);
  }

  #tellTrouble(): void {
    if (this.#trouble !== undefined && this.#trouble !== this.#told) this.#cli.note(this.#trouble);
    this.#told = this.#trouble;
  }
}

function sentence(request: RequestAnswer, { paintErr }: Cli): string {
  const missing = request.missing.map(({ message }) => visible(message)).join(' ');
  if (missing !== '') return `is ${stateText(request, paintErr)}; ${missing}`;
  if (request.state !== 'pending') return `is ${stateText(request, paintErr)}`;
  const lacking = request.approvals?.missing;
  return `waits for a decision${lacking ? ` (missing: ${visible(lacking)})` : ''}: ${visible(request.url)}`;
}
