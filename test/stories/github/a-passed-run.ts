import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordGate, startRun, verifyRun } from '../../../src/actions/runs.ts';
import { sha256 } from '../../../src/core/canonical.ts';
import type { LiveWorld } from './a-live-world.ts';

/** A run of builder whose two gates have passed, judged by others, for the head of its branch. */
export async function aPassedRun(world: LiveWorld, branch = 'gaia/run-1', base = 'main') {
  const headSha = world.repo.commit(branch, { 'src/a.ts': branch }).sha;
  const { id } = await startRun(
    world.app,
    { workspace: world.workspace, repo: 'octo/app', head: branch, base },
    world.builder.asker(),
  );
  await passGates(world, id, headSha, branch);
  return { id, headSha, branch };
}

/** A new epoch of a run, with both gates passed in it. */
export async function passGates(
  world: Pick<LiveWorld, 'app' | 'workspace' | 'builder' | 'agent'>,
  id: string,
  headSha: string,
  names: string,
) {
  await verifyRun(world.app, id, { headSha }, world.builder.asker());
  const path = join(world.workspace, 'tests.xml');
  writeFileSync(path, '<ok/>');
  const artifacts = [{ path, sha256: sha256('<ok/>') }];
  const tester = await world.agent(`tester-${names.replace('/', '-')}`);
  const reviewer = await world.agent(`reviewer-${names.replace('/', '-')}`);
  await recordGate(world.app, id, { gate: 'verification', verdict: 'PASS', headSha, artifacts }, tester.asker());
  await recordGate(world.app, id, { gate: 'internal_review', verdict: 'PASS', headSha, artifacts }, reviewer.asker());
}
