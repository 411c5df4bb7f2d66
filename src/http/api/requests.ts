import { z } from 'zod';
import { comment } from '../../actions/comments.ts';
import { decide } from '../../actions/decisions.ts';
import { snooze } from '../../actions/reminders.ts';
import { askAgain, type Submitted, submitRequest } from '../../actions/requests.ts';
import { markShown } from '../../actions/showings.ts';
import { withdrawRequest } from '../../actions/withdrawals.ts';
import { commentInput } from '../../core/approval/comment.ts';
import { denyReasons, mayNotDecide, verdicts } from '../../core/approval/decision.ts';
import { requestStates } from '../../core/approval/states.ts';
import { submission } from '../../core/approval/submission.ts';
import { forbidden } from '../../core/errors.ts';
import {
  commentedAnswer,
  decidedAnswer,
  type RequestAnswer,
  requestAnswer,
  requestListAnswer,
  snoozedAnswer,
  submittedAnswer,
  toConfirmAnswer,
  waitAnswer,
} from '../../core/wire/answers.ts';
import { read } from '../../core/wire/read.ts';
import { text } from '../../core/wire/text.ts';
import { answerFor, getRequestAnswer, listRequestAnswers } from '../../views/requests.ts';
import { jsonBody, smallBody } from '../body.ts';
import { readRequestId } from '../request-id.ts';
import { answer, type Call, type Endpoint, nameOf, ownOnly } from './endpoint.ts';
import { until, type WaitingRoom } from './until.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits of the request digest');
const shownBody = z.strictObject({ digest: digest.describe('of the request as it was shown') });
const decisionBody = z.strictObject({
  verdict: z.enum(verdicts),
  digest,
  reason: z.strictObject({ code: z.enum(denyReasons).optional(), text: text({ max: 2_000 }).optional() }).optional(),
  answer: text({ min: 1, max: 4_000 }).optional(),
  confirm: z.boolean().optional(),
  allow: z
    .boolean()
    .optional()
    .describe('with `approve`: the same agent may do exactly this again without asking, 10 times within an hour'),
});

const snoozeBody = z.strictObject({ seconds: z.int().min(60).max(86_400) });

