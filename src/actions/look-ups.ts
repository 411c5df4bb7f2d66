import { agentOf, type By } from '../core/access/actor.ts';
import type { Blocker } from '../core/approval/blocker.ts';
import { factsFor } from '../core/approval/facts.ts';
import type { Effect, Remarks } from '../core/approval/request.ts';
import { secretDetected } from '../core/approval/secrets-in.ts';
import type { Submission } from '../core/approval/submission.ts';
import type { Json } from '../core/canonical.ts';
import { type CommandMode, statedCommand } from '../core/command/command.ts';
import { sandboxFor } from '../core/command/sandbox.ts';
import { judge } from '../core/policy/judge.ts';
import { redactDeep } from '../core/secrets/redact.ts';
import type { App } from './app.ts';
import { lookUpChangeset } from './changes/resolve.ts';
import { lookUpCheckpoint } from './checkpoints.ts';
import { namedSecretBlockers } from './named-secrets.ts';

/**
 * The effect a submission would have now, on this host. What it comes upon may hold a secret: a path, a first line. What is
 * approved already is looked up before what others only ask for.
 */
export async function lookUp(
  app: App,
  submitted: Submission,
  { isTest, askedBy, isApproved = false }: { isTest: boolean; askedBy: string; isApproved?: boolean },
): Promise<LookedUp> {
  if (submitted.kind === 'question') {
    return {
      effect: { v: 1, kind: 'question', isTest, question: submitted.question },
      remarks: { unbound: [], notes: [] },
    };
  }
  const turn = isApproved ? undefined : askedBy;
  if (submitted.kind === 'changeset') return lookUpChangeset(app, submitted.changeset, isTest, askedBy);
  if (submitted.kind === 'checkpoint') return lookUpCheckpoint(app, submitted.checkpoint, isTest, turn);
  const { command } = submitted;
  const { policy } = app.inForce;
  const mode = modeOf(app, command, isTest);
  const unnamed = namedSecretBlockers(command, { agent: agentOf(askedBy), mode }, policy);
  if (mode === 'client') {
    if (unnamed.length > 0) return { blockers: unnamed };
    return { effect: { v: 1, kind: 'command', isTest, command: statedCommand(command) }, remarks: asStated };
  }
  const resolution = await app.resolveCommand(command, { bind: policy.bind, mode }, turn);
  const patterns = policy.secrets;
  if ('blockers' in resolution) {
    const found = secretDetected({ blockers: resolution.blockers as unknown as Json }, patterns);
    if (found === undefined) return { blockers: [...resolution.blockers, ...unnamed] };
    return {
      blockers: [found, ...(redactDeep(resolution.blockers as unknown as Json, patterns) as unknown as Blocker[])],
    };
  }
  const { executable, cwd, files } = resolution.command;
  const remarks = { unbound: resolution.unbound, notes: resolution.remarks };
  const found = secretDetected({ effect: { executable, cwd, files }, remarks } as unknown as Json, patterns);
  if (found) return { blockers: [found] };
  if (unnamed.length > 0) return { blockers: unnamed };
  const effect: Effect = { v: 1, kind: 'command', isTest, command: resolution.command };
  if (mode !== 'real' || !app.execution?.isEnabled) return { effect, remarks };
  const judgement = judge(policy, factsFor(effect, { actor: askedBy as By['actor'] }));
  const profile = judgement.verdict === 'ask' ? (judgement.demand.sandbox ?? 'default') : 'default';
  const sandbox = sandboxFor(policy.exec, profile, app.execution.executor);
  await app.execution.executor.setMasks(policy.namedSecrets.map(({ file }) => file));
  const fault = await app.execution.executor.directoryFault(resolution.command.cwd.path, sandbox);
  if (fault !== undefined) return { blockers: [sandboxUnavailable(fault)] };
  return { effect: { ...effect, command: { ...resolution.command, sandbox } }, remarks };
}

/** `missing`: what the world must still cure; `found`: what could be looked up although it is blocked. */
export type LookedUp =
  | { effect: Effect; remarks: Remarks; blockers?: undefined; missing?: Blocker[] }
  | { blockers: Blocker[]; found?: { effect: Effect; effectDigest: string; remarks: Remarks } };

/** A submission that asks for a command. */
export type CommandSubmission = Extract<Submission, { kind: 'command' }>;

/** A test always ends as a rehearsal; without a word about it a command is started where this Gaia starts commands. */
export const modeOf = (app: App, { mode }: CommandSubmission['command'], isTest: boolean): CommandMode =>
  isTest ? 'dry_run' : (mode ?? (app.execution?.isEnabled ? 'real' : 'dry_run'));

const asStated: Remarks = {
  unbound: [{ name: 'everything', why: 'the agent runs this itself, perhaps elsewhere; Gaia has looked at nothing' }],
  notes: [],
};

const sandboxUnavailable = (fault: string): Blocker => ({
  code: 'sandbox_unavailable',
  phase: 'submit',
  message: `It cannot be kept apart from Gaia there: ${fault}.`,
  remedy: 'Ask again with another directory, or ask the administrator to change the sandbox profile.',
});
