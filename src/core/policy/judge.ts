import { type Risk, riskOf } from '../command/risk.ts';
import { matchesGlob } from './glob.ts';
import { fitsArgv, matching, said } from './match.ts';
import {
  type AskRule,
  type Cap,
  isDeny,
  type Policy,
  type Rule,
  type TierDemand,
  usualEffectBySeconds,
} from './policy.ts';
import { type Demand, type Facts, type Judgement, tierNames } from './types.ts';

/** The rule that looks at everything: nothing is ever allowed without a person. */
export const everyRequest: AskRule = { name: 'a person decides on every request', match: {}, tier: 'normal' };

/** What leaves the machine is confirmed by a second act. */
export const liveWrites: AskRule = { name: 'it writes to GitHub for real', match: {}, tier: 'high' };

/** A reason to look twice, as a rule. */
export const riskRule = ({ words }: Pick<Risk, 'words'>): AskRule => ({ name: words, match: {}, tier: 'high' });

/**
 * What people must do before these facts may take effect. Everything that matches takes part and the strictest wins:
 * one deny beats all; the highest tier; the most approvals; only people whom every rule names; the shortest times named.
 */
export function judge(policy: Policy, facts: Facts): Judgement {
  const matched: Rule[] = policy.rules.filter((rule) => matching(rule.match, facts).matched);
  const denying = matched.find(isDeny);
  if (denying !== undefined) return { verdict: 'deny', rule: denying.name, ...denying.deny };
  const asking = matched.filter((rule): rule is AskRule => !isDeny(rule));
  return together(
    policy,
    facts,
    strictestFirst([...asking, ...riskOf(facts.command).map(riskRule), ...liveRule(facts), everyRequest]),
    asking,
  );
}

const liveRule = ({ change }: Facts): AskRule[] => (change?.isLive ? [liveWrites] : []);

/** What one agent may have: the first pattern that fits its name, and the general caps for what that leaves open. */
export function capsFor({ caps }: Policy, agent: string): Cap {
  const own = caps.agents.find(({ pattern }) => matchesGlob(pattern, agent));
  return { open: own?.open ?? caps.open, perMinute: own?.perMinute ?? caps.perMinute };
}

/** Whether the policy names this command among those that people may allow in advance. */
export const isGrantable = ({ grantable }: Policy, { command }: Facts): boolean =>
  command !== undefined && grantable.some((patterns) => fitsArgv(patterns, command));

/** The demand of several rules at once; `inFileOrder` are those of the file. */
function together(policy: Policy, facts: Facts, rules: readonly AskRule[], inFileOrder: readonly AskRule[]): Judgement {
  const tier = rules[0]!.tier;
  const tiers = rules.map((rule) => policy.tiers[rule.tier]);
  const approvals = Math.max(...tiers.map((demand) => demand.approvals));
  const naming = inFileOrder.filter((rule) => rule.approvers !== undefined);
  const approvers = commonTo(naming.map((rule) => rule.approvers!));
  if (approvers !== undefined && approvers.length < approvals) return tooFew(naming, approvers.length, approvals);
  const chat = inFileOrder.find((rule) => rule.chat !== undefined)?.chat;
  const sandboxed = inFileOrder.filter((rule) => rule.sandbox !== undefined);
  const sandbox = sandboxed[0]?.sandbox;
  const other = sandboxed.find((rule) => rule.sandbox !== sandbox);
  if (other !== undefined) return contradicting(sandboxed[0]!, other);
  const winning: TierDemand = policy.tiers[tier];
  const demand: Demand = {
    tier,
    approvals,
    confirm: tiers.some(({ confirm }) => confirm),
    notOnlyOwner: tiers.some(({ notOnlyOwner }) => notOnlyOwner),
    ttlSeconds: smallest(inFileOrder.map((rule) => rule.ttlSeconds)) ?? winning.ttlSeconds,
    effectBySeconds:
      smallest(inFileOrder.map((rule) => rule.effectBySeconds)) ??
      winning.effectBySeconds ??
      usualEffectBySeconds(facts.kind),
    rules: rules.map(({ name }) => name),
    ...(approvers === undefined ? {} : { approvers }),
    ...(chat === undefined ? {} : { chat }),
    ...(sandbox === undefined ? {} : { sandbox }),
    ...(isGrantable(policy, facts) ? { grantable: true as const } : {}),
  };
  return { verdict: 'ask', demand };
}

/** Neither profile is stricter than the other by name alone, so nobody can say in which it would be approved. */
function contradicting(one: AskRule, other: AskRule): Judgement {
  return {
    verdict: 'deny',
    rule: other.name,
    message: `The rules ${said([one.name])} and ${said([other.name])} want different sandboxes: ${one.sandbox} and ${other.sandbox}.`,
    remedy: 'Ask the administrator to make the rules of the policy agree.',
  };
}

/** What nobody could approve is refused at once, instead of waiting for an answer that cannot come. */
function tooFew(naming: readonly AskRule[], found: number, approvals: number): Judgement {
  const rules =
    naming.length === 1
      ? `rule ${said([naming[0]!.name])} leaves`
      : `rules ${naming.map(({ name }) => said([name])).join(' and ')} together leave`;
  return {
    verdict: 'deny',
    rule: naming[0]!.name,
    message: `The ${rules} ${found === 0 ? 'nobody' : found === 1 ? 'one person' : `${found} people`} who may approve, and ${approvals} must.`,
    remedy: 'Ask the administrator to name more approvers in the policy.',
  };
}

const weight = (rule: AskRule): number => tierNames.indexOf(rule.tier);

/** By tier; within one tier the file's rules before the built-in ones, in the file's order. */
const strictestFirst = (rules: readonly AskRule[]): AskRule[] =>
  [...rules].sort((one, other) => weight(other) - weight(one));

function commonTo(lists: readonly (readonly string[])[]): string[] | undefined {
  const [firstList, ...others] = lists;
  return firstList?.filter((id, index) => firstList.indexOf(id) === index && others.every((list) => list.includes(id)));
}

function smallest(values: readonly (number | undefined)[]): number | undefined {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}
