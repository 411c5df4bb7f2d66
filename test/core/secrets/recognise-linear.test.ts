import { expect, test, vi } from 'vitest';
import { recogniseSecrets } from '../../../src/core/secrets/recognise.ts';

/** characters of values that were judged */
let judged = 0;
vi.mock('../../../src/core/secrets/values.ts', async (original) => {
  const real = await original<typeof import('../../../src/core/secrets/values.ts')>();
  const counting = (judge: (value: string) => boolean) => (value: string) => {
    judged += value.length;
    return judge(value);
  };
  return {
    ...real,
    looksLikeSecret: counting(real.looksLikeSecret),
    looksLikePassword: counting(real.looksLikePassword),
  };
});

test.each(['token:', 'password=', 'token: ', '--password ', 'token="', 'authorization:', 'bearer ', 'a_key=1secret:'])(
  'a text of %j over and over is judged in proportion to its length',
  (seed) => {
    for (const times of [1_000, 2_000, 8_000]) {
      judged = 0;
      const text = `${seed.repeat(times)}a1`;
      recogniseSecrets(text);
      expect(judged / text.length).toBeLessThan(64);
    }
  },
);

test('a long value is found to its end, though only its beginning is judged', () => {
  const value = `a1B2${'c3D4'.repeat(200)}`;
  expect(recogniseSecrets(`token=${value} x`)).toEqual([{ name: 'token', start: 6, end: 6 + value.length }]);
});

test('a value that is none may hold a name with one', () => {
  expect(recogniseSecrets('token:db_password=correcthorse').map(({ name }) => name)).toEqual(['db_password']);
});
