import type { GaiaClient } from '../client/client.ts';
import { visible } from '../core/text/visible.ts';
import type { RequestAnswer } from '../core/wire/answers.ts';
import type { Cli } from './cli.ts';
import { Progress } from './progress.ts';
import { stateText } from './text/request.ts';
import { span } from './text/times.ts';

/**
 * Waits for a request's end and shows on the way what it waits for. An interrupt ends the waiting, not the request.
 * Answers with the request as last seen.
 */
export async function awaitEnd(
  cli: Cli,
  client: GaiaClient,
  request: RequestAnswer,
  seconds?: number,
): Promise<RequestAnswer> {
  if (request.ended) return request;
  const { terminal } = cli;
  const interrupt = new AbortController();
  const stopListening = terminal.onInterrupt(() => interrupt.abort(new Interrupted()));
  const progress = new Progress(terminal);
  let seen = request;
  let trouble: string | undefined;
  const show = () => {
    const deadline = seen.ended ? null : seen.state === 'pending' ? seen.expiresAt : seen.effectBy;
    const left = deadline === null ? '' : `, ${span(Math.max(0, deadline - terminal.now()))} left`;
    progress.show(`${seen.id} ${trouble ?? sentence(seen, cli)}`, trouble ? '' : left);
  };
  const everySecond = terminal.errIsTerminal ? setInterval(show, 1_000) : undefined;
  try {
    show();
    const answer = await client.wait(request.id, {
      seconds,
      signal: interrupt.signal,
      onTick: (tick) => {
        if (tick instanceof Error) trouble = `waits on: ${visible(tick.message)}`;
        else {
          seen = tick;
          trouble = undefined;
        }
        show();
      },
    });
    return answer;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.end();
    cli.note(
      `No longer waiting; request ${request.id} stands as it is (${seen.state}).`,
      `→ take it back: gaia withdraw ${request.id}    wait again: gaia wait ${request.id}`,
    );
    return seen;
  } finally {
    if (everySecond) clearInterval(everySecond);
    progress.end();
    stopListening();
  }
}

class Interrupted extends Error {}

function sentence(request: RequestAnswer, { paintErr }: Cli): string {
  const missing = request.missing.map(({ message }) => visible(message)).join(' ');
  if (missing !== '') return `is ${stateText(request, paintErr)}; ${missing}`;
  if (request.state !== 'pending') return `is ${stateText(request, paintErr)}`;
  const lacking = request.approvals?.missing;
  return `waits for a decision${lacking ? ` (missing: ${visible(lacking)})` : ''}: ${visible(request.url)}`;
}
