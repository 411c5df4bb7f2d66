import { expect, test } from 'vitest';
import { simulatePolicy } from '../../src/actions/simulations.ts';
import { reasonOf } from '../support/refusal.ts';
import { aWorld } from '../support/world.ts';

test('a simulation says which past requests another policy would have judged otherwise, and changes nothing', async () => {
  const world = await aWorld({
    policy: 'version: 1\nrules:\n  - { name: it says hello, match: { argv: [echo, hello] }, tier: critical }\n',
  });
  const builder = await world.agent('builder');
  const hello = await builder.asksToRun(['echo', 'hello']);
  const bye = await builder.asksToRun(['echo', 'bye']);
  await builder.asks('Release?');
  const before = (await world.allEvents()).length;
  const other = 'version: 1\nrules:\n  - { name: it says bye, match: { argv: [echo, bye] }, deny: Nobody leaves. }\n';
  const { looked, same, changes, changed } = await simulatePolicy(world.app, other, 100);
  expect([looked, same]).toEqual([3, 1]);
  expect(Object.fromEntries(changes.map(({ id, direction, after }) => [id, [direction, after]]))).toEqual({
    [hello.id]: ['looser', 'normal, 1 approval'],
    [bye.id]: ['stricter', 'denied by “it says bye”'],
  });
  expect(changed.join(' ')).toContain('it says hello');
  expect((await world.allEvents()).length).toBe(before);
  expect(await reasonOf(simulatePolicy(world.app, 'version: 2', 10))).toBe('policy_invalid');
});
