import { z } from 'zod';
import { readDeliveryId } from '../../actions/operator-commands.ts';
import { mustOperate } from '../../actions/operators.ts';
import { discard, planRequeue, requeue, type Which } from '../../actions/requeues.ts';
import { silence } from '../../actions/silences.ts';
import { simulatePolicy } from '../../actions/simulations.ts';
import { requeuedAtOnce } from '../../core/delivery/requeue.ts';
import { invalid } from '../../core/errors.ts';
import { parseDuration } from '../../core/policy/duration.ts';
import {
  adminRequeuedAnswer,
  alertCheckAnswer,
  alertListAnswer,
  discardedAnswer,
  failedAnswer,
  metricsAnswer,
  requeuedAnswer,
  silencedAnswer,
  simulationAnswer,
} from '../../core/wire/answers-operating.ts';
import { read } from '../../core/wire/read.ts';
import { text } from '../../core/wire/text.ts';
import { listAlertAnswers } from '../../views/alerts.ts';
import { listFailed } from '../../views/failed.ts';
import { getMetrics } from '../../views/metrics.ts';
import { mustAdminister, mustLook } from '../authenticate.ts';
import { smallBody } from '../body.ts';
import { checkAlerts } from '../check-alerts.ts';
import { hostOf } from '../host-of.ts';
import { exposition } from '../metrics.ts';
import { monitorOf } from '../monitor.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { answer, type Call, type Endpoint } from './endpoint.ts';

const requeueBody = z.strictObject({
  id: z.string().max(20).optional(),
  index: z.number().int().min(0).max(999_999).optional().describe('counts the failed messages, the oldest is 0'),
  all: z.literal(true).optional(),
  auto: z.literal(true).optional().describe('those the schedule would take'),
  dryRun: z.boolean().optional().describe('say what would be done, and do nothing'),
});
const adminBody = z.strictObject({
  id: z.string().max(20).optional(),
  callback_id: z.string().max(20).optional().describe('the same as id'),
  index: z.unknown().optional().describe('counts the failed messages, the oldest is 0; ids are safer'),
  all: z.literal(true).optional(),
});
const adminQuery = z.strictObject({
  token: z.string().max(300).optional().describe('better: the header X-Admin-Token'),
});
const failedQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(1_000).default(200) });
const discardBody = z.strictObject({ reason: text({ min: 1, max: 500 }) });
const silenceBody = z.strictObject({
  for: z.string().max(20).nullable().describe('such as 1h; null ends the silence'),
  reason: text({ max: 300 }).optional(),
});
const checkBody = z.strictObject({
  window: z.string().max(20).optional().describe('of what is counted, such as 1h (the default)'),
  thresholds: z.record(z.string().max(60), z.number().min(0)).optional(),
  dryRun: z.boolean().optional(),
});
const simulationBody = z.strictObject({
  policy: z.string().max(256 * 1024),
  limit: z.number().int().min(1).max(2_000).default(200),
});

