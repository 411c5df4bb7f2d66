import { describe, expect, test } from 'vitest';
import {
  authenticateSession,
  beginLogin,
  closeAllSessions,
  confirmLogin,
  createSignInLink,
  finishLogin,
  lookAtSignInLink,
  signIn,
  signOut,
} from '../../src/actions/sessions.ts';
import { agentNamed, person } from '../../src/core/access/actor.ts';
import { reasonOf } from '../support/refusal.ts';
import { engines } from '../support/store.ts';
import { aWorld, type World } from '../support/world.ts';

const by = { source: 'console', traceId: 't-1' } as const;
const who = (world: World, token: string) => authenticateSession(world.app, token, world.clock.now());
const names = async (world: World) => (await world.allEvents()).map(({ action }) => action);

describe.each(engines)('all sessions on %s', (engine) => {
  test('are ended at once, each with its event, and those that were over stay as they were', async () => {
    const world = await aWorld({ engine });
    const opens = async () => signIn(world.app, (await createSignInLink(world.app, 'local')).token, by);
    const [one, other, over] = [await opens(), await opens(), await opens()];
    await signOut(world.app, over.session, world.by(person('local')));
    await world.db.write((tx) => closeAllSessions(tx, world.admin));
    for (const { token } of [one, other, over]) expect(await reasonOf(who(world, token))).toBe('session_ended');
    expect((await names(world)).filter((name) => name === 'session.closed')).toHaveLength(3);
    await world.db.write((tx) => closeAllSessions(tx, world.admin));
    expect((await names(world)).filter((name) => name === 'session.closed')).toHaveLength(3);
  });
});

describe.each(engines)('a sign-in link on %s', (engine) => {
  test('signs its person in, once', async () => {
    const world = await aWorld({ engine });
    const { token } = await createSignInLink(world.app, 'local');
    const session = await signIn(world.app, token, by);
    expect(await who(world, session.token)).toMatchObject({ personId: 'local', kind: 'console' });
    expect(await reasonOf(signIn(world.app, token, by))).toBe('link_dead');
    expect(await names(world)).toEqual(['session.opened']);
    const kept = await world.everythingKept();
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(session.token);
  });

  test('opened by many at once signs one of them in', async () => {
    const world = await aWorld({ engine });
    const { token } = await createSignInLink(world.app, 'local');
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => signIn(world.app, token, by)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await names(world)).toEqual(['session.opened']);
  });

  test('that was only looked at is not used', async () => {
    const world = await aWorld({ engine });
    const { token } = await createSignInLink(world.app, 'local');
    for (let n = 0; n < 3; n++)
      expect(await lookAtSignInLink(world.app, token, world.clock.now())).toEqual({ personId: 'local' });
    expect((await signIn(world.app, token, by)).session.personId).toBe('local');
    expect(await reasonOf(lookAtSignInLink(world.app, token, world.clock.now()))).toBe('link_dead');
  });

  test('is dead after five minutes', async () => {
    const world = await aWorld({ engine });
    const { token } = await createSignInLink(world.app, 'local');
    world.clock.turn(5 * 60_000 - 1);
    await lookAtSignInLink(world.app, token, world.clock.now());
    world.clock.turn(1);
    expect(await reasonOf(lookAtSignInLink(world.app, token, world.clock.now()))).toBe('link_dead');
    expect(await reasonOf(signIn(world.app, token, by))).toBe('link_dead');
    expect(await names(world)).toEqual([]);
  });

  test('is made for people of this Gaia only', async () => {
    const world = await aWorld({ engine, approvers: ['111'], operators: ['999'] });
    expect(await reasonOf(createSignInLink(world.app, '666'))).toBe('not_a_person_here');
    for (const id of ['111', '999']) await createSignInLink(world.app, id);
  });

  test('that was made up signs nobody in', async () => {
    const world = await aWorld({ engine });
    expect(await reasonOf(signIn(world.app, 'x'.repeat(43), by))).toBe('link_dead');
  });
});

