import { describe, expect, test } from 'vitest';
import { submitRequest } from '../../src/actions/requests.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { alsoOn, aWorld } from '../support/world.ts';

const question = (text: string, more: object = {}) => ({ kind: 'question', question: { text }, ...more });

describe.each(engines)('an idempotency key on %s', (engine) => {
  test('with the same content gives the same request, also after its end', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const first = await builder.submits(question('May I?', { idempotencyKey: 'k' }));
    await world.person('local').denies(first.request);
    const second = await builder.submits(question('May I?', { idempotencyKey: 'k' }));
    expect(first).toMatchObject({ joined: false, repeated: false });
    expect(second).toMatchObject({ repeated: true, request: { id: first.request.id, state: 'denied' } });
    expect((await world.actionsOn(first.request)).filter((action) => action === 'request.submitted')).toHaveLength(1);
  });

  test('with other content is a conflict that names the request, and stores nothing', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const { request } = await builder.submits(question('May I?', { idempotencyKey: 'k' }));
    const before = await world.everythingKept();
    for (const other of [
      question('May I not?'),
      question('May I?', { title: 'x' }),
      question('May I?', { isTest: true }),
    ]) {
      const { code, extras } = await refusalOf(builder.submits({ ...other, idempotencyKey: 'k' }));
      expect([code, extras.reason, extras.facts]).toEqual(['conflict', 'idempotency_key_reused', { id: request.id }]);
    }
    expect(await world.everythingKept()).toBe(before);
  });

  test('belongs to its asker', async () => {
    const world = await aWorld({ engine });
    const one = await (await world.agent('one')).submits(question('May I?', { idempotencyKey: 'k' }));
    const two = await (await world.agent('two')).submits(question('Or I?', { idempotencyKey: 'k' }));
    expect(two.request.id).not.toBe(one.request.id);
  });

  test('used many times at once, from two processes, makes one request', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const elsewhere = alsoOn(world, await world.store.again());
    const input = question('May I?', { idempotencyKey: 'k' });
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, n) => submitRequest(n % 2 ? elsewhere : world.app, input, builder.asker())),
    );
    expect(new Set(all.map(({ request }) => request.id)).size).toBe(1);
    expect(all.filter(({ repeated }) => !repeated)).toHaveLength(1);
    expect((await world.allEvents()).map(({ action }) => action)).toEqual(['request.submitted']);
  });

  test('of a request that was joined stands for the joined one', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const { request } = await builder.submits(question('May I?'));
    expect(await builder.submits(question('May I?', { idempotencyKey: 'k' }))).toMatchObject({ joined: true });
    expect(await builder.submits(question('May I?', { idempotencyKey: 'k' }))).toMatchObject({
      repeated: true,
      request: { id: request.id, joins: 1 },
    });
  });
});

describe.each(engines)('an equal pending request on %s', (engine) => {
  test('is joined: no new card, one event, the count shows it', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const first = await builder.submits(question('May I?'));
    const second = await builder.submits(question('May I?', { title: 'again' }));
    expect(second).toMatchObject({ joined: true, request: { id: first.request.id, joins: 1, title: null } });
    expect(await world.actionsOn(first.request)).toEqual(['request.submitted', 'request.joined']);
    expect(await world.deliveries()).toHaveLength(1);
  });

  test('is not joined by another agent, for another effect, by a test, or on other terms', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    await builder.submits(question('May I?'));
    const others = [
      await (await world.agent('other')).submits(question('May I?')),
      await builder.submits(question('May I now?')),
      await builder.submits(question('May I?', { isTest: true })),
    ];
    await world.loadsPolicy('version: 1\nrules:\n  - name: care\n    match: { kind: question }\n    tier: high\n');
    others.push(await builder.submits(question('May I?')));
    expect(others.map(({ joined }) => joined)).toEqual([false, false, false, false]);
  });

  test('is not joined once it has ended or run out', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const first = await builder.submits(question('May I?'));
    world.clock.turn(30 * 60_000);
    const second = await builder.submits(question('May I?'));
    expect(second.joined).toBe(false);
    await world.person('local').answers(second.request, 'yes');
    expect((await builder.submits(question('May I?'))).joined).toBe(false);
    expect(first.request.id).not.toBe(second.request.id);
  });

  test('asked for many times at once is one request', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const all = await Promise.all(Array.from({ length: 5 }, () => builder.submits(question('May I?'))));
    expect(new Set(all.map(({ request }) => request.id)).size).toBe(1);
    expect(await world.now(all[0]!.request)).toMatchObject({ joins: 4 });
  });
});

