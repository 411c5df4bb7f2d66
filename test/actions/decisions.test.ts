import { describe, expect, test } from 'vitest';
import { decide } from '../../src/actions/decisions.ts';
import { expireDue } from '../../src/actions/expiries.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import type { Request } from '../../src/core/approval/request.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const high = 'version: 1\nrules:\n  - name: careful\n    match: { kind: command }\n    tier: high\n';
const critical = 'version: 1\nrules:\n  - name: two people\n    match: { kind: command }\n    tier: critical\n';

/** The request, its votes and its permit as they stand: what a refused decision must not change. */
const standing = async (world: World, request: Request) => ({
  request: await world.now(request),
  votes: await world.votesOn(request),
  permits: await world.db.read.select().from(world.db.t.permits),
  deliveries: (await world.deliveries()).length,
});

describe.each(engines)('a refused decision on %s', (engine) => {
  const refusals: Record<string, (world: World, request: Request) => Promise<unknown>> = {
    not_an_approver: (world, request) => world.person('666').decides(request, { verdict: 'approve' }, false),
    digest_mismatch: (world, request) =>
      world.person('111').decides(request, { verdict: 'approve', digest: 'c'.repeat(64) }),
    not_shown: (world, request) => world.person('111').approvesUnseen(request),
    not_answerable: (world, request) => world.person('111').answers(request, 'yes'),
    expired: (world, request) => {
      world.clock.turn(30 * 60_000);
      return world.person('111').approves(request);
    },
    agents_cannot_decide: (world, request) =>
      decide(
        world.app,
        { requestId: request.id, personId: '111', verdict: 'approve', digest: request.digest as string },
        world.by(agentNamed('builder')),
      ),
  };

  test.each(Object.keys(refusals))('(%s) changes nothing, and stands in the log', async (reason) => {
    const world = await aWorld({ engine, approvers: ['111', '222'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    if (reason !== 'not_shown') await world.person('111').sees(request);
    const before = await standing(world, request);
    const events = (await world.allEvents()).length;

    expect(await reasonOf((refusals[reason] as (typeof refusals)[string])(world, request))).toBe(reason);

    const added = (await world.allEvents()).slice(events);
    const refused = added.filter(({ action }) => action === 'decision.refused');
    expect(refused).toHaveLength(1);
    expect(JSON.parse(refused[0]?.detail as string)).toMatchObject({
      because: reason,
      ...(reason === 'agents_cannot_decide' ? { request: request.id } : { state: 'pending' }),
    });
    if (reason === 'expired') {
      expect(await world.now(request)).toMatchObject({ state: 'expired', endCode: 'not_decided' });
      expect(await world.votesOn(request)).toEqual([]);
    } else {
      expect(added).toHaveLength(1);
      expect(await standing(world, request)).toEqual(before);
    }
  });

  test('on a request that is not there leaves no trace at all', async () => {
    const world = await aWorld({ engine });
    const decision = { requestId: 'r-000000', personId: 'local', verdict: 'approve' as const, digest: 'd'.repeat(64) };
    expect(await reasonOf(decide(world.app, decision, world.by(person('local'))))).toBe('no_such_request');
    expect(await world.allEvents()).toEqual([]);
  });
});

describe('nobody decides for somebody else', () => {
  test('and whoever tries does not fill the history of the request, only their own, once a minute', async () => {
    const world = await aWorld();
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    const before = await world.actionsOn(request);
    const tries = () =>
      reasonOf(
        decide(
          world.app,
          { requestId: request.id, verdict: 'approve', digest: request.digest as string },
          world.by(agentNamed('mallory')),
        ),
      );
    for (let n = 0; n < 5; n++) expect(await tries()).toBe('agents_cannot_decide');
    expect(await world.actionsOn(request)).toEqual(before);
    const own = async () => (await world.allEvents()).filter(({ subject }) => subject === 'agent:mallory').length;
    expect(await own()).toBe(1);
    world.clock.turn(60_000);
    await tries();
    expect(await own()).toBe(2);
  });

  test.each([
    ['an agent in a person’s name', agentNamed('builder')],
    ['an agent called like a person', agentNamed('local')],
    ['the admin key', 'admin' as const],
    ['Gaia itself', 'gaia' as const],
    ['another person', person('222')],
  ])('%s is refused', async (_, actor) => {
    const world = await aWorld({ approvers: ['111', '222', 'local'] });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').sees(request);
    const decision = {
      requestId: request.id,
      personId: '111',
      verdict: 'approve' as const,
      digest: request.digest as string,
    };
    expect(await reasonOf(decide(world.app, decision, world.by(actor)))).toBe('agents_cannot_decide');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('a person never decides what they asked for themself, not even to deny it', async () => {
    const world = await aWorld({ approvers: ['111', '222'] });
    const request = await world.person('111').asksToRun(['echo']);
    await world.person('222').sees(request);
    expect(await reasonOf(world.person('111').approves(request))).toBe('own_request');
    expect(await reasonOf(world.person('111').denies(request))).toBe('own_request');
    await world.person('222').approves(request);
    expect((await world.now(request)).state).toBe('approved');
  });

  test('the owner approves their own agent’s normal and high requests, but not a critical one alone', async () => {
    const world = await aWorld({ approvers: ['111', '222'] });
    const builder = await world.agent('builder', { owner: '111' });
    const owner = world.person('111');
    const normal = await builder.asksToRun(['echo', '1']);
    await owner.approves(normal);
    expect((await world.now(normal)).state).toBe('approved');

    await world.loadsPolicy(high);
    const inHigh = await builder.asksToRun(['echo', '2']);
    await owner.approves(inHigh);
    await owner.confirms(inHigh);
    expect((await world.now(inHigh)).state).toBe('approved');

    await world.loadsPolicy(critical);
    const inCritical = await builder.asksToRun(['echo', '3']);
    await owner.approves(inCritical);
    await owner.confirms(inCritical);
    expect((await world.now(inCritical)).state).toBe('pending');
    await world.person('222').approves(inCritical);
    await world.person('222').confirms(inCritical);
    expect((await world.now(inCritical)).state).toBe('approved');
  });

  test('looking counts as showing only for people who may decide', async () => {
    const world = await aWorld({ approvers: ['111', '222'], operators: ['999'] });
    const request = await world.person('111').asksToRun(['echo']);
    for (const id of ['111', '666', '999']) await world.person(id).sees(request);
    expect((await world.now(request)).shownAt).toBeNull();
    expect(await reasonOf(world.person('222').approvesUnseen(request))).toBe('not_shown');
    await world.person('222').sees(request);
    expect((await world.now(request)).shownAt).toBe(world.clock.now());
  });
});

describe.each(engines)('an approval on %s', (engine) => {
  test('gives one permit for exactly its digest, and starts the clock of the effect', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').approves(request);
    const approved = await world.now(request);
    expect(approved).toMatchObject({
      state: 'approved',
      decidedAt: world.clock.now(),
      effectBy: world.clock.now() + 900_000,
      endedAt: null,
    });
    expect(await world.db.read.select().from(world.db.t.permits)).toMatchObject([
      { requestId: request.id, digest: request.digest, takenAt: null },
    ]);
  });

  test('repeated decides once: one vote, one permit, no further event', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').approves(request);
    const events = await world.actionsOn(request);
    expect(await world.person('local').approves(request)).toMatchObject({
      repeated: true,
      request: { state: 'approved' },
    });
    await world.tick();
    expect(await world.person('local').approves(request)).toMatchObject({
      repeated: true,
      request: { state: 'executed' },
    });
    expect(await world.votesOn(request)).toHaveLength(1);
    expect((await world.actionsOn(request)).slice(0, events.length)).toEqual(events);
    expect((await world.actionsOn(request)).filter((action) => action === 'permit.issued')).toHaveLength(1);
  });

  test('needs as many people as the tier says; each is told what is missing', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222', '333'], policy: critical });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    for (const id of ['111', '222']) {
      expect((await world.now(request)).state).toBe('pending');
      await world.person(id).approves(request);
      await world.person(id).confirms(request);
    }
    expect(await world.now(request)).toMatchObject({ state: 'approved', version: 4 });
    expect(await reasonOf(world.person('333').approves(request))).toBe('already_settled');
    expect(await world.votesOn(request)).toHaveLength(2);
  });

  test('is taken back by a change of mind while others are still missing, and that is logged', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'], policy: critical });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('111').approves(request);
    await world.person('111').confirms(request);
    await world.person('111').denies(request, 'too_risky');
    expect(await world.now(request)).toMatchObject({ state: 'denied', endCode: 'too_risky' });
    expect(await world.votesOn(request)).toMatchObject([{ personId: '111', verdict: 'deny' }]);
    const recorded = (await world.eventsOf(request)).filter(({ action }) => action === 'decision.recorded');
    expect(recorded.map(({ detail }) => JSON.parse(detail as string).changesMind)).toEqual([false, true]);
  });

  test('after an end changes nothing: denied stays denied, executed stays executed', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'] });
    const builder = await world.agent('builder');
    const denied = await builder.asksToRun(['echo', '1']);
    await world.person('111').denies(denied);
    const { message, extras } = await refusalOf(world.person('222').approves(denied));
    expect(message).toBe('It is denied, decided by 111.');
    expect(extras.facts).toMatchObject({ state: 'denied', decidedBy: ['111'] });

    const executed = await builder.asksToRun(['echo', '2']);
    await world.person('111').approves(executed);
    await world.tick();
    expect(await reasonOf(world.person('222').denies(executed))).toBe('already_settled');
    expect((await world.now(executed)).state).toBe('executed');
  });

  test('is recorded while Gaia is paused: decisions go on', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('local').pauses();
    await world.person('local').approves(request);
    expect((await world.now(request)).state).toBe('approved');
  });
});

