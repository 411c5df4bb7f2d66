import { describe, expect, test } from 'vitest';
import { decide } from '../../src/actions/decisions.ts';
import { withdrawRequest } from '../../src/actions/withdrawals.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, withABrokenLog } from '../support/world.ts';

/** What the programs before this one got wrong, each once more. */
describe.each(engines)('never again on %s', (engine) => {
  test('is somebody who is no approver able to approve', async () => {
    const world = await aWorld({ engine, approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').sees(request);
    expect(await reasonOf(world.person('666').approves(request))).toBe('not_an_approver');
    await world.tick();
    expect((await world.now(request)).state).toBe('pending');
  });

  test('is an old request approvable for ever', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').sees(request);
    world.clock.turn(300 * 86_400_000);
    expect(await reasonOf(world.person('local').approves(request))).toBe('expired');
    expect(await world.now(request)).toMatchObject({ state: 'expired', outcome: null });
  });

  test('does an approval after the end start anything, nor a second one start it twice', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').approves(request);
    await world.tick();
    const ended = await world.now(request);
    for (const id of ['111', '222'])
      await world
        .person(id)
        .approves(request)
        .catch(() => undefined);
    await world.tick();
    expect(await world.now(request)).toEqual(ended);
    expect((await world.actionsOn(request)).filter((action) => action === 'execution.finished')).toHaveLength(1);
  });

  test('does a denial rewrite what was executed', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').approves(request);
    await world.tick();
    expect(await reasonOf(world.person('222').denies(request))).toBe('already_settled');
    expect(await world.now(request)).toMatchObject({ state: 'executed', outcome: { dryRun: true } });
  });

  test('does a rehearsal stand for the real thing, or use it up', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const rehearsal = await builder.asksToRun(['echo']);
    await world.person('local').approves(rehearsal);
    await world.tick();
    const real = await builder.asksToRun(['echo'], { command: { mode: 'real' } });
    expect(real).toMatchObject({ state: 'blocked', mode: 'real' });
    expect(real.effectDigest).not.toBe(rehearsal.effectDigest);
    const again = await builder.asksToRun(['echo']);
    expect(again.id).not.toBe(rehearsal.id);
    expect(again.state).toBe('pending');
  });

  test.each(['0', '1', 'r-', '', 'last'])('is “%s” an index into the list', async (requestId) => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').sees(request);
    const decision = { requestId, personId: 'local', verdict: 'approve' as const, digest: request.digest as string };
    expect(await reasonOf(decide(world.app, decision, world.by(person('local'))))).toBe('no_such_request');
    expect(await reasonOf(withdrawRequest(world.app, requestId, world.by(agentNamed('builder'))))).toBe(
      'no_such_request',
    );
    expect((await world.now(request)).state).toBe('pending');
  });

  test('does a failing event hide behind a change that happened', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').sees(request);
    const decision = {
      requestId: request.id,
      personId: 'local',
      verdict: 'approve' as const,
      digest: request.digest as string,
    };
    world.app.db = withABrokenLog(world.db);
    await expect(decide(world.app, decision, world.by(person('local')))).rejects.toThrow('log.insert_event');
    expect(await world.votesOn(request)).toEqual([]);
    expect((await world.now(request)).state).toBe('pending');
  });
});
