import { describe, expect, test, vi } from 'vitest';
import { endGrantsThatAreOver, revokeGrant } from '../../src/actions/grants.ts';
import { createKey, revokeKey } from '../../src/actions/keys.ts';
import { person } from '../../src/core/access/actor.ts';
import { listKeys } from '../../src/store/agents.ts';
import { listGrants } from '../../src/store/grants.ts';
import { listGrantAnswers } from '../../src/views/grants.ts';
import { getRequestAnswer } from '../../src/views/requests.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World, type WorldOptions } from '../support/world.ts';

const hour = 3_600_000;

/** A world in which `ls list.txt` was approved, and allowed again, by 111. */
async function allowed(options: WorldOptions = {}) {
  const world = await aWorld({ approvers: ['111', '222'], ...options });
  world.writes('list.txt', 'one\n');
  const builder = await world.agent('builder', { owner: '222' });
  const first = await builder.asksToRun(['ls', 'list.txt']);
  await world.person('111').decides(first, { verdict: 'approve', allow: true });
  await world.tick();
  const [grant] = await listGrants(world.db.read);
  if (!grant) throw new Error('nothing was allowed');
  world.lines.length = 0;
  return { world, builder, first, grant };
}
const grantEvents = async (world: World) =>
  (await world.allEvents()).filter(({ action }) => action.startsWith('grant.')).map(({ action }) => action);

describe.each(engines)('a grant on %s', (engine) => {
  test('lets the agent do exactly this again, without a card but with a notice', async () => {
    const { world, builder, grant } = await allowed({ engine });
    const again = await builder.asksToRun(['ls', 'list.txt']);
    expect(again).toMatchObject({ state: 'approved', grantId: grant.id });
    await world.tick();
    expect(await world.now(again)).toMatchObject({ state: 'executed', endCode: 'rehearsed' });
    expect(await world.votesOn(again)).toEqual([]);
    expect(await world.actionsOn(again)).toEqual([
      'request.submitted',
      'request.approved',
      'permit.issued',
      'permit.taken',
      'execution.finished',
    ]);
    expect(world.lines).toEqual([`${again.id} (builder) went ahead under ${grant.id}, use 1 of 10: ls list.txt`]);
    expect(await grantEvents(world)).toEqual(['grant.given', 'grant.used']);
  });

  test('stops at its tenth use; the eleventh asks', async () => {
    const { world, builder } = await allowed({ engine, policy: 'version: 1\ncaps: { perMinute: 100 }\n' });
    for (let use = 1; use <= 10; use++) {
      expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('approved');
      await world.tick();
    }
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
    expect((await listGrants(world.db.read))[0]).toMatchObject({ uses: 10, endCode: 'used_up' });
    expect((await grantEvents(world)).filter((action) => action === 'grant.used')).toHaveLength(10);
  });

  test('stops after an hour', async () => {
    const { world, builder, grant } = await allowed({ engine });
    world.clock.turn(hour - 1);
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('approved');
    world.clock.turn(1);
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
    expect((await listGrants(world.db.read))[0]).toMatchObject({ id: grant.id, endCode: 'expired', endedBy: 'gaia' });
    expect((await grantEvents(world)).at(-1)).toBe('grant.expired');
  });

  test('is used by two requests at once at most as often as it may', async () => {
    const { world, builder } = await allowed({ engine, policy: 'version: 1\ncaps: { perMinute: 100, open: 50 }\n' });
    const asked = await Promise.all(Array.from({ length: 14 }, () => builder.asksToRun(['ls', 'list.txt'])));
    expect(asked.filter(({ grantId }) => grantId !== null)).toHaveLength(10);
    expect((await listGrants(world.db.read))[0]).toMatchObject({ uses: 10 });
  });
});

