import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { readDeliveryId } from '../../../actions/operator-commands.ts';
import { discard, requeue } from '../../../actions/requeues.ts';
import { silence } from '../../../actions/silences.ts';
import { GaiaError } from '../../../core/errors.ts';
import { text } from '../../../core/wire/text.ts';
import { listAlertAnswers } from '../../../views/alerts.ts';
import { listFailed } from '../../../views/failed.ts';
import { getMetrics } from '../../../views/metrics.ts';
import type { Env } from '../../door.ts';
import { hostOf } from '../../host-of.ts';
import { statusOf } from '../../status-of.ts';
import { answerPage, answerRefusal } from '../components/page.tsx';
import { operationsPage } from '../pages/operations.tsx';
import { type Console, formLimit, readForm, type Visit } from '../visit.ts';

const requeueForm = { id: z.string().max(20).optional(), all: z.literal('yes').optional() };
const discardForm = { id: z.string().max(20), reason: text({ min: 1, max: 500 }) };
const silenceForm = { alert: z.string().max(80), for: z.string().max(20), reason: text({ max: 300 }).optional() };

/** Failed messages, alerts, what is measured and what happens by the clock. */
export function operationsRoutes(console: Console): Hono<Env> {
  const routes = new Hono<Env>();
  const { app } = console.door;

  const page = async (visit: Visit, refused?: GaiaError) => {
    const { door } = console;
    const now = door.now();
    return operationsPage({
      visit,
      failed: await listFailed(door.viewer, 200),
      alerts: await listAlertAnswers(door.viewer, app.inForce.policy.alerts, now),
      metrics: (await getMetrics(door.viewer, hostOf(door), now)).metrics,
      status: await statusOf(door),
      ...(refused ? { refused } : {}),
    });
  };
  const acting = async (c: Context<Env>, act: (visit: Visit) => Promise<unknown>): Promise<Response> => {
    const visit = await console.enter(c);
    try {
      await act(visit);
    } catch (error) {
      if (!(error instanceof GaiaError)) throw error;
      return answerRefusal(c, await page(visit, error), error);
    }
    return c.redirect('/operations', 303);
  };

  routes.get('/operations', async (c) => answerPage(c, await page(await console.enter(c))));
  routes.post('/operations/requeue', formLimit, (c) =>
    acting(c, async (visit) => {
      const { id, all } = await readForm(c, visit, requeueForm);
      await requeue(app, all ? { all: true } : { id: readDeliveryId(id ?? '') }, visit.by);
    }),
  );
  routes.post('/operations/discard', formLimit, (c) =>
    acting(c, async (visit) => {
      const { id, reason } = await readForm(c, visit, discardForm);
      await discard(app, readDeliveryId(id), reason, visit.by);
    }),
  );
  routes.post('/operations/silence', formLimit, (c) =>
    acting(c, async (visit) => {
      const { alert, for: length, reason } = await readForm(c, visit, silenceForm);
      await silence(app, { alert, length: length === 'off' ? null : length, reason: reason?.trim() || null }, visit.by);
    }),
  );
  return routes;
}
