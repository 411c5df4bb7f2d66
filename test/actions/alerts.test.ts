import { describe, expect, test } from 'vitest';
import { evaluateAlerts, keepSamples } from '../../src/actions/alerts.ts';
import { silence } from '../../src/actions/silences.ts';
import { person } from '../../src/core/access/actor.ts';
import { rulesOfThresholds } from '../../src/core/alerts/thresholds.ts';
import type { Measured } from '../../src/core/metrics/metrics.ts';
import { listAlertAnswers } from '../../src/views/alerts.ts';
import { blindHost, measure } from '../../src/views/metrics.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World, withABrokenLog } from '../support/world.ts';

const minute = 60_000;

/** A minute passes with these readings. */
const passes = async (world: World, measured: Measured): Promise<void> => {
  await keepSamples(world.app, measured);
  await evaluateAlerts(world.app, measured);
  world.clock.turn(minute);
};
const stateOf = async (world: World, name: string) =>
  (await listAlertAnswers(world.viewer, world.app.inForce.policy.alerts, world.clock.now())).find(
    (each) => each.name === name,
  )?.state;
const told = async (world: World) =>
  (await world.deliveries()).flatMap(({ body }) => (body.about === 'alert' ? [`${body.change} ${body.name}`] : []));

describe.each(engines)('alerts on %s', (engine) => {
  test('go by what a counter rose within its window, not by what it is', async () => {
    const world = await aWorld({ engine });
    for (const value of [500, 500, 509, 510, 510]) await passes(world, { delivery_send_errors: value });
    expect(await told(world)).toEqual(['firing send_errors']);
    for (let n = 0; n < 62; n++) await passes(world, { delivery_send_errors: 510 });
    expect(await told(world)).toEqual(['firing send_errors']); // its end waits for the first to be sent
    await world.tick();
    await passes(world, { delivery_send_errors: 510 });
    expect(await told(world)).toEqual(['firing send_errors', 'resolved send_errors']);
    expect(world.lines.filter((line) => line.includes('ALERT FIRING send_errors'))).toHaveLength(1);
  });

  test('are written with their message and their event, or not at all', async () => {
    const world = await aWorld({ engine });
    await passes(world, { requests_unknown: 0 });
    const broken = { ...world.app, db: withABrokenLog(world.db) };
    await expect(evaluateAlerts(broken, { requests_unknown: 1 })).rejects.toThrow();
    expect(await told(world)).toEqual([]);
    expect(await stateOf(world, 'outcome_unknown')).toBe('inactive');
    await passes(world, { requests_unknown: 1 });
    expect(await told(world)).toEqual(['firing outcome_unknown']);
    expect((await world.allEvents()).map(({ action }) => action)).toEqual(['alert.pending', 'alert.firing']);
  });
});

