import type { AlertChange } from '../delivery/delivery.ts';
import { type AlertRule, isClear, isWrong } from './rule.ts';
import { type AlertMove, type AlertState, nextAlertState } from './states.ts';

/** An alert as it is kept. */
export interface Alert {
  name: string;
  state: AlertState;
  since: number;
  value: number | null;
  checkedAt: number;
  /** since when it fires, also while its data are missing; null where it does not */
  firedAt: number | null;
  episode: number;
  toldAt: number | null;
  editedAt: number | null;
  deliveryId: string | null;
  place: number;
}

export const newAlert = (name: string, now: number): Alert => ({
  name,
  state: 'inactive',
  since: now,
  value: null,
  checkedAt: now,
  firedAt: null,
  episode: 0,
  toldAt: null,
  editedAt: null,
  deliveryId: null,
  place: 0,
});

export interface Evaluated {
  alert: Alert;
  /** what happened, for the log */
  moves: AlertState[];
  /** what people are told; absent: nothing */
  tell?: AlertChange;
}

/** Messages of a firing alert are edited at most this often. */
const editsApartMs = 60_000;
/** How long a resolved alert is shown as such. */
const restAfterMs = 3_600_000;

/**
 * What a reading makes of an alert. `null`: what it watches could not be read. A silenced alert moves like any other, and
 * people are not told.
 */
export function evaluate(rule: AlertRule, before: Alert, value: number | null, now: number): Evaluated {
  let alert: Alert = { ...before, value, checkedAt: now };
  const moves: AlertState[] = [];
  const move = (by: AlertMove) => {
    const state = nextAlertState(by, alert.state);
    if (state === undefined) throw new Error(`an alert that is ${alert.state} cannot ${by}`);
    alert = { ...alert, state, since: now };
    moves.push(state);
  };
  const done = (tell?: AlertChange): Evaluated => ({ alert, moves, ...(tell ? { tell } : {}) });

  const isOpen = before.firedAt !== null;
  if (value === null) {
    if (alert.state !== 'no_data') move('lose');
    const { since, toldAt } = alert;
    const isTold = toldAt !== null && toldAt >= since;
    const isDue = isTold ? now - toldAt >= rule.repeatMs : now - since >= rule.forMs;
    return done(rule.tellsNoData && isDue ? 'no_data' : undefined);
  }
  if (alert.state === 'firing') {
    if (isClear(rule, value)) {
      move('resolve');
      alert = { ...alert, firedAt: null };
      return done('resolved');
    }
    if (now - (alert.toldAt ?? 0) >= rule.repeatMs) return done('repeat');
    if (value !== before.value && now - (alert.editedAt ?? alert.toldAt ?? 0) >= editsApartMs) return done('edit');
    return done();
  }
  const wasToldBlind = alert.state === 'no_data' && (alert.toldAt ?? -1) >= alert.since;
  if (isOpen ? isClear(rule, value) : !isWrong(rule, value)) {
    if (alert.state === 'pending' || alert.state === 'no_data') move('subside');
    else if (alert.state === 'resolved' && now - alert.since >= restAfterMs) move('rest');
    alert = { ...alert, firedAt: null };
    return done(isOpen || wasToldBlind ? 'resolved' : undefined);
  }
  if (alert.state !== 'pending') move('exceed');
  if (!isOpen && now - alert.since < rule.forMs) return done();
  move('fire');
  if (isOpen) return done(); // it fired before its data were missing: people know
  alert = { ...alert, firedAt: now, episode: alert.episode + 1 };
  return done('firing');
}

/** What becomes of an alert that nothing looks at any more: whatever it was, it is over. */
export function retire(before: Alert, now: number): Evaluated {
  const by = retiring[before.state];
  const isRested = before.state !== 'resolved' || now - before.since >= restAfterMs;
  const state = by && isRested ? nextAlertState(by, before.state) : undefined;
  if (state === undefined) return { alert: before, moves: [] };
  const wasTold = before.firedAt !== null || (before.state === 'no_data' && (before.toldAt ?? -1) >= before.since);
  const alert = { ...before, state, since: now, firedAt: null };
  return { alert, moves: [state], ...(wasTold ? { tell: 'resolved' } : {}) };
}

const retiring: Partial<Record<AlertState, AlertMove>> = {
  pending: 'subside',
  firing: 'resolve',
  no_data: 'subside',
  resolved: 'rest',
};
