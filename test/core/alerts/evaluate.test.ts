import { describe, expect, test } from 'vitest';
import { type Alert, evaluate, newAlert } from '../../../src/core/alerts/evaluate.ts';
import type { AlertRule } from '../../../src/core/alerts/rule.ts';
import { alertMoves, alertStates, nextAlertState } from '../../../src/core/alerts/states.ts';

const minute = 60_000;
const rule: AlertRule = {
  name: 'too_warm',
  metric: 'disk_free_percent',
  when: 'at_least',
  limit: 10,
  clear: 5,
  forMs: 2 * minute,
  repeatMs: 60 * minute,
  severity: 'warning',
  tellsNoData: true,
  summary: 'It is too warm.',
};

/** Feeds readings, one a minute; answers what people were told, and the state after each. A telling is noted as the action does. */
function played(readings: (number | null)[], of: AlertRule = rule) {
  let alert: Alert = newAlert(of.name, 0);
  const states: string[] = [];
  const told: [minute: number, change: string][] = [];
  readings.forEach((value, index) => {
    const { alert: next, tell } = evaluate(of, alert, value, index * minute);
    alert = next;
    states.push(alert.state);
    if (tell === undefined) return;
    told.push([index, tell]);
    alert =
      tell === 'edit' ? { ...alert, editedAt: index * minute } : { ...alert, toldAt: index * minute, editedAt: null };
  });
  return { states, told, alert };
}

describe('an alert', () => {
  test('fires after its time, and is resolved past the clear threshold, with one message for each', () => {
    const { states, told } = played([0, 12, 12, 12, 12, 7, 4, 0]);
    expect(states).toEqual(['inactive', 'pending', 'pending', 'firing', 'firing', 'firing', 'resolved', 'resolved']);
    expect(told).toEqual([
      [3, 'firing'],
      [5, 'edit'],
      [6, 'resolved'],
    ]);
  });

  test('that subsides before its time tells nobody', () => {
    const { states, told } = played([12, 12, 0, 12, 0]);
    expect(states).toEqual(['pending', 'pending', 'inactive', 'pending', 'inactive']);
    expect(told).toEqual([]);
  });

  test('does not flap between the limit and the clear threshold', () => {
    const { told } = played([12, 12, 12, 9, 10, 9, 10, 9, 10]);
    expect(told.filter(([, change]) => change !== 'edit')).toEqual([[2, 'firing']]);
  });

  test('is repeated while it fires, not before its interval', () => {
    const { told } = played(Array.from({ length: 130 }, () => 12));
    expect(told).toEqual([
      [2, 'firing'],
      [62, 'repeat'],
      [122, 'repeat'],
    ]);
  });

  test('whose data are missing says so once, and that they are back', () => {
    const { states, told } = played([0, null, null, null, null, 0]);
    expect(states).toEqual(['inactive', 'no_data', 'no_data', 'no_data', 'no_data', 'inactive']);
    expect(told).toEqual([
      [3, 'no_data'],
      [5, 'resolved'],
    ]);
    expect(played([0, null, null, null, 0], { ...rule, tellsNoData: false }).told).toEqual([]);
  });

  test('that loses its data while it fires is not announced a second time, and its end is told', () => {
    const { told } = played([12, 12, 12, null, 12, 12, 0]);
    expect(told).toEqual([
      [2, 'firing'],
      [6, 'resolved'],
    ]);
  });

  test('fires anew as another episode', () => {
    const { told, alert } = played([12, 12, 12, 0, 12, 12, 12]);
    expect(told.map(([, change]) => change)).toEqual(['firing', 'resolved', 'firing']);
    expect(alert.episode).toBe(2);
  });

  test('at most reads the other way round', () => {
    const low: AlertRule = { ...rule, when: 'at_most', limit: 10, clear: 15, forMs: 0 };
    expect(played([20, 10, 12, 15, 16], low).told.filter(([, change]) => change !== 'edit')).toEqual([
      [1, 'firing'],
      [4, 'resolved'],
    ]);
  });

  test('is in every state that its table leads to, and in no other', () => {
    const reached = new Set(['inactive', ...Object.values(alertMoves).flatMap((from) => Object.values(from))]);
    expect([...reached].sort()).toEqual([...alertStates].sort());
    expect(nextAlertState('resolve', 'pending')).toBeUndefined();
    expect(nextAlertState('fire', 'inactive')).toBeUndefined();
  });
});