describe('a grant', () => {
  test('covers neither another effect, nor another agent, nor the same file changed', async () => {
    const { world, builder } = await allowed();
    expect((await builder.asksToRun(['ls', '-l', 'list.txt'])).state).toBe('pending');
    expect((await (await world.agent('other')).asksToRun(['ls', 'list.txt'])).state).toBe('pending');
    world.writes('list.txt', 'two\n');
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
  });

  test('is not given for a build tool, whose file may be another one tomorrow, unless the policy names it', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const builder = await world.agent('builder');
    world.writes('Makefile', 'all:\n\techo one\n');
    for (const argv of [['/usr/bin/make'], ['git', 'status']]) {
      const request = await builder.asksToRun(argv);
      const allowing = world.person('111').decides(request, { verdict: 'approve', allow: true });
      expect(await reasonOf(allowing)).toBe('not_grantable');
      expect((await getRequestAnswer(world.viewer, request.id)).grantable).toBe(false);
    }
    expect(await listGrants(world.db.read)).toEqual([]);
    await world.loadsPolicy('version: 1\ngrantable:\n  - [make, test]\n');
    const named = await builder.asksToRun(['make', 'test']);
    expect(named.remarks.notes.join()).toContain('The policy lets this be allowed in advance');
    await world.person('111').decides(named, { verdict: 'approve', allow: true });
    await world.tick();
    expect((await builder.asksToRun(['make', 'test'])).state).toBe('approved');
    await world.loadsPolicy('version: 1\n');
    expect((await builder.asksToRun(['make', 'test'])).state).toBe('pending');
    expect((await listGrants(world.db.read))[0]).toMatchObject({ endCode: 'policy_stricter' });
  });

  test('is not given where a directory or a large file is left open', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const builder = await world.agent('builder');
    world.writes('large.txt', 'x'.repeat(1_100_000));
    for (const name of ['/usr', 'large.txt']) {
      const request = await builder.asksToRun(['ls', name]);
      expect((await getRequestAnswer(world.viewer, request.id)).grantable).toBe(false);
    }
  });

  test('ends with the last key of its agent, and no later key brings it back', async () => {
    const { world, builder, grant } = await allowed();
    const { key: second } = await createKey(world.app, { name: 'builder' }, world.admin);
    const keys = (await listKeys(world.db.read)).filter(({ agentId }) => agentId === 'builder');
    for (const { id } of keys) if (id !== second.id) await revokeKey(world.app, id, world.admin);
    expect((await listGrants(world.db.read))[0]?.endedAt).toBeNull();
    await revokeKey(world.app, second.id, world.admin);
    expect((await listGrants(world.db.read))[0]).toMatchObject({ id: grant.id, endCode: 'keys_revoked' });
    await createKey(world.app, { name: 'builder' }, world.admin);
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
  });

  test('that all still hold are looked at without a single write', async () => {
    const { world } = await allowed();
    const before = (await world.allEvents()).length;
    const write = vi.spyOn(world.app.db, 'write');
    expect(await endGrantsThatAreOver(world.app, world.clock.now())).toBe(0);
    expect(write).not.toHaveBeenCalled();
    write.mockRestore();
    expect(await world.allEvents()).toHaveLength(before);
  });

  test('is listed for one agent, however many others have some', async () => {
    const { world } = await allowed();
    expect((await listGrantAnswers(world.viewer, { agent: 'builder' })).grants).toHaveLength(1);
    expect((await listGrantAnswers(world.viewer, { agent: 'other' })).grants).toEqual([]);
  });

  test('dies with a stricter policy, and says so in the log', async () => {
    const { world, builder, grant } = await allowed();
    await world.loadsPolicy('version: 1\nrules:\n  - { name: lists matter, match: { argv: [ls] }, tier: high }\n');
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
    expect((await listGrants(world.db.read))[0]).toMatchObject({ id: grant.id, endCode: 'policy_stricter' });
  });

  test('dies with its approver’s removal, also while nobody uses it', async () => {
    const { world, grant } = await allowed();
    world.appoints({ approvers: ['222'] });
    expect(await endGrantsThatAreOver(world.app, world.clock.now())).toBe(1);
    expect((await listGrants(world.db.read))[0]).toMatchObject({ id: grant.id, endCode: 'approver_removed' });
    expect(await endGrantsThatAreOver(world.app, world.clock.now())).toBe(0);
  });

  test('that was used before its approver was removed starts nothing any more', async () => {
    const { world, builder } = await allowed();
    await world.person('111').pauses();
    const waiting = await builder.asksToRun(['ls', 'list.txt']);
    expect(waiting.state).toBe('approved');
    world.appoints({ approvers: ['222'] });
    await world.tick();
    expect(await world.now(waiting)).toMatchObject({ state: 'stale', endCode: 'quorum_not_met' });
    expect(world.lines.join('\n')).toContain(`${waiting.id} (builder) is stale`);
  });

  test('that was taken back starts nothing any more either', async () => {
    const { world, builder, grant } = await allowed();
    await world.person('111').pauses();
    const waiting = await builder.asksToRun(['ls', 'list.txt']);
    await revokeGrant(world.app, grant.id, world.by(person('111')));
    await world.person('111').resumes();
    await world.tick();
    expect(await world.now(waiting)).toMatchObject({ state: 'stale', endCode: 'quorum_not_met' });
    expect((await builder.asksToRun(['ls', 'list.txt'])).state).toBe('pending');
  });

  test('is taken back by operators and by whoever gave it, by nobody else', async () => {
    const { world, grant } = await allowed({ approvers: ['111', '222', '333'], operators: ['333'] });
    for (const actor of ['person:222', 'agent:builder'] as const)
      expect(await reasonOf(revokeGrant(world.app, grant.id, world.by(actor)))).toBe('not_an_operator');
    await revokeGrant(world.app, grant.id, world.by(person('111')));
    expect((await revokeGrant(world.app, grant.id, world.by(person('333')))).endCode).toBe('revoked');
    expect((await grantEvents(world)).filter((action) => action === 'grant.revoked')).toHaveLength(1);
    expect(await reasonOf(revokeGrant(world.app, 'g-ABCDEF', world.by(person('333'))))).toBe('no_such_grant');
  });

  test('is not given for what runs others: the approval is refused, and nothing is decided', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const builder = await world.agent('builder');
    const request = await builder.asksToRun(['env', 'ls']);
    await world.person('111').decides(request, { verdict: 'approve' });
    expect(
      await reasonOf(world.person('111').decides(request, { verdict: 'approve', confirm: true, allow: true })),
    ).toBe('not_grantable');
    expect((await world.now(request)).state).toBe('pending');
    expect(await listGrants(world.db.read)).toEqual([]);
  });

  test('goes with an approval alone', async () => {
    const world = await aWorld({ approvers: ['111'] });
    const request = await (await world.agent('builder')).asksToRun(['ls']);
    expect(await reasonOf(world.person('111').decides(request, { verdict: 'deny', allow: true }))).toBe('invalid');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('counts towards the caps of its agent', async () => {
    const { builder } = await allowed({ policy: 'version: 1\ncaps: { perMinute: 3 }\n' });
    await builder.asksToRun(['ls', 'list.txt']);
    await builder.asksToRun(['ls', 'list.txt']);
    expect(await reasonOf(builder.asksToRun(['ls', 'list.txt']))).toBe('rate_cap');
  });

  test('is listed with what it allows, how often it was used, and when it ends', async () => {
    const { world, builder, grant, first } = await allowed();
    await builder.asksToRun(['ls', 'list.txt']);
    expect((await listGrantAnswers(world.viewer, { isLive: true })).grants).toMatchObject([
      {
        id: grant.id,
        agent: 'builder',
        what: 'ls list.txt',
        request: first.id,
        givenBy: '111',
        uses: 1,
        state: 'live',
      },
    ]);
    await revokeGrant(world.app, grant.id, world.admin);
    expect((await listGrantAnswers(world.viewer, { isLive: true })).grants).toEqual([]);
    expect((await listGrantAnswers(world.viewer)).grants).toMatchObject([{ state: 'over', endCode: 'revoked' }]);
  });
});
