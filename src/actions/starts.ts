import type { Blocker } from '../core/approval/blocker.ts';
import { factsFor } from '../core/approval/facts.ts';
import { effectDigestOf, type Outcome, type Request } from '../core/approval/request.ts';
import { ruleOnStart, type StartRuling } from '../core/approval/start.ts';
import { next } from '../core/approval/states.ts';
import { digestOf, type Json } from '../core/canonical.ts';
import { GaiaError } from '../core/errors.ts';
import { judge } from '../core/policy/judge.ts';
import type { Judgement } from '../core/policy/types.ts';
import type { Handle, Tx } from '../store/database.ts';
import { takePermit } from '../store/decisions.ts';
import { countRunning, findEqualOpen, insertExecution } from '../store/executions.ts';
import { getInstallation, holdInstallation } from '../store/installation.ts';
import { findLastPolicy } from '../store/policies.ts';
import { listStartable } from '../store/request-lists.ts';
import { findRequest, getRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';
import { refreshCards } from './deliveries.ts';
import { endNeverStarted } from './executions.ts';
import type { Held } from './executor.ts';
import { listApprovals } from './grants.ts';
import { type LookedUp, lookUp } from './look-ups.ts';
import { secretsFor } from './named-secrets.ts';
import { followPolicy } from './policies.ts';

/** Commands that one Gaia runs at once; the others wait their turn. */
export const runningMost = 4;

/**
 * Looks at every approved request and begins what may begin. One that cannot be looked at does not hold up the others:
 * what it threw is thrown at the end. Returns how many moved.
 */
export async function beginApproved(app: App): Promise<number> {
  let moved = 0;
  const thrown: unknown[] = [];
  for (const id of await listStartable(app.db.read, app.host)) {
    try {
      if ((await begin(app, id)).state !== 'approved') moved++;
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
  return moved;
}

/**
 * Starts what an approval allows, if it still does. Looks everything up again first and takes it in hand, then judges, takes
 * the permit and records the start in one transaction; only after its commit a process is started. A rehearsal is resolved,
 * judged and reported in the same way, and starts no process.
 */
export async function begin(app: App, id: string): Promise<Request> {
  const approved = await findRequest(app.db.read, id);
  if (approved?.state !== 'approved' || !isForThisGaia(app, approved)) return approved as Request;
  const policy = await followPolicy(app);
  const { isTest, askedBy } = approved;
  const looked = await lookUp(app, approved.payload, { isTest, askedBy, isApproved: true });
  const inHand = await hold(app, approved, looked).catch(async (error: unknown) => {
    const meanwhile = await findRequest(app.db.read, id);
    if (meanwhile === undefined || meanwhile.state === 'approved') throw error;
    return { begun: meanwhile }; // by another Gaia, which has its files in use
  });
  if ('begun' in inHand) return inHand.begun;
  const { now, held } = inHand;
  let isOurs = false;
  try {
    const { request, started } = await app.db.write((tx) =>
      beginIn(app, tx, id, { policy, now, isHeld: held !== undefined }),
    );
    isOurs = started;
    return started && held ? await launch(app, request, held) : request;
  } finally {
    if (!isOurs && held) await app.execution?.executor.release(held);
  }
}

/** What its agent runs is started by nobody here; what was looked up on another host is that host's. */
const isForThisGaia = (app: App, { effect, mode }: Request): boolean =>
  mode !== 'client' &&
  effect?.kind !== 'changeset' && // the publisher's
  effect?.kind !== 'checkpoint' &&
  (effect?.kind !== 'command' || effect.command.host === app.host);

/** Takes in hand what a command is bound to. What differs from the approved is a changed effect, as if it had been looked up so. */
async function hold(app: App, approved: Request, now: LookedUp): Promise<{ now: LookedUp; held?: Held }> {
  if (approved.mode !== 'real' || !app.execution?.isEnabled || now.blockers || now.effect.kind !== 'command')
    return { now };
  if (effectDigestOf(now.effect) !== approved.effectDigest || (await mustWait(app, approved))) return { now };
  try {
    await app.execution.executor.setMasks(app.inForce.policy.namedSecrets.map(({ file }) => file));
    return { now, held: await app.execution.executor.hold(approved.id, now.effect.command) };
  } catch (error) {
    if (!(error instanceof GaiaError) || error.code !== 'conflict') throw error;
    return { now: { blockers: [changedBlocker(error)] } };
  }
}

/** Whether it would not start now anyway, so that nothing need be copied. Only a look: what counts is judged in the transaction. */
async function mustWait(app: App, request: Request): Promise<boolean> {
  const { pausedAt, acceptanceReason } = await getInstallation(app.db.read);
  return pausedAt !== null || acceptanceReason !== null || (await busy(app, app.db.read, request)).length > 0;
}

const changedBlocker = (error: GaiaError): Blocker => ({
  code: 'effect_changed',
  phase: 'publish',
  message: error.message,
  remedy: error.extras.remedy ?? 'Ask again.',
});

/** Judges the start under everything that holds now; `undefined` where the policy has changed meanwhile. */
async function ruleIn(
  app: App,
  tx: Tx,
  request: Request,
  { policy, now }: { policy: string; now: LookedUp },
): Promise<StartRuling | undefined> {
  const installation = await holdInstallation(tx);
  if (((await findLastPolicy(tx))?.digest ?? policy) !== policy) return undefined; // judged again under the new one
  const effectNow = now.blockers ? undefined : now.effect;
  const judgement: Judgement = effectNow
    ? judge(app.inForce.policy, factsFor(effectNow, { actor: request.askedBy as `agent:${string}` }))
    : { verdict: 'ask', demand: request.demand as NonNullable<Request['demand']> };
  return ruleOnStart({
    request,
    votes: await listApprovals(tx, request),
    people: app.people,
    generation: installation.generation,
    paused: installation.pausedAt !== null || installation.acceptanceReason !== null,
    judgement,
    modeNow: effectNow?.kind === 'command' ? effectNow.command.mode : null,
    mayExecute: app.execution?.isEnabled ?? false,
    effectDigestNow: effectNow && effectDigestOf(effectNow),
    blockersNow: now.blockers ?? [],
    busy: await busy(app, tx, request),
    now: tx.now,
  });
}

/** What else runs and must end first. */
async function busy(app: App, q: Handle, request: Request): Promise<Blocker[]> {
  if (request.mode !== 'real' || !app.execution) return [];
  const equal = await findEqualOpen(q, request.effectDigest as string);
  const running = await countRunning(q, app.execution.executor.place);
  return [
    ...(equal === undefined ? [] : [equalEffectOpen(equal)]),
    ...(running < runningMost ? [] : [tooManyRunning(running)]),
  ];
}

export const equalEffectOpen = (id: string): Blocker => ({
  code: 'equal_effect_running',
  phase: 'publish',
  message: `The same command runs already (${id}), or nobody knows whether it still does.`,
  remedy:
    'It starts when that one has ended, if its approval lasts that long; an operator can stop or resolve that one.',
  facts: { id },
});

const tooManyRunning = (running: number): Blocker => ({
  code: 'too_many_running',
  phase: 'publish',
  message: `${running} commands run already.`,
  remedy: 'It starts when one of them has ended.',
});

async function beginIn(
  app: App,
  tx: Tx,
  id: string,
  facts: { policy: string; now: LookedUp; isHeld: boolean },
): Promise<{ request: Request; started: boolean }> {
  const request = await getRequest(tx, id);
  const asItIs = { request, started: false };
  if (request.state !== 'approved') return asItIs;
  const ruling = await ruleIn(app, tx, request, facts);
  if (ruling === undefined || ruling.kind === 'wait') return asItIs;
  if (ruling.kind === 'end') return { request: await endWithoutStart(app, tx, request, ruling), started: false };
  const isReal = request.mode === 'real';
  if (isReal && !facts.isHeld) return asItIs; // nothing was taken in hand when it still had to wait
  await takeThePermit(tx, request);
  if (!isReal) return { request: await rehearse(app, tx, request), started: false };
  return { request: await recordStart(app, tx, request), started: true };
}

/** Takes the permit of a request whose agent runs it itself, after the same judgement. Returns the end, or what keeps it. */
export async function releaseIn(
  app: App,
  tx: Tx,
  request: Request,
  facts: { policy: string; now: LookedUp },
): Promise<Request | { waits: Blocker[] }> {
  const ruling = await ruleIn(app, tx, request, facts);
  if (ruling === undefined) return { waits: [] };
  if (ruling.kind === 'wait') return { waits: ruling.blockers };
  if (ruling.kind === 'end') return endWithoutStart(app, tx, request, ruling);
  await takeThePermit(tx, request);
  return request;
}

async function takeThePermit(tx: Tx, request: Request): Promise<void> {
  const digest = request.digest as string;
  if (!(await takePermit(tx, { requestId: request.id, digest, takenAt: tx.now }))) {
    throw new Error(`request ${request.id} is approved but its permit is missing or taken`);
  }
  const by = gaiaItself(request.traceId);
  tx.record(eventBy(by, 'permit.taken', `request:${request.id}`, { digest, takenAt: tx.now }));
}

async function endWithoutStart(
  app: App,
  tx: Tx,
  request: Request,
  { move, code, text }: Extract<StartRuling, { kind: 'end' }>,
): Promise<Request> {
  const state = next(move, request.state) as Request['state'];
  const ended = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: code, endText: text });
  tx.record(
    eventBy(gaiaItself(request.traceId), `request.${state}`, `request:${request.id}`, {
      kind: request.kind,
      code,
      text,
      digest: request.digest,
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, ended, state);
  return ended;
}

async function rehearse(app: App, tx: Tx, request: Request): Promise<Request> {
  const executed = await saveRequest(tx, {
    ...request,
    state: next('rehearse', request.state) as Request['state'],
    endedAt: tx.now,
    endCode: 'rehearsed',
    outcome: rehearsed,
  });
  tx.record(
    eventBy(gaiaItself(request.traceId), 'execution.finished', `request:${request.id}`, {
      digest: request.digest,
      effectDigest: request.effectDigest,
      outcome: { dryRun: true },
      outcomeDigest: digestOf('outcome', rehearsed as unknown as Json),
      code: 'rehearsed',
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, executed, 'executed');
  return executed;
}

async function recordStart(app: App, tx: Tx, request: Request): Promise<Request> {
  const { id } = request;
  const place = app.execution?.executor.place as string;
  await insertExecution(tx, { requestId: id, place, effectDigest: request.effectDigest as string, startedAt: tx.now });
  const executing = await saveRequest(tx, { ...request, state: next('begin', request.state) as Request['state'] });
  tx.record(
    eventBy(gaiaItself(request.traceId), 'execution.started', `request:${id}`, {
      digest: request.digest,
      effectDigest: request.effectDigest,
      startedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, executing, 'executing');
  return executing;
}

/** Starts the process of what is recorded as started. What prevents it is its outcome: by then nobody may try again. */
async function launch(app: App, request: Request, held: Held): Promise<Request> {
  const { executor, seal } = app.execution as NonNullable<App['execution']>;
  try {
    await seal();
    await executor.start(held, await secretsFor(app, held.command));
    return request;
  } catch (error) {
    if (!(await executor.claim(request.id))) return request; // its supervisor was quicker than what went wrong
    return endNeverStarted(
      app,
      request.id,
      error instanceof GaiaError ? error.message : 'Its supervisor could not be started.',
    );
  }
}

/** A rehearsal's outcome: everything was looked up and judged, nothing was started. */
const rehearsed: Outcome = {
  dryRun: true,
  exitCode: null,
  signal: null,
  stdout: '',
  stderr: '',
  truncated: false,
  durationMs: 0,
};
