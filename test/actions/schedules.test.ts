import { describe, expect, test, vi } from 'vitest';
import { endRunsOfBefore, runIfDue, type Scheduled } from '../../src/actions/schedules.ts';
import { listSchedules } from '../../src/store/schedules.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld, type World } from '../support/world.ts';

const minute = 60_000;
const how = { holder: 'one', timeZone: 'UTC' };

/** A job that counts its runs. */
const aJob = (run: () => Promise<string> = async () => 'it went well'): Scheduled & { runs: number } => {
  const job = {
    name: 'tidy',
    cron: '*/10 * * * *',
    runs: 0,
    run: async () => {
      job.runs += 1;
      return run();
    },
  };
  return job;
};
const rowOf = async (world: World) => (await listSchedules(world.db.read))[0];

describe.each(engines)('a schedule on %s', (engine) => {
  test('runs when it is due, not before, and says what ran last and when it runs next', async () => {
    const world = await aWorld({ engine });
    const job = aJob();
    expect(await runIfDue(world.app, job, how)).toBe(false);
    world.clock.turn(10 * minute - 1);
    expect(await runIfDue(world.app, job, how)).toBe(false);
    world.clock.turn(1);
    expect(await runIfDue(world.app, job, how)).toBe(true);
    expect(await runIfDue(world.app, job, how)).toBe(false);
    expect(job.runs).toBe(1);
    const now = world.clock.now();
    expect(await rowOf(world)).toMatchObject({
      dueAt: now + 10 * minute,
      startedAt: now,
      endedAt: now,
      outcome: 'done',
      said: 'it went well',
    });
  });

  test('runs once for all that was missed, also after a clock that jumped', async () => {
    const world = await aWorld({ engine });
    const job = aJob();
    await runIfDue(world.app, job, how);
    world.clock.turn(3 * 86_400_000);
    await runIfDue(world.app, job, how);
    await runIfDue(world.app, job, how);
    expect(job.runs).toBe(1);
    world.clock.turn(-2 * 86_400_000); // back again: the store's clock stands still until it is later
    await runIfDue(world.app, job, how);
    expect(job.runs).toBe(1);
    expect((await rowOf(world))?.dueAt).toBe(world.clock.now() + 2 * 86_400_000 + 10 * minute);
  });

  test('never runs twice at once, also with two instances', async () => {
    const world = await aWorld({ engine });
    const other = alsoOn(world, await world.store.again());
    let go = () => undefined as undefined;
    const held = new Promise<string>((resolve) => {
      go = () => void resolve('done') as undefined;
    });
    const job = aJob(() => held);
    await runIfDue(world.app, job, how);
    world.clock.turn(10 * minute);
    const first = runIfDue(world.app, job, how);
    await vi.waitFor(() => expect(job.runs).toBe(1));
    const second = runIfDue(other, job, { ...how, holder: 'two' });
    world.clock.turn(5 * minute);
    expect(await second).toBe(false);
    go();
    expect(await first).toBe(true);
    expect(job.runs).toBe(1);
  });
});

describe('a schedule', () => {
  test('that fails says why, without a secret, and runs again when it is due next', async () => {
    const world = await aWorld();
    let isBroken = true;
    const job = aJob(async () => {
      if (isBroken) throw new Error(`the disk is full; ghp_${'a'.repeat(36)}`);
      return 'well again';
    });
    await runIfDue(world.app, job, how);
    world.clock.turn(10 * minute);
    await expect(runIfDue(world.app, job, how)).rejects.toThrow('the disk is full');
    const failed = await rowOf(world);
    expect(failed).toMatchObject({ outcome: 'failed', said: expect.stringContaining('the disk is full') });
    expect(failed?.said).not.toContain('ghp_');
    isBroken = false;
    world.clock.turn(10 * minute);
    await runIfDue(world.app, job, how);
    expect(await rowOf(world)).toMatchObject({ outcome: 'done', said: 'well again' });
  });

  test('whose process died is taken up by another after ten minutes', async () => {
    const world = await aWorld();
    const dying = aJob(() => new Promise(() => undefined));
    await runIfDue(world.app, dying, how);
    world.clock.turn(10 * minute);
    void runIfDue(world.app, dying, how);
    await world.db.read.select().from(world.db.t.schedules);
    const job = aJob();
    world.clock.turn(9 * minute);
    expect(await runIfDue(world.app, job, { ...how, holder: 'two' })).toBe(false);
    world.clock.turn(10 * minute);
    expect(await runIfDue(world.app, job, { ...how, holder: 'two' })).toBe(true);
    expect(job.runs).toBe(1);
  });

  test('whose process died is made up for at the next start, not when it is due next', async () => {
    const world = await aWorld();
    const dying = { ...aJob(() => new Promise(() => undefined)), cron: '17 3 * * *' };
    await runIfDue(world.app, dying, how);
    world.clock.turn(86_400_000);
    void runIfDue(world.app, dying, how);
    await vi.waitFor(async () => expect((await rowOf(world))?.startedAt).not.toBeNull());
    const job = { ...aJob(), cron: '17 3 * * *' };
    world.clock.turn(minute);
    expect(await runIfDue(world.app, job, { ...how, holder: 'two' })).toBe(false);
    await endRunsOfBefore(world.app);
    expect(await runIfDue(world.app, job, { ...how, holder: 'two' })).toBe(true);
  });
});
