import type { HookDecision } from './decide.ts';
import type { ToolCall } from './tool-call.ts';

/** The agents whose hooks Gaia answers, and what they are called. */
export const hookAgents = { 'claude-code': 'Claude Code', codex: 'Codex' } as const;
export type HookAgent = keyof typeof hookAgents;

/**
 * What the agent reads on standard output. Codex takes silence for an allowed call and fails open on a spoken `allow`; a
 * permission request is answered in words by both.
 */
export function hookAnswer(
  agent: HookAgent,
  { event }: Pick<ToolCall, 'event'>,
  decision: HookDecision,
): object | undefined {
  if (event === 'PermissionRequest') {
    const behavior = decision.allow ? { behavior: 'allow' } : { behavior: 'deny', message: decision.reason };
    return { hookSpecificOutput: { hookEventName: event, decision: behavior } };
  }
  if (agent === 'codex' && decision.allow) return undefined;
  return {
    hookSpecificOutput: {
      hookEventName: event,
      permissionDecision: decision.allow ? 'allow' : 'deny',
      permissionDecisionReason: decision.reason,
    },
  };
}