describe.each(engines)('a session on %s', (engine) => {
  const signedIn = async (of: Parameters<typeof aWorld>[0] = {}) => {
    const world = await aWorld({ engine, ...of });
    const { token } = await createSignInLink(world.app, world.app.people.approvers[0] as string);
    return { world, ...(await signIn(world.app, token, by)) };
  };

  test('ends after twelve hours', async () => {
    const { world, token } = await signedIn();
    world.clock.turn(12 * 3_600_000 - 1);
    await who(world, token);
    world.clock.turn(1);
    expect(await reasonOf(who(world, token))).toBe('session_ended');
  });

  test('ends at sign-out, once in the log', async () => {
    const { world, token, session } = await signedIn();
    await signOut(world.app, session, world.by(person('local')));
    await signOut(world.app, session, world.by(person('local')));
    expect(await reasonOf(who(world, token))).toBe('session_ended');
    expect(await names(world)).toEqual(['session.opened', 'session.closed']);
  });

  test('serves nobody who is no longer one of the people', async () => {
    const { world, token } = await signedIn({ approvers: ['111', '222'] });
    world.appoints({ approvers: ['222'], operators: ['222'] });
    expect(await reasonOf(who(world, token))).toBe('person_removed');
  });

  test('is not known by its stored name', async () => {
    const { world, session } = await signedIn();
    expect(await reasonOf(who(world, session.id))).toBe('session_ended');
  });
});

describe.each(engines)('a terminal’s login on %s', (engine) => {
  test('waits for its person, then gives one session for an hour', async () => {
    const world = await aWorld({ engine });
    const login = await beginLogin(world.app);
    expect(login.code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
    expect(await finishLogin(world.app, login.token, { ...by, source: 'cli' })).toBeUndefined();
    await confirmLogin(world.app, ` ${login.code.toLowerCase()} `, world.by(person('local')));
    const finished = await finishLogin(world.app, login.token, { ...by, source: 'cli' });
    expect(finished?.session).toMatchObject({ kind: 'terminal', personId: 'local' });
    expect(await reasonOf(finishLogin(world.app, login.token, by))).toBe('login_over');
    world.clock.turn(3_599_999);
    await who(world, finished?.token as string);
    world.clock.turn(1);
    expect(await reasonOf(who(world, finished?.token as string))).toBe('session_ended');
    expect(await names(world)).toEqual(['session.opened']);
  });

  test('is confirmed once, by the first', async () => {
    const world = await aWorld({ engine, approvers: ['111', '222'] });
    const login = await beginLogin(world.app);
    await confirmLogin(world.app, login.code, world.by(person('111')));
    expect(await reasonOf(confirmLogin(world.app, login.code, world.by(person('222'))))).toBe('no_such_login');
    expect((await finishLogin(world.app, login.token, by))?.session.personId).toBe('111');
  });

  test('is over after five minutes, confirmed or not', async () => {
    const world = await aWorld({ engine });
    const [late, confirmed] = [await beginLogin(world.app), await beginLogin(world.app)];
    await confirmLogin(world.app, confirmed.code, world.by(person('local')));
    world.clock.turn(5 * 60_000);
    expect(await reasonOf(confirmLogin(world.app, late.code, world.by(person('local'))))).toBe('no_such_login');
    for (const { token } of [late, confirmed])
      expect(await reasonOf(finishLogin(world.app, token, by))).toBe('login_over');
  });

  test('cannot be confirmed by an agent or the admin key', async () => {
    const world = await aWorld({ engine });
    const login = await beginLogin(world.app);
    for (const actor of [agentNamed('local'), 'admin'] as const)
      expect(await reasonOf(confirmLogin(world.app, login.code, world.by(actor)))).toBe('agents_cannot_decide');
    expect(await finishLogin(world.app, login.token, by)).toBeUndefined();
  });

  test.each(['', 'AAAA-AAAA', '0', '\0', "' or 1=1", 'x'.repeat(10_000)])(
    'is not found by the code %j',
    async (code) => {
      const world = await aWorld({ engine });
      await beginLogin(world.app);
      expect(await reasonOf(confirmLogin(world.app, code, world.by(person('local'))))).toBe('no_such_login');
    },
  );

  test('cannot be finished with its code, or a token that was made up', async () => {
    const world = await aWorld({ engine });
    const login = await beginLogin(world.app);
    for (const token of [login.code, 'x'.repeat(43), ''])
      expect(await reasonOf(finishLogin(world.app, token, by))).toBe('login_over');
  });
});