describe('an alert', () => {
  test('says when what it watches cannot be read', async () => {
    const world = await aWorld();
    await passes(world, { disk_free_percent: 50 });
    for (let n = 0; n < 4; n++) await passes(world, { disk_free_percent: null });
    expect(await told(world)).toEqual(['no_data disk_low']);
    expect(await stateOf(world, 'disk_low')).toBe('no_data');
    await world.tick();
    await passes(world, { disk_free_percent: 50 });
    expect(await told(world)).toEqual(['no_data disk_low', 'resolved disk_low']);
  });

  test('that does not apply here is not looked at', async () => {
    const world = await aWorld();
    const measured = await measure(world.viewer, blindHost(0, false), world.clock.now());
    expect(measured).not.toHaveProperty('poller_silent_seconds');
    expect(measured).not.toHaveProperty('backup_age_seconds');
    await passes(world, measured);
    expect((await evaluateAlerts(world.app, measured)).map(({ name }) => name)).not.toContain('poller_silent');
  });

  test('that is silenced moves on in silence, and its end is told to nobody', async () => {
    const world = await aWorld();
    await silence(
      world.app,
      { alert: 'outcome_unknown', length: '1h', reason: 'I am on it' },
      world.by(person('local')),
    );
    await passes(world, { requests_unknown: 1 });
    expect(await stateOf(world, 'outcome_unknown')).toBe('firing');
    await passes(world, { requests_unknown: 0 });
    expect(await stateOf(world, 'outcome_unknown')).toBe('resolved');
    for (let n = 0; n < 70; n++) await passes(world, { requests_unknown: 0 });
    expect(await told(world)).toEqual([]);
  });

  test('that is silenced for long is not silenced for less by a shorter silence', async () => {
    const world = await aWorld();
    const by = world.by(person('local'));
    const long = await silence(world.app, { alert: 'disk_low', length: '2d', reason: 'a new disk is on its way' }, by);
    world.clock.turn(minute);
    expect(await silence(world.app, { alert: 'disk_low', length: '1h', reason: null }, by)).toEqual(long);
    expect((await world.allEvents()).filter(({ action }) => action === 'alert.silenced')).toHaveLength(1);
    await silence(world.app, { alert: 'disk_low', length: null, reason: null }, by);
    const { until } = await silence(world.app, { alert: 'disk_low', length: '1h', reason: null }, by);
    expect(until).toBe(world.clock.now() + 60 * minute);
  });

  test('is silenced by operators alone', async () => {
    const world = await aWorld({ approvers: ['111', '222'], operators: ['111'] });
    const silencing = { alert: 'disk_low', length: '1h', reason: null };
    expect(await reasonOf(silence(world.app, silencing, world.by(person('222'))))).toBe('not_an_operator');
    expect((await world.allEvents()).map(({ action }) => action)).toEqual([]);
  });

  test('follows the policy: other limits, rules of its own, and rules that are off', async () => {
    const world = await aWorld();
    await world.loadsPolicy(`version: 1
alerts:
  - { name: disk_low, off: true }
  - { name: many_open, metric: requests_open, atLeast: 3, severity: critical, summary: Many requests are open. }
`);
    await passes(world, { disk_free_percent: 1, requests_open: 3 });
    expect(await told(world)).toEqual(['firing many_open']);
  });

  test.each([
    ['removed', 'version: 1\n'],
    ['made another', 'version: 1\nalerts:\n  - { name: others, metric: requests_open, atLeast: 9 }\n'],
  ])('whose rule was %s while it fires is over, and says why', async (_, policy) => {
    const world = await aWorld();
    await world.loadsPolicy('version: 1\nalerts:\n  - { name: many_open, metric: requests_open, atLeast: 3 }\n');
    await passes(world, { requests_open: 3 });
    await world.loadsPolicy(policy);
    await passes(world, { requests_open: 3 });
    expect(await told(world)).toEqual(['firing many_open']); // its end never overtakes its beginning
    await world.tick();
    for (let n = 0; n < 3; n++) await passes(world, { requests_open: 3 });
    await world.tick();
    expect(await told(world)).toEqual(['firing many_open', 'resolved many_open']);
    expect(world.lines.filter((line) => line.includes('RESOLVED many_open'))).toEqual([
      expect.stringContaining('its rule was removed or turned off.'),
    ]);
    expect(await stateOf(world, 'many_open')).toBe('resolved');
    for (let n = 0; n < 61; n++) await passes(world, { requests_open: 3 });
    expect(await stateOf(world, 'many_open')).toBeUndefined();
    const events = (await world.allEvents()).filter(({ subject }) => subject === 'alert:many_open');
    expect(events.map(({ action }) => action)).toEqual([
      'alert.pending',
      'alert.firing',
      'alert.resolved',
      'alert.inactive',
    ]);
  });

  test('that was turned off before people were told is over in silence', async () => {
    const world = await aWorld();
    for (let n = 0; n < 2; n++) await passes(world, { disk_free_percent: 1 });
    expect(await stateOf(world, 'disk_low')).toBe('pending');
    await world.loadsPolicy('version: 1\nalerts:\n  - { name: disk_low, off: true }\n');
    for (let n = 0; n < 3; n++) await passes(world, { disk_free_percent: 1 });
    expect(await told(world)).toEqual([]);
    expect((await world.allEvents()).at(-1)?.action).toBe('alert.inactive');
  });

  test('that does not apply here any more is over', async () => {
    const world = await aWorld();
    for (let n = 0; n < 3; n++) await passes(world, { poller_silent_seconds: 900 });
    await world.tick();
    await passes(world, {});
    expect(await told(world)).toEqual(['firing poller_silent', 'resolved poller_silent']);
  });

  test('of a look of somebody lasts an hour, and is over when nobody looks again', async () => {
    const world = await aWorld();
    const look = () =>
      evaluateAlerts(world.app, { requests_open: 3 }, rulesOfThresholds({ requests_open: 3 }, 60 * minute));
    await look();
    await world.tick();
    for (let n = 0; n < 50; n++) await passes(world, {});
    await look();
    for (let n = 0; n < 59; n++) await passes(world, {});
    expect(await stateOf(world, 'check:requests_open')).toBe('firing');
    for (let n = 0; n < 3; n++) await passes(world, {});
    expect(await stateOf(world, 'check:requests_open')).toBe('resolved');
    expect(await told(world)).toEqual(['firing check:requests_open', 'resolved check:requests_open']);
  });

  test('of which a counter was kept over a long stop does not fire for what was counted before', async () => {
    const world = await aWorld();
    await passes(world, { delivery_moved_dead: 7 });
    world.clock.turn(30 * 86_400_000);
    for (let n = 0; n < 3; n++) await passes(world, { delivery_moved_dead: 7 });
    expect(await told(world)).toEqual([]);
  });
});
