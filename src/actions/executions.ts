import type { By } from '../core/access/actor.ts';
import type { Outcome, Request } from '../core/approval/request.ts';
import { next } from '../core/approval/states.ts';
import { digestOf, type Json } from '../core/canonical.ts';
import { conflict, invalid } from '../core/errors.ts';
import { redact } from '../core/secrets/redact.ts';
import type { Tx } from '../store/database.ts';
import {
  type Execution,
  findExecution,
  listExecuting,
  listOpenExecutions,
  listUnwatched,
  saveExecution,
} from '../store/executions.ts';
import { getInstallation } from '../store/installation.ts';
import { getRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';
import { resolveChangesetIn } from './changes/unknown.ts';
import { notify, refreshCards } from './deliveries.ts';
import type { Ended, Executor } from './executor.ts';
import { mustOperate } from './operators.ts';

/** How often people are told again that nobody knows what became of a command. */
const remindEveryMs = 24 * 3_600_000;

/**
 * Looks at everything this Gaia has started and whose outcome is not recorded, now or before a restart, and records what has
 * become of it. Returns how many still run. What cannot be looked at does not hold up the others; it is thrown at the end.
 */
export async function lookAfterExecutions(app: App): Promise<number> {
  const { execution } = app;
  if (!execution) return 0;
  let running = 0;
  const thrown: unknown[] = [];
  for (const open of await listOpenExecutions(app.db.read, execution.executor.place)) {
    try {
      if (await lookAfter(app, execution.executor, open)) running++;
    } catch (error) {
      thrown.push(error);
    }
  }
  if (thrown.length > 0) throw thrown[0];
  return running;
}

/** True while it runs. */
async function lookAfter(app: App, executor: Executor, open: Execution): Promise<boolean> {
  const id = open.requestId;
  const seen = await executor.look(id);
  switch (seen.kind) {
    case 'running':
      await noteSeen(app, open);
      if (open.stopAskedAt !== null) await executor.stop(id);
      return true;
    case 'absent':
      // Whoever takes the latch decides: a supervisor that comes later starts nothing.
      if (await executor.claim(id)) await endNeverStarted(app, id, 'Gaia was ended before its supervisor began.');
      return false;
    case 'never_started':
      await endNeverStarted(app, id, 'Gaia was ended before its supervisor began.');
      return false;
    case 'ended':
      await finish(app, id, seen.ended);
      return false;
    case 'gone': // its directory was taken away, and with it all that could be known
    case 'lost':
      await lose(app, id);
      return false;
  }
}

/** How often it is written down that somebody looks after an execution. */
const noteSeenEveryMs = 60_000;

/** So long unseen, a running command counts as one of which nobody knows. */
const unwatchedMs = 10 * 60_000;

async function noteSeen(app: App, { requestId, seenAt }: Execution): Promise<void> {
  await app.db.write(async (tx) => {
    if (seenAt === null || tx.now - seenAt >= noteSeenEveryMs) await saveExecution(tx, { requestId, seenAt: tx.now });
  });
}

/**
 * Says of commands that the Gaia of their host has not looked after for ten minutes that nobody knows about them: that host may
 * be gone, or its data directory moved. Comes the outcome after all, it counts. Any Gaia on the store does this.
 */
export async function loseUnwatched(app: App, now: number): Promise<void> {
  for (const id of await listUnwatched(app.db.read, now - unwatchedMs)) await lose(app, id);
}

export const endNeverStarted = (app: App, id: string, why: string): Promise<Request> =>
  finish(app, id, {
    how: 'not_startable',
    exitCode: null,
    signal: null,
    error: why,
    stdout: '',
    stderr: '',
    truncated: false,
    durationMs: 0,
    changedDuringRun: [],
  });

/** Records how a command ended; what is left of it on disk is removed after the commit. */
async function finish(app: App, id: string, ended: Ended): Promise<Request> {
  const finished = await app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (request.state !== 'executing' && request.state !== 'unknown') return request;
    const code = codeOf(ended);
    const outcome = outcomeOf(ended);
    const state = next(code === 'done' ? 'finish' : 'fail', request.state) as Request['state'];
    const endText = ended.error === null ? null : redact(ended.error, app.inForce.policy.secrets).slice(0, 2_000);
    const after = await saveRequest(tx, { ...request, state, endedAt: tx.now, endCode: code, endText, outcome });
    await saveExecution(tx, { requestId: id, settledAt: tx.now });
    const { stdout: _out, stderr: _err, ...told } = outcome;
    tx.record(
      eventBy(gaiaItself(request.traceId), 'execution.finished', `request:${id}`, {
        digest: request.digest,
        effectDigest: request.effectDigest,
        outcome: told as unknown as Json,
        outcomeDigest: digestOf('outcome', outcome as unknown as Json),
        state,
        code,
        text: endText,
        endedAt: tx.now,
      }),
    );
    await refreshCards(app, tx, after, state);
    return after;
  });
  await app.execution?.executor.forget(id);
  return finished;
}

