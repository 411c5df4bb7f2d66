import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { publishNow } from '../../../src/actions/changes/asking.ts';
import { recoverSends } from '../../../src/actions/publishing.ts';
import { startRun, verifyRun } from '../../../src/actions/runs.ts';
import { person } from '../../../src/core/access/actor.ts';
import { Client } from '../../../src/github/live/client.ts';
import * as shapes from '../../../src/github/live/shapes.ts';
import { listIntents } from '../../../src/store/intents.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { aLiveWorld, everything, type LiveWorld, outcomes } from './a-live-world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const codesOf = (request: { blockers: { code: string }[] }) => request.blockers.map(({ code }) => code);
const missingOf = async (world: LiveWorld, id: string) =>
  (await getRequestAnswer(world.viewer, id)).missing.map(({ code }) => code);

async function aRun(world: LiveWorld, head = 'gaia/run-1', push = true) {
  const { id } = await startRun(
    world.app,
    { workspace: world.workspace, repo: 'octo/app', head, base: 'main' },
    world.builder.asker(),
  );
  const headSha = push ? world.repo.commit(head, { 'src/a.ts': head }).sha : 'a'.repeat(40);
  await verifyRun(world.app, id, { headSha }, world.builder.asker());
  return id;
}
const pull = (head = 'gaia/run-1', more: object = {}) => ({
  op: 'pr.create',
  head,
  base: 'main',
  title: 'Faster',
  body: 'Caches.',
  ...more,
});

describe('a changeset is blocked, and nothing is written', () => {
  test.each<[string, object, string]>([
    ['a label that the policy does not list', { ...issue, labels: ['release'] }, 'label_not_allowed'],
    ['everyone at once', { ...issue, body: '@everyone look' }, 'mention_denied'],
    ['a word that closes issues', { ...issue, body: 'Fixes #1' }, 'closing_keyword'],
    ['a secret', { ...issue, body: 'ghp_abcdefghijklmnopqrstuvwxyz0123456789' }, 'secret_detected'],
    ['an issue that is not there', { op: 'issue.label.add', number: 99, labels: ['bug'] }, 'not_found'],
    ['a pull request without a run', pull(), 'workflow_context_missing'],
  ])('by %s', async (_, operation, code) => {
    const world = await aLiveWorld();
    const request = await world.writes([operation]);
    expect(request.state).toBe('blocked');
    expect(codesOf(request)).toContain(code);
    expect(world.github.created()).toEqual({});
  });

  test('by a status of a context that the policy does not list', async () => {
    const world = await aLiveWorld();
    const { sha } = world.repo.branch('main');
    const status = { op: 'commit_status.create', sha, context: 'ci', state: 'pending' };
    expect(codesOf(await world.writes([status]))).toEqual(['operation_denied']);
  });

  test('by a label that exists nowhere', async () => {
    const world = await aLiveWorld({ policy: everything.replace('labels: [bug, ready]', 'labels: ["*"]') });
    expect(codesOf(await world.writes([{ ...issue, labels: ['nonsense'] }]))).toEqual(['label_not_allowed']);
  });

  test('by a project that names what is no draft, and by a comment of somebody else', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    const { id } = world.repo.issue(1).comment('Mine.', 'octocat');
    expect(codesOf(await world.writes([{ op: 'issue.comment.update', comment: id, body: 'Yours.' }]))).toEqual([
      'remote_mismatch',
    ]);
    expect(world.repo.issue(1).comments[0]?.body).toBe('Mine.');
  });

  test.each<[string, string, object, string]>([
    ['main', 'main', { base: 'gaia/other' }, 'head_protected'],
    ['another branch than is listed', 'feature', {}, 'branch_not_allowed'],
    ['another base than is listed', 'gaia/run-1', { base: 'gaia/other' }, 'branch_not_allowed'],
    ['a commit that touches workflows', 'gaia/run-1', {}, 'operation_forbidden'],
    ['a commit that closes issues', 'gaia/run-1', {}, 'closing_keyword'],
  ])('by a pull request of %s', async (what, head, more, code) => {
    const world = await aLiveWorld();
    world.repo.commit('gaia/other', { 'x.ts': 'x' });
    const runId = await aRun(world, head === 'main' ? 'gaia/run-1' : head);
    if (what.includes('workflows')) world.repo.commit(head, { '.github/workflows/ci.yml': 'on: push' });
    if (what.includes('closes')) world.repo.commit(head, { 'b.ts': 'b' }, { message: 'Fixes #1' });
    if (what.startsWith('a commit'))
      await verifyRun(world.app, runId, { headSha: world.repo.branch(head).sha }, world.builder.asker());
    const request = await world.writes([pull(head, more)], { runId });
    expect(request.state).toBe('blocked');
    expect(codesOf(request)).toContain(code);
  });
});