describe.each(engines)('an answer on %s', (engine) => {
  test('ends the question with its words, and gives no permit', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asks('Which?', ['red', 'blue']);
    await world.person('local').answers(request, 'red');
    expect(await world.now(request)).toMatchObject({
      state: 'answered',
      answer: 'red',
      endCode: 'answered',
      endedAt: world.clock.now(),
    });
    expect(await world.actionsOn(request)).toEqual([
      'request.submitted',
      'request.shown',
      'decision.recorded',
      'request.answered',
    ]);
  });

  test('may be a refusal to answer, with a reason', async () => {
    const world = await aWorld({ engine });
    const request = await (await world.agent('builder')).asks('Which?');
    await world.person('local').denies(request, 'need_more_information', 'Of what?');
    expect(await world.now(request)).toMatchObject({
      state: 'denied',
      endCode: 'need_more_information',
      endText: 'Of what?',
      answer: null,
    });
  });
});

describe.each(engines)('two acts on %s', (engine) => {
  const aHighRequest = async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'], policy: high });
    return { world, request: await (await world.agent('builder')).asksToRun(['echo']) };
  };

  test('approve together; the first alone records no vote and no event', async () => {
    const { world, request } = await aHighRequest();
    const first = await world.person('111').approves(request);
    expect(first.confirmBy).toBe(world.clock.now() + 60_000);
    expect(await world.votesOn(request)).toEqual([]);
    expect(await world.actionsOn(request)).toEqual(['request.submitted', 'request.shown']);
    world.clock.turn(59_999);
    expect((await world.person('111').confirms(request)).request.state).toBe('approved');
  });

  test('do not approve when the second comes after sixty seconds; beginning anew does', async () => {
    const { world, request } = await aHighRequest();
    await world.person('111').approves(request);
    world.clock.turn(60_000);
    expect(await reasonOf(world.person('111').confirms(request))).toBe('confirmation_missing');
    await world.person('111').approves(request);
    world.clock.turn(59_999);
    expect((await world.person('111').confirms(request)).request.state).toBe('approved');
  });

  test('are one person’s: another’s first act is not theirs', async () => {
    const { world, request } = await aHighRequest();
    await world.person('111').approves(request);
    expect(await reasonOf(world.person('222').confirms(request))).toBe('confirmation_missing');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('are forgotten by a denial and by what they led to', async () => {
    const { world, request } = await aHighRequest();
    await world.person('111').approves(request);
    await world.person('111').denies(request);
    expect(await world.db.read.select().from(world.db.t.confirmations)).toEqual([]);
  });
});

describe.each(engines)('a race on %s', (engine) => {
  const race = async (round: number) => {
    const world = await aWorld({ engine, approvers: ['111', '222'], operators: ['111'] });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['echo']);
    await world.person('111').sees(request);
    if (round % 2) world.clock.turn(30 * 60_000);
    const runners = [
      () => world.person('111').decides(request, { verdict: 'approve' }, false),
      () => world.person('222').decides(request, { verdict: 'deny' }, false),
      () => builder.withdraws(request),
      () => expireDue(world.app, world.clock.now()),
    ];
    const order = runners.map((_, at) => runners[(at + round) % runners.length] as () => Promise<unknown>);
    const outcomes = await Promise.allSettled(order.map((run) => run()));
    return { world, request, outcomes };
  };

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'of approve, deny, withdraw and expiry has one outcome, and losers are told it (round %i)',
    async (round) => {
      const { world, request, outcomes } = await race(round);
      const ended = await world.now(request);
      const actions = await world.actionsOn(request);
      const settled = actions.filter((action) => /^request\.(approved|denied|withdrawn|expired)$/.test(action));
      // an approved request may still be withdrawn: that is a second move, not a second outcome
      if (ended.state === 'withdrawn' && settled.includes('request.approved'))
        expect(settled).toEqual(['request.approved', 'request.withdrawn']);
      else expect(settled).toEqual([`request.${ended.state}`]);
      for (const outcome of outcomes) {
        if (outcome.status !== 'rejected') continue;
        expect(['already_settled', 'not_withdrawable', 'expired']).toContain(outcome.reason.extras?.reason);
        expect(['approved', ended.state]).toContain(outcome.reason.extras.facts.state);
      }
      const permits = await world.db.read.select().from(world.db.t.permits);
      expect(permits).toHaveLength(settled.includes('request.approved') ? 1 : 0);
    },
  );

  test('of fifty taps by five people on a request that needs two records each person once', async () => {
    const approvers = ['1', '2', '3', '4', '5'];
    const world = await aWorld({ engine, approvers, policy: 'version: 1\ntiers: { normal: { approvals: 2 } }\n' });
    const request = await (await world.agent('builder')).asksToRun(['echo']);
    await world.person('1').sees(request);
    const taps = Array.from({ length: 50 }, (_, n) =>
      world.person(approvers[n % 5] as string).decides(request, { verdict: 'approve' }, false),
    );
    const outcomes = await Promise.allSettled(taps);
    const votes = await world.votesOn(request);
    expect(votes).toHaveLength(2);
    expect((await world.now(request)).state).toBe('approved');
    const counted = outcomes.filter((one) => one.status === 'fulfilled' && !one.value.repeated);
    expect(counted).toHaveLength(2);
    for (const one of outcomes)
      if (one.status === 'rejected')
        expect(one.reason.extras.facts.decidedBy).toEqual(votes.map(({ personId }) => personId));
    expect((await world.actionsOn(request)).filter((action) => action === 'request.approved')).toHaveLength(1);
  });
});
