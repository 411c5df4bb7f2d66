import type { Actor } from '../core/access/actor.ts';
import { factsFor } from '../core/approval/facts.ts';
import { diffPolicies } from '../core/policy/diff.ts';
import { judge } from '../core/policy/judge.ts';
import { stricter } from '../core/policy/stricter.ts';
import type { Judgement } from '../core/policy/types.ts';
import { quoteArgv } from '../core/text/quote.ts';
import type { SimulationAnswer } from '../core/wire/operating-answers.ts';
import { listRequests } from '../store/requests.ts';
import type { App } from './app.ts';
import { readPolicy } from './policies.ts';

/**
 * Judges past requests, the newest first, by another policy as they stand in the record: what was looked up then. Nothing
 * is changed. Throws `invalid` with every fault of the policy.
 */
export async function simulatePolicy(app: App, text: string, limit: number): Promise<SimulationAnswer> {
  const before = app.inForce.policy;
  const after = readPolicy(text).policy;
  const past = (await listRequests(app.db.read, { limit })).filter(({ effect }) => effect !== null);
  const changes: SimulationAnswer['changes'] = [];
  for (const { id, state, effect, askedBy } of past) {
    if (effect === null) continue;
    const facts = factsFor(effect, { actor: askedBy as Actor });
    const [then, now] = [judge(before, facts), judge(after, facts)];
    const [was, is] = [wordsOf(then), wordsOf(now)];
    if (was === is) continue;
    const what = effect.kind === 'command' ? quoteArgv(effect.command.argv) : effect.kind;
    changes.push({ id, what, state, before: was, after: is, direction: directionOf(then, now) });
  }
  return { looked: past.length, same: past.length - changes.length, changes, changed: diffPolicies(before, after) };
}

function wordsOf(judgement: Judgement): string {
  if (judgement.verdict === 'deny') return `denied by “${judgement.rule}”`;
  const { tier, approvals, approvers } = judgement.demand;
  const people = `${approvals} ${approvals === 1 ? 'approval' : 'approvals'}`;
  return `${tier}, ${people}${approvers ? `, by ${approvers.join(' or ')}` : ''}`;
}

function directionOf(then: Judgement, now: Judgement): 'stricter' | 'looser' | 'other' {
  if (then.verdict === 'deny') return now.verdict === 'deny' ? 'other' : 'looser';
  if (stricter(then.demand, now)) return 'stricter';
  return now.verdict === 'ask' && stricter(now.demand, then) ? 'looser' : 'other';
}
