import { agentOf, type By, personOf } from '../core/access/actor.ts';
import type { Vote } from '../core/approval/decision.ts';
import { factsFor } from '../core/approval/facts.ts';
import {
  endOfGrant,
  type Grant,
  type GrantEnd,
  grantLimits,
  voteByGrant,
  wasTakenBack,
} from '../core/approval/grant.ts';
import type { Effect, Request } from '../core/approval/request.ts';
import { conflict, forbidden, notFound } from '../core/errors.ts';
import { judge } from '../core/policy/judge.ts';
import type { Handle, Tx } from '../store/database.ts';
import { listVotes } from '../store/decisions.ts';
import {
  findGrant,
  findGrantHeld,
  insertGrant,
  listGrants,
  listLiveGrants,
  listLiveGrantsHeld,
  saveGrant,
} from '../store/grants.ts';
import { getInstallation } from '../store/installation.ts';
import { findRequest } from '../store/requests.ts';
import { type App, eventBy, gaiaItself, newShortId, newTraceId } from './app.ts';
import { notify } from './deliveries.ts';

/** Allows the agent of an approved request exactly this effect again, for an hour or ten uses. */
export async function giveGrant(app: App, tx: Tx, request: Request, givenBy: string, by: By): Promise<Grant> {
  const grant: Grant = {
    id: '',
    agentId: agentOf(request.askedBy) as string,
    effectDigest: request.effectDigest as string,
    requestId: request.id,
    generation: request.generation,
    givenBy,
    givenAt: tx.now,
    expiresAt: tx.now + grantLimits.lastsMs,
    usesMax: grantLimits.uses,
    uses: 0,
    endedAt: null,
    endedBy: null,
    endCode: null,
  };
  do grant.id = newShortId(app, 'g');
  while (!(await insertGrant(tx, grant)));
  const { agentId, effectDigest, requestId, generation, givenAt, expiresAt, usesMax } = grant;
  tx.record(
    eventBy(by, 'grant.given', subjectOf(grant), {
      agent: agentId,
      effectDigest,
      request: requestId,
      generation,
      givenBy,
      givenAt,
      expiresAt,
      usesMax,
    }),
  );
  await notify(app, tx, subjectOf(grant), { about: 'grant_given', grantId: grant.id });
  return grant;
}

/**
 * Uses a live grant for what is asked, where there is one that holds; ends those that do not hold any more. The caller
 * approves the request in the same work, and then ends what is used up: `endIfUsedUp`.
 */
export async function useGrant(
  app: App,
  tx: Tx,
  asked: { agentId: string; effect: Effect; effectDigest: string; requestId: string; isGrantable: boolean },
  by: By,
): Promise<Grant | undefined> {
  for (const grant of await listLiveGrantsHeld(tx, asked)) {
    if ((await endIfOver(app, tx, grant, asked.effect)) !== undefined || !asked.isGrantable) continue;
    const used = { ...grant, uses: grant.uses + 1 };
    await saveGrant(tx, used);
    tx.record(
      eventBy(by, 'grant.used', subjectOf(used), { request: asked.requestId, uses: used.uses, usedAt: tx.now }),
    );
    await notify(app, tx, subjectOf(used), { about: 'grant_used', grantId: used.id, requestId: asked.requestId });
    return used;
  }
  return undefined;
}

/** Ends a grant whose last use this was. */
export async function endIfUsedUp(app: App, tx: Tx, grant: Grant): Promise<void> {
  if (grant.uses >= grant.usesMax) await end(tx, grant, 'used_up', gaiaItself(newTraceId(app)));
}

/** Ends what an agent may do in advance when its last key is taken away: who asks with a later key is another. */
export async function endGrantsOf(tx: Tx, agentId: string, by: By): Promise<void> {
  for (const { id } of await listGrants(tx, { isLive: true, agentId })) {
    const grant = await findGrantHeld(tx, id);
    if (grant?.endedAt === null) await end(tx, grant, 'keys_revoked', by);
  }
}

