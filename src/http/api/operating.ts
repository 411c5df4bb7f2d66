import { z } from 'zod';
import { explainSubmission } from '../../actions/explanations.ts';
import { mustOperate } from '../../actions/operators.ts';
import { pause, resume } from '../../actions/pauses.ts';
import { loadPolicy } from '../../actions/policies.ts';
import { sealLog } from '../../actions/seals.ts';
import { submission } from '../../core/approval/submission.ts';
import { formatSeal } from '../../core/audit/seal.ts';
import { deliveryStates } from '../../core/delivery/states.ts';
import { sealAnswer } from '../../core/wire/answers-log.ts';
import { explanationAnswer, policyAnswer } from '../../core/wire/answers-policy.ts';
import { deliveryListAnswer, pausedAnswer, statusAnswer } from '../../core/wire/answers-status.ts';
import { read } from '../../core/wire/read.ts';
import { text } from '../../core/wire/text.ts';
import { listDeliveryAnswers } from '../../views/deliveries.ts';
import { mustAdminister, mustLook } from '../authenticate.ts';
import { smallBody } from '../body.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { statusOf } from '../status-of.ts';
import { answer, type Endpoint, nameOf } from './endpoint.ts';

const pauseBody = z.strictObject({
  reason: text({ max: 500 }).optional(),
  kill: z.boolean().optional().describe('end the commands that run, too'),
});
const resumeBody = z.strictObject({
  acceptGeneration: z.boolean().optional().describe('accept a store that stands behind its log as a new generation'),
});
const deliveryQuery = z.strictObject({
  state: z.enum(deliveryStates).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** What operators and administrators do; `explanations` limits how often one caller has the policy explained. */
export const operatingEndpoints = (explanations: RateLimiter): Endpoint[] => [
  {
    method: 'get',
    path: '/v1/status',
    summary: 'What runs, what waits, and what to do next',
    by: 'looker',
    answers: { 200: { description: 'one honest page', schema: statusAnswer } },
    async handle({ c, door, caller }) {
      mustLook(door, await caller());
      return answer(c, await statusOf(door));
    },
  },
  {
    method: 'get',
    path: '/v1/deliveries',
    summary: 'Messages owed to people, the oldest first',
    by: 'looker',
    query: deliveryQuery,
    answers: { 200: { description: 'the deliveries', schema: deliveryListAnswer } },
    async handle({ c, door, caller, query }) {
      mustLook(door, await caller());
      const { state, limit } = query as z.output<typeof deliveryQuery>;
      return answer(c, await listDeliveryAnswers(door.viewer, { limit, ...(state ? { state } : {}) }));
    },
  },
  {
    method: 'post',
    path: '/v1/pause',
    summary: 'Let nothing new start',
    by: 'operator',
    body: pauseBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'paused', schema: pausedAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      mustOperate(door.app, asker.by);
      const { reason, kill } = read(pauseBody, await body(), 'The pause');
      const { generation } = await pause(door.app, { reason: reason ?? null, kill: kill ?? false }, asker.by);
      return answer(c, { paused: true, generation });
    },
  },
  {
    method: 'post',
    path: '/v1/resume',
    summary: 'Let things start again',
    by: 'operator',
    body: resumeBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'running', schema: pausedAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      mustOperate(door.app, asker.by);
      const { acceptGeneration } = read(resumeBody, await body(), 'The resumption');
      const { generation } = await resume(door.app, { acceptGeneration: acceptGeneration ?? false }, asker.by);
      return answer(c, { paused: false, generation });
    },
  },
  {
    method: 'post',
    path: '/v1/seal',
    summary: 'Sign the head of the log now',
    by: 'admin',
    answers: { 200: { description: 'the seal as one line; null while the log is empty', schema: sealAnswer } },
    async handle({ c, door, caller }) {
      const who = await caller();
      mustAdminister(who);
      const seal = await sealLog(door.app, door.sealKey, who.asker.by);
      return answer(c, { seal: seal ? formatSeal(seal) : null, seq: seal?.seq ?? null });
    },
  },
  {
    method: 'post',
    path: '/v1/policy/reload',
    summary: 'Read the policy file again and put it in force',
    by: 'admin',
    answers: { 200: { description: 'in force, with what changed', schema: policyAnswer } },
    async handle({ c, door, caller }) {
      const who = await caller();
      mustAdminister(who);
      const { changes } = await loadPolicy(door.app, await door.readPolicyFile(), who.asker.by);
      return answer(c, { digest: door.app.inForce.digest, changes });
    },
  },
  {
    method: 'post',
    path: '/v1/policy/explain',
    summary: 'What the policy would say to a submission, rule by rule; nothing is stored',
    by: 'caller',
    body: submission,
    answers: { 200: { description: 'the judgement and its reasons', schema: explanationAnswer } },
    async handle({ c, door, caller, body }) {
      const who = await caller();
      explanations.spend(nameOf(who), 'Too many explanations were asked for.'); // each looks files up, as a submission does
      return answer(c, await explainSubmission(door.app, await body(), who.asker));
    },
  },
];
