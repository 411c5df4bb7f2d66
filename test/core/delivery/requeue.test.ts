import { expect, test } from 'vitest';
import { requeueAllWords, saysBeyond } from '../../../src/core/delivery/requeue.ts';

test('what a requeue did not come to is said only where there is something', () => {
  expect(saysBeyond({ remaining: 0, unnamed: 0 }, 'gaia requeue --all')).toEqual([]);
  expect(saysBeyond({}, 'gaia requeue --all')).toEqual([]);
  expect(saysBeyond({ remaining: 1_204, unnamed: 12 }, 'gaia requeue --all')).toEqual([
    '12 more messages not named here stay as they are.',
    '1,204 more messages can be requeued: 1,000 are taken at once. Go on: gaia requeue --all',
  ]);
});

test('a button for all of them promises no more than it does', () => {
  expect([requeueAllWords(2), requeueAllWords(1_000), requeueAllWords(1_204)]).toEqual([
    'Requeue all 2',
    'Requeue all 1,000',
    'Requeue the oldest 1,000 of 1,204',
  ]);
});