/** Ends what has run out, and what its approver or the policy would not allow any more. Returns how many ended. */
export async function endGrantsThatAreOver(app: App, now: number): Promise<number> {
  let ended = 0;
  for (const live of await listLiveGrants(app.db.read)) {
    const { id, requestId } = live;
    const effect = (await findRequest(app.db.read, requestId))?.effect;
    // judged without a transaction first: nearly all that live still hold
    if (!effect || (await codeOfEnd(app, app.db.read, live, effect, now)) === undefined) continue;
    const isOver = await app.db.write(async (tx) => {
      const grant = await findGrantHeld(tx, id);
      return grant?.endedAt === null && (await endIfOver(app, tx, grant, effect)) !== undefined;
    });
    if (isOver) ended++;
  }
  return ended;
}

/** Takes a grant back. Operators may, and whoever gave it. */
export const revokeGrant = (app: App, id: string, by: By): Promise<Grant> =>
  app.db.write((tx) => revokeGrantIn(app, tx, id, by));

/** The same within a work that does more. */
export async function revokeGrantIn(app: App, tx: Tx, id: string, by: By): Promise<Grant> {
  const grant = await findGrantHeld(tx, id);
  const personId = personOf(by.actor);
  const mayOperate = by.actor === 'admin' || (personId !== undefined && app.people.operators.includes(personId));
  if (!mayOperate && (personId === undefined || grant?.givenBy !== personId)) {
    throw forbidden('Only an operator, or whoever gave a grant, takes it back.', {
      reason: 'not_an_operator',
      remedy: 'Ask an operator, or use the admin key.',
    });
  }
  if (!grant) throw noSuchGrant(id);
  if (grant.endCode === 'revoked') return grant;
  if (grant.endedAt !== null) {
    throw conflict(`The grant ${id} is over already.`, {
      reason: 'grant_over',
      remedy: 'Nothing needs to be done.',
      facts: { code: grant.endCode },
    });
  }
  return end(tx, grant, 'revoked', by);
}

export const noSuchGrant = (id: string) =>
  notFound(`There is no grant ${id}.`, {
    reason: 'no_such_grant',
    remedy: '`gaia grants` shows the grants there are.',
  });

/** The approvals on a request: people's, and the one of the grant it was approved under, unless that was taken back. */
export async function listApprovals(tx: Tx, request: Request): Promise<Vote[]> {
  const votes = await listVotes(tx, request.id);
  const grant = request.grantId === null ? undefined : await findGrant(tx, request.grantId);
  return grant && !wasTakenBack(grant) ? [...votes, voteByGrant(grant, request)] : votes;
}

async function endIfOver(app: App, tx: Tx, grant: Grant, effect: Effect): Promise<Grant | undefined> {
  const code = await codeOfEnd(app, tx, grant, effect, tx.now);
  return code && end(tx, grant, code, gaiaItself(newTraceId(app)));
}

async function codeOfEnd(
  app: App,
  q: Handle,
  grant: Grant,
  effect: Effect,
  now: number,
): Promise<GrantEnd | undefined> {
  const given = await findRequest(q, grant.requestId);
  if (!given) return 'revoked';
  const { generation } = await getInstallation(q);
  const judgement = judge(app.inForce.policy, factsFor(effect, { actor: given.askedBy }));
  return endOfGrant(grant, { given, judgement, people: app.people, generation, now });
}

async function end(tx: Tx, grant: Grant, endCode: GrantEnd, by: By): Promise<Grant> {
  const ended = { ...grant, endedAt: tx.now, endedBy: by.actor, endCode };
  await saveGrant(tx, ended);
  const action = endCode === 'expired' || endCode === 'used_up' ? 'grant.expired' : 'grant.revoked';
  tx.record(eventBy(by, action, subjectOf(grant), { code: endCode, endedAt: tx.now, uses: grant.uses }));
  return ended;
}

const subjectOf = ({ id }: Pick<Grant, 'id'>): string => `grant:${id}`;
