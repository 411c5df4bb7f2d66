import { describe, expect, test } from 'vitest';
import { requireAcceptance } from '../../src/actions/pauses.ts';
import { builtInAlertPolicy } from '../../src/core/policy/parse-alerts.ts';
import { statusAnswer } from '../../src/core/wire/answers-status.ts';
import { blindHost } from '../../src/views/metrics.ts';
import { getStatus } from '../../src/views/status.ts';
import { aChannel, aWorld, type World } from '../support/world.ts';

const status = (world: World) =>
  getStatus({ ...world.viewer, policy: { digest: 'd', rules: 0 }, version: '0', startedAt: 0 }, world.clock.now());

describe('the status', () => {
  test('of a fresh Gaia says that nothing waits, and fits its own description', async () => {
    const world = await aWorld();
    const said = await status(world);
    expect(statusAnswer.strict().safeParse(said).error).toBeUndefined();
    expect(said).toMatchObject({
      generation: 1,
      paused: null,
      acceptance: null,
      requests: {},
      oldestPendingSeconds: null,
      next: 'Nothing waits.',
    });
  });

  test.each([
    ['off', false, 'off: nothing is asked and nothing is written'],
    [
      'local_fake',
      false,
      "local_fake: a world of Gaia's own, nothing leaves this machine; 0 writes in the last hour, of 60",
    ],
    [
      'live',
      false,
      'live, at github.test; the updater is not enabled; No CHECKPOINT_<n>.md lies in the data directory; 0 writes in the last hour, of 60',
    ],
    [
      'live',
      true,
      'live, at github.test; the updater is enabled; No CHECKPOINT_<n>.md lies in the data directory; 0 writes in the last hour, of 60',
    ],
  ] as const)(
    'says what becomes of changesets where the way is %s, enabled: %s',
    async (mode, updaterEnabled, said) => {
      const world = await aWorld();
      const github = {
        transport: { mode, host: 'github.test' },
        settings: { updaterEnabled },
        highestCheckpoint: async () => undefined,
      };
      const operating = { host: blindHost(0, false), alerts: builtInAlertPolicy, github, writesPerHour: 60 };
      const { operations } = await getStatus(
        { ...world.viewer, policy: { digest: 'd', rules: 0 }, version: '0', startedAt: 0, operating },
        world.clock.now(),
      );
      expect(operations?.transport).toBe(said);
      expect(operations?.writeBudget).toEqual({ used: 0, of: 60 });
    },
  );

  test('names the next thing to do, the most urgent first', async () => {
    const world = await aWorld();
    await (await world.agent('builder')).asks('1?');
    world.clock.turn(5_500);
    expect(await status(world)).toMatchObject({
      requests: { pending: 1 },
      oldestPendingSeconds: 5,
      next: '1 request waits for a decision: gaia console',
    });
    await world.tick(aChannel(() => ({ ok: false, kind: 'permanent', error: 'no' })));
    expect((await status(world)).next).toMatch(/^1 message could not be delivered/);
    await world.person('local').pauses('Lunch.');
    expect(await status(world)).toMatchObject({
      paused: { by: 'person:local', reason: 'Lunch.' },
      next: expect.stringMatching(/gaia resume$/),
    });
    await requireAcceptance(world.app, 'An older copy.', world.admin);
    expect(await status(world)).toMatchObject({
      acceptance: 'An older copy.',
      next: expect.stringMatching(/--accept-generation$/),
    });
  });
});
