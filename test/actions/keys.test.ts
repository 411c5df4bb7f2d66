import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { authenticateKey, createKey, ensureLocalKey, revokeKey, rotateKey } from '../../src/actions/keys.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const day = 86_400_000;
const call = (world: World, secret: string) =>
  authenticateKey(world.app, secret, world.clock.now(), { source: 'http', traceId: 't-1' });
const create = (world: World, input: object) => createKey(world.app, input, world.admin);

describe.each(engines)('a key on %s', (engine) => {
  test('tells who calls; its secret is kept nowhere', async () => {
    const world = await aWorld({ engine });
    const { key, secret } = await create(world, { name: 'builder', owner: '111' });
    expect(await call(world, secret)).toMatchObject({
      by: { actor: 'agent:builder' },
      ownerId: '111',
      scopes: ['submit:command', 'submit:question', 'submit:changeset'],
      keyId: key.id,
    });
    expect(await world.everythingKept()).not.toContain(secret.slice('gaia_12345678_'.length));
  });

  test('is one of at most two that live at once', async () => {
    const world = await aWorld({ engine });
    const [one, two] = [await create(world, { name: 'builder' }), await create(world, { name: 'builder' })];
    expect(await reasonOf(create(world, { name: 'builder' }))).toBe('too_many_keys');
    for (const { secret } of [one, two]) expect((await call(world, secret)).agent).toBe('builder');
    await revokeKey(world.app, one.key.id, world.admin);
    expect((await create(world, { name: 'builder' })).key.agentId).toBe('builder');
  });

  test('made many times at once is still at most two', async () => {
    const world = await aWorld({ engine });
    const made = await Promise.allSettled(Array.from({ length: 5 }, () => create(world, { name: 'builder' })));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  });

  test('is rotated with a day’s overlap, after which only the new one works', async () => {
    const world = await aWorld({ engine });
    const old = await create(world, { name: 'builder', scopes: ['submit:question'] });
    const rotated = await rotateKey(world.app, old.key.id, world.admin);
    expect(rotated).toMatchObject({
      key: { replaces: old.key.id, scopes: ['submit:question'] },
      oldWorksUntil: world.clock.now() + day,
    });
    world.clock.turn(day - 1);
    for (const { secret } of [old, rotated]) expect((await call(world, secret)).agent).toBe('builder');
    world.clock.turn(1);
    expect(await reasonOf(call(world, old.secret))).toBe('key_expired');
    expect((await call(world, rotated.secret)).agent).toBe('builder');
  });

  test('that is revoked is refused from its next call on', async () => {
    const world = await aWorld({ engine });
    const { key, secret } = await create(world, { name: 'builder' });
    await call(world, secret);
    await revokeKey(world.app, key.id, world.admin);
    expect(await reasonOf(call(world, secret))).toBe('key_revoked');
    await revokeKey(world.app, key.id, world.admin);
    expect((await world.allEvents()).map(({ action }) => action)).toEqual(['key.created', 'key.revoked']);
  });

  test('that expires is refused from that very instant on', async () => {
    const world = await aWorld({ engine });
    const { secret } = await create(world, { name: 'builder', expiresInDays: 1 });
    world.clock.turn(day - 1);
    await call(world, secret);
    world.clock.turn(1);
    expect(await reasonOf(call(world, secret))).toBe('key_expired');
  });
});

