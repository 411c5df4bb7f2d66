import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { begin, beginApproved } from '../../src/actions/starts.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { findRequest, insertRequest } from '../../src/store/requests.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld, type World } from '../support/world.ts';

const rule = (more: string) =>
  `version: 1\nrules:\n  - name: deploys need care\n    match: { argv: ["tool", "*"] }\n    ${more}\n`;

/** A world in which `tool list.txt` is approved and waits to begin. */
async function approved(of: Parameters<typeof aWorld>[0] = {}): Promise<{ world: World; request: Request }> {
  const world = await aWorld({ approvers: ['111', '222'], ...of });
  world.writes('tool', '#!/bin/true\n', { executable: true });
  world.writes('list.txt', 'one\n');
  const request = await (await world.agent('builder')).asksToRun(['tool', 'list.txt']);
  await world.person('111').approves(request);
  if ((await world.now(request)).state === 'pending') await world.person('111').confirms(request);
  return { world, request };
}
const permitTaken = async (world: World) =>
  (await world.db.read.select().from(world.db.t.permits)).some(({ takenAt }) => takenAt !== null);

describe.each(engines)('an approved request on %s', (engine) => {
  test('is rehearsed once: permit, outcome, events and card together', async () => {
    const { world, request } = await approved({ engine });
    expect(await beginApproved(world.app)).toBe(1);
    expect(await world.now(request)).toMatchObject({
      state: 'executed',
      endCode: 'rehearsed',
      outcome: { dryRun: true, exitCode: null },
    });
    expect(await beginApproved(world.app)).toBe(0);
    expect((await begin(world.app, request.id)).state).toBe('executed');
    expect((await world.actionsOn(request)).filter((action) => action === 'permit.taken')).toHaveLength(1);
  });

  test('begins once under two Gaias that begin at once', async () => {
    const { world, request } = await approved({ engine });
    const other = alsoOn(world, await world.store.again());
    const begun = await Promise.all(Array.from({ length: 8 }, (_, n) => begin(n % 2 ? other : world.app, request.id)));
    expect(new Set(begun.map(({ state }) => state))).toEqual(new Set(['executed']));
    const actions = await world.actionsOn(request);
    expect(actions.filter((action) => action === 'permit.taken')).toHaveLength(1);
    expect(actions.filter((action) => action === 'execution.finished')).toHaveLength(1);
  });

  test('is looked up in the turn of who asks, and for Gaia itself before it begins', async () => {
    const world = await aWorld({ engine });
    const turns: (string | undefined)[] = [];
    const { resolveCommand } = world.app;
    world.app.resolveCommand = (command, how, asker) => {
      turns.push(asker);
      return resolveCommand(command, how, asker);
    };
    const request = await (await world.agent('builder')).asksToRun(['echo', '1']);
    await world.person('local').approves(request);
    expect(await beginApproved(world.app)).toBe(1);
    expect(turns).toEqual(['agent:builder', undefined]);
  });

  test('waits while Gaia is paused, and begins after it is resumed', async () => {
    const { world, request } = await approved({ engine });
    await world.person('111').pauses();
    await world.tick();
    expect((await world.now(request)).state).toBe('approved');
    expect(await permitTaken(world)).toBe(false);
    await world.person('111').resumes();
    await world.tick();
    expect((await world.now(request)).state).toBe('executed');
  });

  test('is expired and never begins when a pause outlasts its approval', async () => {
    const { world, request } = await approved({ engine });
    await world.person('111').pauses();
    world.clock.turn(900_000);
    await begin(world.app, request.id);
    expect(await world.now(request)).toMatchObject({ state: 'expired', endCode: 'not_started' });
    expect(await permitTaken(world)).toBe(false);
  });
});

