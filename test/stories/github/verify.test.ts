import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordGate, startRun, verifyRun } from '../../../src/actions/runs.ts';
import { verifyGitHub } from '../../../src/cli/local/verify-github.ts';
import { Made } from '../../../src/core/audit/made.ts';
import { sha256 } from '../../../src/core/canonical.ts';
import { engines } from '../../support/store.ts';
import { aWorld } from '../../support/world.ts';

const headSha = 'a'.repeat(40);
const issue = { op: 'issue.create', ref: 'a', title: 'The build is slow', body: 'It takes 20 minutes.' };

describe.each(engines)('the ledger of writes, on %s', (engine) => {
  /** A run with a verdict, and a changeset that was written. */
  async function aDay() {
    const world = await aWorld({ engine });
    const [builder, tester] = [await world.agent('builder'), await world.agent('tester')];
    const asked = { workspace: world.cwd, repo: 'local/demo', head: 'gaia/a', base: 'main' };
    const run = await startRun(world.app, asked, builder.asker());
    await verifyRun(world.app, run.id, { headSha }, builder.asker());
    writeFileSync(join(world.cwd, 'tests.xml'), '<ok/>');
    const artifacts = [{ path: 'tests.xml', sha256: sha256('<ok/>') }];
    await recordGate(world.app, run.id, { gate: 'verification', verdict: 'PASS', headSha, artifacts }, tester.asker());
    const request = await builder.proposes({
      repo: 'local/demo',
      operations: [issue, { op: 'issue.comment.create', number: '$a', body: 'Measured.' }],
    });
    await world.person('local').approves(request);
    for (let second = 0; second < 4; second++) {
      await world.tick();
      world.clock.turn(1_000);
    }
    const faults = async () => {
      const made = new Made();
      for (const event of await world.allEvents()) made.note(event);
      return (await verifyGitHub(world.db, made)).map(({ message }) => message);
    };
    return { world, run, request, faults };
  }

  test('agrees with the log when nothing was changed', async () => {
    const { faults, world, request } = await aDay();
    expect((await world.now(request)).state).toBe('executed');
    expect(await faults()).toEqual([]);
  });

  test('that was changed is named, row by row', async () => {
    const { faults, world, run, request } = await aDay();
    const { t } = world.db;
    await world.db.write(async (tx) => {
      await tx.update(t.gates).set({ verdict: 'FAIL', recordedBy: 'agent:builder' });
      await tx.update(t.runs).set({ state: 'handoff_ready', headSha: 'b'.repeat(40) });
      await tx.update(t.intents).set({ payloadHash: 'c'.repeat(64), state: 'unknown', written: null });
    });
    expect(await faults()).toEqual([
      `Run ${run.id}: state is not what was recorded.`,
      `Run ${run.id}: commit is not what was recorded.`,
      `Verdict 1 (verification, epoch 1) of run ${run.id}: verdict is not what was recorded.`,
      `Verdict 1 (verification, epoch 1) of run ${run.id}: who recorded it is not what was recorded.`,
      ...(await intentFaults(request.id, faults)),
    ]);
  });

  test('that lost a row, or has one that nobody recorded, is named', async () => {
    const { faults, world, run, request } = await aDay();
    const { t } = world.db;
    await world.db.write(async (tx) => {
      await tx.delete(t.attempts);
      await tx.delete(t.intents);
      await tx.insert(t.gates).values({
        ...{ runId: run.id, gate: 'internal_review', epoch: 1, verdict: 'PASS', headSha },
        ...{ artifacts: '[]', recordedBy: 'agent:reviewer', ownerId: null, recordedAt: tx.now },
      } as never);
    });
    expect((await faults()).sort()).toEqual(
      [
        `Run ${run.id}: number of verdicts is not what was recorded.`,
        `Verdict 2 (internal_review, epoch 1) of run ${run.id} stands in the database, and no event says that it was made.`,
        `Intent 1 of request ${request.id} was made, says the log, and its record is gone.`,
        `Intent 2 of request ${request.id} was made, says the log, and its record is gone.`,
      ].sort(),
    );
  });
});

/** What is told of both intents, in whichever order their ids stand. */
async function intentFaults(id: string, faults: () => Promise<string[]>): Promise<string[]> {
  const told = (await faults()).filter((message) => message.startsWith('Intent'));
  const of = (place: number, what: string) => `Intent ${place} of request ${id}: ${what} is not what was recorded.`;
  const wanted = [1, 2].flatMap((place) => ['payload', 'state', 'what it made'].map((what) => of(place, what)));
  expect([...told].sort()).toEqual(wanted.sort());
  return told;
}
