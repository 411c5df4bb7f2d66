import { expect, test } from 'vitest';
import { simulatePolicy } from '../../src/actions/simulations.ts';
import { reasonOf } from '../support/refusal.ts';
import { aWorld } from '../support/world.ts';

const pull = { op: 'pr.create', head: 'gaia/a', base: 'main', title: 'A', body: 'B.' };

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
  world.clock.turn(1); // the newest comes first
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

test.each<[string, object, string, string, string]>([
  [
    'a label',
    { op: 'issue.create', title: 'A', body: 'B.', labels: ['bug'] },
    'labels: [bug]',
    'labels: [ops]',
    'the label bug',
  ],
  ['a label of an issue', { op: 'issue.label.add', number: 1, labels: ['bug'] }, 'labels: [bug]', '', 'the label bug'],
  [
    'an assignee',
    { op: 'issue.assign', number: 1, assignees: ['ada'] },
    'assignees: [ada]',
    'assignees: [bob]',
    'the assignee ada',
  ],
  [
    'a reviewer',
    { op: 'pr.request_reviewers', number: 1, reviewers: ['ada'] },
    'reviewers: [ada]',
    '',
    'the reviewer ada',
  ],
  ['a base', pull, 'bases: [main]', 'bases: [next]', 'the base main'],
  ['a head', pull, 'bases: [main]', 'bases: [main], heads: [bots/*]', 'the head gaia/a'],
  ['a protected head', pull, 'bases: [main]', 'bases: [main], protectedHeads: [gaia/a]', 'leave to write from gaia/a'],
  ['a title', pull, 'bases: [main]', 'bases: [main], titlePrefix: "gaia:"', 'a title that begins with “gaia:”'],
  [
    'a context',
    { op: 'commit_status.create', sha: 'a'.repeat(40), context: 'gaia/ci', state: 'pending' },
    'contexts: [gaia/*]',
    'contexts: [ci/*]',
    'the context gaia/ci',
  ],
])('a simulation compares the lists of a policy: %s', async (_, operation, was, is, without) => {
  const policy = (lists: string) =>
    `version: 1\ngithub:\n  repos:\n    - { repo: local/demo, operations: [${(operation as { op: string }).op}]${lists && `, ${lists}`} }\n`;
  const world = await aWorld({ policy: policy(was) });
  const { id } = await (await world.agent('builder')).proposes({ repo: 'local/demo', operations: [operation] });
  const simulated = async (lists: string) =>
    (await simulatePolicy(world.app, policy(lists), 10)).changes.map((change) => [
      change.id,
      change.direction,
      change.after,
    ]);
  expect(await simulated(was)).toEqual([]);
  expect(await simulated(is)).toEqual([[id, 'stricter', `denied by “github: local/demo without ${without}”`]]);
});

test('a simulation compares the fields and choices of a project', async () => {
  const policy = (fields: string) =>
    `version: 1\ngithub:\n  projects:\n    - { project: local/1, operations: [project.field.update], fields: ${fields} }\n`;
  const world = await aWorld({ policy: policy('{ Status: [Todo] }') });
  const operation = { op: 'project.field.update', item: 1, field: 'Status', value: 'Todo' };
  const { id } = await (await world.agent('builder')).proposes({ project: 'local/1', operations: [operation] });
  const after = async (fields: string) =>
    (await simulatePolicy(world.app, policy(fields), 10)).changes.map((change) => [change.id, change.after]);
  expect(await after('{ Status: [Todo, Doing] }')).toEqual([]);
  expect(await after('{ Status: [Doing] }')).toEqual([
    [id, 'denied by “github: project local/1 without the option Todo of Status”'],
  ]);
  expect(await after('{ Notes: }')).toEqual([[id, 'denied by “github: project local/1 without the field Status”']]);
});

const comment = (number: number) => ({ op: 'issue.comment.create', number, body: 'Measured.' });
