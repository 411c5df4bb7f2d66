import { describe, expect, test } from 'vitest';
import { aLiveWorld } from './a-live-world.ts';
import { aPassedRun } from './a-passed-run.ts';

/** A token whose eighth letter stands there in a way that hides it from whoever looks at the raw text. */
const hiddenToken = (hidden: string) => `ghp_abcdefg${hidden}ijklmnopqrstuvwxyz0123456789`;
const replace = (path: string, value: string) => [{ op: 'replace', path, value }];

describe.each([
  ['a zero-width space', 'h\u200b'],
  ['a tag', 'h\u{e0061}'],
  ['a direction', 'h\u202e'],
  ['markup', '<b>h</b>'],
  ['a character reference', '&#104;'],
])('a secret split by %s', (_, hidden) => {
  const text = `Look: ${hiddenToken(hidden)}`;

  test('is found in whatever would go out', async () => {
    const world = await aLiveWorld();
    const run = await aPassedRun(world);
    world.repo.addIssue({ title: 'Theirs' });
    const pull = world.repo.addPull({ title: 'Mine', head: run.branch });
    const draft = world.github.project('octo', 1).addDraft('Think');
    const comment = world.repo.issue(1).comment('Mine.', 'gaia-bot');
    const onRepo = [
      { op: 'issue.create', title: 'A', body: text },
      { op: 'issue.update', number: 1, patch: replace('/body', text) },
      { op: 'issue.comment.create', number: 1, body: text },
      { op: 'issue.comment.update', comment: comment.id, body: text },
      { op: 'pr.update', number: pull.number, patch: replace('/body', text) },
      { op: 'review_comment.create', number: pull.number, summary: text, actionRequired: 'Look.' },
      { op: 'review_comment.create', number: pull.number, summary: 'Done.', actionRequired: text },
    ];
    const onProject = [
      { op: 'project.draft_item.create', title: 'A', body: text },
      { op: 'project.draft_item.update', item: draft.id, patch: replace('/body', text) },
      ...(/[<&]/.test(hidden) ? [] : [{ op: 'project.field.update', item: draft.id, field: 'Notes', value: text }]),
    ];
    for (const operation of onRepo) {
      const { state, blockers } = await world.writes([operation], { runId: run.id });
      expect([operation.op, state, blockers.map(({ code }) => code)]).toEqual([
        operation.op,
        'blocked',
        ['secret_detected'],
      ]);
    }
    for (const operation of onProject) {
      const { state, blockers } = await world.writes([operation], { project: 'octo/1' });
      expect([operation.op, state, blockers.map(({ code }) => code)]).toEqual([
        operation.op,
        'blocked',
        ['secret_detected'],
      ]);
    }
    expect(world.github.created()).toEqual({});
  });
});
