import { describe, expect, test } from 'vitest';
import { forgetOldControls, offerControls } from '../../src/actions/controls.ts';
import type { Control } from '../../src/core/delivery/control.ts';
import { findControl } from '../../src/store/controls.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const day = 86_400_000;
const silence: Control = { kind: 'silence', alert: 'disk_low', seconds: 3_600 };
const offered = async (world: World, chat = '-100'): Promise<string> =>
  (await offerControls(world.app, { chat, topic: null }, [silence]))(silence);

describe.each(engines)('a button for operators on %s', (engine) => {
  test('is the same one wherever it is shown in a chat, and another in another', async () => {
    const world = await aWorld({ engine });
    const ref = await offered(world);
    expect(await offered(world)).toBe(ref);
    expect(await offered(world, '-200')).not.toBe(ref);
    expect(await findControl(world.db.read, ref)).toMatchObject({ action: silence, chat: '-100', armedBy: null });
  });

  test('is forgotten after thirty days, counted from when it was last shown', async () => {
    const world = await aWorld({ engine });
    const shownOnce = await offered(world, '-200');
    const shownAgain = await offered(world);
    world.clock.turn(20 * day);
    await offered(world);
    world.clock.turn(20 * day);
    await forgetOldControls(world.app);
    expect(await findControl(world.db.read, shownOnce)).toBeUndefined();
    expect(await findControl(world.db.read, shownAgain)).toMatchObject({ action: silence });
    world.clock.turn(11 * day);
    await forgetOldControls(world.app);
    expect(await findControl(world.db.read, shownAgain)).toBeUndefined();
  });
});