describe('a key', () => {
  test.each<[string, (secret: string) => string]>([
    ['another secret', (secret) => `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`],
    ['another id', (secret) => secret.replace(/_\w{8}_/, '_zzzzzzzz_')],
    ['no secret', (secret) => secret.slice(0, 14)],
    ['something behind it', (secret) => `${secret} `],
    ['nothing', () => ''],
    ['SQL', () => `gaia_' or 1=1_${'x'.repeat(43)}`],
  ])('with %s is not known', async (_, change) => {
    const world = await aWorld();
    const { secret } = await create(world, { name: 'builder' });
    expect(await reasonOf(call(world, change(secret)))).toBe('key_unknown');
  });

  test('does not change whose agent it is', async () => {
    const world = await aWorld();
    await create(world, { name: 'builder', owner: '111' });
    const { message, extras } = await refusalOf(create(world, { name: 'builder', owner: '222' }));
    expect([message, extras.reason]).toEqual(['The agent builder belongs to 111.', 'owner_differs']);
    expect((await create(world, { name: 'builder' })).key.agentId).toBe('builder');
  });

  test.each<[object, string]>([
    [{}, 'name'],
    [{ name: 'has blank' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'a', owner: 'grace' }, 'owner'],
    [{ name: 'a', owner: '0111' }, 'owner'],
    [{ name: 'a', scopes: [] }, 'scopes'],
    [{ name: 'a', scopes: ['decide'] }, 'scopes[0]'],
    [{ name: 'a', expiresInDays: 0 }, 'expiresInDays'],
    [{ name: 'a', admin: true }, 'admin'],
  ])('is not made of %j', async (input, field) => {
    const world = await aWorld();
    expect((await refusalOf((async () => create(world, input))())).extras.faults?.[0]?.field).toBe(field);
    expect(await world.allEvents()).toEqual([]);
  });

  test('that does not live cannot be rotated, nor one that has a second beside it', async () => {
    const world = await aWorld();
    const { key } = await create(world, { name: 'builder' });
    await create(world, { name: 'builder' });
    expect(await reasonOf(rotateKey(world.app, key.id, world.admin))).toBe('too_many_keys');
    await revokeKey(world.app, key.id, world.admin);
    expect(await reasonOf(rotateKey(world.app, key.id, world.admin))).toBe('key_not_live');
    expect(await reasonOf(rotateKey(world.app, 'nonesuch', world.admin))).toBe('no_such_key');
    expect(await reasonOf(revokeKey(world.app, 'nonesuch', world.admin))).toBe('no_such_key');
  });

  test('that ends sooner than the overlap still ends then; the new one lasts as long as the old one did', async () => {
    const world = await aWorld();
    const { key } = await create(world, { name: 'builder', expiresInDays: 1 });
    world.clock.turn(day / 2);
    const rotated = await rotateKey(world.app, key.id, world.admin);
    expect(rotated.oldWorksUntil).toBe(world.clock.now() + day / 2);
    expect(rotated.key.expiresAt).toBe(world.clock.now() + day);
  });
});

describe('the key of this machine', () => {
  const aFile = (world: World) => {
    const directory = mkdtempSync(join(tmpdir(), 'gaia-key-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'agent.key');
    const ensure = () =>
      ensureLocalKey(
        world.app,
        {
          path,
          readOrNothing: async () => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
          write: async (_, text) => writeFileSync(path, text),
        },
        world.by('gaia', 'start'),
      );
    return {
      ensure,
      secret: () => readFileSync(path, 'utf8').trim(),
      put: (text: string) => writeFileSync(path, text),
    };
  };

  test('is made at the first start and kept at the next', async () => {
    const world = await aWorld();
    const file = aFile(world);
    await file.ensure();
    const first = file.secret();
    expect(await call(world, first)).toMatchObject({ agent: 'local-agent', ownerId: 'local' });
    await file.ensure();
    expect(file.secret()).toBe(first);
  });

  test('is replaced where its file is lost or belongs to another store; the lost one is revoked', async () => {
    const world = await aWorld();
    const file = aFile(world);
    await file.ensure();
    const lost = file.secret();
    file.put('gaia_abcdefgh_something');
    await file.ensure();
    expect(file.secret()).not.toBe(lost);
    expect(await reasonOf(call(world, lost))).toBe('key_revoked');
    expect((await call(world, file.secret())).agent).toBe('local-agent');
  });

  test('is made anew for the agent as it is, where a store comes back with an agent of nobody', async () => {
    const world = await aWorld();
    await create(world, { name: 'local-agent' }); // as where people decide in Telegram
    const file = aFile(world);
    await file.ensure();
    expect(await call(world, file.secret())).toMatchObject({ agent: 'local-agent', ownerId: null });
  });

  test('stays revoked where somebody revoked it', async () => {
    const world = await aWorld();
    const file = aFile(world);
    await file.ensure();
    const secret = file.secret();
    await revokeKey(world.app, (await call(world, secret)).keyId, world.admin);
    await file.ensure();
    expect(file.secret()).toBe(secret);
    expect(await reasonOf(call(world, secret))).toBe('key_revoked');
  });
});
