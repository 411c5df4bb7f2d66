import { describe, expect, test } from 'vitest';
import { repairOf } from '../../../src/actions/changes/asking.ts';
import { person } from '../../../src/core/access/actor.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { aLiveWorld, everything, type LiveWorld, outcomes } from './a-live-world.ts';
import { aPassedRun } from './a-passed-run.ts';

const codesOf = (request: { blockers: { code: string }[] }) => request.blockers.map(({ code }) => code);
const pull = (head: string) => ({ op: 'pr.create', head, base: 'main', title: 'Faster', body: 'Caches.' });
const review = (summary: string) => ({ op: 'review_comment.create', number: 1, summary, actionRequired: 'Review it.' });

/** A pull request that was made, and whose answer was lost. */
async function aLostPull() {
  const world = await aLiveWorld();
  const run = await aPassedRun(world);
  world.github.fails({ method: 'POST', path: /\/pulls$/, how: 'reset_after' });
  const request = await world.builder.proposes({ repo: 'octo/app', runId: run.id, operations: [pull(run.branch)] });
  await world.approves(request);
  await world.passes(1);
  return { world, run, request, made: world.repo.pull(1) };
}
const textOf = async (world: LiveWorld, id: string) =>
  (await getRequestAnswer(world.viewer, id)).missing.map(({ message }) => message).join(' ');

describe('a pull request whose answer was lost', () => {
  test('is adopted while it is what was approved', async () => {
    const { world, request } = await aLostPull();
    await world.passes(10);
    expect(outcomes(await world.now(request))).toEqual(['adopted']);
    expect(world.github.created()).toEqual({ pull: 1 });
  });

  test('is left to a person once its head has moved', async () => {
    const { world, run, request } = await aLostPull();
    world.repo.commit(run.branch, { 'src/b.ts': 'later' });
    await world.passes(10);
    expect((await world.now(request)).state).toBe('unknown');
    expect(await textOf(world, request.id)).toMatch(/#1 stands at [0-9a-f]{12}, and was approved for/);
    expect(world.github.created()).toEqual({ pull: 1 });
  });

  test('is left to a person once somebody made it more than a draft', async () => {
    const { world, request, made } = await aLostPull();
    made.isDraft = false;
    await world.passes(10);
    expect((await world.now(request)).state).toBe('unknown');
    expect(await textOf(world, request.id)).toContain('is no draft any more');
  });

  test('is not asked for again by a repair once people have gone on with it', async () => {
    const { world, run, request, made } = await aLostPull();
    await world.passes(10);
    made.isDraft = false;
    world.repo.commit(run.branch, { 'src/b.ts': 'later' });
    expect(await repairOf(world.app, request.id, world.by(person('local')))).toEqual({ gone: [], changeset: null });
  });

  test('is not taken from a copy of its text by somebody else', async () => {
    const { world, run, request, made } = await aLostPull();
    const copy = made.body!;
    world.repo.items.splice(0);
    world.repo.addPull({ title: 'Faster', body: copy, head: run.branch, isDraft: true, by: 'mallory' });
    await world.passes(100);
    expect((await world.now(request)).state).toBe('unknown');
  });

  test('that is there twice is left to a person', async () => {
    const { world, run, request, made } = await aLostPull();
    made.close();
    world.repo.addPull({ title: 'Faster', body: made.body, head: run.branch, isDraft: true, by: 'gaia-bot' });
    await world.passes(10);
    expect((await world.now(request)).state).toBe('unknown');
    expect(await textOf(world, request.id)).toContain('is there 2 times, as #2, #1');
  });
});

describe('a pull request is not made', () => {
  test('where another is open for its branches (remote_mismatch)', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    world.repo.addPull({ title: 'Mine', head: run.branch, by: 'gaia-bot', isDraft: true });
    const request = await world.writes([pull(run.branch)], { runId: run.id });
    expect([request.state, codesOf(request)]).toEqual(['blocked', ['remote_mismatch']]);
    expect(request.blockers[0]?.remedy).toBe('Propose pr.update of #1.');
  });

  test('where several are open for its branches (remote_ambiguous)', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    for (const title of ['Mine', 'Also mine']) world.repo.addPull({ title, head: run.branch });
    expect(codesOf(await world.writes([pull(run.branch)], { runId: run.id }))).toEqual(['remote_ambiguous']);
  });

  test('once another was opened after people had looked (remote_changed)', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    const first = { op: 'issue.create', title: 'A', body: 'B' };
    const request = await world.builder.proposes({
      repo: 'octo/app',
      runId: run.id,
      operations: [first, pull(run.branch)],
    });
    await world.approves(request);
    await world.passes(1);
    world.repo.addPull({ title: 'Mine', head: run.branch });
    await world.passes(8);
    const ended = await world.now(request);
    expect(outcomes(ended)).toEqual(['done', 'failed']);
    expect(ended.outcome?.operations?.[1]?.code).toBe('remote_changed');
    expect(world.github.created()).toEqual({ issue: 1 });
  });

  test('of a branch into itself, in whatever case (head_equals_base)', async () => {
    const world = await aLiveWorld({ policy: everything.replace('bases: [main]', 'bases: ["*"]') });
    world.repo.commit('gaia/RUN-1', { 'x.ts': 'x' });
    const run = await aPassedRun(world, 'gaia/run-1', 'gaia/RUN-1');
    const request = await world.writes([{ ...pull(run.branch), base: 'gaia/RUN-1' }], { runId: run.id });
    expect([request.state, codesOf(request)]).toEqual(['blocked', ['head_equals_base']]);
  });
});

