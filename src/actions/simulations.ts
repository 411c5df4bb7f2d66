import { type Actor, agentOf } from '../core/access/actor.ts';
import { changeFacts, factsFor } from '../core/approval/facts.ts';
import type { Request } from '../core/approval/request.ts';
import type { RequestState } from '../core/approval/states.ts';
import { changesetWords, type ResolvedOperation, type TransportMode } from '../core/change/changeset.ts';
import { type Operation, targetOf, writesOf } from '../core/change/operations.ts';
import { needsGates, operationsIn, rulesFor } from '../core/change/rules.ts';
import { nameOf, type Target } from '../core/change/target.ts';
import { unlistedIn } from '../core/change/unlisted.ts';
import { diffPolicies } from '../core/policy/diff.ts';
import { judge } from '../core/policy/judge.ts';
import type { Policy } from '../core/policy/policy.ts';
import { stricter } from '../core/policy/stricter.ts';
import type { Facts, Judgement } from '../core/policy/types.ts';
import { quoteArgv } from '../core/text/quote.ts';
import type { SimulationAnswer } from '../core/wire/answers-operating.ts';
import { listRequests } from '../store/request-lists.ts';
import type { App } from './app.ts';
import { readPolicy } from './policies.ts';

/**
 * Judges past requests, the newest first, by another policy as they stand in the record: what was looked up then. Nothing
 * is changed. Throws `invalid` with every fault of the policy.
 */
export async function simulatePolicy(app: App, text: string, limit: number): Promise<SimulationAnswer> {
  const before = app.inForce.policy;
  const after = readPolicy(text).policy;
  const past = (await listRequests(app.db.read, { limit })).flatMap((request) => factsOf(app, request) ?? []);
  const changes: SimulationAnswer['changes'] = [];
  for (const { id, state, what, facts, writes } of past) {
    const [then, now] = [before, after].map(
      (policy) => (writes && deniedWrites(policy, writes)) ?? judge(policy, facts),
    ) as [Judgement, Judgement];
    const [was, is] = [wordsOf(then, gated(before, writes)), wordsOf(now, gated(after, writes))];
    if (was === is) continue;
    const direction = directionOf(then, now, gated(before, writes), gated(after, writes));
    changes.push({ id, what, state, before: was, after: is, direction });
  }
  return { looked: past.length, same: past.length - changes.length, changes, changed: diffPolicies(before, after) };
}

/** What a changeset writes to what, over which transport. */
interface Writes {
  target: Target;
  operations: readonly Operation[];
  /** what each stood on when it was looked up; empty where it never was */
  seen: readonly ResolvedOperation['seen'][];
  transport: TransportMode;
}

interface Past {
  id: string;
  state: RequestState;
  what: string;
  facts: Facts;
  writes?: Writes;
}

/** A past request as a policy looks at it; of a changeset that was blocked unseen, what it asked for. */
function factsOf(app: App, { id, state, effect, payload, askedBy, isTest }: Request): Past | undefined {
  const by = { actor: askedBy as Actor };
  if (payload.kind === 'changeset') {
    const target = targetOf(payload.changeset);
    const resolved = effect?.kind === 'changeset' ? effect.changeset.operations : [];
    const operations = payload.changeset.operations.map((asked, index) => resolved[index]?.input ?? asked);
    const seen = operations.map((_, index) => resolved[index]?.seen ?? {});
    const transport = effect?.kind === 'changeset' ? effect.changeset.transport : app.github.transport.mode;
    const agent = agentOf(askedBy);
    const facts: Facts = {
      kind: 'changeset',
      isTest,
      ...(agent ? { agent } : {}),
      change: changeFacts({ target, operations, transport }),
    };
    return {
      id,
      state,
      what: changesetWords({ target, operations }),
      facts,
      writes: { target, operations, seen, transport },
    };
  }
  if (effect === null) return undefined;
  const what = effect.kind === 'command' ? quoteArgv(effect.command.argv) : effect.kind;
  return { id, state, what, facts: factsFor(effect, by) };
}

/** What `github:` of a policy would refuse at once; undefined where it allows every operation. */
function deniedWrites({ github }: Policy, { target, operations, seen, transport }: Writes): Judgement | undefined {
  const rules = rulesFor(github, target, transport);
  const denied = operations.find(({ op }) => !operationsIn(rules).includes(op));
  const { perChangeset } = github.budgets;
  const [unlisted] = operations.flatMap((operation, index) => unlistedIn(rules, operation, seen[index]));
  const without = denied?.op ?? unlisted;
  const rule = without
    ? `github: ${nameOf(target)} without ${without}`
    : operations.flatMap(writesOf).length > perChangeset && `github: at most ${perChangeset} writes`;
  return rule ? { verdict: 'deny', rule, message: '', remedy: '' } : undefined;
}

function gated({ github }: Policy, writes: Writes | undefined): boolean {
  const rules = writes && rulesFor(github, writes.target, writes.transport);
  return writes?.operations.some(({ op }) => needsGates(op, rules)) ?? false;
}

function wordsOf(judgement: Judgement, isGated: boolean): string {
  if (judgement.verdict === 'deny') return `denied by “${judgement.rule}”`;
  const { tier, approvals, approvers } = judgement.demand;
  const people = `${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`;
  return `${tier}, ${people}${approvers ? `, by ${approvers.join(' or ')}` : ''}${isGated ? ', after both gates' : ''}`;
}

function directionOf(
  then: Judgement,
  now: Judgement,
  wasGated: boolean,
  isGated: boolean,
): 'stricter' | 'looser' | 'other' {
  if (then.verdict === 'deny') return now.verdict === 'deny' ? 'other' : 'looser';
  if (stricter(then.demand, now)) return 'stricter';
  const isLooser = now.verdict === 'ask' && stricter(now.demand, then) !== undefined;
  if (wasGated !== isGated) return isLooser ? 'other' : isGated ? 'stricter' : 'looser';
  return isLooser ? 'looser' : 'other';
}
