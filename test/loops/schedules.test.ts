import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Scheduled } from '../../src/actions/schedules.ts';
import { schedules } from '../../src/loops/schedules.ts';
import { listSchedules } from '../../src/store/schedules.ts';
import { aWorld } from '../support/world.ts';

/** A clock of a world that nobody winds: what runs, runs because somebody ticks. */
async function aClockwork(jobs: readonly Scheduled[]) {
  const world = await aWorld();
  const reported: string[] = [];
  const clockwork = schedules({
    app: world.app,
    jobs,
    holder: 'one',
    timeZone: 'UTC',
    report: (error, name) => reported.push(`${name}: ${(error as Error).message}`),
  });
  onTestFinished(() => clockwork.stop());
  return { world, clockwork, reported };
}
const aJob = (name: string, run: () => Promise<string>): Scheduled => ({
  name,
  cron: '0 0 1 1 *',
  firstAtOnce: true,
  run,
});

describe('what happens by the clock', () => {
  test('is made up for by a tick, each once, and what fails keeps nothing else from it', async () => {
    const ran: string[] = [];
    const { world, clockwork, reported } = await aClockwork([
      aJob('broken', () => Promise.reject(new Error('the disk is full'))),
      aJob('whole', async () => `run ${ran.push('whole')}`),
    ]);
    await clockwork.tick();
    await clockwork.tick();
    expect(ran).toEqual(['whole']);
    expect(reported).toEqual(['broken: the disk is full']);
    expect((await listSchedules(world.db.read)).map(({ name, outcome, said }) => [name, outcome, said])).toEqual([
      ['broken', 'failed', 'the disk is full'],
      ['whole', 'done', 'run 1'],
    ]);
  });

  test('never runs twice at once, ends before the clock stops, and begins no more', async () => {
    let go = () => undefined as undefined;
    const held = new Promise<string>((resolve) => {
      go = () => void resolve('done') as undefined;
    });
    let runs = 0;
    const { world, clockwork } = await aClockwork([
      aJob('slow', () => {
        runs += 1;
        return held;
      }),
    ]);
    const first = clockwork.tick();
    await vi.waitFor(() => expect(runs).toBe(1));
    const second = clockwork.tick();
    let isStopped = false;
    const stopping = clockwork.stop().then(() => {
      isStopped = true;
    });
    await world.db.read.select().from(world.db.t.schedules);
    expect(isStopped).toBe(false);
    go();
    await Promise.all([first, second, stopping]);
    world.clock.turn(2 * 366 * 86_400_000);
    await clockwork.tick();
    expect(runs).toBe(1);
    expect((await listSchedules(world.db.read))[0]?.outcome).toBe('done');
  });
});
