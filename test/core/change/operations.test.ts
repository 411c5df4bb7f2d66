import { describe, expect, test } from 'vitest';
import { changesetInput, operationNames, whyForbidden } from '../../../src/core/change/operations.ts';
import { GaiaError } from '../../../src/core/errors.ts';
import { read } from '../../../src/core/wire/read.ts';

const faultsOf = (operations: unknown[], more: object = {}): string[] => {
  try {
    read(changesetInput, { repo: 'octo/app', ...more, operations }, 'The changeset');
    return [];
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    return (error.extras.faults ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
};
const issue = { op: 'issue.create', title: 'A', body: 'B' };
const comment = { op: 'issue.comment.create', number: 1, body: 'B' };

describe('a changeset', () => {
  test('is what it says', () =>
    expect(
      faultsOf([
        { ...issue, ref: 'a' },
        { ...comment, number: '$a' },
      ]),
    ).toEqual([]));

  test.each<[string, unknown[], object, string]>([
    ['an unknown member', [{ ...issue, state: 'closed' }], {}, 'operations[0].state: is not known here'],
    ['a fault in the second operation', [issue, { ...comment, body: '' }], {}, 'operations[1].body: must not be empty'],
    ['an operation that is none', [{ op: 'issue.shout' }], {}, 'operations[0].op: must be one of: pr.create'],
    ['a merge', [{ op: 'pr.merge', number: 1 }], {}, 'operations[0].op: is never possible: Gaia never merges'],
    ['a close', [{ op: 'issue.close', number: 1 }], {}, 'operations[0].op: is never possible: Gaia never closes'],
    [
      'a ref of nothing',
      [{ ...comment, number: '$a' }],
      {},
      'operations[0].number: names $a, and no earlier operation has that ref',
    ],
    [
      'a ref of another kind',
      [
        { ...comment, ref: 'c' },
        { ...comment, number: '$c' },
      ],
      {},
      'operations[1].number: names $c, which is of another kind',
    ],
    [
      'a ref twice',
      [
        { ...issue, ref: 'a' },
        { ...issue, ref: 'a' },
      ],
      {},
      'operations[1].ref: is used by an earlier operation',
    ],
    [
      'the same field twice',
      [
        { op: 'issue.label.add', number: 1, labels: ['bug'] },
        { op: 'issue.label.remove', number: 1, labels: ['Bug'] },
      ],
      {},
      'operations[1]: changes the same as operation 0',
    ],
    [
      'state in a patch',
      [{ op: 'issue.update', number: 1, patch: [{ op: 'replace', path: '/state', value: 'closed' }] }],
      {},
      'operations[0].patch[0].path: must be /title or /body',
    ],
    [
      'head as base',
      [{ op: 'pr.create', head: 'main', base: 'main', title: 'A', body: 'B' }],
      {},
      'operations[0].head: must not be the base',
    ],
    [
      'a project operation on a repository',
      [{ op: 'project.item.add', repo: 'octo/app', number: 1 }],
      {},
      'operations[0].op: needs a project',
    ],
    [
      'eleven operations',
      Array.from({ length: 11 }, (_, index) => ({ ...issue, title: String(index) })),
      {},
      'operations: at most 10 operations',
    ],
    ['both targets', [issue], { project: 'octo/1' }, 'repo: or project must be given, and not both'],
    ['a title of two lines', [{ ...issue, title: 'a\nb' }], {}, 'operations[0].title: must be one line'],
    [
      'a parent of itself',
      [{ op: 'issue.link', parent: 1, child: 1, relation: 'sub_issue' }],
      {},
      'operations[0].child: must not be the parent',
    ],
  ])('may not hold %s', (_, operations, more, fault) =>
    expect(faultsOf(operations, more)).toEqual(expect.arrayContaining([expect.stringContaining(fault)])),
  );

  test.each(['.', '..', '/', 'a/', '/a', 'a//b', 'a/../b', 'a/ . /b', '../labels', 'a%2Fb', 'a\tb', 'a\nb', ' . '])(
    'may not name the label %j',
    (label) => {
      for (const operation of [
        { ...issue, labels: [label] },
        { op: 'issue.label.add', number: 1, labels: [label] },
        { op: 'issue.label.remove', number: 1, labels: [label] },
      ])
        expect(faultsOf([operation])).toEqual([expect.stringContaining('operations[0].labels[0]: must be a label')]);
    },
  );

  test('may name labels as people do', () =>
    expect(
      faultsOf([
        { op: 'issue.label.add', number: 1, labels: ['good first issue', 'v1.2', '...', 'prio: high', 'area/ui'] },
      ]),
    ).toEqual([]));

  test.each([
    'pr.merge',
    'merge_queue.add',
    'pr.close',
    'pr.reopen',
    'issue.delete',
    'issue.transfer',
    'issue.lock',
    'ref.update',
    'branch.delete',
    'tag.create',
    'contents.write',
    'workflow.dispatch',
    'release.create',
    'repo.settings',
    'webhook.create',
    'secret.set',
    'gist.create',
    'pr.review.approve',
    'collaborator.add',
    'ruleset.update',
    'org.update',
    'key.add',
  ])('can never hold %s', (op) => expect(whyForbidden(op)).toBeDefined());

  test('is made of operations none of which is forbidden', () => {
    for (const op of operationNames) expect(whyForbidden(op)).toBeUndefined();
  });
});
