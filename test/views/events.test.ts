import { describe, expect, test } from 'vitest';
import { listEventAnswers } from '../../src/views/events.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe.each(engines)('the log as it is shown on %s', (engine) => {
  test('is read by pages in both directions', async () => {
    const world = await aWorld({ engine });
    for (const name of ['a', 'b', 'c']) await (await world.agent(name)).asks('1?');
    const seqs = async (filter: object) => {
      const { events, next } = await listEventAnswers(world.viewer, { limit: 2, ...filter });
      return [events.map(({ seq }) => seq), next];
    };
    expect(await seqs({})).toEqual([[3, 2], 2]);
    expect(await seqs({ before: 2 })).toEqual([[1], null]);
    expect(await seqs({ order: 'oldest' })).toEqual([[1, 2], 2]);
    expect(await seqs({ order: 'oldest', after: 2 })).toEqual([[3], null]);
    expect(await seqs({ after: 3 })).toEqual([[], null]);
  });

  test('is narrowed by subject, act, actor and asker', async () => {
    const world = await aWorld({ engine });
    const one = await (await world.agent('one')).asks('1?');
    await (await world.agent('two')).asks('2?');
    await world.person('local').denies(one);
    const acts = async (filter: object) =>
      (await listEventAnswers(world.viewer, { limit: 10, order: 'oldest', ...filter })).events.map(
        ({ action }) => action,
      );
    expect(await acts({ subject: `request:${one.id}` })).toEqual([
      'request.submitted',
      'request.shown',
      'decision.recorded',
      'request.denied',
    ]);
    expect(await acts({ action: 'request.submitted' })).toHaveLength(2);
    expect(await acts({ action: 'decision.' })).toEqual(['decision.recorded']);
    expect(await acts({ action: '%.' })).toEqual([]);
    expect(await acts({ actor: 'agent:two' })).toEqual(['request.submitted']);
    expect(await acts({ askedBy: 'agent:two' })).toEqual(['request.submitted']);
    expect(await acts({ askedBy: 'agent:nobody' })).toEqual([]);
  });

  test('shows an event whose detail was dropped, without it', async () => {
    const world = await aWorld({ engine });
    await (await world.agent('one')).asks('1?');
    await world.db.write(async (tx) => void (await tx.delete(tx.t.eventDetails)));
    expect((await listEventAnswers(world.viewer, { limit: 1 })).events).toMatchObject([{ seq: 1, detail: null }]);
  });
});
