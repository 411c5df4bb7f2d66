import { describe, expect, test } from 'vitest';
import { stageOf } from '../../../src/core/approval/reminder.ts';

describe('a reminder', () => {
  test.each([
    [0, 0],
    [499, 0],
    [500, 1],
    [899, 1],
    [900, 2],
  ] as const)('after %i of 1,000 ms is at stage %i', (now, stage) =>
    expect(stageOf({ createdAt: 0, expiresAt: 1_000 }, now)).toBe(stage),
  );
});
