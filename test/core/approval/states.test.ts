import { describe, expect, test } from 'vitest';
import {
  ends,
  isEnd,
  type Move,
  moves,
  next,
  type RequestState,
  requestStates,
} from '../../../src/core/approval/states.ts';

/** The whole life of a request once more, by hand: a change of the table has to be meant. */
const life = [
  'approve: pending → approved',
  'deny: pending → denied',
  'answer: pending → answered',
  'expire: pending → expired',
  'expire: approved → expired',
  'withdraw: pending → withdrawn',
  'withdraw: approved → withdrawn',
  'rehearse: approved → executed',
  'outdate: approved → stale',
  'refuse: approved → failed',
  'begin: approved → executing',
  'release: approved → released',
  'finish: executing → executed',
  'finish: unknown → executed',
  'fail: executing → failed',
  'fail: unknown → failed',
  'lose: executing → unknown',
  'resend: unknown → executing',
  'record: approved → recorded',
];
const names = Object.keys(moves) as Move[];
const pairs = names.flatMap((move) => requestStates.map((state) => [move, state] as const));

describe('a move', () => {
  test('is one of these and no other', () => {
    const possible = pairs.flatMap(([move, state]) => {
      const to = next(move, state);
      return to === undefined ? [] : [`${move}: ${state} → ${to}`];
    });
    expect(possible.sort()).toEqual(life.toSorted());
  });

  test.each(pairs.filter(([move, state]) => !life.some((line) => line.startsWith(`${move}: ${state} →`))))(
    '“%s” cannot happen to what is %s',
    (move, state) => expect(next(move, state)).toBeUndefined(),
  );

  test('never leads back to where a decision is open', () => {
    expect(pairs.map(([move, state]) => next(move, state))).not.toContain('pending');
  });

  test('of a name that is none leads nowhere', () => {
    expect(() => next('execute' as Move, 'approved')).toThrow(TypeError);
    expect(next('approve', 'constructor' as RequestState)).not.toBe('approved');
  });
});

describe('an end', () => {
  test.each(ends)('%s is final: nothing leads out of it', (state) => {
    expect(names.map((move) => next(move, state)).filter((to) => to !== undefined)).toEqual([]);
  });

  test('is not pending, approved, executing or unknown', () => {
    expect(requestStates.filter((state) => !isEnd(state))).toEqual(['pending', 'approved', 'executing', 'unknown']);
  });

  test('is reached by every move but approval, the start and the loss of what was started', () => {
    const open = pairs.filter(([move, state]) => {
      const to = next(move, state);
      return to !== undefined && !isEnd(to);
    });
    expect(open.map(([move]) => move)).toEqual(['approve', 'begin', 'lose', 'resend']);
  });
});
