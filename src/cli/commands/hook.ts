import { visible } from '../../core/text/visible.ts';
import type { Cli } from '../cli.ts';
import { type Exit, exits } from '../exit-codes.ts';
import { type HookAgent, hookAgents, hookAnswer } from '../hooks/answers.ts';
import { decideToolCall, type HookDecision } from '../hooks/decide.ts';
import { readToolCall, type ToolCall } from '../hooks/tool-call.ts';
import { problemOf } from '../text/problem.ts';

/** A hook answers when this is over whatever has happened, in seconds: below the ten minutes that agents give one. */
export const usualHookSeconds = 540;

/** To both agents the exit code 2 blocks the call, whatever was or was not said; what stands on standard error is the reason. */
const blocks = exits.usage;

/** Answers a hook of a coding agent: reads the tool call, asks people, says what they said. Whatever goes wrong blocks the call. */
export async function hook(
  cli: Cli,
  agent: HookAgent,
  { seconds = usualHookSeconds }: { seconds?: number },
): Promise<Exit> {
  const call = readToolCall(new TextDecoder().decode(await cli.terminal.readAll()));
  if ('fault' in call) {
    cli.note(
      `Gaia: this is no tool call of ${hookAgents[agent]}, so it is not allowed: ${visible(call.fault)}.`,
      'The hook belongs under PreToolUse or PermissionRequest; gaia hook --help says more.',
    );
    return blocks;
  }
  const decision = await decideOrBlock(cli, agent, call, seconds);
  const answer = hookAnswer(agent, call, decision);
  if (answer !== undefined) cli.terminal.out(`${JSON.stringify(answer)}\n`);
  return exits.done;
}

async function decideOrBlock(cli: Cli, agent: HookAgent, call: ToolCall, seconds: number): Promise<HookDecision> {
  try {
    const ports = { client: cli.client('asker'), delay: cli.terminal.delay, agent: hookAgents[agent], seconds };
    return await decideToolCall(call, ports);
  } catch (error) {
    const { detail, remedy } = problemOf(cli.explained(error));
    return { allow: false, reason: `Gaia could not be asked, so nothing is allowed: ${detail} ${remedy ?? ''}`.trim() };
  }
}
