import { expect, test } from 'vitest';
import { sparkline } from '../../../src/core/metrics/sparkline.ts';

test('a line of bars goes from the lowest to the highest and loses no peak', () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7])).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline([3, 3, 3])).toBe('▁▁▁');
  expect(sparkline([])).toBe('');
  const peak = sparkline(
    Array.from({ length: 100 }, (_, n) => (n === 57 ? 9 : 0)),
    10,
  );
  expect([...peak]).toHaveLength(10);
  expect(peak).toContain('█');
});
