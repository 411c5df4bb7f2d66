import { riskOf, riskWords } from '../command/risk.ts';
import { everyRequest, isGrantable, judge, liveWrites } from './judge.ts';
import { matching } from './match.ts';
import type { Policy } from './policy.ts';
import type { Facts, Judgement } from './types.ts';

/** What one rule makes of the facts, in words. */
export interface Explained {
  rule: string;
  matched: boolean;
  because: string[];
}

/** Every rule, the file's first and then the built-in ones, with why it takes part or not, and the judgement of all. */
export function explain(policy: Policy, facts: Facts): { rules: Explained[]; judgement: Judgement } {
  const risks = riskOf(facts.command);
  const ofCommands = Object.entries(riskWords).map(([code, rule]) => {
    const risk = risks.find((found) => found.code === code);
    return { rule, matched: risk !== undefined, because: risk === undefined ? [] : [risk.because] };
  });
  const isLive = facts.change?.isLive === true;
  const ofWrites = {
    rule: liveWrites.name,
    matched: isLive,
    because: [
      isLive
        ? 'the transport is live: it leaves this machine'
        : 'the transport is not live: nothing of it leaves this machine',
    ],
  };
  return {
    rules: [
      ...policy.rules.map(({ name, match }) => ({ rule: name, ...matching(match, facts) })),
      ...(facts.change === undefined ? ofCommands : [ofWrites]),
      { rule: everyRequest.name, ...matching(everyRequest.match, facts) },
      ...(isGrantable(policy, facts)
        ? [{ rule: 'may be allowed in advance', matched: true, because: ['the policy names it as grantable'] }]
        : []),
    ],
    judgement: judge(policy, facts),
  };
}
