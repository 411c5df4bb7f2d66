import { describe, expect, test } from 'vitest';
import { beginPublishing } from '../../../src/actions/publishing.ts';
import { startRun } from '../../../src/actions/runs.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import { anEmulatedGitHub } from '../../support/github/emulated.ts';
import { aClock } from '../../support/store.ts';
import { aWritingWorld, everything, outcomes } from './a-live-world.ts';
import { passGates } from './a-passed-run.ts';

/** Instants of the other GitHub are the machine's: this world's clock stays behind them, as ours behind GitHub's may. */
const behindMs = 600_000;

/** A whole Gaia that writes to the GitHub of others, and what it sends there. */
async function anEmulatedWorld() {
  const github = await anEmulatedGitHub();
  const { fullName, url, token } = github;
  const world = await aWritingWorld({
    clock: aClock(Date.now() - behindMs),
    policy: everything.replaceAll('octo/app', fullName),
    fullName,
    url,
    token,
    deadline: 2_000,
    settings: { updaterEnabled: true, allowedRepos: [fullName] },
  });
  for (const name of ['bug', 'ready']) await github.people.issues.createLabel({ ...github.at, name, color: 'ededed' });
  /** a run whose gates have passed for the one commit of its branch */
  const aRun = async (branch: string) => {
    const { sha } = await github.commit(branch, { 'src/a.ts': branch });
    const { id } = await startRun(
      world.app,
      { workspace: world.workspace, repo: fullName, head: branch, base: 'main' },
      world.builder.asker(),
    );
    await passGates(world, id, sha, branch);
    return { id, branch };
  };
  /** publishes a done changeset again, and lets the loops run: nothing may be sent */
  const publishesAgain = async (request: Request) => {
    const before = github.writes.length;
    await beginPublishing(world.app, request.id, world.clock.now(), true);
    await world.passes(3);
    return github.writes.length - before;
  };
  return { ...world, github, aRun, publishesAgain };
}

type World = Awaited<ReturnType<typeof anEmulatedWorld>>;
const titled = (title: string) => [{ op: 'replace', path: '/title', value: title }];
const at = '/repos/gaia-bot/app';

/** One operation, and the one call that it is. */
interface Step {
  operation: object;
  method: string;
  path: string;
}

const creating: Step = {
  operation: { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] },
  method: 'POST',
  path: `${at}/issues`,
};
const commenting: Step = {
  operation: { op: 'issue.comment.create', number: 1, body: 'Measured on Monday.' },
  method: 'POST',
  path: `${at}/issues/1/comments`,
};
/** What changes an issue and its comment, and is the same done twice. */
const changing = (comment: number): Step[] => [
  {
    operation: { op: 'issue.update', number: 1, patch: titled('The build is very slow') },
    method: 'PATCH',
    path: `${at}/issues/1`,
  },
  {
    operation: { op: 'issue.comment.update', comment, body: 'Measured on Tuesday.' },
    method: 'PATCH',
    path: `${at}/issues/comments/${comment}`,
  },
  {
    operation: { op: 'issue.label.add', number: 1, labels: ['ready'] },
    method: 'POST',
    path: `${at}/issues/1/labels`,
  },
  {
    operation: { op: 'issue.label.remove', number: 1, labels: ['bug'] },
    method: 'DELETE',
    path: `${at}/issues/1/labels/bug`,
  },
];
const opening = (head: string): Step => ({
  operation: { op: 'pr.create', head, base: 'main', title: 'Faster', body: 'Caches the build.' },
  method: 'POST',
  path: `${at}/pulls`,
});
const changingPull: Step[] = [
  {
    operation: { op: 'pr.update', number: 1, patch: titled('Build faster') },
    method: 'PATCH',
    path: `${at}/pulls/1`,
  },
  {
    operation: { op: 'pr.request_reviewers', number: 1, reviewers: ['octocat'] },
    method: 'POST',
    path: `${at}/pulls/1/requested_reviewers`,
  },
];

/** Writes one operation by its one call, which a second publish does not repeat. */
async function writesOnce(world: World, { operation, method, path }: Step, { runId }: { runId?: string } = {}) {
  const { writes } = world.github;
  const before = writes.length;
  const done = await world.writes([operation], { seconds: 3, ...(runId && { runId }) });
  expect([done.blockers, outcomes(done), writes.slice(before)]).toEqual([[], ['done'], [{ method, path }]]);
  expect(await world.publishesAgain(done)).toBe(0);
  return done.outcome!.operations![0]!.written!;
}

/** The same operation, asked for anew, finds everything as it is to be. */
async function changesNothing(world: World, { operation }: Step, { runId }: { runId?: string } = {}) {
  const before = world.github.writes.length;
  const again = await world.writes([operation], { seconds: 3, ...(runId && { runId }) });
  expect([again.blockers, outcomes(again)]).toEqual([[], ['unchanged']]);
  expect(world.github.writes.slice(before)).toEqual([]);
}

/** Loses the answer of one operation that was carried out: it is adopted, and the call was made once. */
async function adoptsOnce(world: World, { operation, method, path }: Step, { runId }: { runId?: string } = {}) {
  const { writes, fails } = world.github;
  const before = writes.length;
  const lost = fails({ method, how: 'reset_after' });
  const done = await world.writes([operation], { seconds: 5, ...(runId && { runId }) });
  expect(lost.hits).toBe(1);
  expect([done.blockers, outcomes(done), writes.slice(before)]).toEqual([[], ['adopted'], [{ method, path }]]);
  expect(await world.publishesAgain(done)).toBe(0);
  return done.outcome!.operations![0]!.written!;
}

describe('on a GitHub made by others, each operation', () => {
  test('on issues, comments and labels is written once', async () => {
    const world = await anEmulatedWorld();
    expect((await writesOnce(world, creating)).number).toBe(1);
    const { id } = await writesOnce(world, commenting);
    for (const step of changing(id!)) {
      await writesOnce(world, step);
      await changesNothing(world, step);
    }
    const { data: issue } = await world.github.people.issues.get({ ...world.github.at, issue_number: 1 });
    expect(issue).toMatchObject({ title: 'The build is very slow', labels: [{ name: 'ready' }] });
    expect(await world.github.counts()).toEqual({ issues: 1, pulls: 0, comments: 1 });
  });

  test('on issues, comments and labels is adopted where its answer was lost', async () => {
    const world = await anEmulatedWorld();
    expect((await adoptsOnce(world, creating)).number).toBe(1);
    const { id } = await adoptsOnce(world, commenting);
    for (const step of changing(id!)) await adoptsOnce(world, step);
    expect(await world.github.counts()).toEqual({ issues: 1, pulls: 0, comments: 1 });
  });

  // It opens a second pull request for the same branches, which GitHub refuses: what is there once was sent once.
  test.each([
    ['written once', writesOnce],
    ['adopted where its answer was lost', adoptsOnce],
  ] as const)('on pull requests and reviewers is %s', async (_, writes) => {
    const world = await anEmulatedWorld();
    const { id: runId, branch } = await world.aRun('gaia/run-1');
    expect((await writes(world, opening(branch), { runId })).number).toBe(1);
    for (const step of changingPull) {
      await writes(world, step, { runId });
      await changesNothing(world, step, { runId });
    }
    const { data: pull } = await world.github.people.pulls.get({ ...world.github.at, pull_number: 1 });
    expect(pull).toMatchObject({ title: 'Build faster', draft: true, requested_reviewers: [{ login: 'octocat' }] });
    expect(await world.github.counts()).toEqual({ issues: 0, pulls: 1, comments: 0 });
  });
});
