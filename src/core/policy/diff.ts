import type { AlertRule } from '../alerts/rule.ts';
import { canonical, type Json } from '../canonical.ts';
import { quoteArgv } from '../text/quote.ts';
import { sayDuration } from './duration.ts';
import { said } from './match.ts';
import { describeAlert } from './parse-alerts.ts';
import { type Cap, type Caps, isDeny, type Match, type Policy, type Rule, type TierDemand } from './policy.ts';
import { tierNames } from './types.ts';

/** What a changed policy changes, in plain sentences; empty where nothing does. */
export function diffPolicies(before: Policy, after: Policy): string[] {
  return [
    ...ruleChanges(before.rules, after.rules),
    ...tierNames.flatMap((tier) => {
      const changes = changed(tierWords(before.tiers[tier]), tierWords(after.tiers[tier]));
      return changes.length === 0 ? [] : [`Tier ${tier}: ${changes.join(', ')}.`];
    }),
    ...capChanges(before.caps, after.caps),
    ...listChanges('Bound files', before.bind, after.bind),
    ...listChanges(
      'Commands people may allow in advance',
      before.grantable.map(quoteArgv),
      after.grantable.map(quoteArgv),
    ),
    ...listChanges(
      'Secrets commands may name',
      before.namedSecrets.map(namedWords),
      after.namedSecrets.map(namedWords),
    ),
    ...listChanges('Sandbox profiles', profileWords(before.exec), profileWords(after.exec)),
    ...githubChanges(before.github, after.github),
    ...listChanges('Recognised secrets', before.secrets.map(secretWords), after.secrets.map(secretWords)),
    ...listChanges('Alerts', before.alerts.rules.map(alertWords), after.alerts.rules.map(alertWords)),
    ...listChanges('Alerts turned off', before.alerts.off, after.alerts.off),
  ];
}

/** One rule as a sentence without its name: `commands with arguments “make deploy*” need tier critical, by “111111”`. */
export function describeRule(rule: Rule): string {
  const who = matchWords(rule.match);
  if (isDeny(rule)) return `${who} are denied with “${rule.deny.message}” and the advice “${rule.deny.remedy}”`;
  const more = [
    rule.approvers === undefined ? undefined : `by ${rule.approvers.join(' or ')}`,
    rule.chat === undefined ? undefined : `in chat ${rule.chat}`,
    rule.ttlSeconds === undefined ? undefined : `within ${sayDuration(rule.ttlSeconds)}`,
    rule.effectBySeconds === undefined ? undefined : `to start within ${sayDuration(rule.effectBySeconds)}`,
    rule.sandbox === undefined ? undefined : `in the sandbox ${rule.sandbox}`,
  ].filter((part) => part !== undefined);
  return [`${who} need tier ${rule.tier}`, ...more].join(', ');
}

function ruleChanges(before: readonly Rule[], after: readonly Rule[]): string[] {
  const named = (rules: readonly Rule[], name: string) => rules.find((rule) => rule.name === name);
  const removed = before
    .filter(({ name }) => named(after, name) === undefined)
    .map((rule) => `Rule “${rule.name}” is gone: ${describeRule(rule)}.`);
  const others = after.flatMap((rule) => {
    const old = named(before, rule.name);
    if (old === undefined) return [`Rule “${rule.name}” is new: ${describeRule(rule)}.`];
    const [was, is] = [describeRule(old), describeRule(rule)];
    return was === is ? [] : [`Rule “${rule.name}” changed: ${is} (before: ${was}).`];
  });
  const kept = (rules: readonly Rule[], others: readonly Rule[]) =>
    rules.filter(({ name }) => named(others, name) !== undefined).map(({ name }) => name);
  const reordered = kept(before, after).join('\n') !== kept(after, before).join('\n');
  return [...removed, ...others, ...(reordered ? ['The rules stand in another order.'] : [])];
}

function matchWords({ kind, ...rest }: Match): string {
  const what =
    kind === undefined
      ? Object.keys(rest).some((key) => key !== 'agent')
        ? 'repo' in rest || 'operation' in rest
          ? 'changesets'
          : 'commands'
        : 'requests'
      : kind.map((one) => `${one}s`).join(' and ');
  const parts = Object.entries(rest).map(([key, wanted]) =>
    key === 'argv' ? `with argv ${JSON.stringify(wanted)}` : `with ${key} ${said(wanted)}`,
  );
  return [what, ...parts].join(' ');
}

