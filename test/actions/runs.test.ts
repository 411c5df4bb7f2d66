import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { recordGate, startRun, verifyRun } from '../../src/actions/runs.ts';
import { person } from '../../src/core/access/actor.ts';
import { sha256 } from '../../src/core/canonical.ts';
import { aWorld } from '../support/world.ts';

const headSha = 'a'.repeat(40);

/** A run of builder, whose owner is ada, that has entered verification. */
async function aRunWorld() {
  const world = await aWorld({ approvers: ['ada', 'grace'], operators: ['ada'] });
  const workspace = mkdtempSync(join(tmpdir(), 'gaia-workspace-'));
  onTestFinished(() => rmSync(workspace, { recursive: true, force: true }));
  writeFileSync(join(workspace, 'tests.xml'), '<ok/>');
  const builder = await world.agent('builder', { owner: 'ada' });
  const asked = { workspace, repo: 'local/demo', head: 'gaia/one', base: 'main' };
  const { id } = await startRun(world.app, asked, builder.asker());
  await verifyRun(world.app, id, { headSha }, builder.asker());
  const artifacts = [{ path: 'tests.xml', sha256: sha256('<ok/>') }];
  const judges = (gate: string, asker: Parameters<typeof recordGate>[3], more: object = {}) =>
    recordGate(world.app, id, { gate, verdict: 'PASS', headSha, artifacts, ...more }, asker);
  const status = { op: 'commit_status.create', sha: headSha, context: 'gaia/check', state: 'pending' };
  return { ...world, id, builder, judges, proposal: { repo: 'local/demo', runId: id, operations: [status] } };
}
const asPerson = (world: { by: Awaited<ReturnType<typeof aWorld>>['by'] }, id: string) => ({
  by: world.by(person(id), 'console' as const),
  ownerId: null,
});
const notIndependent = { extras: { reason: 'not_independent' } };

describe('a run', () => {
  test('carries the writes of who started it, and of agents of the same owner, and of nobody else', async () => {
    const world = await aRunWorld();
    const mate = await world.agent('mate', { owner: 'ada' });
    const stranger = await world.agent('stranger', { owner: 'grace' });
    const orphan = await world.agent('orphan');
    for (const agent of [world.builder, mate])
      expect((await agent.proposes(world.proposal)).blockers.map(({ code }) => code)).toEqual([]);
    for (const agent of [stranger, orphan]) {
      const request = await agent.proposes(world.proposal);
      expect(request.state).toBe('blocked');
      expect(request.blockers.map(({ code }) => code)).toEqual(['workflow_context_missing']);
      expect(request.blockers[0]?.message).toBe(`There is no GitHub run ${world.id} of yours.`);
    }
  });

  test('is not judged by who started it, nor by who asks for its writes', async () => {
    const world = await aRunWorld();
    await expect(world.judges('verification', world.builder.asker())).rejects.toMatchObject(notIndependent);
    const mate = await world.agent('mate', { owner: 'ada' });
    await mate.proposes(world.proposal);
    await expect(world.judges('verification', mate.asker())).rejects.toMatchObject(notIndependent);
  });

  test('is not reviewed by the owner of the agent that started it, nor by another agent of theirs', async () => {
    const world = await aRunWorld();
    const tester = await world.agent('tester', { owner: 'ada' });
    await world.judges('verification', tester.asker());
    await expect(world.judges('internal_review', tester.asker())).rejects.toMatchObject(notIndependent);
    await expect(world.judges('internal_review', asPerson(world, 'ada'))).rejects.toMatchObject(notIndependent);
    const { run } = await world.judges('internal_review', asPerson(world, 'grace'));
    expect(run.state).toBe('handoff_ready');
  });

  test('passes nothing without evidence, though it fails without any', async () => {
    const world = await aRunWorld();
    const tester = await world.agent('tester');
    const none = { artifacts: [] };
    await expect(world.judges('verification', tester.asker(), none)).rejects.toMatchObject({
      extras: { reason: 'artifact_needed' },
    });
    const { run } = await world.judges('verification', tester.asker(), { ...none, verdict: 'FAIL' });
    expect(run.state).toBe('fix_loop');
  });

  test('takes no evidence from outside its workspace', async () => {
    const world = await aRunWorld();
    const tester = await world.agent('tester');
    const artifacts = [{ path: '/etc/hostname', sha256: 'a'.repeat(64) }];
    await expect(world.judges('verification', tester.asker(), { artifacts })).rejects.toMatchObject({
      extras: { reason: 'artifact_differs' },
    });
  });
});
