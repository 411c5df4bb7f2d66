import { digestOf } from '../canonical.ts';
import { type GitHubRules, noGitHubRules } from '../change/rules.ts';
import type { CommandMode } from '../command/command.ts';
import type { SandboxProfile } from '../command/sandbox.ts';
import type { SecretPattern } from '../secrets/recognise.ts';
import { type AlertPolicy, builtInAlertPolicy } from './parse-alerts.ts';
import type { Facts, TierName } from './types.ts';

/** What the policy file says, over what is built in. */
export interface Policy {
  version: 1;
  /** in the order of the file */
  rules: Rule[];
  tiers: Record<TierName, TierDemand>;
  caps: Caps;
  /** globs below the working directory whose content an approval covers */
  bind: string[];
  /** patterns over arguments: commands that people may allow in advance although they read the project they run in */
  grantable: string[][];
  /** shapes of secrets to recognise in addition to the built-in ones */
  secrets: SecretPattern[];
  /** what may be written to GitHub; nothing unless told */
  github: GitHubRules;
  /** secrets that commands may ask for by name */
  namedSecrets: NamedSecret[];
  /** what commands run in */
  exec: Exec;
  alerts: AlertPolicy;
}

/** Where the value of a secret stands; Gaia reads it when a command that names it starts, and shows it nowhere. */
export interface NamedSecret {
  name: string;
  /** an absolute path: the whole file, without a last line end */
  file: string;
  /** patterns over agents' names; absent: any agent's command may have it, once approved */
  agents?: string[];
}

export interface Exec {
  /** what every command gets, and what other profiles start from */
  base: SandboxProfile;
  /** by name */
  profiles: { [name: string]: SandboxProfile };
}

/** What a tier asks for. */
export interface TierDemand {
  approvals: number;
  confirm: boolean;
  notOnlyOwner: boolean;
  ttlSeconds: number;
  /** absent: what is usual for the kind */
  effectBySeconds?: number;
}

export type Rule = AskRule | DenyRule;

export interface AskRule {
  /** completes "needs more when …" */
  name: string;
  match: Match;
  tier: TierName;
  /** ids of the people who may decide; absent: every approver */
  approvers?: string[];
  chat?: string;
  ttlSeconds?: number;
  effectBySeconds?: number;
  /** the profile its commands run in; rules that match together must agree */
  sandbox?: string;
}

export interface DenyRule {
  name: string;
  match: Match;
  deny: { message: string; remedy: string };
}

/** What a rule looks at. Every member given must fit; of a list, one is enough, save for `argv`, which goes by place. */
export interface Match {
  kind?: MatchableKind[];
  agent?: string[];
  argv?: string[];
  flags?: string[];
  executable?: string[];
  cwd?: string[];
  env?: string[];
  mode?: CommandMode[];
  repo?: string[];
  operation?: string[];
}

export const matchableKinds = [
  'command',
  'question',
  'changeset',
  'checkpoint',
] as const satisfies readonly Facts['kind'][];
export type MatchableKind = (typeof matchableKinds)[number];

/** How much one agent may have open at once, and ask in a minute. */
export interface Cap {
  open: number;
  perMinute: number;
}

export interface Caps extends Cap {
  /** by a pattern over agents' names, in the order of the file */
  agents: { pattern: string; open?: number; perMinute?: number }[];
}

export const builtInTiers: Readonly<Record<TierName, Readonly<TierDemand>>> = {
  normal: { approvals: 1, confirm: false, notOnlyOwner: false, ttlSeconds: 30 * 60 },
  high: { approvals: 1, confirm: true, notOnlyOwner: false, ttlSeconds: 30 * 60 },
  critical: { approvals: 2, confirm: true, notOnlyOwner: true, ttlSeconds: 60 * 60 },
};

export const builtInCaps: Readonly<Cap> = { open: 20, perMinute: 30 };

/** What holds without a policy file. */
export const builtInPolicy: Policy = {
  version: 1,
  rules: [],
  tiers: { normal: { ...builtInTiers.normal }, high: { ...builtInTiers.high }, critical: { ...builtInTiers.critical } },
  caps: { ...builtInCaps, agents: [] },
  bind: [],
  grantable: [],
  secrets: [],
  namedSecrets: [],
  exec: { base: {}, profiles: {} },
  alerts: builtInAlertPolicy,
  github: noGitHubRules,
};

/** Seconds from the approval within which the effect must start, where no tier or rule says otherwise. */
export const usualEffectBySeconds = (kind: Facts['kind']): number => (kind === 'changeset' ? 24 * 3_600 : 15 * 60);

export const isDeny = (rule: Rule): rule is DenyRule => 'deny' in rule;

/** Names a policy file by its text, for events and notices. */
export const policyDigest = (text: string): string => digestOf('policy', text);