const tierWords = (demand: TierDemand): Record<string, string> => ({
  approvals: String(demand.approvals),
  confirm: String(demand.confirm),
  notOnlyOwner: String(demand.notOnlyOwner),
  ttl: sayDuration(demand.ttlSeconds),
  effectBy: demand.effectBySeconds === undefined ? 'as usual' : sayDuration(demand.effectBySeconds),
});

/** What may be written to GitHub, target by target. */
function githubChanges(before: Policy['github'], after: Policy['github']): string[] {
  const named = ({ repos, projects, budgets }: Policy['github']) =>
    new Map<string, string>([
      ...repos.map(({ repo, ...rules }) => [repo, canonical(rules as unknown as Json)] as const),
      ...projects.map(({ project, ...rules }) => [`project ${project}`, canonical(rules as unknown as Json)] as const),
      ['budgets', canonical(budgets)],
    ]);
  const [was, is] = [named(before), named(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    if (was.get(name) === is.get(name)) return [];
    if (!is.has(name)) return [`GitHub: nothing may be written to ${name} any more.`];
    return [`GitHub, ${name}: ${is.get(name)}${was.has(name) ? ` (before: ${was.get(name)})` : ''}.`];
  });
}

const capWords = ({ open, perMinute }: Partial<Cap>): Record<string, string> => ({
  open: String(open ?? 'as all'),
  perMinute: String(perMinute ?? 'as all'),
});

function capChanges(before: Caps, after: Caps): string[] {
  const general = changed(capWords(before), capWords(after));
  const patterns = [...new Set([...before.agents, ...after.agents].map(({ pattern }) => pattern))];
  const own = patterns.flatMap((pattern) => {
    const of = (caps: Caps) => capWords(caps.agents.find((one) => one.pattern === pattern) ?? {});
    const changes = changed(of(before), of(after));
    return changes.length === 0 ? [] : [`Caps of agents “${pattern}”: ${changes.join(', ')}.`];
  });
  const order = (caps: Caps) =>
    caps.agents
      .map(({ pattern }) => pattern)
      .filter((pattern) => [before, after].every(({ agents }) => agents.some((one) => one.pattern === pattern)));
  const reordered = order(before).join('\n') !== order(after).join('\n');
  return [
    ...(general.length === 0 ? [] : [`Caps: ${general.join(', ')}.`]),
    ...own,
    ...(reordered ? ['The caps of agents stand in another order.'] : []),
  ];
}

const changed = (before: Record<string, string>, after: Record<string, string>): string[] =>
  Object.keys(after).flatMap((key) => (before[key] === after[key] ? [] : [`${key} ${before[key]} → ${after[key]}`]));

const namedWords = ({ name, file, agents }: Policy['namedSecrets'][number]): string =>
  `${name} from ${file}${agents === undefined ? '' : ` for ${agents.join(', ')}`}`;

const profileWords = ({ base, profiles }: Policy['exec']): string[] =>
  [['default', base] as const, ...Object.entries(profiles)]
    .filter(([name, profile]) => name !== 'default' || Object.keys(profile).length > 0)
    .map(([name, profile]) => `${name}: ${canonical(profile as unknown as Json)}`);
const alertWords = (rule: AlertRule): string => `${rule.name}: ${describeAlert(rule)}`;

const secretWords = ({ name, pattern }: Policy['secrets'][number]): string => `${name} (${pattern})`;

function listChanges(what: string, before: readonly string[], after: readonly string[]): string[] {
  const added = after.filter((one) => !before.includes(one));
  const dropped = before.filter((one) => !after.includes(one));
  return [
    ...(added.length === 0 ? [] : [`${what}, new: ${added.map((one) => `“${one}”`).join(', ')}.`]),
    ...(dropped.length === 0 ? [] : [`${what}, gone: ${dropped.map((one) => `“${one}”`).join(', ')}.`]),
  ];
}