function codeOf({ how, exitCode, signal }: Ended): string {
  if (how !== 'exited') return how;
  if (signal !== null) return 'signal';
  return exitCode === 0 ? 'done' : 'exit_code';
}

const outcomeOf = ({ exitCode, signal, stdout, stderr, truncated, durationMs, changedDuringRun }: Ended): Outcome => ({
  dryRun: false,
  exitCode,
  signal,
  stdout,
  stderr,
  truncated,
  durationMs,
  ...(changedDuringRun.length === 0 ? {} : { changedDuringRun }),
});

/** Nobody knows what became of it: its supervisor is gone and left nothing. It is open, and never tried again. */
const lose = (app: App, id: string): Promise<void> =>
  app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (request.state === 'unknown') return remind(app, tx, request);
    const state = next('lose', request.state);
    if (!state) return;
    const lost = await saveRequest(tx, { ...request, state });
    await saveExecution(tx, { requestId: id, remindedAt: tx.now });
    const by = gaiaItself(request.traceId);
    tx.record(eventBy(by, 'execution.unknown', `request:${id}`, { digest: request.digest, lostAt: tx.now }));
    await refreshCards(app, tx, lost, 'unknown');
    await notify(app, tx, `request:${id}`, { about: 'unknown', requestId: id });
  });

async function remind(app: App, tx: Tx, request: Request): Promise<void> {
  const execution = await findExecution(tx, request.id);
  if (execution?.remindedAt != null && tx.now - execution.remindedAt < remindEveryMs) return;
  await saveExecution(tx, { requestId: request.id, remindedAt: tx.now });
  await notify(app, tx, `request:${request.id}`, { about: 'unknown', requestId: request.id });
}

/** What a person saw when they looked at the world in Gaia's place. */
export interface Resolution {
  /** `resend`: only for a changeset, to send the operation once more */
  verdict: 'executed' | 'failed' | 'resend';
  reason: string;
  /** of a write to GitHub that is there: the number of the issue or pull request, or the id of the comment or item */
  number?: number | undefined;
}

/** Closes an unknown outcome with what an operator found out. */
export const resolve = (app: App, id: string, found: Resolution, by: By): Promise<Request> =>
  app.db.write((tx) => resolveIn(app, tx, id, found, by));

