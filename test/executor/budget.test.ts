import { expect, test } from 'vitest';
import { withinBudget } from '../../src/executor/budget.ts';

const aHasher = () => {
  const reads: string[] = [];
  const hash = async (path: string) => {
    reads.push(path);
    return { sha256: path, bytes: 40 };
  };
  return { reads, hash };
};

test('a request has files read up to its budget, and none beyond it', async () => {
  const { reads, hash } = aHasher();
  const within = withinBudget(hash, 100);
  for (const path of ['/a', '/b', '/c']) await within(path);
  await expect(within('/d')).rejects.toMatchObject({ extras: { reason: 'too_much_to_read' } });
  expect(reads).toEqual(['/a', '/b', '/c']);
});

test('a request has a file read once, however often it is named', async () => {
  const { reads, hash } = aHasher();
  const within = withinBudget(hash, 40);
  for (let n = 0; n < 5; n += 1) expect(await within('/a')).toEqual({ sha256: '/a', bytes: 40 });
  expect(reads).toEqual(['/a']);
});
