import { describe, expect, test } from 'vitest';
import { authenticateKey, createKey } from '../../src/actions/keys.ts';
import { pause, requireAcceptance, resume } from '../../src/actions/pauses.ts';
import { authenticateSession, createSignInLink, signIn } from '../../src/actions/sessions.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { getInstallation } from '../../src/store/installation.ts';
import { reasonOf, refusalOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const installation = (world: World) => getInstallation(world.db.read);
const names = async (world: World) => (await world.allEvents()).map(({ action }) => action);

describe.each(engines)('a pause on %s', (engine) => {
  test('is noted once, with who and why, and ends with a resumption', async () => {
    const world = await aWorld({ engine });
    await world.person('local').pauses('Lunch.');
    await world.person('local').pauses('Dinner.');
    expect(await installation(world)).toMatchObject({
      pausedAt: world.clock.now(),
      pausedBy: 'person:local',
      pauseReason: 'Lunch.',
    });
    await world.person('local').resumes();
    await world.person('local').resumes();
    expect(await installation(world)).toMatchObject({
      pausedAt: null,
      pausedBy: null,
      pauseReason: null,
      generation: 1,
    });
    expect(await names(world)).toEqual(['system.paused', 'system.resumed']);
    expect(await world.deliveries()).toHaveLength(2);
  });

  test('is for operators and the admin key', async () => {
    const world = await aWorld({ engine, approvers: ['111'], operators: ['999'] });
    for (const actor of [person('111'), person('666'), agentNamed('999')]) {
      expect(await reasonOf((async () => pause(world.app, { reason: null }, world.by(actor)))())).toBe(
        'not_an_operator',
      );
      expect(await reasonOf((async () => resume(world.app, {}, world.by(actor)))())).toBe('not_an_operator');
    }
    expect(await names(world)).toEqual([]);
    await pause(world.app, { reason: null }, world.admin);
    await world.person('999').resumes();
    expect(await names(world)).toEqual(['system.paused', 'system.resumed']);
  });
});

describe.each(engines)('a store on %s that stands behind its log', (engine) => {
  test('starts nothing until an operator accepts it as a new generation; older approvals are stale then', async () => {
    const world = await aWorld({ engine });
    const builder = await world.agent('builder');
    const before = await builder.asksToRun(['echo', '1']);
    await world.person('local').approves(before);
    await requireAcceptance(world.app, 'An older copy was put back.', world.by('gaia', 'start'));
    await requireAcceptance(world.app, 'Again.', world.by('gaia', 'start'));

    await world.tick();
    expect((await world.now(before)).state).toBe('approved');
    const { message, extras } = await refusalOf(world.person('local').resumes());
    expect([message, extras.reason]).toEqual(['An older copy was put back.', 'acceptance_needed']);
    expect((await installation(world)).generation).toBe(1);

    await world.person('local').resumes(true);
    await world.tick();
    expect(await installation(world)).toMatchObject({ generation: 2, acceptanceReason: null });
    expect(await world.now(before)).toMatchObject({ state: 'stale', endCode: 'generation_changed' });

    const after = await builder.asksToRun(['echo', '2']);
    expect(after.generation).toBe(2);
    await world.person('local').approves(after);
    await world.tick();
    expect((await world.now(after)).state).toBe('executed');
    expect((await names(world)).filter((name) => /^(store|system)\./.test(name))).toEqual([
      'store.restored',
      'store.accepted',
      'system.resumed',
    ]);
  });

  test('ends who was signed in, takes no key until it is accepted, and keeps revoked what its log says was revoked', async () => {
    const world = await aWorld({ engine });
    const one = await createKey(world.app, { name: 'one' }, world.admin);
    const two = await createKey(world.app, { name: 'two' }, world.admin);
    const used = await createSignInLink(world.app, 'local');
    const unused = await createSignInLink(world.app, 'local');
    const how = { source: 'http', traceId: 't' } as const;
    const { token } = await signIn(world.app, used.token, how);
    world.app.witnessedGeneration = 4;
    await requireAcceptance(world.app, 'Put back.', world.by('gaia', 'start'), [two.key.id, 'unknown1']);
    const now = world.clock.now();
    expect(await reasonOf(authenticateSession(world.app, token, now))).toBe('session_ended');
    expect(await reasonOf(signIn(world.app, unused.token, how))).toBe('link_dead');
    expect(await reasonOf(authenticateKey(world.app, one.secret, now, how))).toBe('acceptance_needed');
    await world.person('local').resumes(true);
    expect((await authenticateKey(world.app, one.secret, now, how)).agent).toBe('one');
    expect(await reasonOf(authenticateKey(world.app, two.secret, now, how))).toBe('key_revoked');
    expect((await installation(world)).generation).toBe(5);
    expect(await names(world)).toEqual(expect.arrayContaining(['session.closed', 'key.revoked']));
  });

  test('is not given a new generation where there is nothing to accept', async () => {
    const world = await aWorld({ engine });
    await world.person('local').pauses();
    await world.person('local').resumes(true);
    await world.person('local').resumes(true);
    expect((await installation(world)).generation).toBe(1);
    expect(await names(world)).not.toContain('store.accepted');
  });
});
