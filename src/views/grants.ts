import type { Grant } from '../core/approval/grant.ts';
import type { Request } from '../core/approval/request.ts';
import { quoteArgv } from '../core/text/quote.ts';
import type { GrantAnswer, GrantListAnswer } from '../core/wire/answers-access.ts';
import type { Handle } from '../store/database.ts';
import { findGrant, listGrants } from '../store/grants.ts';
import { findRequest } from '../store/requests.ts';
import type { Viewer } from './requests.ts';

/** Grants, the newest first; `isLive`: only those that still allow something. */
export async function listGrantAnswers(
  { db: { read } }: Pick<Viewer, 'db'>,
  { isLive = false, agent }: { isLive?: boolean; agent?: string } = {},
): Promise<GrantListAnswer> {
  const grants: GrantAnswer[] = [];
  for (const grant of await listGrants(read, { isLive, ...(agent === undefined ? {} : { agentId: agent }) }))
    grants.push(await composeWith(read, grant));
  return { grants };
}

/** Undefined where there is no such grant. */
export async function findGrantAnswer(
  { db: { read } }: Pick<Viewer, 'db'>,
  id: string,
): Promise<GrantAnswer | undefined> {
  const grant = await findGrant(read, id);
  return grant && composeWith(read, grant);
}

const composeWith = async (read: Handle, grant: Grant): Promise<GrantAnswer> =>
  compose(grant, await findRequest(read, grant.requestId));

const compose = (grant: Grant, given: Request | undefined): GrantAnswer => ({
  id: grant.id,
  agent: grant.agentId,
  effectDigest: grant.effectDigest,
  what: given?.effect?.kind === 'command' ? quoteArgv(given.effect.command.argv) : grant.effectDigest.slice(0, 12),
  request: grant.requestId,
  givenBy: grant.givenBy,
  givenAt: grant.givenAt,
  expiresAt: grant.expiresAt,
  uses: grant.uses,
  usesMax: grant.usesMax,
  state: grant.endedAt === null ? 'live' : 'over',
  endedAt: grant.endedAt,
  endedBy: grant.endedBy,
  endCode: grant.endCode,
});
