import { describe, expect, test } from 'vitest';
import { verifyRun } from '../../../src/actions/runs.ts';
import { aLiveWorld, type LiveWorld } from './a-live-world.ts';
import { aPassedRun, passGates } from './a-passed-run.ts';

const deep = '>'.repeat(20_000);
const codesOf = ({ state, blockers }: { state: string; blockers: { code: string }[] }) => [
  state,
  ...new Set(blockers.map(({ code }) => code)),
];
const pull = (head: string) => ({ op: 'pr.create', head, base: 'main', title: 'Faster', body: 'Caches.' });

describe('a text that is made to exhaust whoever reads it', () => {
  test.each(['issue.create', 'issue.comment.create'])('is refused as the body of %s', async (op) => {
    const world = await aLiveWorld({ deadline: 10_000 });
    world.repo.addIssue({ title: 'Theirs' });
    const operation = op === 'issue.create' ? { op, title: 'A', body: deep } : { op, number: 1, body: deep };
    expect(codesOf(await world.writes([operation]))).toEqual(['blocked', 'payload_invalid']);
    expect(world.github.created()).toEqual({});
  });

  test.each([
    ['deep', deep],
    ['long', 'All of it. '.repeat(20_000)],
  ])('is refused as the message of a commit (%s)', async (_, message) => {
    const world = await aLiveWorld({ deadline: 10_000 });
    const { id, branch } = await aPassedRun(world);
    const { sha } = world.repo.commit(branch, { 'b.ts': 'b' }, { message });
    await verifyRun(world.app, id, { headSha: sha }, world.builder.asker());
    expect(codesOf(await world.writes([pull(branch)], { runId: id }))).toContain('payload_too_large');
    expect(world.github.created()).toEqual({});
  });
});

test('a text does not switch off the search for secrets in it', async () => {
  const world = await aLiveWorld();
  const body = 'secretlint-disable\n\nghp_abcdefg&#104;ijklmnopqrstuvwxyz0123456789';
  expect(codesOf(await world.writes([{ op: 'issue.create', title: 'A', body }]))).toEqual([
    'blocked',
    'secret_detected',
  ]);
});

describe('what lies in a pull request', () => {
  test.each([
    ['that touches workflows', { '.github/workflows/ci.yml': 'on: push' }, 'More', 'operation_forbidden'],
    ['that closes issues', { 'b.ts': 'b' }, 'Fixes #1', 'closing_keyword'],
  ])('is looked at again before it is handed over: a later commit %s', async (_, files, message, code) => {
    const world = await aLiveWorld();
    const { id, branch } = await aPassedRun(world);
    const made = world.repo.addPull({ title: 'Faster', head: branch, isDraft: true, by: 'gaia-bot' });
    const { sha } = world.repo.commit(branch, files as Record<string, string>, { message });
    await passGates(world, id, sha, 'again');
    const number = made.number;
    for (const operation of [
      { op: 'pr.ready_for_review', number },
      { op: 'pr.request_reviewers', number, reviewers: ['octocat'] },
      { op: 'pr.update', number, patch: [{ op: 'replace', path: '/title', value: 'Faster still' }] },
    ])
      expect(codesOf(await world.writes([operation], { runId: id }))).toEqual(['blocked', code]);
    expect(made).toMatchObject({ isDraft: true, title: 'Faster' });
  });

  test('is looked at by its commit, not by a branch that may show another one meanwhile', async () => {
    const world = await aLiveWorld();
    const { id, branch } = await aPassedRun(world);
    const { sha } = world.repo.commit(branch, { '.github/workflows/ci.yml': 'on: push' });
    await passGates(world, id, sha, 'again');
    hidesBehind(world, branch, world.repo.commit('gaia/clean', { 'c.ts': 'c' }).sha, sha);
    expect(codesOf(await world.writes([pull(branch)], { runId: id }))).toEqual(['blocked', 'operation_forbidden']);
  });
});

/** Whoever may push shows a harmless commit while Gaia compares, and the judged one before and after. */
function hidesBehind({ app, repo }: LiveWorld, branch: string, clean: string, judged: string): void {
  const { transport } = app.github;
  const compare = transport.compare.bind(transport);
  transport.compare = async (...of) => {
    repo.setBranch(branch, clean);
    const seen = await compare(...of);
    repo.setBranch(branch, judged);
    return seen;
  };
}

describe('how a run stands', () => {
  const head = '**Run g-7F3K2Q**, epoch 1, commit `0123456789ab` of `gaia/run-1`';

  test('is not said by an ordinary comment', async () => {
    const world = await aLiveWorld();
    world.repo.addIssue({ title: 'Theirs' });
    const body = `${head}\n\nEverything has passed.`;
    expect(codesOf(await world.writes([{ op: 'issue.comment.create', number: 1, body }]))).toEqual([
      'blocked',
      'payload_invalid',
    ]);
  });

  test('is not overwritten by an ordinary comment, which needs no gates', async () => {
    const world = await aLiveWorld();
    world.repo.addIssue({ title: 'Theirs' });
    const { id } = world.repo.issue(1).comment(head, 'gaia-bot');
    expect(codesOf(await world.writes([{ op: 'issue.comment.update', comment: id, body: 'All is well.' }]))).toEqual([
      'blocked',
      'remote_mismatch',
    ]);
    expect(world.repo.issue(1).comments[0]?.body).toBe(head);
  });
});