describe('an approved request', () => {
  test.each<[string, (world: World) => Promise<unknown>]>([
    ['is missing', (world) => world.db.write(async (tx) => void (await tx.delete(tx.t.permits)))],
    ['was taken', (world) => world.db.write(async (tx) => void (await tx.update(tx.t.permits).set({ takenAt: 1 })))],
    [
      'is for another digest',
      (world) => world.db.write(async (tx) => void (await tx.update(tx.t.permits).set({ digest: 'c'.repeat(64) }))),
    ],
  ])('does not begin where its permit %s', async (_, spoil) => {
    const { world, request } = await approved();
    await spoil(world);
    await expect(begin(world.app, request.id)).rejects.toThrow('its permit is missing or taken');
    expect(await world.now(request)).toMatchObject({ state: 'approved', outcome: null });
    expect(await world.actionsOn(request)).not.toContain('execution.finished');
  });

  test('begins at the last millisecond of its approval', async () => {
    const { world, request } = await approved();
    world.clock.turn(899_999);
    expect((await begin(world.app, request.id)).state).toBe('executed');
  });

  test.each<[string, (world: World) => void]>([
    ['the program', (world) => void world.writes('tool', '#!/bin/false\n', { executable: true })],
    ['a file it names', (world) => void world.writes('list.txt', 'two\n')],
    [
      'the directory',
      (world) => {
        renameSync(world.cwd, `${world.cwd}-old`);
        mkdirSync(world.cwd);
        world.writes('list.txt', 'one\n');
      },
    ],
    ['nothing left of the directory', (world) => rmSync(world.cwd, { recursive: true })],
    [
      'a program before it on the path',
      (world) => {
        rmSync(`${world.bin}/tool`);
        world.writes('tool', '#!/bin/true\n#\n', { executable: true });
      },
    ],
    ['no program any more', (world) => rmSync(`${world.bin}/tool`)],
  ])('is stale when what it was is not what it is: %s', async (_, change) => {
    const { world, request } = await approved();
    change(world);
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'effect_changed', outcome: null });
    expect(await world.actionsOn(request)).toContain('request.stale');
    expect(await permitTaken(world)).toBe(false);
  });

  test('is stale under a stricter policy, which is named', async () => {
    const { world, request } = await approved();
    await world.loadsPolicy(rule('tier: critical'));
    await world.tick();
    const ended = await world.now(request);
    expect(ended).toMatchObject({ state: 'stale', endCode: 'policy_stricter' });
    expect(ended.endText).toContain('deploys need care');
    expect(await permitTaken(world)).toBe(false);
  });

  test('is stale under a policy that denies it now', async () => {
    const { world, request } = await approved();
    await world.loadsPolicy(rule('deny: "Freeze."'));
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'policy_stricter' });
  });

  test('is stale under a policy that binds more', async () => {
    const { world, request } = await approved();
    world.writes('Makefile', 'all:\n');
    await world.loadsPolicy('version: 1\nbind: ["Makefile"]\n');
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'effect_changed' });
  });

  test('proceeds under a looser policy', async () => {
    const { world, request } = await approved({ policy: rule('tier: high') });
    expect((await world.now(request)).tier).toBe('high');
    await world.loadsPolicy('version: 1\n');
    await world.tick();
    expect((await world.now(request)).state).toBe('executed');
  });

  test('is stale when who approved it has been removed', async () => {
    const { world, request } = await approved();
    world.appoints({ approvers: ['222'] });
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'stale', endCode: 'quorum_not_met' });
  });

  test('of an older generation is stale', async () => {
    const { world, request } = await approved();
    await world.db.write(async (tx) => void (await tx.update(tx.t.installation).set({ generation: 2 })));
    await world.tick();
    const ended = await world.now(request);
    expect(ended).toMatchObject({ state: 'stale', endCode: 'generation_changed' });
    expect(ended.endText).toMatch(/restored/);
  });

  test('of another host is left alone, for the Gaia there', async () => {
    const { world, request } = await approved();
    expect((await begin({ ...world.app, host: 'elsewhere' }, request.id)).state).toBe('approved');
    expect((await begin(world.app, request.id)).state).toBe('executed');
  });

  test('of this host is found behind any number that wait for another', async () => {
    const { world, request } = await approved();
    const away = await findRequest(world.db.read, request.id);
    await world.db.write(async (tx) => {
      for (let n = 0; n < 120; n++) {
        const effect = structuredClone(away?.effect) as { command: { host: string } };
        effect.command.host = 'elsewhere';
        const other = { ...away, id: `r-AW${n}`, createdAt: 1, effect } as unknown as Request;
        expect(await insertRequest(tx, other)).toBe(true);
      }
    });
    expect(await beginApproved(world.app)).toBe(1);
    expect(await world.now(request)).toMatchObject({ state: 'executed' });
  });

  test('that cannot be looked at just now does not hold up the others', async () => {
    const { world, request } = await approved();
    world.clock.turn(1_000);
    const other = await (await world.agent('other')).asksToRun(['echo']);
    await world.person('111').approves(other);
    const app = {
      ...world.app,
      resolveCommand: (...of: Parameters<typeof world.app.resolveCommand>) =>
        of[0].argv[0] === 'tool' ? Promise.reject(new Error('the disk is tired')) : world.app.resolveCommand(...of),
    };
    await expect(beginApproved(app)).rejects.toThrow('the disk is tired');
    expect((await world.now(other)).state).toBe('executed');
    expect((await world.now(request)).state).toBe('approved');
    await world.tick();
    expect((await world.now(request)).state).toBe('executed');
  });

  test('that is a test ends as a rehearsal too, and does not stand for a real one', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const rehearsal = await builder.asksToRun(['echo'], { isTest: true });
    await world.person('local').approves(rehearsal);
    await world.tick();
    expect(await world.now(rehearsal)).toMatchObject({ state: 'executed', outcome: { dryRun: true } });
    const real = await builder.asksToRun(['echo']);
    expect(real.effectDigest).not.toBe(rehearsal.effectDigest);
    await world.tick();
    expect((await world.now(real)).state).toBe('pending');
  });
});
