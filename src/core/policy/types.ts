import type { RequestKind } from '../approval/states.ts';
import type { Binding, CommandMode, ExecutableFormat } from '../command/command.ts';

export const tierNames = ['normal', 'high', 'critical'] as const;
export type TierName = (typeof tierNames)[number];

/** What a rule may look at: gathered by others, judged here. */
export interface Facts {
  kind: RequestKind;
  /** the agent's name, where an agent asks */
  agent?: string;
  isTest: boolean;
  command?: {
    argv: readonly string[];
    /** real path of the executable */
    executable: string;
    executableBinding: Binding;
    executableFormat?: ExecutableFormat;
    /** the `#!` line, where the executable is a script */
    interpreter?: string;
    cwd: string;
    /** names only */
    env: readonly string[];
    hasStdin: boolean;
    mode: CommandMode;
  };
  change?: {
    /** the repository, or the project as owner/number */
    target: string;
    operations: readonly string[];
    /** it would leave this machine */
    isLive: boolean;
  };
}

/** What people must do before the effect may start. Durations in seconds. */
export interface Demand {
  tier: TierName;
  /** distinct people who must approve */
  approvals: number;
  /** the approver confirms by a second act within 60 s */
  confirm: boolean;
  /** at least one of the approvers is not the owner of the agent */
  notOnlyOwner: boolean;
  /** ids of the people who may decide; absent: every approver */
  approvers?: string[];
  /** the chat the card goes to; absent: the default one */
  chat?: string;
  ttlSeconds: number;
  effectBySeconds: number;
  /** the sandbox profile a rule names */
  sandbox?: string;
  /** the policy lets people allow it in advance, whatever it reads */
  grantable?: true;
  /** names of the rules that asked for this, the strictest first */
  rules: string[];
}

export type Judgement =
  | { verdict: 'ask'; demand: Demand }
  | { verdict: 'deny'; rule: string; message: string; remedy: string };
