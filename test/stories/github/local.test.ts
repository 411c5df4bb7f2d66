import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startRun, verifyRun } from '../../../src/actions/runs.ts';
import { verifyRequests } from '../../../src/cli/local/verify-requests.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import type { LocalFake } from '../../../src/github/local-fake/transport.ts';
import { getRequestAnswer } from '../../../src/views/requests.ts';
import { engines } from '../../support/store.ts';
import { aWorld, type World } from '../../support/world.ts';

const issue = {
  op: 'issue.create',
  ref: 'a',
  title: 'The build is slow',
  body: 'It takes 20 minutes.',
  labels: ['bug'],
};

/** Approves, and lets the loops run until nothing moves; writes to one repository are a second apart. */
async function publishes(world: World, request: Request, seconds = 20): Promise<Request> {
  await world.person('local').approves(request);
  for (let second = 0; second < seconds; second++) {
    await world.tick();
    world.clock.turn(1_000);
  }
  return world.now(request);
}

describe.each(engines)('a changeset with the defaults, on %s', (engine) => {
  test('is written to the world of Gaia alone, once, and says so', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.proposes({
      repo: 'local/demo',
      operations: [
        issue,
        { op: 'issue.comment.create', number: '$a', body: 'Measured on Monday.' },
        { op: 'issue.label.add', number: '$a', labels: ['help wanted'] },
      ],
    });
    expect(request.blockers).toEqual([]);
    expect(request.state).toBe('pending');

    const ended = await publishes(world, request);
    expect(ended).toMatchObject({ state: 'executed', endCode: 'written' });
    expect(ended.outcome).toMatchObject({ dryRun: true, transport: 'local_fake' });
    expect(ended.outcome?.operations?.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(ended.outcome?.operations?.[0]?.written?.url).toBe('local://github/local/demo/issues/1');

    const fake = world.app.github.transport as LocalFake;
    const there = await fake.issue('local/demo', 1);
    expect(there).toMatchObject({ title: 'The build is slow', labels: ['bug', 'help wanted'] });
    expect(there.body).toMatch(
      /^It takes 20 minutes\.\n\n<!-- gaia:v1 op=[0-9a-f]{32} h=[0-9a-f]{32} s=[0-9a-f]{64} -->$/,
    );
    expect(await fake.ownComments('local/demo', 1)).toHaveLength(1);
    expect(await world.actionsOn(request)).toEqual([
      'request.submitted',
      'request.shown',
      'decision.recorded',
      'request.approved',
      'permit.issued',
      'permit.taken',
      'execution.started',
      'intent.recorded',
      'intent.recorded',
      'intent.recorded',
      ...Array.from({ length: 3 }, () => ['attempt.started', 'attempt.finished']).flat(),
      'execution.finished',
    ]);
  });

  test('is not written twice when it is approved twice', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const { ref: _, ...once } = issue;
    const first = await publishes(world, await builder.proposes({ repo: 'local/demo', operations: [once] }));
    const second = await publishes(world, await builder.proposes({ repo: 'local/demo', operations: [once] }));
    expect(first.outcome?.operations?.[0]?.outcome).toBe('done');
    expect(second.outcome?.operations?.[0]).toMatchObject({ outcome: 'adopted', written: { number: 1 } });
    expect(await (world.app.github.transport as LocalFake).ownIssues('local/demo')).toHaveLength(1);
  });

  test('cannot reach a repository that the policy does not name', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.proposes({ repo: 'octocat/hello', operations: [issue] });
    expect(request.state).toBe('blocked');
    expect(request.blockers.map(({ code }) => code)).toEqual(['operation_denied']);
  });

  test('is a rehearsal when it is a TEST: nothing is written, not even to that world', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const ended = await publishes(
      world,
      await builder.proposes({ repo: 'local/demo', operations: [issue] }, { isTest: true }),
    );
    expect(ended).toMatchObject({ state: 'executed', endCode: 'rehearsed' });
    expect(await (world.app.github.transport as LocalFake).ownIssues('local/demo')).toEqual([]);
  });

  test('is out of date when what it changes was changed meanwhile, and says what', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    await publishes(world, await builder.proposes({ repo: 'local/demo', operations: [issue] }));
    const edit = await builder.proposes({
      repo: 'local/demo',
      operations: [
        { op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/title', value: 'The build is very slow' }] },
      ],
    });
    const fake = world.app.github.transport as LocalFake;
    await fake.write({ op: 'issue.update', target: 'local/demo', number: 1, title: 'Somebody was here' });

    const ended = await publishes(world, edit);
    expect(ended).toMatchObject({ state: 'stale', endCode: 'effect_changed' });
    expect(ended.endText).toContain('operation 1 (issue.update, issue #1)');
    expect((await fake.issue('local/demo', 1)).title).toBe('Somebody was here');
  });

  test('of a pull request says that nobody looked at its commits and files: this world has no git', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const workspace = mkdtempSync(join(tmpdir(), 'gaia-workspace-'));
    mkdirSync(join(workspace, '.git'));
    writeFileSync(join(workspace, '.git', 'config'), '[remote "origin"]\n\turl = https://github.com/local/demo.git\n');
    const by = builder.asker();
    const run = { workspace, repo: 'local/demo', head: 'gaia/run-1', base: 'main' };
    const { id } = await startRun(world.app, run, by);
    await verifyRun(world.app, id, { headSha: 'a'.repeat(40) }, by);
    const request = await builder.proposes({
      repo: 'local/demo',
      runId: id,
      operations: [{ op: 'pr.create', head: 'gaia/run-1', base: 'main', title: 'Faster', body: 'Caches.' }],
    });
    expect(request.blockers).toEqual([]);
    expect(request.effect).toMatchObject({
      changeset: {
        operations: [
          { guarded: ['its commits and files were not looked at, since there is no git behind this world'] },
        ],
      },
    });
  });

  test('waits while Gaia is paused, and says so', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.proposes({ repo: 'local/demo', operations: [issue] });
    await world.person('local').pauses();
    await publishes(world, request, 5);
    const answer = await getRequestAnswer(world.viewer, request.id);
    expect(answer.state).toBe('approved');
    expect(answer.missing.map(({ code }) => code)).toEqual(['paused']);

    await world.person('local').resumes();
    for (let second = 0; second < 10; second++) {
      world.clock.turn(1_000);
      await world.tick();
    }
    expect((await world.now(request)).state).toBe('executed');
  });

  test('agrees with the log, whatever became of it', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    writeFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'Looked at everything.\n');
    const propose = (operations: object[], more: object = {}) =>
      builder.proposes({ repo: 'local/demo', operations }, more);
    const made = [
      await publishes(world, await propose([issue])),
      await publishes(world, await propose([issue], { isTest: true })),
      await propose([{ ...issue, body: 'Fixes #1' }]),
      await publishes(world, await propose([{ op: 'issue.label.add', number: 1, labels: ['question'] }])),
      await publishes(world, (await builder.submits({ kind: 'checkpoint', checkpoint: { number: 1 } })).request),
      await propose([{ ...issue, title: 'Later' }]),
    ];
    expect(made.map(({ state }) => state)).toEqual([
      'executed',
      'executed',
      'blocked',
      'executed',
      'recorded',
      'pending',
    ]);
    expect(await verifyRequests(world.db, new Set(made.map(({ id }) => id)), () => undefined)).toEqual([]);
  });
});
