import { z } from 'zod';
import { previewChangeset, publishNow, repairOf } from '../../actions/changes/asking.ts';
import { lookAgain } from '../../actions/changes/unknown.ts';
import { revokeCheckpoint } from '../../actions/checkpoints.ts';
import { decide } from '../../actions/decisions.ts';
import { submitRequest } from '../../actions/requests.ts';
import {
  failRequest,
  failRun,
  gateRequest,
  recordGate,
  runRequest,
  startRun,
  verifyRequest,
  verifyRun,
} from '../../actions/runs.ts';
import { denyReasons } from '../../core/approval/decision.ts';
import { readShortId } from '../../core/approval/short-id.ts';
import { changesetInput } from '../../core/change/operations.ts';
import { writeBlockers } from '../../core/change/preconditions.ts';
import { noGitHubRules, rulesFor } from '../../core/change/rules.ts';
import type { Target } from '../../core/change/target.ts';
import { invalid, notFound } from '../../core/errors.ts';
import { decidedAnswer, submittedAnswer, toConfirmAnswer } from '../../core/wire/answers.ts';
import {
  githubStatusAnswer,
  lookedAgainAnswer,
  previewAnswer,
  publishedAnswer,
  repairAnswer,
  revokedCheckpointAnswer,
  runAnswer,
} from '../../core/wire/answers-github.ts';
import { read } from '../../core/wire/read.ts';
import { text } from '../../core/wire/text.ts';
import { getRunAnswer, ledgerStatus } from '../../views/github.ts';
import { answerFor } from '../../views/requests.ts';
import { mustLook } from '../authenticate.ts';
import { jsonBody, smallBody } from '../body.ts';
import type { Door } from '../door.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { readRequestId } from '../request-id.ts';
import { answer, type Call, type Endpoint, nameOf } from './endpoint.ts';

const approvalBody = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/, 'must be the 64 hexadecimal digits of the request digest'),
  verdict: z.enum(['approve', 'deny']).default('approve'),
  reason: z.strictObject({ code: z.enum(denyReasons).optional(), text: text({ max: 2_000 }).optional() }).optional(),
  confirm: z.boolean().optional(),
});

