import { visible } from '../text/visible.ts';
import { alertsAt } from './parse-alerts.ts';
import { execAt, secretsAt } from './parse-exec.ts';
import { githubAt } from './parse-github.ts';
import { argvAt, ruleAt } from './parse-rule.ts';
import { durationAt, globAt, rejectHidden } from './parse-values.ts';
import {
  builtInCaps,
  builtInPolicy,
  builtInTiers,
  type Caps,
  type Policy,
  type Rule,
  type TierDemand,
} from './policy.ts';
import { type TierName, tierNames } from './types.ts';
import { type Place, type PolicyFault, quoted, YamlReader } from './yaml-reader.ts';

const longestText = 256 * 1024;
const mostRules = 500;

/** Reads a policy file; every fault of it is told at once, in the order of the file. A doubtful file is a faulty one. */
export function parsePolicy(text: string): { policy: Policy } | { faults: PolicyFault[] } {
  if (text.length > longestText)
    return { faults: [{ line: 1, column: 1, field: '', message: 'The policy is longer than 256 KiB.' }] };
  const reader = new YamlReader(text);
  // What is no YAML is not looked into: its tree is a guess, and so would be its faults.
  const policy = reader.faults.length > 0 ? undefined : policyAt(reader);
  if (policy !== undefined && reader.faults.length === 0) return { policy };
  return { faults: reader.faults.sort((one, other) => one.line - other.line || one.column - other.column) };
}

function policyAt(reader: YamlReader): Policy | undefined {
  if (reader.root.node === undefined) {
    reader.fault(reader.root, 'The policy is empty; it begins with “version: 1”.');
    return undefined;
  }
  const members = reader.members(
    reader.root,
    ['version', 'rules', 'tiers', 'caps', 'bind', 'grantable', 'secrets', 'exec', 'alerts', 'github'],
    'the policy',
  );
  if (members === undefined) return undefined;
  const version = members.take('version');
  if (version === undefined) reader.fault(reader.root, 'The policy does not say “version: 1”.');
  else if (reader.scalar(version) !== 1) reader.fault(version, 'This Gaia reads version 1 of the policy.');
  const tiersPlace = members.take('tiers');
  const tiers = tiersPlace === undefined ? builtInPolicy.tiers : tiersAt(reader, tiersPlace);
  const rules = members.take('rules');
  const caps = members.take('caps');
  const bind = members.take('bind');
  const grantable = members.take('grantable');
  const secretsPlace = members.take('secrets');
  const { patterns, named } =
    secretsPlace === undefined ? { patterns: [], named: [] } : secretsAt(reader, secretsPlace);
  const execPlace = members.take('exec');
  const exec = execPlace === undefined ? builtInPolicy.exec : execAt(reader, execPlace);
  const alerts = members.take('alerts');
  const github = members.take('github');
  return {
    version: 1,
    rules: rules === undefined ? [] : rulesAt(reader, rules, tiers, Object.keys(exec.profiles)),
    tiers,
    caps: caps === undefined ? builtInPolicy.caps : capsAt(reader, caps),
    bind: bind === undefined ? builtInPolicy.bind : bindAt(reader, bind),
    grantable: grantable === undefined ? builtInPolicy.grantable : grantableAt(reader, grantable),
    secrets: patterns,
    namedSecrets: named,
    exec,
    alerts: alerts === undefined ? builtInPolicy.alerts : alertsAt(reader, alerts),
    github: github === undefined ? builtInPolicy.github : githubAt(reader, github),
  };
}

function rulesAt(reader: YamlReader, place: Place, tiers: Policy['tiers'], profiles: readonly string[]): Rule[] {
  const items = reader.items(place, 'rules');
  if (items.length > mostRules) reader.fault(place, `At most ${mostRules} rules.`);
  const seen = new Map<string, string>();
  return items.flatMap((item) => {
    const rule = ruleAt(reader, item, tiers, profiles);
    if (rule === undefined) return [];
    const before = seen.get(rule.name.toLowerCase());
    if (before !== undefined) reader.fault(item, `The rule ${quoted(rule.name)} has the same name as ${before}.`);
    seen.set(rule.name.toLowerCase(), item.field);
    return [rule];
  });
}

