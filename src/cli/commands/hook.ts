import { GaiaProblem } from '../../client/problem.ts';
import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { type HookAgent, hookAgents, hookAnswer } from '../hooks/answers.ts';
import { decideToolCall, type HookDecision } from '../hooks/decide.ts';
import { readToolCall, type ToolCall } from '../hooks/tool-call.ts';
import { problemOf, problemText } from '../text/problem.ts';

/** How long people have unless told, in seconds: below the ten minutes that agents give a hook. */
export const usualHookSeconds = 540;
/** No request waits longer. */
const mostHookSeconds = 86_400;
/**
 * The hook answers so long after people's time is over, in seconds, whatever hangs. The time-out that the agent has for it
 * must be longer, start of this program included: an agent takes a hook that it ended itself for no objection.
 */
export const lastWordSeconds = 10;

/** To both agents the exit code 2 blocks the call, whatever was or was not said; what stands on standard error is the reason. */
const blocks = exits.usage;

/** Answers a hook of a coding agent: reads the tool call, asks people, says what they said. Whatever goes wrong blocks the call. */
export async function hook(
  cli: Cli,
  agent: HookAgent,
  { seconds = usualHookSeconds }: { seconds?: number },
): Promise<Exit> {
  const given = Math.min(seconds, mostHookSeconds);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new TooLate(given)), (given + lastWordSeconds) * 1000);
  try {
    return await answered(cli, agent, given, limit.signal);
  } catch (error) {
    cli.note(`Gaia could not answer ${hookAgents[agent]}, so nothing is allowed.`, ...problemText(problemOf(error)));
    return blocks;
  } finally {
    clearTimeout(timer);
  }
}

async function answered(cli: Cli, agent: HookAgent, seconds: number, limit: AbortSignal): Promise<Exit> {
  const call = readToolCall(new TextDecoder().decode(await before(limit, cli.terminal.readAll(limit))));
  if ('fault' in call) {
    cli.note(
      `Gaia: this is no tool call of ${hookAgents[agent]}, so it is not allowed: ${visible(call.fault)}.`,
      'The hook belongs under PreToolUse or PermissionRequest; gaia hook --help says more.',
    );
    return blocks;
  }
  const decision = await decideOrBlock(cli, agent, call, seconds, limit);
  const answer = hookAnswer(agent, call, decision);
  if (answer !== undefined) cli.terminal.out(`${JSON.stringify(answer)}\n`);
  return exits.done;
}

async function decideOrBlock(
  cli: Cli,
  agent: HookAgent,
  call: ToolCall,
  seconds: number,
  limit: AbortSignal,
): Promise<HookDecision> {
  try {
    const client = cli.client('asker', limit);
    const ports = { client, delay: cli.terminal.delay, agent: hookAgents[agent], seconds };
    return await before(limit, decideToolCall(call, ports));
  } catch (error) {
    const { detail, remedy } = problemOf(cli.explained(error));
    return { allow: false, reason: `Gaia could not be asked, so nothing is allowed: ${detail} ${remedy ?? ''}`.trim() };
  }
}

/** What is done in time; else throws what the limit was aborted with, and what is done later counts for nothing. */
function before<Value>(limit: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (limit.aborted) reject(limit.reason);
    limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    work.then(resolve, reject);
  });
}

class TooLate extends GaiaProblem {
  constructor(seconds: number) {
    super({
      status: 503,
      code: 'hook_too_late',
      detail: `There was no answer ${lastWordSeconds} s after the ${seconds} s that people had.`,
      remedy: 'It was not denied: look whether Gaia is well (gaia status), then make the call again.',
    });
  }
}