describe('an approved changeset waits', () => {
  test('for its branch, its gates and the remote of its workspace', async () => {
    const world = await aLiveWorld();
    const runId = await aRun(world, 'gaia/run-1', false);
    writeFileSync(
      join(world.workspace, '.git', 'config'),
      '[remote "origin"]\n\turl = git@github.com:octo/other.git\n',
    );
    const request = await world.writes([pull()], { runId });
    expect(request.state).toBe('approved');
    const { blockers } = await publishNow(world.app, request.id, world.clock.now(), world.by(person('local')));
    expect(blockers.map(({ code }) => code)).toEqual([
      'verification_not_passed',
      'internal_review_not_passed',
      'local_remote_mismatch',
      'head_ref_missing',
    ]);
  });

  test('for room in the budget of an hour', async () => {
    const world = await aLiveWorld({ policy: `${everything}  budgets: { perHour: 1 }\n` });
    const request = await world.writes([issue, { ...issue, title: 'Another' }]);
    expect(request.state).toBe('executing');
    expect(await missingOf(world, request.id)).toEqual(['write_budget_exhausted']);
    world.clock.turn(3_600_000);
    await world.passes(4);
    expect(outcomes(await world.now(request))).toEqual(['done', 'done']);
  });

  test('for another request that writes the same and does not know whether it has', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    await world.writes([issue], { seconds: 3 });
    const second = await world.writes([issue]);
    expect(second.state).toBe('approved');
    expect(await missingOf(world, second.id)).toEqual(['intent_conflict']);
  });

  test('while the ledger does not hold what was approved', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: { limit: 'secondary', retryAfter: 60 } });
    const request = await world.writes([issue, { ...issue, title: 'Another' }], { seconds: 2 });
    const { intents } = world.db.t;
    const [, second] = await listIntents(world.db.read, request.id);
    await world.db.write(async (tx) => void (await tx.delete(intents).where(eq(intents.id, second!.id))));
    world.clock.turn(120_000);
    await world.passes(3);
    expect(await missingOf(world, request.id)).toEqual(['intent_missing']);
    expect(world.github.created()).toEqual({});
  });
});

