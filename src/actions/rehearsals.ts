import type { Outcome, Request } from '../core/approval/request.ts';
import { effectDigestOf } from '../core/approval/request.ts';
import { ruleOnStart } from '../core/approval/start.ts';
import { next } from '../core/approval/states.ts';
import { judge } from '../core/policy/judge.ts';
import type { Judgement } from '../core/policy/types.ts';
import { listVotes, takePermit } from '../store/decisions.ts';
import { holdInstallation } from '../store/installation.ts';
import { findLastPolicy } from '../store/policies.ts';
import { findRequest, getRequest, listApproved, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';
import { refreshCards } from './deliveries.ts';
import { followPolicy } from './policies.ts';
import { factsFor, lookUp } from './requests.ts';

/**
 * Looks at every approved request and begins what may begin. One that cannot be looked at does not hold up the others:
 * what it threw is thrown at the end. Returns how many moved.
 */
export async function beginApproved(app: App): Promise<number> {
  let moved = 0;
  const thrown: unknown[] = [];
  for (const id of await listApproved(app.db.read)) {
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
 * Starts what an approval allows, if it still does. Looks everything up again first, then judges, takes the permit and
 * records the end in one transaction. A rehearsal is resolved and reported and starts no process.
 */
export async function begin(app: App, id: string): Promise<Request> {
  const approved = await findRequest(app.db.read, id);
  if (approved?.state !== 'approved') return approved as Request;
  if (approved.effect?.kind === 'command' && approved.effect.command.host !== app.host) return approved; // for the Gaia on that host
  const policy = await followPolicy(app);
  const now = await lookUp(app, approved.payload, approved.isTest);
  const effectNow = now.blockers ? undefined : now.effect;
  const digestNow = effectNow && effectDigestOf(effectNow);
  const judgement: Judgement = effectNow
    ? judge(app.inForce.policy, factsFor(effectNow, { actor: approved.askedBy as `agent:${string}` }))
    : { verdict: 'ask', demand: approved.demand as NonNullable<Request['demand']> };

  return app.db.write(async (tx) => {
    const installation = await holdInstallation(tx);
    const request = await getRequest(tx, id);
    if (request.state !== 'approved') return request;
    if (((await findLastPolicy(tx))?.digest ?? policy) !== policy) return request; // judged again under the new one
    const by = gaiaItself(request.traceId);
    const votes = await listVotes(tx, id);
    const ruling = ruleOnStart({
      request,
      votes,
      people: app.people,
      generation: installation.generation,
      paused: installation.pausedAt !== null || installation.acceptanceReason !== null,
      judgement,
      effectDigestNow: digestNow,
      blockersNow: now.blockers ?? [],
      now: tx.now,
    });
    if (ruling.kind === 'wait') return request;
    if (ruling.kind === 'end') {
      const state = next(ruling.move, request.state) as Request['state'];
      const ended = await saveRequest(tx, {
        ...request,
        state,
        endedAt: tx.now,
        endCode: ruling.code,
        endText: ruling.text,
      });
      tx.record(
        eventBy(by, `request.${state}`, `request:${id}`, {
          code: ruling.code,
          text: ruling.text,
          digest: request.digest,
          endedAt: tx.now,
        }),
      );
      await refreshCards(app, tx, ended, state);
      return ended;
    }
    const digest = request.digest as string;
    if (!(await takePermit(tx, { requestId: id, digest, takenAt: tx.now }))) {
      throw new Error(`request ${id} is approved but its permit is missing or taken`);
    }
    tx.record(eventBy(by, 'permit.taken', `request:${id}`, { digest, takenAt: tx.now }));
    const executed = await saveRequest(tx, {
      ...request,
      state: next('rehearse', request.state) as Request['state'],
      endedAt: tx.now,
      endCode: 'rehearsed',
      outcome: rehearsed,
    });
    tx.record(
      eventBy(by, 'execution.finished', `request:${id}`, {
        digest,
        effectDigest: request.effectDigest,
        outcome: { ...rehearsed },
        code: 'rehearsed',
        endedAt: tx.now,
      }),
    );
    await refreshCards(app, tx, executed, 'executed');
    return executed;
  });
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
