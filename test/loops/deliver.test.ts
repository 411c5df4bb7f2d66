import { describe, expect, test } from 'vitest';
import { notFound, unavailable } from '../../src/core/errors.ts';
import { unfailing } from '../../src/core/fail-point.ts';
import { deliverDue } from '../../src/loops/deliver.ts';
import { aChannel, aWorld } from '../support/world.ts';

const owing = async (notices: number) => {
  const world = await aWorld();
  for (let n = 0; n < notices; n++) await (await world.agent(`agent-${n}`)).asks('1?');
  return world;
};

describe('delivering', () => {
  test('sends what is due, in the order it was owed, and tells how much that was', async () => {
    const world = await owing(3);
    const channel = aChannel(() => ({ ok: true }));
    expect(await deliverDue(world.app, channel, 'one', unfailing)).toBe(3);
    expect(channel.given.map(({ subject }) => subject)).toEqual(
      (await world.deliveries()).map(({ subject }) => subject),
    );
    expect(await deliverDue(world.app, channel, 'one', unfailing)).toBe(0);
  });

  test('takes at most twenty at once', async () => {
    const world = await owing(21);
    const channel = aChannel(() => ({ ok: true }));
    expect(await deliverDue(world.app, channel, 'one', unfailing)).toBe(20);
    expect(await deliverDue(world.app, channel, 'one', unfailing)).toBe(1);
  });

  test.each([
    ['gives up on what cannot be put into words', notFound('There is no request.'), 'dead'],
    ['gives up on what nobody foresaw', new TypeError('of undefined'), 'dead'],
    ['tries again when the store was away', unavailable('The database is away.'), 'retrying'],
  ])('%s', async (_, error, state) => {
    const world = await owing(1);
    const channel = aChannel(() => {
      throw error;
    });
    await deliverDue(world.app, channel, 'one', unfailing);
    expect((await world.deliveries())[0]?.state).toBe(state);
  });

  test.each(['channel.send.before', 'channel.send.after'])(
    'that dies at %s is taken up again after its lease',
    async (point) => {
      const world = await owing(1);
      const channel = aChannel(() => ({ ok: true }));
      const die = (name: string) => {
        if (name === point) throw new Error('killed');
      };
      await expect(deliverDue(world.app, channel, 'one', die)).rejects.toThrow('killed');
      expect((await world.deliveries())[0]?.state).toBe('sending');
      world.clock.turn(30_000);
      await deliverDue(world.app, channel, 'two', unfailing);
      expect((await world.deliveries())[0]).toMatchObject({ state: 'sent', attempts: 2 });
    },
  );
});
