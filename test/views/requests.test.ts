import { describe, expect, test } from 'vitest';
import { requestAnswer } from '../../src/core/wire/answers.ts';
import { getRequestAnswer, listInbox, listRequestAnswers } from '../../src/views/requests.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe.each(engines)('a request as it is shown on %s', (engine) => {
  test('says all that people decide on, and fits its own description', async () => {
    const world = await aWorld({
      engine,
      approvers: ['111', '222'],
      policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n',
    });
    const request = await (await world.agent('builder', { owner: '111' })).asksToRun(['echo', 'hello'], {
      reason: 'Because.',
    });
    await world.person('111').approves(request);
    const shown = await getRequestAnswer(world.viewer, request.id);
    expect(requestAnswer.strict().safeParse(shown).error).toBeUndefined();
    expect(shown).toMatchObject({
      state: 'pending',
      ended: false,
      askedBy: 'agent:builder',
      owner: '111',
      digest: request.digest,
      effect: {
        command: {
          argv: ['echo', 'hello'],
          cwd: { path: request.effect?.kind === 'command' && request.effect.command.cwd.path },
        },
      },
      approvals: { needed: 2, given: 1, confirm: false, missing: '1 more approval' },
      votes: [{ person: '111', verdict: 'approve', reason: null }],
      missing: [],
      end: null,
      url: `http://gaia.test/requests/${request.id}`,
    });
  });

  test('no longer counts people who were removed', async () => {
    const world = await aWorld({
      engine,
      approvers: ['111', '222'],
      policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n',
    });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').approves(request);
    world.appoints({ approvers: ['222', '333'] });
    expect((await getRequestAnswer(world.viewer, request.id)).approvals).toMatchObject({
      given: 0,
      missing: '2 more approvals',
    });
  });

  test('says that nothing starts while Gaia is paused, except of questions and of what has ended', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const [command, question, ended] = [
      await builder.asksToRun(['echo']),
      await builder.asks('1?'),
      await builder.asksToRun(['echo', '2']),
    ];
    await world.person('local').denies(ended);
    await world.person('local').pauses();
    const missing = async (id: string) => (await getRequestAnswer(world.viewer, id)).missing.map(({ code }) => code);
    expect([await missing(command.id), await missing(question.id), await missing(ended.id)]).toEqual([
      ['paused'],
      [],
      [],
    ]);
  });

  test('is not there for another asker', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asks('1?');
    expect(await reasonOf(getRequestAnswer(world.viewer, request.id, 'agent:other'))).toBe('no_such_request');
    expect((await getRequestAnswer(world.viewer, request.id, 'agent:builder')).id).toBe(request.id);
  });
});

describe.each(engines)('the list of requests on %s', (engine) => {
  test('is read by pages, the newest first, each request once, whatever comes in between', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const asked: string[] = [];
    for (let n = 0; n < 7; n++) {
      if (n % 3 === 0) world.clock.turn(1);
      asked.push((await builder.asks(`${n}?`)).id);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listRequestAnswers>> = await listRequestAnswers(world.viewer, {
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      seen.push(...page.requests.map(({ id }) => id));
      cursor = page.next;
      world.clock.turn(1);
      await (await world.agent('late')).asks(`late ${seen.length}?`);
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(asked.toSorted());
    expect(new Set(seen).size).toBe(7);
  });

  test('is narrowed by state and by asker', async () => {
    const world = await aWorld({ engine });
    const one = await (await world.agent('one')).asks('1?');
    const two = await (await world.agent('two')).asks('2?');
    await world.person('local').denies(two);
    const ids = async (filter: object) =>
      (await listRequestAnswers(world.viewer, { limit: 10, ...filter })).requests.map(({ id }) => id);
    expect(await ids({ state: 'pending' })).toEqual([one.id]);
    expect(await ids({ state: 'denied' })).toEqual([two.id]);
    expect(await ids({ askedBy: 'agent:one' })).toEqual([one.id]);
    expect(await ids({ askedBy: 'agent:one', state: 'denied' })).toEqual([]);
    expect((await listInbox(world.viewer, 10)).map(({ id }) => id)).toEqual([one.id]);
  });

  test.each(['0', '1.r-1', 'x.r-7F3K2Q', "1.r-7F3K2Q' or 1=1"])(
    'knows the cursor %s for none of its own',
    async (cursor) => {
      const world = await aWorld({ engine });
      expect((await refusalOf(listRequestAnswers(world.viewer, { limit: 1, cursor }))).extras.faults?.[0]?.field).toBe(
        'cursor',
      );
    },
  );
});