describe('GitHub', () => {
  test.each([
    [{ status: 503 }, 'remote_unavailable'],
    ['reset_before', 'network_unavailable'],
    ['cut_body', 'network_unavailable'],
    ['garbled_body', 'network_unavailable'],
    ['hang_before', 'timeout'],
  ] as const)('is looked at again when it cannot be asked (%j)', async (how, code) => {
    const world = await aLiveWorld({ deadline: 200 });
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    const fault = world.github.fails({ method: 'GET', how, times: 3 });
    await world.approves(request);
    await world.passes(1);
    expect(await missingOf(world, request.id)).toEqual([code]);
    fault.end();
    world.clock.turn(60_000);
    await world.passes(4);
    expect(outcomes(await world.now(request))).toEqual(['done']);
  });

  test('names the field it finds invalid', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    world.github.fails({
      method: 'POST',
      path: /\/comments$/,
      how: {
        alter: () => ({
          message: 'Validation Failed',
          errors: [{ resource: 'IssueComment', code: 'invalid', field: 'body' }],
        }),
        status: 422,
      },
    });
    const request = await world.writes([{ op: 'issue.comment.create', number: 1, body: 'Hi.' }]);
    world.github.takeViolations();
    expect(request).toMatchObject({ state: 'failed', endCode: 'remote_validation_failed' });
    expect(request.endText).toContain('body');
  });

  test('is never called by what is mapped to nothing, nor anywhere else', async () => {
    const world = await aLiveWorld();
    const client = new Client({
      apiUrl: world.github.url,
      credentials: { token: 'x'.repeat(40) },
      now: world.clock.now,
    });
    const before = world.github.requests().length;
    const refused = (act: Promise<unknown>) =>
      expect(act).rejects.toMatchObject({ failure: { code: 'route_unmapped' } });
    await refused(
      client.write(
        'issue.update',
        'PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge',
        { owner: 'octo', repo: 'app', pull_number: 1 },
        {},
        shapes.issue,
      ),
    );
    await refused(
      client.write(
        'issue.update',
        'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
        { owner: 'octo', repo: 'app', issue_number: 1 },
        { state: 'closed' },
        shapes.issue,
      ),
    );
    await refused(
      client.write(
        'issue.create',
        'PATCH /repos/{owner}/{repo}/issues/{issue_number}',
        { owner: 'octo', repo: 'app', issue_number: 1 },
        {},
        shapes.issue,
      ),
    );
    await refused(
      client.write(
        'pr.ready_for_review',
        'POST /graphql',
        {},
        { query: 'mutation { mergePullRequest { clientMutationId } }' },
        shapes.issue,
      ),
    );
    await refused(
      client.look(
        'DELETE /repos/{owner}/{repo}/git/refs/{ref}',
        { owner: 'octo', repo: 'app', ref: 'heads/main' },
        shapes.issue,
      ),
    );
    await expect(
      client.look(
        'GET /repos/{owner}/{repo}',
        { owner: 'octo', repo: 'app', baseUrl: 'http://127.0.0.1:9' },
        shapes.repository,
      ),
    ).rejects.toMatchObject({ failure: { code: 'host_mismatch' } });
    expect(world.github.requests()).toHaveLength(before);
  });

  test('has it twice: one is adopted, and both are named', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_after' });
    const request = await world.writes([issue], { seconds: 1 });
    const { title, body } = world.repo.issue(1);
    world.repo.addIssue({ title, body, by: 'gaia-bot' });
    await world.passes(5);
    const [intent] = await listIntents(world.db.read, request.id);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(intent?.blocker).toMatchObject({ code: 'duplicate_detected' });
    expect(intent?.blocker?.evidence).toHaveLength(2);
  });

  test('is looked at when Gaia ended before it recorded the answer', async () => {
    const world = await aLiveWorld();
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    await world.approves(request);
    const { transport } = world.app.github;
    const real = transport.write;
    transport.write = async (write) => {
      await real(write);
      throw new Error('the process ends here');
    };
    await expect(world.tick()).rejects.toThrow('ends here');
    transport.write = real;
    await recoverSends(world.app);
    expect((await listIntents(world.db.read, request.id))[0]?.blocker?.code).toBe('record_failed');
    await world.passes(5);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(world.github.created()).toEqual({ issue: 1 });
  });

  test('is not written to by another way than was approved', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: { limit: 'secondary', retryAfter: 10 } });
    const request = await world.writes([issue], { seconds: 2 });
    Object.assign(world.app.github.transport, { host: 'github.example' });
    world.clock.turn(60_000);
    await world.passes(2);
    expect(await world.now(request)).toMatchObject({ state: 'failed', endCode: 'host_mismatch' });
    expect(world.github.created()).toEqual({});
  });
});
