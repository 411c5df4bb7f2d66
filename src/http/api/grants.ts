import { z } from 'zod';
import { noSuchGrant, revokeGrant } from '../../actions/grants.ts';
import { readShortId } from '../../core/approval/short-id.ts';
import { agentListAnswer, grantAnswer, grantListAnswer } from '../../core/wire/answers-access.ts';
import { listAgentAnswers } from '../../views/agents.ts';
import { findGrantAnswer, listGrantAnswers } from '../../views/grants.ts';
import { mustLook } from '../authenticate.ts';
import { answer, type Call, type Endpoint } from './endpoint.ts';

const grantQuery = z.strictObject({
  all: z.enum(['true', 'false']).optional().describe('also those that are over; at most the newest 100'),
});

/** What agents may do without asking, and who the agents are. */
export const grantEndpoints = (): Endpoint[] => [
  {
    method: 'get',
    path: '/v1/grants',
    summary: 'What agents may do without asking',
    description: 'An agent sees its own.',
    by: 'caller',
    query: grantQuery,
    answers: { 200: { description: 'the grants, the newest first', schema: grantListAnswer } },
    async handle({ c, door, caller, query }) {
      const who = await caller();
      const isLive = (query as z.output<typeof grantQuery>).all !== 'true';
      const own = who.kind === 'agent' ? { agent: who.agent } : {};
      if (who.kind !== 'agent') mustLook(door, who);
      return answer(c, await listGrantAnswers(door.viewer, { isLive, ...own }));
    },
  },
  {
    method: 'post',
    path: '/v1/grants/{id}/revoke',
    summary: 'Take a grant back',
    description: 'Operators may, and whoever gave it.',
    by: 'operator',
    answers: { 200: { description: 'it allows nothing any more', schema: grantAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const { id } = await revokeGrant(door.app, idOf(c), asker.by);
      return answer(c, await findGrantAnswer(door.viewer, id));
    },
  },
  {
    method: 'get',
    path: '/v1/agents',
    summary: 'The agents, their keys, and how much they have open',
    by: 'looker',
    answers: { 200: { description: 'every agent, by name', schema: agentListAnswer } },
    async handle({ c, door, caller }) {
      mustLook(door, await caller());
      return answer(c, await listAgentAnswers(door.viewer, door.app.inForce.policy, door.now()));
    },
  },
];

function idOf(c: Call['c']): string {
  const given = c.req.param('id') ?? '';
  const id = readShortId('g', given);
  if (id) return id;
  throw noSuchGrant(given.slice(0, 40));
}