function tiersAt(reader: YamlReader, place: Place): Policy['tiers'] {
  const members = reader.members(place, tierNames, 'tiers');
  const demand = (tier: TierName): TierDemand => {
    const own = members?.take(tier);
    return own === undefined ? { ...builtInTiers[tier] } : tierAt(reader, own, tier);
  };
  return { normal: demand('normal'), high: demand('high'), critical: demand('critical') };
}

/** A tier may ask for more than is built in, never for less. */
function tierAt(reader: YamlReader, place: Place, tier: TierName): TierDemand {
  const least = builtInTiers[tier];
  const members = reader.members(
    place,
    ['approvals', 'confirm', 'notOnlyOwner', 'ttl', 'effectBy'],
    `the tier ${tier}`,
  );
  const approvals = members?.take('approvals');
  const ttl = members?.take('ttl');
  const effectBy = members?.take('effectBy');
  const effectBySeconds = effectBy && durationAt(reader, effectBy, 'effectBy');
  const alsoAsks = (key: 'confirm' | 'notOnlyOwner'): boolean => {
    const own = members?.take(key);
    const value = own && reader.boolean(own, key);
    if (own !== undefined && value === false && least[key])
      reader.fault(own, `The tier ${tier} always asks for ${key}; a policy can only make it stricter.`);
    return least[key] || value === true;
  };
  const count = approvals && reader.wholeNumber(approvals, 'approvals', { min: 1, max: 20 });
  if (approvals !== undefined && count !== undefined && count < least.approvals) {
    reader.fault(
      approvals,
      `The tier ${tier} needs at least ${least.approvals} approvals; a policy can only make it stricter.`,
    );
  }
  return {
    approvals: Math.max(count ?? 0, least.approvals),
    confirm: alsoAsks('confirm'),
    notOnlyOwner: alsoAsks('notOnlyOwner'),
    ttlSeconds: (ttl && durationAt(reader, ttl, 'ttl')) ?? least.ttlSeconds,
    ...(effectBySeconds === undefined ? {} : { effectBySeconds }),
  };
}

function capsAt(reader: YamlReader, place: Place): Caps {
  const members = reader.members(place, ['open', 'perMinute', 'agents'], 'caps');
  const cap = (own: Place | undefined, what: string) => own && reader.wholeNumber(own, what, { min: 0, max: 10_000 });
  const agents = members?.take('agents');
  return {
    open: cap(members?.take('open'), 'open') ?? builtInCaps.open,
    perMinute: cap(members?.take('perMinute'), 'perMinute') ?? builtInCaps.perMinute,
    agents: (agents === undefined ? [] : reader.entries(agents, 'agents')).map(([pattern, member, key]) => {
      rejectHidden(reader, key, pattern, 'an agent');
      const own = reader.members(member, ['open', 'perMinute'], `the caps of ${quoted(visible(pattern))}`);
      const open = cap(own?.take('open'), 'open');
      const perMinute = cap(own?.take('perMinute'), 'perMinute');
      if (own !== undefined && own.take('open') === undefined && own.take('perMinute') === undefined)
        reader.fault(member, 'These caps say neither open nor perMinute.');
      return { pattern, ...(open === undefined ? {} : { open }), ...(perMinute === undefined ? {} : { perMinute }) };
    }),
  };
}

function bindAt(reader: YamlReader, place: Place): string[] {
  return reader.items(place, 'bind').flatMap((item) => {
    const glob = globAt(reader, item, 'a file to bind');
    if (glob === undefined) return [];
    if (glob.startsWith('/') || glob.split('/').includes('..'))
      reader.fault(item, 'Files to bind stand below the working directory: no leading “/” and no “..”.');
    return [glob];
  });
}

/** Commands by their arguments, as rules have them; the program by its name, for nobody answers for any program. */
function grantableAt(reader: YamlReader, place: Place): string[][] {
  const items = reader.items(place, 'grantable');
  if (items.length > mostRules) reader.fault(place, `At most ${mostRules} commands.`);
  return items.flatMap((item) => {
    const argv = argvAt(reader, item);
    if (argv[0] !== undefined && /[*?[{]/.test(argv[0]))
      reader.fault(item, 'A command that may be allowed in advance names its program, without a pattern.');
    return argv.length === 0 ? [] : [argv];
  });
}
