import { describe, expect, test } from 'vitest';
import { remindDue, snooze } from '../../src/actions/reminders.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

const minutes = (count: number) => count * 60_000;

describe.each(engines)('a request that waits on %s', (engine) => {
  test('is told of again at half of its time and at nine tenths, once each', async () => {
    const world = await aWorld({ engine, approvers: ['111'] });
    await (await world.agent('builder')).asksToRun(['ls']);
    const remind = () => remindDue(world.app, world.clock.now());
    world.clock.turn(minutes(15) - 1);
    expect(await remind()).toBe(0);
    world.clock.turn(1);
    expect(await remind()).toBe(1);
    expect(await remind()).toBe(0);
    world.clock.turn(minutes(12));
    expect(await remind()).toBe(1);
    expect(await remind()).toBe(0);
    await world.tick();
    expect(world.lines.filter((line) => line.includes('still waits'))).toHaveLength(2);
  });

  test('is left alone while somebody has put it off', async () => {
    const world = await aWorld({ engine, approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['ls']);
    world.clock.turn(minutes(10));
    await snooze(world.app, request.id, minutes(10), world.by(person('111')));
    world.clock.turn(minutes(10) - 1);
    expect(await remindDue(world.app, world.clock.now())).toBe(0);
    world.clock.turn(1);
    expect(await remindDue(world.app, world.clock.now())).toBe(1);
  });
});

describe('a reminder', () => {
  test('is for nobody once it is decided, and after its time', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const builder = await world.agent('builder');
    const denied = await builder.asksToRun(['ls']);
    await builder.asksToRun(['ls', '-l']);
    await world.person('111').denies(denied);
    world.clock.turn(minutes(30));
    expect(await remindDue(world.app, world.clock.now())).toBe(0);
  });
  test('that a restart or a long pause left out comes once, not twice', async () => {
    const world = await aWorld({ approvers: ['111'] });
    await (await world.agent('builder')).asksToRun(['ls']);
    world.clock.turn(minutes(28));
    expect(await remindDue(world.app, world.clock.now())).toBe(1);
    expect(await remindDue(world.app, world.clock.now())).toBe(0);
  });
});

describe('snoozing', () => {
  test('is for people, for a sensible time, and for what waits', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['ls']);
    const by = world.by(person('111'));
    expect(await reasonOf(snooze(world.app, request.id, minutes(5), world.by(agentNamed('builder'))))).toBe(
      'not_an_approver',
    );
    for (const ms of [0, 59_999, minutes(24 * 60) + 1, Number.NaN])
      expect(await reasonOf(snooze(world.app, request.id, ms, by))).toBe('no_duration');
    await world.person('111').denies(request);
    expect(await reasonOf(snooze(world.app, request.id, minutes(5), by))).toBe('already_settled');
  });
});
