import { describe, expect, test } from 'vitest';
import { aLiveWorld, outcomes } from './a-live-world.ts';

const issue = (title: string, ref?: string) => ({ op: 'issue.create', ...(ref && { ref }), title, body: 'Look.' });
const below = (child: number | string, parent: number | string, more: object = {}) => ({
  op: 'issue.link',
  parent,
  child,
  relation: 'sub_issue',
  ...more,
});

describe('a link to what the same changeset makes', () => {
  test('is written below what was made', async () => {
    const world = await aLiveWorld();
    await world.writes([issue('Theirs')]);
    const done = await world.writes([issue('Whole', 'a'), issue('Part', 'b'), below('$b', '$a'), below(1, '$a')]);
    expect(outcomes(done)).toEqual(['done', 'done', 'done', 'done']);
    expect(world.repo.issue(3).parent?.number).toBe(2);
    expect(world.repo.issue(1).parent?.number).toBe(2);
  });

  test('takes no issue away from its parent unless that was asked for', async () => {
    const world = await aLiveWorld();
    await world.writes([issue('Old whole'), issue('Part')]);
    await world.writes([below(2, 1)]);
    const { state, blockers } = await world.writes([issue('New whole', 'a'), below(2, '$a')]);
    expect([state, blockers.map(({ code }) => code)]).toEqual(['blocked', ['remote_changed']]);
    expect(world.repo.issue(2).parent?.number).toBe(1);
  });

  test('shows people from which parent it takes an issue, and how to undo it', async () => {
    const world = await aLiveWorld();
    await world.writes([issue('Old whole'), issue('Part')]);
    await world.writes([below(2, 1)]);
    const request = await world.builder.proposes({
      repo: 'octo/app',
      operations: [issue('New whole', 'a'), below(2, '$a', { replaceParent: true })],
    });
    expect(request.effect).toMatchObject({
      changeset: {
        operations: [
          {},
          {
            changes: [{ field: 'link', kind: 'value', before: '#2 is below #1', after: '#2 is below $a' }],
            inverse: { op: 'issue.link', parent: 1, child: 2, replaceParent: true },
          },
        ],
      },
    });
    await world.approves(request);
    await world.passes(8);
    expect(outcomes(await world.now(request))).toEqual(['done', 'done']);
    expect(world.repo.issue(2).parent?.number).toBe(3);
  });
});