describe('the comment of a run and epoch', () => {
  test('is there once: the same words are found again, other words are refused (duplicate_detected)', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    world.repo.addPull({ title: 'Mine', head: run.branch });
    const asks = (summary: string) => world.writes([review(summary)], { runId: run.id });
    expect(outcomes(await asks('Done.'))).toEqual(['done']);
    expect(outcomes(await asks('Done.'))).toEqual(['adopted']);
    const other = await asks('Done, and more.');
    expect([other.state, codesOf(other)]).toEqual(['blocked', ['duplicate_detected']]);
    expect(world.repo.pull(1).comments).toHaveLength(1);
  });
});

describe('labels', () => {
  const issue = {
    op: 'issue.create',
    title: 'The build is slow',
    body: 'It takes 20 minutes.',
    labels: ['bug', 'ready'],
  };

  test('are put there by one call, and taken away by one call each, every call on record', async () => {
    const world = await aLiveWorld();
    await world.writes([{ op: 'issue.create', title: 'A', body: 'B' }]);
    const added = await world.writes([{ op: 'issue.label.add', number: 1, labels: ['bug', 'ready'] }]);
    expect(outcomes(added)).toEqual(['done']);
    expect(world.github.requests({ method: 'POST', path: /\/labels$/ })).toHaveLength(1);
    world.repo.issue(1).edits({ labels: ['bug', 'ready', 'mine'] });
    const removed = await world.writes([{ op: 'issue.label.remove', number: 1, labels: ['bug', 'ready'] }]);
    expect(outcomes(removed)).toEqual(['done', 'done']);
    expect(world.github.requests({ method: 'DELETE' })).toHaveLength(2);
    expect(await world.actionsOn(removed)).toHaveLength(
      (await world.actionsOn(added)).length + 3, // one more intent, and the begin and end of one more attempt
    );
    expect(world.repo.issue(1).labels.map(({ name }) => name)).toEqual(['mine']);
  });

  test('count for the budget of a changeset, each that is taken away', async () => {
    const world = await aLiveWorld();
    await world.writes([{ op: 'issue.create', title: 'A', body: 'B' }]);
    const labels = Array.from({ length: 11 }, (_, index) => `l${index}`);
    expect(codesOf(await world.writes([{ op: 'issue.label.remove', number: 1, labels }]))).toContain(
      'payload_too_large',
    );
  });

  test('that GitHub dropped from a new issue are noticed, and it is not called done', async () => {
    const world = await aLiveWorld();
    world.github.fails({
      method: 'POST',
      path: /\/issues$/,
      how: { alter: (body) => ({ ...(body as object), labels: [] }), status: 201 },
    });
    const request = await world.builder.proposes({ repo: 'octo/app', operations: [issue] });
    await world.approves(request);
    await world.passes(1);
    world.repo.issue(1).edits({ labels: ['bug'] });
    await world.passes(10);
    const ended = await world.now(request);
    expect(ended.state).toBe('unknown');
    expect(await textOf(world, request.id)).toContain('Issue #1 was made, without ready.');
    expect(world.github.created()).toEqual({ issue: 1 });
  });
});

test('what is not on the list of repositories is not read for a project either', async () => {
  const world = await aLiveWorld();
  world.github.addRepository('octo/other', {}).addIssue({ title: 'Secret plans' });
  const before = world.github.requests({ path: /octo\/other/ }).length;
  const request = await world.writes([{ op: 'project.item.add', repo: 'octo/other', number: 1 }], {
    project: 'octo/1',
  });
  expect([request.state, codesOf(request)]).toEqual(['blocked', ['repo_not_allowed']]);
  expect(JSON.stringify(request)).not.toContain('Secret plans');
  expect(world.github.requests({ path: /octo\/other/ })).toHaveLength(before);
});
