import { agentOf } from '../core/access/actor.ts';
import type { Submission } from '../core/approval/submission.ts';
import { canonical, type Json } from '../core/canonical.ts';
import { type GaiaError, tooMany } from '../core/errors.ts';
import { capsFor } from '../core/policy/judge.ts';
import { findAgentHeld, saveAgentCappedAt } from '../store/agents.ts';
import type { Tx } from '../store/database.ts';
import { listRequests } from '../store/request-lists.ts';
import { countOpen, countSince, findNewestAt } from '../store/requests-of-asker.ts';
import type { App } from './app.ts';
import { notify } from './deliveries.ts';

/**
 * Refuses an agent whose caps are used up before anything is looked up or read. What it waits for already may go on: it will
 * join that request. The caps are judged again when it is stored.
 */
export async function mustHaveRoom(app: App, submitted: Submission, askedBy: string): Promise<void> {
  const agent = agentOf(askedBy);
  if (agent === undefined || submitted.kind === 'question' || !(await mayBeCapped(app, agent, askedBy))) return;
  const open = await listRequests(app.db.read, { askedBy, state: 'pending', limit: 100 });
  if (open.some(({ payload }) => payload.kind === submitted.kind && contentOf(payload) === contentOf(submitted)))
    return;
  const capped = await app.db.write((tx) => overCaps(app, tx, agent, askedBy));
  if (capped) throw capped;
}

/** What is asked for, without the words about it. */
const contentOf = (of: Submission): string => canonical((of as unknown as Record<string, Json>)[of.kind] as Json);

/** By a look without a transaction, where the newest request tells the time: never too small. */
async function mayBeCapped(app: App, agent: string, askedBy: string): Promise<boolean> {
  const caps = capsFor(app.inForce.policy, agent);
  if ((await countOpen(app.db.read, askedBy)) >= caps.open) return true;
  const newestAt = await findNewestAt(app.db.read, askedBy);
  return newestAt !== undefined && (await countSince(app.db.read, askedBy, newestAt - 60_000)) >= caps.perMinute;
}

/** Refuses an agent that has asked for too much; the first time in an hour people are told. */
export async function overCaps(app: App, tx: Tx, agent: string, askedBy: string): Promise<GaiaError | undefined> {
  const caps = capsFor(app.inForce.policy, agent);
  const open = await countOpen(tx, askedBy);
  const made = open < caps.open ? await countSince(tx, askedBy, tx.now - 60_000) : 0;
  if (open < caps.open && made < caps.perMinute) return undefined;

  const cap = open >= caps.open ? ('open' as const) : ('per_minute' as const);
  const limit = cap === 'open' ? caps.open : caps.perMinute;
  const row = await findAgentHeld(tx, agent);
  if (row && (row.cappedAt === null || tx.now - row.cappedAt >= 3_600_000)) {
    await saveAgentCappedAt(tx, agent, tx.now);
    await notify(app, tx, `agent:${agent}`, { about: 'caps', agent, cap, limit });
  }
  return cap === 'open'
    ? tooMany(`The agent ${agent} has ${open} open requests; the policy allows ${limit}.`, {
        reason: 'open_cap',
        remedy: 'Wait until some are decided, or withdraw them.',
        retryAfterSeconds: 60,
      })
    : tooMany(`The agent ${agent} made ${made} requests within a minute; the policy allows ${limit}.`, {
        reason: 'rate_cap',
        remedy: 'Ask more slowly.',
        retryAfterSeconds: 60,
      });
}
