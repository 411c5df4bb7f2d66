import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookAgain } from '../../../src/actions/changes/unknown.ts';
import { resolve } from '../../../src/actions/executions.ts';
import { verifyRequests } from '../../../src/cli/local/verify-requests.ts';
import { person } from '../../../src/core/access/actor.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { aLiveWorld, everything, type LiveWorld, outcomes } from './a-live-world.ts';
import { aPassedRun } from './a-passed-run.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };
const comment = (number: number | string = 1) => ({ op: 'issue.comment.create', number, body: 'Measured on Monday.' });
const codesOf = (request: { blockers: { code: string }[] }) => request.blockers.map(({ code }) => code);
const missingOf = async (world: LiveWorld, id: string) =>
  (await getRequestAnswer(world.viewer, id)).missing.map(({ code }) => code);

describe('with everything enabled, a changeset', () => {
  test('of issues is written once, and proven by the ledger', async () => {
    const world = await aLiveWorld();
    const done = await world.writes([
      { ...issue, ref: 'a' },
      comment('$a'),
      { op: 'issue.label.add', number: '$a', labels: ['ready'] },
      { op: 'issue.assign', number: '$a', assignees: ['octocat'] },
      { op: 'issue.update', number: '$a', patch: [{ op: 'replace', path: '/title', value: 'The build is very slow' }] },
    ]);
    expect(done).toMatchObject({ state: 'executed', endCode: 'written', tier: 'high' });
    expect(done.outcome?.dryRun).toBe(false);
    const [there] = world.repo.items;
    expect(there).toMatchObject({ title: 'The build is very slow' });
    expect(world.github.created()).toEqual({ issue: 1, issue_comment: 1 });

    const removed = await world.writes([{ op: 'issue.label.remove', number: there!.number, labels: ['bug'] }]);
    expect(outcomes(removed)).toEqual(['done']);
    const again = await world.writes([{ op: 'issue.label.remove', number: there!.number, labels: ['bug'] }]);
    expect(outcomes(again)).toEqual(['unchanged']);
  });

  test('of labels with slashes is written', async () => {
    const world = await aLiveWorld({
      policy: everything.replace('labels: [bug, ready]', 'labels: [bug, ready, "area/*"]'),
      repository: { labels: ['bug', 'area/ui'] },
    });
    await world.writes([{ ...issue, labels: ['bug', 'area/ui'] }]);
    const labels = () => world.repo.issue(1).labels.map(({ name }) => name);
    expect(labels()).toEqual(['bug', 'area/ui']);
    const change = (op: string) => world.writes([{ op, number: 1, labels: ['area/ui'] }]);
    expect(outcomes(await change('issue.label.remove'))).toEqual(['done']);
    expect(labels()).toEqual(['bug']);
    expect(outcomes(await change('issue.label.add'))).toEqual(['done']);
    expect(labels()).toEqual(['bug', 'area/ui']);
  });

  test('of links and a status is written, and equal ones change nothing', async () => {
    const world = await aLiveWorld();
    await world.writes([issue, { ...issue, title: 'Cache the build' }]);
    const sha = world.repo.branch('main').sha;
    const operations = [
      { op: 'issue.link', parent: 1, child: 2, relation: 'sub_issue' },
      { op: 'issue.link', parent: 1, child: 2, relation: 'blocked_by' },
      { op: 'commit_status.create', sha, context: 'gaia/check', state: 'pending' },
    ];
    expect(outcomes(await world.writes(operations))).toEqual(['done', 'done', 'done']);
    expect(outcomes(await world.writes(operations))).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  test('of a project is written, and never moves anything to Done', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    const done = await world.writes(
      [
        { op: 'project.item.add', ref: 'i', repo: 'octo/app', number: 1 },
        { op: 'project.field.update', item: '$i', field: 'Status', value: 'In Progress' },
        { op: 'project.draft_item.create', ref: 'd', title: 'Think about caching' },
        {
          op: 'project.draft_item.update',
          item: '$d',
          patch: [{ op: 'replace', path: '/title', value: 'Think harder' }],
        },
      ],
      { project: 'octo/1' },
    );
    expect(outcomes(done)).toEqual(['done', 'done', 'done', 'done']);
    const item = done.outcome!.operations![0]!.written!.id as number;
    const moved = await world.writes([{ op: 'project.field.update', item, field: 'Status', value: 'Done' }], {
      project: 'octo/1',
    });
    expect(moved.state).toBe('blocked');
    expect(codesOf(moved)).toContain('operation_forbidden');
  });

  test('of a pull request is written from its run, and hands the run over', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    const done = await world.writes(
      [
        { op: 'pr.create', ref: 'p', head: run.branch, base: 'main', title: 'Build faster', body: 'Caches the build.' },
        { op: 'review_comment.create', number: '$p', summary: 'Tests pass.', actionRequired: 'Review and merge.' },
        { op: 'pr.request_reviewers', number: '$p', reviewers: ['octocat'] },
      ],
      { runId: run.id },
    );
    expect(codesOf(done)).toEqual([]);
    expect(outcomes(done)).toEqual(['done', 'done', 'done']);
    const [pull] = world.github.repo('octo/app').pulls;
    expect(pull).toMatchObject({ isDraft: true, title: 'Build faster' });
    expect(world.github.created()).toMatchObject({ pull: 1, issue_comment: 1 });

    const next = await aPassedRun(world, 'gaia/run-2');
    const ready = await world.writes([{ op: 'pr.ready_for_review', number: pull!.number }], { runId: next.id });
    expect(codesOf(ready)).toContain('branch_incomplete');
  });
});

