import { describe, expect, test } from 'vitest';
import { pause } from '../../src/actions/pauses.ts';
import { engines } from '../support/store.ts';
import { aWorld, type WorldOptions } from '../support/world.ts';

/** `deploy --now`, which its agent will run itself, perhaps on another machine. */
async function asked(of: WorldOptions = {}) {
  const world = await aWorld({ approvers: ['111', '222'], ...of });
  const builder = await world.agent('builder');
  const request = await builder.asksToRun(['deploy', '--now'], {
    command: { mode: 'client', cwd: '/not/on/this/host' },
  });
  return { world, builder, request };
}

async function approved(of: WorldOptions = {}) {
  const found = await asked(of);
  await found.world.person('111').approves(found.request);
  return found;
}

describe.each(engines)('a permit on %s', (engine) => {
  test('is taken once by the agent that asked, and that is the end', async () => {
    const { world, builder, request } = await approved({ engine });
    await world.tick();
    expect((await world.now(request)).state).toBe('approved'); // nothing starts it here
    expect(await builder.takesPermit(request)).toMatchObject({ state: 'released', endCode: 'released' });
    await expect(builder.takesPermit(request)).rejects.toThrow('taken before');
    expect((await world.actionsOn(request)).filter((action) => action === 'permit.taken')).toHaveLength(1);
  });

  test('is taken by one of many calls at once', async () => {
    const { builder, request } = await approved({ engine });
    const taken = await Promise.allSettled(Array.from({ length: 8 }, () => builder.takesPermit(request)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is used up by what came of it, stated by the agent once', async () => {
    const { world, builder, request } = await approved({ engine });
    await builder.takesPermit(request);
    expect(await builder.reports(request, { exitCode: 3, stdout: 'done\n' })).toMatchObject({
      state: 'released',
      endCode: 'reported',
      outcome: { exitCode: 3, stdout: 'done\n', statedByAgent: true, dryRun: false },
    });
    await builder.reports(request, { exitCode: 3, stdout: 'done\n' });
    await expect(builder.reports(request, { exitCode: 0 })).rejects.toThrow('reported before');
    expect((await world.actionsOn(request)).filter((action) => action === 'execution.reported')).toHaveLength(1);
  });
});

describe('a permit', () => {
  test('is not looked up on this host: the card says that all of it is as stated', async () => {
    const { request } = await asked();
    expect(request).toMatchObject({
      state: 'pending',
      mode: 'client',
      effect: { command: { host: '', executable: { path: 'deploy', binding: 'stated' }, sandbox: 'none' } },
    });
    expect(request.remarks.unbound[0]?.why).toContain('the agent runs this itself');
  });

  test.each([
    ['before anyone decided', async () => undefined, 'Nobody has decided yet'],
    ['after a denial', ({ world, request }) => world.person('111').denies(request), 'denied'],
    ['after a withdrawal', ({ builder, request }) => builder.withdraws(request), 'withdrawn'],
  ] as [string, (of: Awaited<ReturnType<typeof asked>>) => Promise<unknown>, string][])(
    'is not to be had %s',
    async (_, happens, why) => {
      const of = await asked();
      await happens(of);
      await expect(of.builder.takesPermit(of.request)).rejects.toThrow(why);
    },
  );

  test('is not to be had while Gaia is paused, and is to be had later', async () => {
    const { world, builder, request } = await approved();
    await pause(world.app, { reason: null }, world.admin);
    await expect(builder.takesPermit(request)).rejects.toThrow('Gaia is paused');
    await world.person('111').resumes();
    expect((await builder.takesPermit(request)).state).toBe('released');
  });

  test('is not to be had by another agent, which learns nothing of it', async () => {
    const { world, request } = await approved();
    const other = await world.agent('other');
    await expect(other.takesPermit(request)).rejects.toThrow('There is no request');
    await expect(other.reports(request)).rejects.toThrow('There is no request');
  });

  test('is not to be had when the policy became stricter meanwhile: the request is stale', async () => {
    const { world, builder, request } = await approved();
    await world.loadsPolicy(
      'version: 1\nrules: [{ name: no deploys, match: { argv: [deploy] }, deny: There is a freeze. }]\n',
    );
    await expect(builder.takesPermit(request)).rejects.toThrow('freeze');
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'policy_stricter' });
  });

  test('is not to be had after its time', async () => {
    const { world, builder, request } = await approved();
    world.clock.turn(15 * 60_000);
    await expect(builder.takesPermit(request)).rejects.toThrow('expired');
    expect((await world.now(request)).state).toBe('expired');
  });

  test('is not for commands that Gaia starts itself', async () => {
    const world = await aWorld({ approvers: ['111'], executes: true });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['echo']);
    await expect(builder.takesPermit(request)).rejects.toThrow('not one that its agent runs itself');
  });

  test('whose agent never reports is said to have no report after its time limit, and a late report still counts', async () => {
    const { world, builder, request } = await approved();
    await builder.takesPermit(request);
    world.clock.turn(600_000);
    await world.tick();
    expect((await world.now(request)).endCode).toBe('released');
    world.clock.turn(60_000);
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'released', endCode: 'no_report' });
    expect((await builder.reports(request)).endCode).toBe('reported');
  });

  test('keeps no secret that a report holds', async () => {
    const { world, builder, request } = await approved();
    await builder.takesPermit(request);
    await builder.reports(request, { stdout: 'token ghp_0123aB3dE5gH7jK9mN1pQ4rS6tU8vW2xY0zC\n' });
    expect(await world.everythingKept()).not.toContain('ghp_0123aB3dE5gH7jK9mN1pQ4rS6tU8vW2xY0zC');
  });
});
