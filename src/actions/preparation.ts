import type { Blocker } from '../core/approval/blocker.ts';
import { unreachable } from '../core/approval/decision.ts';
import { factsFor } from '../core/approval/facts.ts';
import { effectDigestOf, type Request, requestDigestOf } from '../core/approval/request.ts';
import { secretsIn } from '../core/approval/secrets-in.ts';
import type { Submission } from '../core/approval/submission.ts';
import { commandLimits } from '../core/command/limits.ts';
import { judge } from '../core/policy/judge.ts';
import type { SecretPattern } from '../core/secrets/recognise.ts';
import type { App } from './app.ts';
import { type CommandSubmission, lookUp, modeOf } from './look-ups.ts';
import type { Asker } from './requests.ts';

/** Takes out what is too long or secret, before anything is digested, looked up or kept. At most about 100 KiB are searched. */
export function screen(submitted: Submission, patterns: readonly SecretPattern[]): Screened {
  const tooLarge = submitted.kind === 'command' ? overApprovable(submitted) : undefined;
  const short = tooLarge && submitted.kind === 'command' ? withoutContent(submitted) : submitted;
  const secrets = secretsIn(short, patterns);
  return {
    payload: secrets?.redacted ?? short,
    blockers: [...(tooLarge ? [tooLarge] : []), ...(secrets ? [secrets.blocker] : [])],
  };
}

/** What may be kept of a submission, and why it cannot proceed where something may not. */
interface Screened {
  payload: Submission;
  blockers: Blocker[];
}

function withoutContent(submitted: CommandSubmission): CommandSubmission {
  const { argv, cwd, mode } = submitted.command;
  const program = argv[0] as string;
  return {
    ...submitted,
    command: { argv: [program.length > 4_096 ? '(not kept)' : program], cwd, ...(mode && { mode }) },
  };
}

function overApprovable(submitted: CommandSubmission): Blocker | undefined {
  const { argv, env = {}, stdin = '' } = submitted.command;
  const bytes = Buffer.byteLength([...argv, ...Object.entries(env).flat(), stdin].join(''));
  if (bytes <= commandLimits.approvableBytes) return undefined;
  return {
    code: 'payload_too_large',
    phase: 'submit',
    message: `The command is ${bytes.toLocaleString('en')} bytes long; at most ${commandLimits.approvableBytes.toLocaleString('en')} can be put before a person. It was not kept.`,
    remedy: 'Put the content into a file that the command names.',
    facts: { bytes },
  };
}

/** Everything that needs no transaction: looks up, digests, judges. */
export async function prepare(app: App, { payload: submitted, blockers }: Screened, asker: Asker): Promise<Prepared> {
  const { policy, digest: policyDigest } = app.inForce;
  const isTest = submitted.isTest ?? false;
  const mode = submitted.kind === 'command' ? modeOf(app, submitted.command, isTest) : null;
  const base = {
    kind: submitted.kind,
    version: 1,
    title: submitted.title ?? null,
    reason: submitted.reason ?? null,
    ownerId: asker.ownerId,
    policyDigest,
    mode,
    isTest,
    supersedes: submitted.supersedes ?? null,
    grantId: null,
    agentRunId: submitted.agentRunId ?? null,
    joins: 0,
    shownAt: null,
    decidedAt: null,
    effectBy: null,
    endText: null,
    answer: null,
    outcome: null,
  };
  const blocked = (blockers: Blocker[], found: Partial<Prepared> = {}): Prepared => ({
    ...base,
    payload: submitted,
    state: 'blocked',
    effect: null,
    effectDigest: null,
    digest: null,
    remarks: { unbound: [], notes: [] },
    tier: null,
    demand: null,
    blockers,
    endedAt: null,
    endCode: blockers[0]?.code ?? null,
    ttlSeconds: 0,
    missing: [],
    ...found,
  });

  if (blockers.length > 0) return blocked(blockers);
  const looked = await lookUp(app, submitted, { isTest, askedBy: asker.by.actor });
  const problems = mode === 'real' && !app.execution?.isEnabled ? [executionDisabled] : [];
  if (looked.blockers) return blocked([...looked.blockers, ...problems], looked.found);

  const { effect, remarks: found } = looked;
  const effectDigest = effectDigestOf(effect);
  const judgement = judge(policy, factsFor(effect, asker.by));
  if (judgement.verdict === 'deny') {
    const { message, remedy, rule } = judgement;
    return blocked([{ code: 'policy_denied', phase: 'submit', message, remedy, facts: { rule } }, ...problems], {
      effect,
      effectDigest,
      remarks: found,
    });
  }
  const { demand } = judgement;
  const remarks = demand.grantable ? { ...found, notes: [...found.notes, grantableNote] } : found;
  const missing = unreachable({ askedBy: asker.by.actor, ownerId: asker.ownerId }, demand, app.people);
  if (missing) problems.push(tooFewApprovers(missing));
  const digest = requestDigestOf({ effectDigest, askedBy: asker.by.actor, ownerId: asker.ownerId, demand });
  const judged = { effect, effectDigest, digest, remarks, tier: demand.tier, demand };
  if (problems.length > 0) return blocked(problems, judged);
  return {
    ...base,
    ...judged,
    payload: submitted,
    state: 'pending',
    blockers: [],
    endedAt: null,
    endCode: null,
    missing: looked.missing ?? [],
    ttlSeconds: Math.min(submitted.ttlSeconds ?? demand.ttlSeconds, demand.ttlSeconds),
  };
}

export type Prepared = Omit<Request, 'id' | 'generation' | 'askedBy' | 'traceId' | 'createdAt' | 'expiresAt'> & {
  ttlSeconds: number;
  /** what the world must still cure before it can start */
  missing: Blocker[];
};

/** Said on cards: whoever allows it answers for more than what stands there. */
const grantableNote =
  'The policy lets this be allowed in advance although it may act on files of its project: it then does what stands in them when it runs.';

const executionDisabled: Blocker = {
  code: 'execution_disabled',
  phase: 'submit',
  message: 'This Gaia only rehearses commands.',
  remedy: 'Ask with mode dry_run or client, or without a mode; the administrator can set ALLOW_COMMAND_EXECUTION=1.',
};

const tooFewApprovers = (missing: string): Blocker => ({
  code: 'too_few_approvers',
  phase: 'submit',
  message: `Nobody could ever approve this: there would still be missing ${missing}.`,
  remedy: 'Configure more approvers, or change the policy rule that asks for them.',
});