describe('a write whose answer is lost', () => {
  test.each([
    'reset_after',
    'cut_body',
    'garbled_body',
    { status: 502, after: true },
    { status: 500, after: true },
  ] as const)('is found by its mark and never sent again (%j)', async (how) => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how });
    const done = await world.writes([{ ...issue, ref: 'a' }, comment('$a')], { seconds: 14 });
    expect(outcomes(done)).toEqual(['adopted', 'done']);
    expect(world.github.created()).toEqual({ issue: 1, issue_comment: 1 });
    expect(world.github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);
  });

  test('that never arrived is unknown, until a person has it sent once more', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const lost = await world.writes([issue], { seconds: 100 });
    expect(lost.state).toBe('unknown');
    expect(await missingOf(world, lost.id)).toEqual(['outcome_unknown']);
    expect(world.github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);

    const by = world.by(person('local'));
    expect((await lookAgain(world.app, lost.id, by)).found).toBe(false);
    await resolve(world.app, lost.id, { verdict: 'resend', reason: 'It is not there.' }, by);
    await world.passes(5);
    expect(outcomes(await world.now(lost))).toEqual(['done']);
    expect(world.github.created()).toEqual({ issue: 1 });
    expect(await verifyRequests(world.db, new Set([lost.id]), () => undefined)).toEqual([]);
  });

  test('and about which GitHub cannot be asked for an hour is left to a person', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_after' });
    const request = await world.writes([issue], { seconds: 1 });
    const outage = world.github.fails({ how: { status: 503 }, times: Number.POSITIVE_INFINITY });
    for (let minute = 0; minute < 100; minute++) {
      world.clock.turn(60_000);
      await world.tick();
    }
    expect((await world.now(request)).state).toBe('unknown');
    outage.end();
    expect((await lookAgain(world.app, request.id, world.by(person('local')))).found).toBe(true);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(world.github.created()).toEqual({ issue: 1 });
  });

  test('is closed by hand, and what was not started stays so', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const lost = await world.writes([issue, { ...issue, title: 'Another' }], { seconds: 100 });
    await resolve(world.app, lost.id, { verdict: 'executed', reason: 'I made it by hand.' }, world.by(person('local')));
    expect(await world.now(lost)).toMatchObject({ state: 'failed', endCode: 'partly_done' });
    expect(await verifyRequests(world.db, new Set([lost.id]), () => undefined)).toEqual([]);
    await world.passes(5);
    expect(world.github.created()).toEqual({});
  });

  test('is not taken from a mark that somebody else wrote', async () => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    const effect = request.effect as { changeset: { operations: { key: string; payloadHash: string }[] } };
    const { key, payloadHash } = effect.changeset.operations[0]!;
    const forged = `<!-- gaia:v1 op=${key.slice(0, 32)} h=${payloadHash.slice(0, 32)} s=${'0'.repeat(64)} -->`;
    world.repo.addIssue({ title: 'The build is slow', body: `It takes 20 minutes.\n\n${forged}`, by: 'mallory' });
    await world.approves(request);
    await world.passes(100);
    expect((await world.now(request)).state).toBe('unknown');
  });

  test('of a pull request that people closed is not made again', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    const fault = world.github.fails({ method: 'POST', path: /\/pulls$/, how: 'reset_after' });
    const request = await world.builder.proposes({
      repo: 'octo/app',
      runId: run.id,
      operations: [{ op: 'pr.create', head: run.branch, base: 'main', title: 'Build faster', body: 'Caches.' }],
    });
    await world.approves(request);
    await world.passes(1);
    expect(fault.hits).toBe(1);
    world.github.repo('octo/app').pulls[0]!.close();
    await world.passes(10);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(world.github.created()).toEqual({ pull: 1 });
    expect(world.github.repo('octo/app').pulls[0]).toMatchObject({ state: 'closed' });
  });
});

