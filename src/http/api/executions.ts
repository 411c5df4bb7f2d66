import { z } from 'zod';
import { resolve, stopCommand } from '../../actions/executions.ts';
import { report, reportInput, takePermitOf } from '../../actions/permits.ts';
import { outputAnswer, requestAnswer } from '../../core/wire/answers.ts';
import { read } from '../../core/wire/read.ts';
import { text } from '../../core/wire/text.ts';
import { answerFor, getRequestAnswer } from '../../views/requests.ts';
import { smallBody } from '../body.ts';
import { readRequestId } from '../request-id.ts';
import { answer, type Call, type Endpoint, ownOnly } from './endpoint.ts';

const resolutionBody = z.strictObject({
  verdict: z
    .enum(['executed', 'failed', 'resend'])
    .describe('what became of it; `resend` sends an unknown write to GitHub once more'),
  reason: text({ min: 1, max: 2_000 }).describe('how you know'),
  number: z
    .int()
    .min(1)
    .optional()
    .describe(
      'of a write to GitHub that is there: the number of the issue or pull request, or the id of the comment or item',
    ),
});

/** What runs: permits of agents that run it themselves, and the ends of commands that Gaia runs. */
export const executionEndpoints = (): Endpoint[] => [
  {
    method: 'post',
    path: '/v1/requests/{id}/permit',
    summary: 'Take the one-use permit of an approved command of mode `client`',
    description:
      'Judged again like any start. Whoever gets the answer 200 may run the command once; the request has then ended as `released`.',
    by: 'caller',
    answers: { 200: { description: 'released: run it once', schema: requestAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return answer(c, await answerFor(door.viewer, await takePermitOf(door.app, idOf(c), asker.by)));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/report',
    summary: 'Say what came of a command that the agent ran itself',
    description: 'Attached once, marked as stated by the agent; the same again is harmless.',
    by: 'caller',
    body: reportInput,
    answers: { 200: { description: 'the request with its outcome', schema: requestAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      const said = read(reportInput, await body(), 'The report');
      return answer(c, await answerFor(door.viewer, await report(door.app, idOf(c), said, asker.by)));
    },
  },
  {
    method: 'get',
    path: '/v1/requests/{id}/output',
    summary: 'The last of what a running command has written',
    description:
      'Redacted. `end` counts the characters of a stream so far, so that a reader knows what is new. After the end, and on another instance than the one that runs it, it is empty: the outcome has the whole.',
    by: 'caller',
    answers: { 200: { description: 'the last of both streams', schema: outputAnswer } },
    async handle({ c, door, caller }) {
      const request = await getRequestAnswer(door.viewer, idOf(c), ownOnly(await caller()).askedBy);
      const running = request.state === 'executing';
      const live = running ? await door.app.execution?.executor.live(request.id) : undefined;
      const none = { text: '', end: 0 };
      return answer(c, { running, stdout: live?.stdout ?? none, stderr: live?.stderr ?? none });
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/stop',
    summary: 'End a running command',
    description: 'SIGTERM to all of it, and SIGKILL after its grace. Repeating it is harmless.',
    by: 'operator',
    answers: { 200: { description: 'being stopped', schema: requestAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return answer(c, await answerFor(door.viewer, await stopCommand(door.app, idOf(c), asker.by)));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/resolve',
    summary: 'Say what became of a command or a write whose outcome is unknown',
    by: 'operator',
    body: resolutionBody,
    bodyLimit: smallBody,
    answers: { 200: { description: 'closed', schema: requestAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      const found = read(resolutionBody, await body(), 'The resolution');
      return answer(c, await answerFor(door.viewer, await resolve(door.app, idOf(c), found, asker.by)));
    },
  },
];

const idOf = (c: Call['c']): string => readRequestId(c.req.param('id') ?? '');