/** Failed messages, metrics, alerts. */
export const operationsEndpoints = (wrongTokens: RateLimiter): Endpoint[] => [
  {
    method: 'get',
    path: '/v1/deliveries/failed',
    summary: 'Messages that could not be delivered, the oldest first',
    by: 'looker',
    query: failedQuery,
    answers: { 200: { description: 'the list, as `gaia failed` prints it', schema: failedAnswer } },
    async handle({ c, door, caller, query }) {
      mustLook(door, await caller());
      return answer(c, await listFailed(door.viewer, (query as z.output<typeof failedQuery>).limit));
    },
  },
  {
    method: 'post',
    path: '/v1/requeues',
    summary: 'Give failed messages another life: one by id or index, all, or those the schedule would take',
    description: `A call takes ${requeuedAtOnce} messages at most; \`remaining\` counts those that the same call again goes on with.`,
    by: 'operator',
    body: requeueBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'what was requeued, and what was left and why', schema: requeuedAnswer } },
    async handle({ c, door, caller, body }) {
      const { by } = (await caller()).asker;
      const { dryRun = false, ...given } = read(requeueBody, await body(), 'The requeue');
      const which = whichOf(given);
      const done = dryRun ? await planRequeue(door.app, which, by) : await requeue(door.app, which, by);
      return answer(c, { ...done, dryRun });
    },
  },
  {
    method: 'post',
    path: '/v1/deliveries/{id}/requeue',
    summary: 'Give a failed message another life',
    by: 'operator',
    answers: { 200: { description: 'requeued', schema: requeuedAnswer } },
    async handle({ c, door, caller }) {
      const { by } = (await caller()).asker;
      const done = await requeue(door.app, { id: readDeliveryId(c.req.param('id') ?? '') }, by);
      return answer(c, { ...done, dryRun: false });
    },
  },
  {
    method: 'post',
    path: '/v1/deliveries/{id}/discard',
    summary: 'Close a failed message for good',
    by: 'operator',
    body: discardBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'closed', schema: discardedAnswer } },
    async handle({ c, door, caller, body }) {
      const { by } = (await caller()).asker;
      mustOperate(door.app, by);
      const { reason } = read(discardBody, await body(), 'The discard');
      const done = await discard(door.app, readDeliveryId(c.req.param('id') ?? ''), reason, by);
      return answer(c, { ...done, state: 'discarded' });
    },
  },
  {
    method: 'post',
    path: '/admin/requeue',
    summary: 'Requeue with the monitor token: {id}, {index} or {all: true}',
    description:
      'The token comes in the header `X-Admin-Token`; `?token=` is taken from scripts that have no other way. Without MONITOR_ADMIN_TOKEN this door is closed.',
    by: 'anyone',
    query: adminQuery,
    body: adminBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'requeued', schema: adminRequeuedAnswer } },
    async handle({ c, door, body }) {
      const by = await monitorOf(door, c, wrongTokens);
      const given = read(adminBody, await body(), 'The requeue');
      const id = given.id ?? given.callback_id;
      const { index } = given;
      if (index !== undefined && (typeof index !== 'number' || !Number.isInteger(index) || index < 0))
        throw invalid('That is an invalid index.', {
          reason: 'invalid_index',
          remedy: 'Give a whole number from 0, or better an id.',
        });
      const which = whichOf({ id, index: index as number | undefined, all: given.all });
      const { requeued, ...others } = await requeue(door.app, which, by);
      return answer(c, { requeued: requeued.length > 0, ids: requeued.map((each) => each.id), ...others });
    },
  },
  {
    method: 'get',
    path: '/metrics',
    name: 'getMetricsForPrometheus',
    summary: 'What is measured, for Prometheus',
    description: 'For the admin key, people, and the monitor token (as bearer or X-Admin-Token).',
    by: 'looker',
    answers: { 200: { description: 'the text format of Prometheus' } },
    async handle({ c, door, caller }) {
      await mustMeasure({ door, c, caller }, wrongTokens);
      const { body, type } = await exposition(door);
      return c.body(body, 200, { 'content-type': type });
    },
  },
  {
    method: 'get',
    path: '/v1/metrics',
    summary: 'What is measured, with the last hour',
    by: 'looker',
    answers: { 200: { description: 'every metric that applies here', schema: metricsAnswer } },
    async handle({ c, door, caller }) {
      await mustMeasure({ door, c, caller }, wrongTokens);
      return answer(c, await getMetrics(door.viewer, hostOf(door), door.now()));
    },
  },
  {
    method: 'get',
    path: '/v1/alerts',
    summary: 'Every alert, those that fire first',
    by: 'looker',
    answers: { 200: { description: 'how each stands', schema: alertListAnswer } },
    async handle({ c, door, caller }) {
      await mustMeasure({ door, c, caller }, wrongTokens);
      return answer(c, { alerts: await listAlertAnswers(door.viewer, door.app.inForce.policy.alerts, door.now()) });
    },
  },
  {
    method: 'post',
    path: '/v1/alerts/check',
    summary: 'Look at the alerts now, or at thresholds of your own',
    description: 'Without thresholds the rules in force are evaluated, as the schedule does once a minute.',
    by: 'operator',
    body: checkBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'what was found', schema: alertCheckAnswer } },
    async handle({ c, door, caller, body }) {
      const { by } = (await caller()).asker;
      mustOperate(door.app, by);
      const { window, thresholds = {}, dryRun = false } = read(checkBody, await body(), 'The check');
      const seconds = window === undefined ? 3_600 : parseDuration(window);
      if (seconds === undefined || seconds < 60)
        throw invalid('That is no window.', {
          reason: 'invalid_window',
          remedy: 'Say a length from 1m, such as 30m or 1h.',
        });
      return answer(c, await checkAlerts(door, { windowMs: seconds * 1_000, thresholds, dryRun }));
    },
  },
  {
    method: 'post',
    path: '/v1/alerts/{id}/silence',
    summary: 'Let an alert be quiet for a while',
    by: 'operator',
    body: silenceBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'until when; null: it may speak', schema: silencedAnswer } },
    async handle({ c, door, caller, body }) {
      const { by } = (await caller()).asker;
      const given = read(silenceBody, await body(), 'The silence');
      const silencing = { alert: c.req.param('id') ?? '', length: given.for, reason: given.reason ?? null };
      return answer(c, await silence(door.app, silencing, by));
    },
  },
  {
    method: 'post',
    path: '/v1/policy/simulate',
    summary: 'What another policy would have asked of past requests; nothing is changed',
    by: 'admin',
    body: simulationBody,
    answers: { 200: { description: 'the requests it would have judged otherwise', schema: simulationAnswer } },
    async handle({ c, door, caller, body }) {
      mustAdminister(await caller());
      const { policy, limit } = read(simulationBody, await body(), 'The simulation');
      return answer(c, await simulatePolicy(door.app, policy, limit));
    },
  },
];

/** Exactly one way to say which. */
function whichOf({
  id,
  index,
  all,
  auto,
}: {
  id?: string | undefined;
  index?: number | undefined;
  all?: true | undefined;
  auto?: true | undefined;
}): Which {
  const ways = [id, index, all, auto].filter((way) => way !== undefined);
  if (ways.length === 1) {
    if (id !== undefined) return { id: readDeliveryId(id) };
    if (index !== undefined) return { index };
    return all ? { all: true } : { auto: true };
  }
  throw invalid(ways.length === 0 ? 'Say which message.' : 'Say in one way which message.', {
    reason: 'which_unclear',
    remedy: 'Give one of {"id": "d-7F3K2Q"}, {"index": 0} and {"all": true}.',
  });
}

/** People, the administrator, and the holder of the monitor token. */
async function mustMeasure(
  { door, c, caller }: Pick<Call, 'door' | 'c' | 'caller'>,
  wrong: RateLimiter,
): Promise<void> {
  if (door.monitorToken !== undefined && carriesMonitorToken(c)) await monitorOf(door, c, wrong);
  else mustLook(door, await caller());
}

/** Keys of Gaia begin with `gaia_`; any other bearer can only be the monitor's token. */
const carriesMonitorToken = (c: Call['c']): boolean =>
  c.req.header('x-admin-token') !== undefined || /^Bearer\s+(?!gaia_)\S/i.test(c.req.header('authorization') ?? '');
