import { agentOf } from '../access/actor.ts';
import type { ResolvedChangeset, ResolvedOperation } from '../change/changeset.ts';
import type { Facts } from '../policy/types.ts';
import type { Effect } from './request.ts';

/** What the policy looks at. */
export function factsFor(effect: Effect, by: { actor: string }): Facts {
  const agent = agentOf(by.actor);
  const asked = { kind: effect.kind, isTest: effect.isTest, ...(agent ? { agent } : {}) };
  if (effect.kind === 'changeset') {
    return { ...asked, change: changeFacts(effect.changeset) };
  }
  if (effect.kind !== 'command') return asked;
  const { argv, executable, cwd, env, stdin, mode } = effect.command;
  return {
    ...asked,
    command: {
      argv,
      executable: executable.path,
      executableBinding: executable.binding,
      cwd: cwd.path,
      env: Object.keys(env),
      hasStdin: stdin !== undefined,
      mode,
      ...(executable.interpreter ? { interpreter: executable.interpreter } : {}),
      ...(executable.format ? { executableFormat: executable.format } : {}),
    },
  };
}

export const changeFacts = ({
  target,
  operations,
  transport,
}: Pick<ResolvedChangeset, 'target' | 'transport'> & {
  operations: readonly Pick<ResolvedOperation, 'op'>[];
}): NonNullable<Facts['change']> => ({
  target: target.kind === 'repo' ? target.repo : target.project,
  operations: operations.map(({ op }) => op),
  isLive: transport === 'live',
});
