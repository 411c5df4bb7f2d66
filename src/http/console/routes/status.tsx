import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { pause, resume } from '../../../actions/pauses.ts';
import { GaiaError } from '../../../core/errors.ts';
import { text } from '../../../core/wire/text.ts';
import type { Env } from '../../door.ts';
import { statusOf } from '../../status-of.ts';
import { answerPage, answerRefusal } from '../components/page.tsx';
import { statusPage } from '../pages/status.tsx';
import { type Console, formLimit, readForm, type Visit } from '../visit.ts';

const pauseForm = { reason: text({ max: 1_000 }).optional(), kill: z.literal('yes').optional() };
const resumeForm = { accept: z.literal('yes').optional() };

/** How Gaia stands, and the two switches of an operator. */
export function statusRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { app } = console.door;

  routes.get('/status', async (c) => {
    const visit = await console.enter(c);
    return answerPage(c, statusPage({ visit, status: await statusOf(console.door) }));
  });

  routes.post('/status/pause', formLimit, async (c) => {
    const visit = await console.enter(c);
    return turning(c, visit, async () => {
      const { reason, kill } = await readForm(c, visit, pauseForm);
      await pause(app, { reason: reason?.trim() || null, kill: kill === 'yes' }, visit.by);
    });
  });

  routes.post('/status/resume', formLimit, async (c) => {
    const visit = await console.enter(c);
    return turning(c, visit, async () => {
      const { accept } = await readForm(c, visit, resumeForm);
      await resume(app, { acceptGeneration: accept === 'yes' }, visit.by);
    });
  });

  /** Turns a switch and shows how things stand then; a refusal is shown on the same page. */
  async function turning(c: Context<Env>, visit: Visit, turn: () => Promise<void>): Promise<Response> {
    try {
      await turn();
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      return answerRefusal(c, statusPage({ visit, status: await statusOf(console.door), refused: error }), error);
    }
    return c.redirect('/status', 303);
  }
  return routes;
}
