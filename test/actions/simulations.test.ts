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

test('a simulation covers past changesets, also those that were blocked', async () => {
  const github = (operations: string, more = '') =>
    `version: 1\ngithub:\n  repos:\n    - { repo: local/demo, operations: [${operations}], labels: [bug], bases: [main]${more} }\n`;
  const world = await aWorld({ policy: github('issue.create') });
  const builder = await world.agent('builder');
  const issue = { op: 'issue.create', title: 'Slow', body: 'It is.', labels: ['bug'] };
  const allowed = await builder.proposes({ repo: 'local/demo', operations: [issue] });
  const denied = await builder.proposes({ repo: 'local/demo', operations: [{ ...issue, title: 'b' }, comment(1)] });
  expect([allowed.state, denied.state]).toEqual(['pending', 'blocked']);

  const simulated = async (text: string) =>
    (await simulatePolicy(world.app, text, 100)).changes.map(({ id, direction, before, after }) => [
      id,
      direction,
      `${before} → ${after}`,
    ]);
  expect(await simulated(github('issue.create, issue.comment.create'))).toEqual([
    [denied.id, 'looser', 'denied by “github: local/demo without issue.comment.create” → normal, 1 approval'],
  ]);
  expect(await simulated(github('issue.create', ', gated: [issue.create]'))).toEqual([
    [allowed.id, 'stricter', 'normal, 1 approval → normal, 1 approval, after both gates'],
  ]);
  expect(await simulated(github('issue.label.add'))).toMatchObject([
    [denied.id, 'other', expect.stringContaining('without issue.create')],
    [allowed.id, 'stricter', 'normal, 1 approval → denied by “github: local/demo without issue.create”'],
  ]);
});

const comment = (number: number) => ({ op: 'issue.comment.create', number, body: 'Measured.' });
