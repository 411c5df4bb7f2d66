import { said } from './match.ts';
import { type Demand, type Judgement, tierNames } from './types.ts';

/**
 * Whether the present judgement asks for more than what the approvers answered, and which rule says so.
 * Shorter times and fewer approvers are not stricter here: votes are counted again elsewhere.
 */
export function stricter(then: Demand, now: Judgement): { rule: string; message: string } | undefined {
  if (now.verdict === 'deny')
    return { rule: now.rule, message: `The rule ${said([now.rule])} now denies it: ${now.message}` };
  const { demand } = now;
  const more = demandedMore(then, demand);
  if (more === undefined) return undefined;
  const rule = demand.rules.find((name) => !then.rules.includes(name)) ?? demand.rules[0]!;
  return { rule, message: `The policy is stricter now (${said([rule])}): ${more}` };
}

function demandedMore(then: Demand, now: Demand): string | undefined {
  if (tierNames.indexOf(now.tier) > tierNames.indexOf(then.tier))
    return `it is ${now.tier}, and was approved as ${then.tier}.`;
  if (now.approvals > then.approvals) return `${now.approvals} people must approve, where ${then.approvals} had to.`;
  if (now.confirm && !then.confirm) return 'an approver must confirm by a second act.';
  if (now.notOnlyOwner && !then.notOnlyOwner) return "somebody other than the agent's owner must approve.";
  return undefined;
}
