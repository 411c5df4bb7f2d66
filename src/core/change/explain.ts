import type { GitHubLines } from '../policy/github-lines.ts';
import type { TransportMode } from './changeset.ts';
import type { Operation } from './operations.ts';
import { type GitHubRules, needsGates, operationsIn, rulesFor } from './rules.ts';
import { isLocal, nameOf, sameName, type Target } from './target.ts';

/** What the policy says of one operation of a changeset. */
export interface ExplainedOperation {
  op: string;
  allowed: boolean;
  /** which line of the policy says so, in words */
  because: string;
  /** both gates must have passed for the very commit */
  needsGates: boolean;
}

/** Each operation of a changeset: whether the policy allows it on this target, and by which line. */
export function explainOperations(
  github: GitHubRules,
  { target, operations, transport }: { target: Target; operations: readonly Operation[]; transport: TransportMode },
  lines: GitHubLines,
): ExplainedOperation[] {
  const rules = rulesFor(github, target, transport);
  const isNamed =
    target.kind === 'repo'
      ? github.repos.some(({ repo }) => sameName(repo, target.repo))
      : github.projects.some(({ project }) => sameName(project, target.project));
  return operations.map(({ op }) => {
    const allowed = operationsIn(rules).includes(op);
    return { op, allowed, because: why(op, allowed), needsGates: needsGates(op, rules) };
  });

  function why(op: string, allowed: boolean): string {
    if (!isNamed)
      return allowed && isLocal(target)
        ? `built in: everything is allowed on ${nameOf(target)}, which is of Gaia's own world`
        : `the policy says nothing of ${nameOf(target)}, and what it does not say is denied`;
    return allowed
      ? `line ${lines.operations.get(op)} of the policy lists it for ${nameOf(target)}`
      : `line ${lines.entry} of the policy speaks of ${nameOf(target)}, and does not list it`;
  }
}