/** The same within a work that does more. */
export async function resolveIn(app: App, tx: Tx, id: string, found: Resolution, by: By): Promise<Request> {
  mustOperate(app, by);
  const request = await getRequest(tx, id);
  if (request.state !== 'unknown') {
    throw conflict(`Request ${id} is ${request.state}; only an unknown outcome is resolved.`, {
      reason: 'not_unknown',
      remedy: request.state === 'executing' ? 'Wait for its end, or stop it.' : 'Nothing needs to be done.',
      facts: { state: request.state },
    });
  }
  const reason = redact(found.reason, app.inForce.policy.secrets);
  if (request.kind === 'changeset') return resolveChangesetIn(app, tx, request, { ...found, reason }, by);
  if (found.number !== undefined)
    throw invalid('Only what was written to GitHub has a number.', {
      reason: 'no_number',
      faults: [{ field: 'number', message: 'is only for changesets' }],
    });
  if (found.verdict === 'resend')
    throw invalid('Only a write to GitHub can be sent again; a command is never started twice.', {
      reason: 'not_resendable',
      remedy: 'Say executed or failed, or let the agent ask again.',
    });
  const state = next(found.verdict === 'executed' ? 'finish' : 'fail', request.state) as Request['state'];
  const resolved = await saveRequest(tx, {
    ...request,
    state,
    endedAt: tx.now,
    endCode: 'resolved',
    endText: reason,
  });
  await saveExecution(tx, { requestId: id, settledAt: tx.now });
  tx.record(
    eventBy(by, 'execution.resolved', `request:${id}`, {
      digest: request.digest,
      state,
      code: 'resolved',
      text: reason,
      endedAt: tx.now,
    }),
  );
  await refreshCards(app, tx, resolved, state);
  return resolved;
}

/** Asks for the end of a running command; the Gaia on its host ends it. Repeating it is harmless. */
export const stopCommand = (app: App, id: string, by: By): Promise<Request> =>
  app.db.write((tx) => stopCommandIn(app, tx, id, by));

/** The same within a work that does more. */
export async function stopCommandIn(app: App, tx: Tx, id: string, by: By): Promise<Request> {
  mustOperate(app, by);
  const request = await getRequest(tx, id);
  const execution = await findExecution(tx, id);
  if ((request.state !== 'executing' && request.state !== 'unknown') || !execution || execution.settledAt !== null) {
    throw conflict(`Request ${id} is ${request.state}; only a running command is stopped.`, {
      reason: 'not_running',
      remedy:
        request.state === 'pending' || request.state === 'approved'
          ? 'Deny it, or pause Gaia: nothing new starts then.'
          : 'Nothing needs to be done.',
      facts: { state: request.state },
    });
  }
  if (execution.stopAskedAt !== null) return request;
  await saveExecution(tx, { requestId: id, stopAskedAt: tx.now, stopAskedBy: by.actor });
  tx.record(eventBy(by, 'execution.stopping', `request:${id}`, { digest: request.digest, askedAt: tx.now }));
  await refreshCards(app, tx, request, 'stopping');
  return request;
}

/** Asks for the end of every running command. Returns their ids. */
export async function stopAllIn(app: App, tx: Tx, by: By): Promise<string[]> {
  const ids = await listExecuting(tx);
  for (const id of ids) await stopCommandIn(app, tx, id, by);
  return ids;
}

/**
 * Removes what is left on disk of executions that nobody waits for: recorded ones, and ones that were never begun. What ran or
 * runs and stands in no record is left alone and named: the store may be the wrong one, and this the only proof of it.
 * Never called while something is being begun. Returns the ids it left.
 */
export async function removeLeftovers(app: App): Promise<string[]> {
  const { execution } = app;
  if (!execution || (await getInstallation(app.db.read)).acceptanceReason !== null) return [];
  const left: string[] = [];
  for (const id of await execution.executor.list()) {
    const known = await findExecution(app.db.read, id);
    if (known && known.settledAt === null) continue;
    const seen = await execution.executor.look(id);
    if (known && seen.kind === 'running') {
      await execution.executor.stop(id); // a person said how it ended, and it had not
      continue;
    }
    const neverBegan =
      seen.kind === 'never_started' || (seen.kind === 'absent' && (await execution.executor.claim(id)));
    if (known || neverBegan) await execution.executor.forget(id);
    else left.push(id);
  }
  return left;
}
