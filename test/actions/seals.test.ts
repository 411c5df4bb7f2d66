import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sealAsLeader, sealLog, takeUpSealKey } from '../../src/actions/seals.ts';
import { keyIdOf, sealHolds } from '../../src/core/audit/seal.ts';
import { getHead } from '../../src/store/installation.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld, type World } from '../support/world.ts';

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

describe.each(engines)('a seal key on %s', (engine) => {
  /** Starts with a key on a data directory that keeps these ids; answers what is said, and what the log says by then. */
  const starts = async (world: World, key: KeyObject, kept: readonly string[] = []) => {
    const warnings: string[] = [];
    const keep = async () => [...kept];
    await takeUpSealKey(world.app, key, { keep, say: (warning) => void warnings.push(warning), by: world.admin });
    const changes = (await world.allEvents()).filter(({ action }) => action === 'log.key_changed');
    return { warnings, changes: changes.map(({ detail }) => JSON.parse(detail as string)) };
  };
  const idOf = (key: KeyObject) => keyIdOf(createPublicKey(key));
  const other = generateKeyPairSync('ed25519').privateKey;

  test('is noted when it is the first, and not again while it stays', async () => {
    const world = await aWorld({ engine });
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    const first = { from: null, to: idOf(privateKey), publicKey };
    expect(await starts(world, privateKey)).toEqual({ warnings: [], changes: [first] });
    await sealLog(world.app, privateKey, world.admin);
    expect(await starts(world, privateKey, [idOf(privateKey)])).toEqual({ warnings: [], changes: [first] });
    expect(JSON.stringify(first)).not.toContain('PRIVATE');
  });

  test('is noted when it replaces another, without a warning where that one is kept', async () => {
    const world = await aWorld({ engine });
    await starts(world, privateKey);
    const { warnings, changes } = await starts(world, other, [idOf(privateKey)]);
    expect(changes.at(-1)).toMatchObject({ from: idOf(privateKey), to: idOf(other) });
    expect([warnings, changes.length]).toEqual([[], 2]);
  });

  test('of another Gaia on the same store is named at the start, with what to do', async () => {
    const world = await aWorld({ engine });
    await starts(world, privateKey);
    await sealLog(world.app, privateKey, world.admin);
    const { warnings } = await starts(world, other);
    expect(warnings).toEqual([expect.stringContaining(`seal-${idOf(privateKey)}.pub`)]);
    expect(warnings[0]).toContain('share seal.key');
    expect((await starts(world, other)).warnings).toHaveLength(1); // until it is put right
    expect((await starts(world, privateKey)).warnings).toEqual([expect.stringContaining(idOf(other))]);
  });
});
