import { z } from 'zod';
import type { By } from '../core/access/actor.ts';
import type { Outcome, Request } from '../core/approval/request.ts';
import { isEnd, next } from '../core/approval/states.ts';
import { digestOf, type Json } from '../core/canonical.ts';
import { conflict } from '../core/errors.ts';
import { redact } from '../core/secrets/redact.ts';
import { text } from '../core/wire/text.ts';
import { listUnreported } from '../store/request-lists.ts';
import { findRequest, getRequest, noSuchRequest, saveRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself } from './app.ts';
import { refreshCards } from './deliveries.ts';
import { lookUp } from './look-ups.ts';
import { followPolicy } from './policies.ts';
import { releaseIn } from './starts.ts';

/**
 * Hands the one-use permit to the agent that asked: it runs the command itself, and for Gaia that is the end. Judged like any
 * start. Throws conflict where it may not proceed (any more), and where the permit was taken before: whoever lost the answer
 * asks again, and does not run.
 */
export async function takePermitOf(app: App, id: string, by: By): Promise<Request> {
  const approved = await findRequest(app.db.read, id);
  if (!approved || approved.askedBy !== by.actor) throw noSuchRequest(id);
  mustBeApproved(approved);
  const policy = await followPolicy(app);
  const now = await lookUp(app, approved.payload, { isTest: approved.isTest, askedBy: approved.askedBy });
  const outcome = await app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    mustBeApproved(request);
    const judged = await releaseIn(app, tx, request, { policy, now });
    if ('waits' in judged || judged.state !== 'approved') return judged;
    const state = next('release', judged.state) as Request['state'];
    const released = await saveRequest(tx, { ...judged, state, endedAt: tx.now, endCode: 'released' });
    const detail = { digest: request.digest, code: 'released', endedAt: tx.now };
    tx.record(eventBy(by, 'request.released', `request:${id}`, detail));
    await refreshCards(app, tx, released, 'released');
    return released;
  });
  if ('waits' in outcome) throw waits(id, outcome.waits.map(({ message }) => message).join(' '));
  if (outcome.state !== 'released') throw ended(outcome);
  return outcome;
}

function mustBeApproved(request: Request): void {
  if (request.mode !== 'client') {
    throw conflict(`Request ${request.id} is not one that its agent runs itself.`, {
      reason: 'not_for_the_agent',
      remedy: 'Ask with the mode `client`, as `gaia run` does.',
    });
  }
  if (request.state === 'approved') return;
  if (request.state === 'pending') throw waits(request.id, 'Nobody has decided yet.');
  throw ended(request);
}

const waits = (id: string, why: string) =>
  conflict(`The permit of ${id} cannot be taken yet. ${why}`.trim(), {
    reason: 'not_yet',
    remedy: `Wait for it: gaia wait ${id}`,
  });

const ended = (request: Request) =>
  request.state === 'released'
    ? conflict(`The permit of ${request.id} was taken before; it is good for one start.`, {
        reason: 'permit_used',
        remedy: 'If nothing was started with it, ask again.',
        facts: { state: request.state },
      })
    : conflict(`Request ${request.id} is ${request.state}${request.endText ? `: ${request.endText}` : ''}.`, {
        reason: isEnd(request.state) ? 'already_ended' : 'not_approved',
        remedy: 'Ask again.',
        facts: { state: request.state, code: request.endCode },
      });

const longestOutput = 140_000;

/** What an agent says came of a command it ran itself. */
export const reportInput = z.strictObject({
  exitCode: z.int().min(0).max(255).nullable(),
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9+-]{1,12}$/, 'must be the name of a signal, like SIGTERM')
    .nullable()
    .optional(),
  stdout: text({ max: longestOutput }).optional(),
  stderr: text({ max: longestOutput }).optional(),
  truncated: z.boolean().optional(),
  durationMs: z
    .int()
    .min(0)
    .max(40 * 86_400_000),
});
export type ReportInput = z.output<typeof reportInput>;

/** Attaches what the agent says came of it, once; the same again is harmless. */
export function report(app: App, id: string, said: ReportInput, by: By): Promise<Request> {
  const patterns = app.inForce.policy.secrets;
  const outcome: Outcome = {
    dryRun: false,
    exitCode: said.exitCode,
    signal: said.signal ?? null,
    stdout: redact(said.stdout ?? '', patterns),
    stderr: redact(said.stderr ?? '', patterns),
    truncated: said.truncated ?? false,
    durationMs: said.durationMs,
    statedByAgent: true,
  };
  const outcomeDigest = digestOf('outcome', outcome as unknown as Json);
  return app.db.write(async (tx) => {
    const request = await getRequest(tx, id);
    if (request.askedBy !== by.actor) throw noSuchRequest(id);
    if (request.state !== 'released') {
      throw conflict(`Request ${id} is ${request.state}; only what its agent runs itself is reported.`, {
        reason: 'not_released',
        remedy: 'Take its permit first.',
        facts: { state: request.state },
      });
    }
    if (request.outcome !== null) {
      if (digestOf('outcome', request.outcome as unknown as Json) === outcomeDigest) return request;
      throw conflict(`What came of ${id} was reported before, and otherwise.`, {
        reason: 'already_reported',
        remedy: 'The first report stands.',
      });
    }
    const reported = await saveRequest(tx, { ...request, endCode: 'reported', outcome });
    const { stdout: _out, stderr: _err, ...told } = outcome;
    const detail = { digest: request.digest, outcome: told as unknown as Json, outcomeDigest, code: 'reported' };
    tx.record(eventBy(by, 'execution.reported', `request:${id}`, detail));
    await refreshCards(app, tx, reported, 'reported');
    return reported;
  });
}

/** How long after its time limit an agent may still report before the card says that it did not. */
const reportGraceMs = 60_000;

/** Says of permits whose agents never reported that they did not. Returns how many. */
export async function noteMissingReports(app: App, now: number): Promise<number> {
  let noted = 0;
  for (const found of await listUnreported(app.db.read)) {
    if (!isOverdue(found, now)) continue;
    noted += await app.db.write(async (tx) => {
      const request = await getRequest(tx, found.id);
      if (request.outcome !== null || request.endCode !== 'released' || !isOverdue(request, tx.now)) return 0;
      const silent = await saveRequest(tx, { ...request, endCode: 'no_report' });
      const detail = { digest: request.digest, code: 'no_report' };
      tx.record(eventBy(gaiaItself(request.traceId), 'execution.unreported', `request:${found.id}`, detail));
      await refreshCards(app, tx, silent, 'no_report');
      return 1;
    });
  }
  return noted;
}

const isOverdue = ({ effect, endedAt }: Request, now: number): boolean =>
  effect?.kind === 'command' && now >= (endedAt ?? 0) + effect.command.timeoutSeconds * 1000 + reportGraceMs;
