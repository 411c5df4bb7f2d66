import { type Context, Hono } from 'hono';
import { revokeGrant } from '../../../actions/grants.ts';
import { readShortId } from '../../../core/approval/short-id.ts';
import { GaiaError } from '../../../core/errors.ts';
import { listAgentAnswers } from '../../../views/agents.ts';
import { listGrantAnswers } from '../../../views/grants.ts';
import type { Env } from '../../door.ts';
import { answerPage, answerRefusal } from '../components/page.tsx';
import { agentsPage } from '../pages/agents.tsx';
import { type Console, formLimit, readForm, type Visit } from '../visit.ts';

/** The agents, and what they were allowed in advance. */
export function agentRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { app, viewer } = console.door;

  routes.get('/agents', async (c) => show(c, await console.enter(c)));

  routes.post('/grants/:id/revoke', formLimit, async (c) => {
    const visit = await console.enter(c);
    try {
      await readForm(c, visit, {});
      await revokeGrant(app, readShortId('g', c.req.param('id')) ?? c.req.param('id').slice(0, 40), visit.by);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      return show(c, visit, error);
    }
    return c.redirect('/agents', 303);
  });

  async function show(c: Context<Env>, visit: Visit, refused?: GaiaError): Promise<Response> {
    const { agents } = await listAgentAnswers(viewer, app.inForce.policy, visit.now);
    const { grants } = await listGrantAnswers(viewer, { isLive: true });
    const facts = { visit, agents, grants, ...(refused && { refused }) };
    return refused ? answerRefusal(c, agentsPage(facts), refused) : answerPage(c, agentsPage(facts));
  }
  return routes;
}