const listQuery = z.strictObject({
  state: z.enum(requestStates).optional(),
  cursor: z.string().max(60).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

const waitQuery = z.strictObject({
  seconds: z.coerce.number().min(0).max(300).default(60),
  until: z.enum(['ended', 'decided']).default('ended').describe('`decided`: no longer than until people have decided'),
  comments: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('how many comments the caller has seen, those there are unless told: answers as soon as there are more'),
});

/** Requests: asking, looking, waiting, deciding. */
export const requestEndpoints = (enter: WaitingRoom): Endpoint[] => [
  {
    method: 'post',
    path: '/v1/requests',
    summary: 'Ask',
    description: 'Stores a request and shows it to people. What parses but may not proceed is stored as `blocked`.',
    by: 'caller',
    body: submission,
    answers: {
      200: {
        description: 'it joined an equal pending request, or repeats a known idempotency key',
        schema: submittedAnswer,
      },
      201: { description: 'stored', schema: submittedAnswer },
    },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return submitted({ c, door }, await submitRequest(door.app, await jsonBody(c), asker));
    },
  },
  {
    method: 'get',
    path: '/v1/requests',
    summary: 'List requests, the newest first',
    description: 'An agent sees its own.',
    by: 'caller',
    query: listQuery,
    answers: { 200: { description: 'a page', schema: requestListAnswer } },
    async handle({ c, door, caller, query }) {
      const filter = query as z.output<typeof listQuery>;
      const { state, cursor, limit } = filter;
      const page = { limit, ...(state ? { state } : {}), ...(cursor ? { cursor } : {}), ...ownOnly(await caller()) };
      return answer(c, await listRequestAnswers(door.viewer, page));
    },
  },
  {
    method: 'get',
    path: '/v1/requests/{id}',
    summary: 'Look at a request',
    by: 'caller',
    answers: { 200: { description: 'the request', schema: requestAnswer } },
    async handle({ c, door, caller }) {
      const { askedBy } = ownOnly(await caller());
      return answer(c, await getRequestAnswer(door.viewer, idOf(c), askedBy));
    },
  },
  {
    method: 'get',
    path: '/v1/requests/{id}/wait',
    summary: 'Wait for the end of a request',
    description:
      'Answers when the request has ended or somebody commented on it, or with `timedOut` after the seconds given.',
    by: 'caller',
    query: waitQuery,
    answers: { 200: { description: 'the request as it is then', schema: waitAnswer } },
    async handle({ c, door, caller, callerNow, query }) {
      const who = await caller();
      const { askedBy } = ownOnly(who);
      const { seconds, until: what, comments: seen } = query as z.output<typeof waitQuery>;
      const id = idOf(c);
      let known = seen;
      const isOver = ({ ended, state, comments }: RequestAnswer) => {
        known ??= comments.length;
        return ended || state === 'unknown' || (what === 'decided' && state !== 'pending') || comments.length > known;
      };
      const look = async () => {
        await callerNow(); // a key that was revoked meanwhile waits for nothing any more
        return getRequestAnswer(door.viewer, id, askedBy);
      };
      const leave = enter(nameOf(who));
      const request = await until(door, look, isOver, {
        seconds,
        signal: c.req.raw.signal,
      }).finally(leave);
      return answer(c, { ...request, timedOut: !isOver(request) });
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/withdraw',
    summary: 'Take a request back',
    by: 'caller',
    answers: { 200: { description: 'withdrawn', schema: requestAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return answer(c, await answerFor(door.viewer, await withdrawRequest(door.app, idOf(c), asker.by)));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/comments',
    summary: 'Say something about a request',
    description:
      'A person asks the agent something, the agent answers. The request waits on; the cards show it, and `wait` with `comments` answers.',
    by: 'caller',
    body: commentInput,
    bodyLimit: smallBody,
    answers: { 201: { description: 'said', schema: commentedAnswer } },
    async handle({ c, door, caller, body }) {
      const who = await caller();
      const { askedBy } = ownOnly(who);
      await getRequestAnswer(door.viewer, idOf(c), askedBy); // another agent's is not found
      const { text } = read(commentInput, await body(), 'The comment');
      const { request, comment: said } = await comment(door.app, idOf(c), text, who.asker.by);
      const { id, author, text: kept, at } = said;
      return answer(c, { ...(await answerFor(door.viewer, request)), comment: { id, author, text: kept, at } }, 201);
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/snooze',
    summary: 'Put reminders of a request off',
    by: 'person',
    body: snoozeBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'put off', schema: snoozedAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      const { seconds } = read(snoozeBody, await body(), 'The body');
      return answer(c, await snooze(door.app, idOf(c), seconds * 1000, asker.by));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/again',
    summary: 'Ask the same again, looked up afresh',
    by: 'caller',
    answers: {
      200: { description: 'it joined an equal pending request', schema: submittedAnswer },
      201: { description: 'a new request that supersedes the old one', schema: submittedAnswer },
    },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return submitted({ c, door }, await askAgain(door.app, idOf(c), asker));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/shown',
    summary: 'Say that a request was shown',
    description:
      'A client says that it has put all of the request before the signed-in person, who may decide it. Before that, or the opening of its page, nothing can be approved.',
    by: 'person',
    body: shownBody,
    answers: { 200: { description: 'the request as it is then', schema: requestAnswer } },
    async handle({ c, door, caller }) {
      const who = await caller();
      if (who.kind !== 'person') throw keysSeeNothing();
      const shown = read(shownBody, await jsonBody(c), 'The body');
      const request = await getRequestAnswer(door.viewer, idOf(c));
      const { askedBy, approvals } = request;
      const barred = mayNotDecide({ askedBy, approvers: approvals?.approvers ?? null }, who.personId, door.app.people);
      if (barred) throw barred;
      await markShown(door.app, request.id, who.personId, { source: who.asker.by.source, digest: shown.digest });
      return answer(c, await getRequestAnswer(door.viewer, request.id));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/decisions',
    summary: 'Decide',
    description:
      'Records the verdict of the signed-in person; keys never decide. Where the tier asks for two acts the first answers 202, and the same call with `confirm: true` within 60 seconds decides.',
    by: 'person',
    body: decisionBody,
    answers: {
      200: { description: 'recorded', schema: decidedAnswer },
      202: { description: 'nothing is decided yet: confirm in time', schema: toConfirmAnswer },
    },
    async handle({ c, door, caller }) {
      const who = await caller();
      const body = read(decisionBody, await jsonBody(c), 'The decision');
      const { request, confirmBy, repeated } = await decide(
        door.app,
        {
          requestId: idOf(c),
          verdict: body.verdict,
          digest: body.digest,
          ...(body.reason
            ? {
                reason: {
                  ...(body.reason.code ? { code: body.reason.code } : {}),
                  ...(body.reason.text ? { text: body.reason.text } : {}),
                },
              }
            : {}),
          ...(body.answer === undefined ? {} : { answer: body.answer }),
          ...(body.confirm === undefined ? {} : { confirm: body.confirm }),
          ...(body.allow === undefined ? {} : { allow: body.allow }),
        },
        who.asker.by,
      );
      if (confirmBy !== undefined) {
        return answer(
          c,
          { confirmBy, message: 'Nothing is decided yet. Send the same with confirm: true within 60 seconds.' },
          202,
        );
      }
      return answer(c, { ...(await answerFor(door.viewer, request)), repeated });
    },
  },
];

async function submitted(
  { c, door }: Pick<Call, 'c' | 'door'>,
  { request, joined, repeated }: Submitted,
): Promise<Response> {
  return answer(c, { ...(await answerFor(door.viewer, request)), joined, repeated }, joined || repeated ? 200 : 201);
}

const keysSeeNothing = () =>
  forbidden('Only a person is shown a request; a key shows it to nobody.', {
    reason: 'agents_cannot_decide',
    remedy: 'A person looks and decides, in the console, in Telegram, or after `gaia login`.',
  });

const idOf = (c: Call['c']): string => readRequestId(c.req.param('id') ?? '');
