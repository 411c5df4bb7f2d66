import { describe, expect, test } from 'vitest';
import { getHead } from '../../src/store/installation.ts';
import { standsBehind } from '../../src/views/log.ts';
import { aWorld } from '../support/world.ts';

describe('a store held against what was last seen of it', () => {
  const seen = async () => {
    const world = await aWorld();
    await (await world.agent('builder')).asks('1?');
    const { seq, hash } = await getHead(world.db.read);
    await (await world.agent('other')).asks('2?');
    return { world, witness: { generation: 1, seq, hash } };
  };

  test('is the same where it goes on from there', async () => {
    const { world, witness } = await seen();
    expect(await standsBehind(world.db, witness)).toBeUndefined();
    expect(await standsBehind(world.db, { ...witness, seq: 0, hash: '0'.repeat(64) })).toBeUndefined();
  });

  test.each([
    ['ends before it', { seq: 3 }, /^The log ends at 2, but head.json has seen 3/],
    ['holds another event there', { hash: 'f'.repeat(64) }, /^Event 1 is not the one head.json has seen/],
    [
      'is of an older generation',
      { generation: 2 },
      /^The store is of generation 1, but head.json has seen generation 2/,
    ],
  ])('is another one where it %s', async (_, change, reason) => {
    const { world, witness } = await seen();
    expect(await standsBehind(world.db, { ...witness, ...change })).toMatch(reason);
  });

  test('is accepted already where its generation is a newer one', async () => {
    const { world, witness } = await seen();
    expect(await standsBehind(world.db, { ...witness, generation: 0, seq: 99 })).toBeUndefined();
  });
});
