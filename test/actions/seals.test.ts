import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sealAsLeader, sealLog } from '../../src/actions/seals.ts';
import { sealHolds } from '../../src/core/audit/seal.ts';
import { getHead } from '../../src/store/installation.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld } from '../support/world.ts';

const { privateKey } = generateKeyPairSync('ed25519');

describe.each(engines)('a seal on %s', (engine) => {
  test('is made of the head of the log as it is, and noted in the log', async () => {
    const world = await aWorld({ engine });
    await (await world.agent('builder')).asks('1?');
    const head = await getHead(world.db.read);
    const seal = await sealLog(world.app, privateKey, world.admin);
    expect(seal).toMatchObject({ generation: 1, seq: head.seq, hash: head.hash });
    expect(seal && sealHolds(seal, createPublicKey(privateKey))).toBe(true);
    expect((await world.allEvents()).at(-1)).toMatchObject({ action: 'log.sealed', subject: `seal:${head.seq}` });
  });

  test('is not made of an empty log, nor of nothing but seals', async () => {
    const world = await aWorld({ engine });
    expect(await sealLog(world.app, privateKey, world.admin)).toBeUndefined();
    await (await world.agent('builder')).asks('1?');
    const first = await sealLog(world.app, privateKey, world.admin);
    expect(await sealLog(world.app, privateKey, world.admin)).toEqual(first);
    expect(await world.allEvents()).toHaveLength(2);
    await (await world.agent('other')).asks('2?');
    expect((await sealLog(world.app, privateKey, world.admin))?.seq).toBe(3);
  });

  test('is made by one of several Gaias on the same store', async () => {
    const world = await aWorld({ engine });
    await (await world.agent('builder')).asks('1?');
    const other = alsoOn(world, await world.store.again());
    const seals = await Promise.all([
      sealAsLeader(world.app, privateKey, 'one'),
      sealAsLeader(other, privateKey, 'two'),
    ]);
    expect(seals.filter((seal) => seal !== undefined)).toHaveLength(1);
    expect((await world.allEvents()).filter(({ action }) => action === 'log.sealed')).toHaveLength(1);
    world.clock.turn(60_000);
    await (await world.agent('other')).asks('2?');
    expect(await sealAsLeader(other, privateKey, 'two')).toBeDefined();
  });
});