describe('a limit', () => {
  test.each([
    [{ limit: 'secondary', retryAfter: 30 }, 'secondary_rate_limited'],
    [{ limit: 'primary', status: 403 }, 'rate_limited'],
    [{ limit: 'secondary', status: 429 }, 'secondary_rate_limited'],
  ] as const)('is waited for, and is no attempt (%j)', async (how, code) => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how });
    const waiting = await world.writes([issue], { seconds: 1 });
    expect(waiting.state).toBe('executing');
    expect(await missingOf(world, waiting.id)).toEqual([code]);
    world.clock.turn(3_700_000);
    await world.passes(5);
    expect(outcomes(await world.now(waiting))).toEqual(['done']);
    expect(world.github.created()).toEqual({ issue: 1 });
  });
});

describe('a refusal of GitHub', () => {
  test.each([[{ rights: { issues: 'read' } }, 'permission_denied']] as const)(
    'ends the changeset with its reason, and the key is free again (%j)',
    async (token, code) => {
      const world = await aLiveWorld({ token });
      const ended = await world.writes([issue]);
      expect(ended).toMatchObject({ state: 'failed', endCode: code });
      expect(world.github.created()).toEqual({});
    },
  );

  test.each([
    [{ redirect: 'http://127.0.0.1:1/elsewhere', status: 307 }, 'repo_identity_changed'],
    [{ redirect: '/repos/octo/app/issues', status: 308 }, 'repo_identity_changed'],
  ] as const)('or a redirect is never followed (%j)', async (how, code) => {
    const world = await aLiveWorld();
    world.github.fails({ method: 'POST', path: /\/issues$/, how });
    const ended = await world.writes([issue]);
    expect(ended).toMatchObject({ state: 'failed', endCode: code });
    expect(world.github.created()).toEqual({});
  });

  test('of a renamed repository stops everything', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    world.repo.rename('api');
    const ended = await world.writes([comment()]);
    expect(ended.state).toBe('blocked');
    expect(codesOf(ended)).toEqual(['repo_identity_changed']);
  });

  test('of another repository under the same name is noticed by its id', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    world.repo.rename('old');
    world.github.addRepository('octo/app', { labels: ['bug'] });
    const request = await world.writes([{ ...issue, title: 'Another' }]);
    expect(codesOf(request).concat(await missingOf(world, request.id), request.endCode ?? '')).toContain(
      'repo_identity_changed',
    );
    expect(world.github.created()).toEqual({ issue: 1 });
  });

  test('of the token is said so', async () => {
    const world = await aLiveWorld({ token: { expiresAt: Date.UTC(2020, 0, 1) } });
    expect(codesOf(await world.writes([issue]))).toEqual(['auth_failed']);
  });
});

describe('what moved meanwhile', () => {
  test('an edited body makes an approved change of it stale, and nothing is overwritten', async () => {
    const world = await aLiveWorld();
    await world.writes([issue]);
    const edit = await world.builder.proposes({
      repo: 'octo/app',
      operations: [{ op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/body', value: 'New words.' }] }],
    });
    world.repo.issue(1).edits({ body: 'A person was here.' });
    await world.approves(edit);
    await world.passes(4);
    expect(await world.now(edit)).toMatchObject({ state: 'stale', endCode: 'effect_changed' });
    expect(world.repo.issue(1).body).toBe('A person was here.');
  });

  test('a moved head holds a pull request up', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    const request = await world.builder.proposes({
      repo: 'octo/app',
      runId: run.id,
      operations: [{ op: 'pr.create', head: run.branch, base: 'main', title: 'Build faster', body: 'Caches.' }],
    });
    world.repo.commit(run.branch, { 'src/b.ts': 'later' });
    await world.approves(request);
    await world.passes(4);
    expect((await world.now(request)).state).toBe('approved');
    expect(await missingOf(world, request.id)).toEqual(['head_sha_mismatch']);
    expect(world.github.created()).toEqual({});
  });
});

describe('without one of its conditions, a changeset', () => {
  test.each([
    [{ updaterEnabled: false }, 'updater_disabled'],
    [{ withoutCheckpoint: true }, 'checkpoint_missing'],
  ] as const)('waits, and nothing is sent (%j)', async (options, code) => {
    const world = await aLiveWorld(options);
    const request = await world.writes([issue]);
    expect(request.state).toBe('approved');
    expect(await missingOf(world, request.id)).toEqual([code]);
    expect(world.github.requests({ method: 'POST' })).toEqual([]);
  });

  test('on a repository that is not listed is blocked, and GitHub is not even asked', async () => {
    const world = await aLiveWorld({ allowedRepos: [] });
    const request = await world.writes([issue]);
    expect(codesOf(request)).toEqual(['repo_not_allowed']);
    expect(world.github.requests()).toEqual([]);
  });

  test('whose checkpoint was edited or revoked waits', async () => {
    const world = await aLiveWorld();
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'Looked at nothing.\n');
    const request = await world.writes([issue]);
    expect(await missingOf(world, request.id)).toEqual(['checkpoint_changed']);
    expect(world.github.created()).toEqual({});
  });
});
