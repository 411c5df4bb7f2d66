import { describe, expect, test } from 'vitest';
import { expireDue } from '../../src/actions/expiries.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld } from '../support/world.ts';

describe('a request that replaces another', () => {
  test('names one of the same asker, in any spelling of its id', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const first = await builder.asks('1?');
    const { request } = await builder.submits({
      kind: 'question',
      question: { text: '2?' },
      supersedes: first.id.toLowerCase(),
    });
    expect(request.supersedes).toBe(first.id);
  });

  test('cannot name another’s, nor one that is not there: both answers are the same', async () => {
    const world = await aWorld();
    const other = await (await world.agent('other')).asks('1?');
    const builder = await world.agent('builder');
    const refusals = [];
    for (const supersedes of [other.id, 'r-000000', 'r-UUUUUU'])
      refusals.push(await refusalOf(builder.submits({ kind: 'question', question: { text: '2?' }, supersedes })));
    expect(new Set(refusals.map(({ code }) => code))).toEqual(new Set(['not_found']));
    expect(await world.actionsOn(other)).toEqual(['request.submitted']);
  });
});

describe('asking again', () => {
  test('makes a new request from the stored payload, looked up afresh', async () => {
    const world = await aWorld();
    world.writes('list.txt', 'one\n');
    const builder = await world.agent('builder');
    const first = await builder.asksToRun(['cat', 'list.txt'], { title: 'Read', idempotencyKey: 'k' });
    await world.person('local').denies(first);
    world.writes('list.txt', 'two\n');
    const again = await builder.asksAgain(first);
    expect(again).toMatchObject({ state: 'pending', title: 'Read', supersedes: first.id });
    expect(again.id).not.toBe(first.id);
    expect(again.effectDigest).not.toBe(first.effectDigest);
    expect((await world.now(first)).state).toBe('denied');
  });

  test('does not take over any approval', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const first = await builder.asksToRun(['echo']);
    await world.person('local').approves(first);
    await world.tick();
    const again = await builder.asksAgain(first);
    await world.tick();
    expect((await world.now(again)).state).toBe('pending');
    expect(await world.votesOn(again)).toEqual([]);
  });

  test('joins an equal request that still waits', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const first = await builder.asksToRun(['echo']);
    expect((await builder.asksAgain(first)).id).toBe(first.id);
  });

  test('is for its asker alone', async () => {
    const world = await aWorld();
    const first = await (await world.agent('builder')).asksToRun(['echo']);
    expect(await reasonOf((await world.agent('other')).asksAgain(first))).toBe('no_such_request');
  });

  test('is refused where what was asked was not kept', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const tooLong = await builder.asksToRun(['echo', 'x'.repeat(65_536)]);
    expect(await reasonOf(builder.asksAgain(tooLong))).toBe('payload_not_kept');
  });
});

describe('the time to decide', () => {
  test('can be shortened by the asker, never lengthened', async () => {
    const world = await aWorld();
    const builder = await world.agent('builder');
    const short = await builder.asksToRun(['echo', '1'], { ttlSeconds: 60 });
    const long = await builder.asksToRun(['echo', '2'], { ttlSeconds: 86_400 });
    expect(short.expiresAt - short.createdAt).toBe(60_000);
    expect(long.expiresAt - long.createdAt).toBe(30 * 60_000);
  });
});

describe.each(engines)('a request on %s that runs out', (engine) => {
  test('is expired at its very instant, and says whether anybody saw it', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const unseen = await builder.asksToRun(['echo', '1']);
    const seen = await builder.asksToRun(['echo', '2']);
    await world.person('local').sees(seen);
    world.clock.turn(30 * 60_000 - 1);
    expect(await expireDue(world.app, world.clock.now())).toBe(0);
    world.clock.turn(1);
    expect(await expireDue(world.app, world.clock.now())).toBe(2);
    expect(await world.now(unseen)).toMatchObject({
      state: 'expired',
      endCode: 'never_shown',
      endedAt: world.clock.now(),
    });
    expect(await world.now(seen)).toMatchObject({ state: 'expired', endCode: 'not_decided' });
    expect(await world.actionsOn(unseen)).toEqual(['request.submitted', 'request.expired']);
    expect(await expireDue(world.app, world.clock.now())).toBe(0);
  });

  test('after its approval was never used is expired as not started', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').approves(request);
    world.clock.turn(15 * 60_000);
    await world.tick();
    expect(await world.now(request)).toMatchObject({ state: 'expired', endCode: 'not_started', outcome: null });
    expect(await world.actionsOn(request)).not.toContain('permit.taken');
  });
});

describe.each(engines)('withdrawing on %s', (engine) => {
  test('ends what is pending or approved, and nothing starts after it', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const pending = await builder.asksToRun(['echo', '1']);
    const approved = await builder.asksToRun(['echo', '2']);
    await world.person('local').approves(approved);
    for (const request of [pending, approved]) expect((await builder.withdraws(request)).state).toBe('withdrawn');
    await world.tick();
    expect(await world.now(approved)).toMatchObject({ state: 'withdrawn', endCode: 'withdrawn', outcome: null });
    expect(await world.actionsOn(approved)).not.toContain('permit.taken');
  });

  test('twice is the same as once', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.asks('1?');
    await builder.withdraws(request);
    expect((await builder.withdraws(request)).state).toBe('withdrawn');
    expect(await world.actionsOn(request)).toEqual(['request.submitted', 'request.withdrawn']);
  });

  test('is for the asker alone: neither another agent nor an approver', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asks('1?');
    expect(await reasonOf((await world.agent('other')).withdraws(request))).toBe('no_such_request');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('cannot undo an end', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['echo']);
    await world.person('local').denies(request);
    const { extras } = await refusalOf(builder.withdraws(request));
    expect([extras.reason, extras.facts]).toEqual(['not_withdrawable', { state: 'denied' }]);
    expect((await world.now(request)).state).toBe('denied');
  });
});
