import { agentNamed } from '../core/access/actor.ts';
import { capsFor } from '../core/policy/judge.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { AgentAnswer, AgentListAnswer } from '../core/wire/answers-access.ts';
import { listAgents, listLiveKeys } from '../store/agents.ts';
import { listLiveGrants } from '../store/grants.ts';
import { listRequests } from '../store/request-lists.ts';
import { countOpen, countSince } from '../store/requests-of-asker.ts';
import type { Viewer } from './requests.ts';

/** Every agent, with its keys, what it has open, and what it may. */
export async function listAgentAnswers(
  { db: { read } }: Pick<Viewer, 'db'>,
  policy: Policy,
  now: number,
): Promise<AgentListAnswer> {
  const grants = await listLiveGrants(read);
  const agents: AgentAnswer[] = [];
  for (const { id, ownerId } of await listAgents(read)) {
    const askedBy = agentNamed(id);
    const keys = await listLiveKeys(read, id, now);
    const caps = capsFor(policy, id);
    const [newest] = await listRequests(read, { askedBy, limit: 1 });
    const ends = keys.map(({ expiresAt }) => expiresAt);
    agents.push({
      name: id,
      owner: ownerId,
      keys: keys.length,
      keysEnd: ends.length === 0 || ends.includes(null) ? null : Math.max(...(ends as number[])),
      open: await countOpen(read, askedBy),
      openMax: caps.open,
      lastMinute: await countSince(read, askedBy, now - 60_000),
      perMinuteMax: caps.perMinute,
      grants: grants.filter(({ agentId }) => agentId === id).length,
      lastAskedAt: newest?.createdAt ?? null,
    });
  }
  return { agents };
}