describe.each(engines)('an agent on %s that asks for too much', (engine) => {
  const caps = (open: number, perMinute: number) => `version: 1\ncaps: { open: ${open}, perMinute: ${perMinute} }\n`;

  test('is refused over its open requests, and may ask again when one has ended', async () => {
    const world = await aWorld({ engine, policy: caps(2, 30) });
    const builder = await world.agent('builder');
    const first = await builder.asks('1?');
    await builder.asks('2?');
    const { code, extras, message } = await refusalOf(builder.asks('3?'));
    expect([code, extras.reason]).toEqual(['too_many', 'open_cap']);
    expect(message).toContain('2 open requests');
    await builder.withdraws(first);
    expect((await builder.asks('3?')).state).toBe('pending');
  });

  test('is refused over its requests a minute, blocked ones included, until the minute is over', async () => {
    const world = await aWorld({ engine, policy: caps(20, 2) });
    const builder = await world.agent('builder');
    await builder.asks('1?');
    await builder.asksToRun(['no-such-program']);
    expect(await reasonOf(builder.asks('3?'))).toBe('rate_cap');
    world.clock.turn(60_001);
    expect((await builder.asks('3?')).state).toBe('pending');
  });

  test.each([caps(1, 30), caps(20, 1)])(
    'has nothing looked up any more, save what it would join (%j)',
    async (policy) => {
      const world = await aWorld({ engine, policy });
      const builder = await world.agent('builder');
      await builder.asksToRun(['echo', '1']);
      const looked: string[][] = [];
      const { resolveCommand } = world.app;
      world.app.resolveCommand = (command, how) => {
        looked.push(command.argv);
        return resolveCommand(command, how);
      };
      for (const argv of [['echo', '2'], ['no-such-program']])
        expect(await reasonOf(builder.asksToRun(argv))).toMatch(/_cap$/);
      expect(looked).toEqual([]);
      expect(await builder.asksToRun(['echo', '1'])).toMatchObject({ joins: 1 });
      expect(looked).toHaveLength(1);
      world.clock.turn(3_600_000);
      await world.tick();
      expect((await builder.asksToRun(['echo', '2'])).state).toBe('pending');
    },
  );

  test('has no text read any more, save of what it would join', async () => {
    const world = await aWorld({ engine, policy: caps(1, 30) });
    const builder = await world.agent('builder');
    const issue = (body: string) => ({
      repo: 'local/demo',
      operations: [{ op: 'issue.create', title: 'The build is slow', body }],
    });
    await builder.proposes(issue('It takes 20 minutes.'));
    const read: string[] = [];
    const { texts } = world.app.github;
    const body: typeof texts.body = (text, ...rest) => {
      read.push(text);
      return texts.body(text, ...rest);
    };
    world.app.github.texts = { ...texts, body, for: () => ({ ...texts, body }) };
    expect(await reasonOf(builder.proposes(issue('It takes an hour.')))).toBe('open_cap');
    expect(read).toEqual([]);
    expect(await builder.proposes(issue('It takes 20 minutes.'))).toMatchObject({ joins: 1 });
    expect(read).toEqual(['It takes 20 minutes.']);
  });

  test('does not take room from others, and joining takes none', async () => {
    const world = await aWorld({ engine, policy: caps(1, 30) });
    const builder = await world.agent('builder');
    await builder.asks('1?');
    expect((await builder.submits(question('1?'))).joined).toBe(true);
    expect((await (await world.agent('other')).asks('1?')).state).toBe('pending');
  });

  test('is told of to people once an hour, and nothing of what it asked is stored', async () => {
    const world = await aWorld({ engine, policy: caps(1, 30) });
    const builder = await world.agent('builder');
    await builder.asks('1?', ['yes', 'no']);
    const notices = async () => (await world.deliveries()).filter(({ kind }) => kind === 'notice').length;
    for (let n = 0; n < 3; n++) await refusalOf(builder.asks('marker?'));
    expect(await notices()).toBe(1);
    world.clock.turn(3_599_999);
    await world.tick(); // the first is over by now
    await builder.asks('2?');
    await refusalOf(builder.asks('marker?'));
    expect(await notices()).toBe(1);
    world.clock.turn(1);
    await refusalOf(builder.asks('marker?'));
    expect(await notices()).toBe(2);
    expect(await world.everythingKept()).not.toContain('marker?');
  });
});
