import { describe, expect, test } from 'vitest';
import { createKey, revokeKey } from '../../src/actions/keys.ts';
import { keyAnswerOf, listKeyAnswers } from '../../src/views/keys.ts';
import { reasonOf } from '../support/refusal.ts';
import { aWorld } from '../support/world.ts';

describe('the list of keys', () => {
  test('says which live, have expired or were revoked; never their secrets or hashes', async () => {
    const world = await aWorld();
    const make = (input: object) => createKey(world.app, input, world.admin);
    const made = [
      await make({ name: 'a', owner: '111' }),
      await make({ name: 'b', expiresInDays: 1 }),
      await make({ name: 'c' }),
    ];
    await revokeKey(world.app, made[2]?.key.id as string, world.admin);
    world.clock.turn(86_400_000);
    const { keys } = await listKeyAnswers(world.viewer, world.clock.now());
    expect(keys.map(({ agent, owner, state }) => [agent, owner, state])).toEqual([
      ['a', '111', 'live'],
      ['b', null, 'expired'],
      ['c', null, 'revoked'],
    ]);
    expect(JSON.stringify(keys)).not.toMatch(/[0-9a-f]{64}|gaia_/);
    expect(await reasonOf(keyAnswerOf(world.viewer, 'nonesuch', 0))).toBe('no_such_key');
  });
});