/** Writes to GitHub: proposing, previewing, publishing, and the runs and checkpoints they rest on. */
export const githubEndpoints = (previews: RateLimiter): Endpoint[] => [
  {
    method: 'post',
    path: '/changesets',
    summary: 'Propose a changeset',
    description: 'The same as `POST /v1/requests` with the kind `changeset`; the body is the changeset itself.',
    by: 'caller',
    body: changesetInput,
    answers: {
      200: { description: 'it joined an equal pending request', schema: submittedAnswer },
      201: { description: 'stored', schema: submittedAnswer },
    },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const { request, joined, repeated } = await submitRequest(
        door.app,
        { kind: 'changeset', changeset: await jsonBody(c) },
        asker,
      );
      return answer(
        c,
        { ...(await answerFor(door.viewer, request)), joined, repeated },
        joined || repeated ? 200 : 201,
      );
    },
  },
  {
    method: 'post',
    path: '/approvals/{id}',
    summary: 'Decide on a request',
    description: 'The same as `POST /v1/requests/{id}/decisions`. Keys never decide.',
    by: 'person',
    body: approvalBody,
    answers: {
      200: { description: 'recorded', schema: decidedAnswer },
      202: { description: 'nothing is decided yet: confirm in time', schema: toConfirmAnswer },
    },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const { reason, confirm, ...said } = read(approvalBody, await jsonBody(c), 'The decision');
      const decided = await decide(
        door.app,
        {
          requestId: idOf(c),
          ...said,
          ...(reason && {
            reason: { ...(reason.code && { code: reason.code }), ...(reason.text && { text: reason.text }) },
          }),
          ...(confirm === undefined ? {} : { confirm }),
        },
        asker.by,
      );
      if (decided.confirmBy !== undefined) {
        const message = 'Nothing is decided yet. Send the same with confirm: true within 60 seconds.';
        return answer(c, { confirmBy: decided.confirmBy, message }, 202);
      }
      return answer(c, { ...(await answerFor(door.viewer, decided.request)), repeated: decided.repeated });
    },
  },
  {
    method: 'post',
    path: '/v1/github/preview',
    summary: 'What a changeset would write, and what is in the way',
    description: 'Looks everything up; stores nothing. For keys with the scope `submit:changeset`.',
    by: 'caller',
    body: changesetInput,
    answers: { 200: { description: 'the preview', schema: previewAnswer } },
    async handle({ c, door, caller, body }) {
      const who = await caller();
      previews.spend(nameOf(who), 'Too many previews were asked for.'); // each asks GitHub, as a submission does
      return answer(c, await previewChangeset(door.app, await body(), who.asker));
    },
  },
  {
    method: 'get',
    path: '/v1/github/status',
    summary: 'How Gaia may write, what is under way, runs and checkpoints',
    by: 'looker',
    answers: { 200: { description: 'the status', schema: githubStatusAnswer } },
    async handle({ c, door, caller }) {
      mustLook(door, await caller());
      return answer(c, await statusOf(door));
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/publish',
    summary: 'Look at an approved changeset now',
    description:
      'It is published by itself when nothing is in the way; this does not wait for the next look, and says what is.',
    by: 'operator',
    answers: { 200: { description: 'the request, and everything in the way', schema: publishedAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const { request, blockers } = await publishNow(door.app, idOf(c), door.now(), asker.by);
      return answer(c, { request: await answerFor(door.viewer, request), blockers });
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/look',
    summary: 'Look at GitHub again for a write whose outcome is unknown',
    by: 'operator',
    answers: { 200: { description: 'the request, and whether it was found', schema: lookedAgainAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const { request, found } = await lookAgain(door.app, idOf(c), asker.by);
      return answer(c, { ...(await answerFor(door.viewer, request)), found });
    },
  },
  {
    method: 'post',
    path: '/v1/requests/{id}/repair',
    summary: 'What of a finished changeset is not on GitHub any more',
    by: 'operator',
    answers: { 200: { description: 'what is gone, and a changeset that would put it back', schema: repairAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      return answer(c, await repairOf(door.app, idOf(c), asker.by));
    },
  },
  {
    method: 'post',
    path: '/v1/github/runs',
    summary: 'Start work that leads to a handoff',
    by: 'caller',
    body: runRequest,
    bodyLimit: smallBody,
    answers: { 201: { description: 'started', schema: runAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      const { id } = await startRun(door.app, await body(), asker);
      return answer(c, await getRunAnswer(door.app.db.read, id), 201);
    },
  },
  {
    method: 'get',
    path: '/v1/github/runs/{id}',
    summary: 'Look at a run',
    by: 'caller',
    answers: { 200: { description: 'the run with its gates', schema: runAnswer } },
    async handle({ c, door, caller }) {
      await caller();
      return answer(c, await getRunAnswer(door.app.db.read, runIdOf(c)));
    },
  },
  {
    method: 'post',
    path: '/v1/github/runs/{id}/verify',
    summary: 'Enter verification for a commit',
    description: 'Begins a new epoch: no gate has been passed in it yet.',
    by: 'caller',
    body: verifyRequest,
    bodyLimit: smallBody,
    answers: { 200: { description: 'in verification', schema: runAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      await verifyRun(door.app, runIdOf(c), await body(), asker);
      return answer(c, await getRunAnswer(door.app.db.read, runIdOf(c)));
    },
  },
  {
    method: 'post',
    path: '/v1/github/runs/{id}/gates',
    summary: 'Record a verdict of the present epoch',
    description: 'By a key with the scope of that gate, which neither started the run nor asks for its writes.',
    by: 'caller',
    body: gateRequest,
    answers: { 200: { description: 'recorded', schema: runAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      await recordGate(door.app, runIdOf(c), await body(), asker);
      return answer(c, await getRunAnswer(door.app.db.read, runIdOf(c)));
    },
  },
  {
    method: 'post',
    path: '/v1/github/runs/{id}/fail',
    summary: 'End a run as failed',
    by: 'caller',
    body: failRequest,
    bodyLimit: smallBody,
    answers: { 200: { description: 'ended', schema: runAnswer } },
    async handle({ c, door, caller, body }) {
      const { asker } = await caller();
      await failRun(door.app, runIdOf(c), await body(), asker);
      return answer(c, await getRunAnswer(door.app.db.read, runIdOf(c)));
    },
  },
  {
    method: 'post',
    path: '/v1/github/checkpoints/{id}/revoke',
    summary: 'Take back the approval of a checkpoint',
    description: 'The id is its number. From then on nothing is written because of it.',
    by: 'operator',
    answers: { 200: { description: 'revoked', schema: revokedCheckpointAnswer } },
    async handle({ c, door, caller }) {
      const { asker } = await caller();
      const number = Number(/^[1-9]\d{0,3}$/.exec(c.req.param('id') ?? '')?.[0]);
      if (Number.isNaN(number))
        throw invalid('A checkpoint is named by its number.', {
          faults: [{ field: 'id', message: 'must be the n of CHECKPOINT_<n>.md' }],
        });
      const revoked = await revokeCheckpoint(door.app, number, asker.by);
      return answer(c, { number, revoked: revoked.length });
    },
  },
];

async function statusOf({ app }: Door): Promise<z.output<typeof githubStatusAnswer>> {
  const { transport, settings } = app.github;
  const highest = await app.github.highestCheckpoint();
  const ledger = await ledgerStatus(app.db.read);
  const [repo = 'owner/name'] = settings.allowedRepos;
  const [project] = settings.allowedProjects;
  const isNothingListed = settings.allowedRepos.length === 0 && project === undefined;
  const target: Target =
    settings.allowedRepos.length > 0 || project === undefined ? { kind: 'repo', repo } : { kind: 'project', project };
  const missing = writeBlockers(
    {
      target,
      operations: [],
      rules: rulesFor(noGitHubRules, target, transport.mode),
      settings,
      checkpoint: { highest, approvals: ledger.checkpoints },
      paused: false,
      targetId: null,
      pinnedId: null,
      run: undefined,
      epoch: null,
      headSha: null,
      perChangeset: 10,
    },
    { asLive: true },
  );
  return {
    transport: transport.mode,
    host: transport.host,
    updaterEnabled: settings.updaterEnabled,
    allowedRepos: [...settings.allowedRepos],
    allowedProjects: [...settings.allowedProjects],
    checkpoint: highest ? { number: highest.number, file: highest.file, sha256: highest.sha256 } : null,
    missing: missing.map(({ target: _, repo: __, message, ...one }) => ({
      ...one,
      message:
        one.code === 'repo_not_allowed' && isNothingListed
          ? 'No repository and no project is on the list of what this Gaia may write to.'
          : message,
    })),
    ...ledger,
  };
}

const idOf = (c: Call['c']): string => readRequestId(c.req.param('id') ?? '');

function runIdOf(c: Call['c']): string {
  const id = readShortId('g', c.req.param('id') ?? '');
  if (id === undefined)
    throw notFound('That is no id of a GitHub run.', { reason: 'no_such_run', remedy: 'It looks like g-7F3K2Q.' });
  return id;
}
