import { describe, expect, test } from 'vitest';
import { beginLogin, finishLogin } from '../../../../src/actions/sessions.ts';
import { aConsole } from '../../../support/console.ts';
import { formsOf, wordsOf } from '../../../support/html.ts';

describe('a sign-in link', () => {
  test('signs nobody in by being looked at, however often', async () => {
    const { world, browser, linkFor } = await aConsole();
    const { token } = await linkFor('local');
    const preview = browser();
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET']) {
      const response = await preview.call(method, `/sign-in/${token}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('set-cookie')).toBeNull();
    }
    expect((await world.allEvents()).map((event) => event.action)).not.toContain('session.opened');

    const person = browser();
    const page = await (await person.get(`/sign-in/${token}`)).text();
    expect(wordsOf(page)).toContain('You will be the local console person on this browser, for 12 hours.');
    const [form] = formsOf(page);
    const response = await person.submits(form!);
    expect([response.status, response.headers.get('location')]).toEqual([303, '/']);
    expect((await person.get('/')).status).toBe(200);
  });

  test('works once', async () => {
    const { browser, linkFor } = await aConsole();
    const { token } = await linkFor('local');
    await browser().post('/sign-in', { token });
    const late = browser();
    const again = await late.post('/sign-in', { token });
    expect(again.status).toBe(401);
    expect(again.headers.get('set-cookie')).toBeNull();
    const page = await late.get(`/sign-in/${token}`);
    expect(page.status).toBe(401);
    expect(wordsOf(await page.text())).toContain('gaia console');
  });

  test('dies after five minutes', async () => {
    const { world, browser, linkFor } = await aConsole();
    const { token } = await linkFor('local');
    world.clock.turn(5 * 60_000);
    expect((await browser().get(`/sign-in/${token}`)).status).toBe(401);
    expect((await browser().post('/sign-in', { token })).status).toBe(401);
  });

  test('is not taken from another site', async () => {
    const { browser, linkFor } = await aConsole();
    const { token } = await linkFor('local');
    const response = await browser().post('/sign-in', { token }, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(response.headers.get('set-cookie')).toBeNull();
  });

  test.each([
    ['/operations', '/operations'],
    ['/requests/r-7F3K2Q/', '/requests/r-7F3K2Q/'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/a//evil', '/'],
    [`/${'a'.repeat(198)}!`, '/'], // a careless pattern tries every way to part it, and Gaia stands still
  ])('that leads to %s leads to %s', async (to, led) => {
    const { browser, linkFor } = await aConsole();
    const { token } = await linkFor('local');
    const response = await browser().post('/sign-in', { token, to });
    expect([response.status, response.headers.get('location')]).toEqual([303, led]);
  });
});

describe('the session cookie', () => {
  test('stays with this site and away from scripts, for 12 hours', async () => {
    const { browser, linkFor } = await aConsole();
    const response = await browser().post('/sign-in', { token: (await linkFor('local')).token });
    expect(response.headers.get('set-cookie')).toMatch(
      /^gaia_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
  });

  test('is bound to its host where the console is served over https', async () => {
    const { browser, linkFor } = await aConsole({ publicUrl: 'https://gaia.example' });
    const response = await browser().post('/sign-in', { token: (await linkFor('local')).token });
    expect(response.headers.get('set-cookie')).toMatch(
      /^__Host-gaia_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });
});

describe('a session', () => {
  test('ends at sign-out, also for who kept its cookie', async () => {
    const { world, signedIn, browser } = await aConsole();
    const person = await signedIn();
    const kept = person.cookie();
    const response = await person.submits(await person.form('/', 'Sign out'));
    expect(response.status).toBe(200);
    expect(person.cookie()).toBe('');
    const thief = browser();
    thief.sendsCookie(kept);
    expect((await thief.get('/')).status).toBe(401);
    expect((await world.allEvents()).map((event) => event.action)).toContain('session.closed');
  });

  test('is not ended by a form without its token', async () => {
    const { signedIn } = await aConsole();
    const person = await signedIn();
    expect((await person.post('/sign-out', {})).status).toBe(403);
    expect((await person.get('/')).status).toBe(200);
  });

  test('ends after 12 hours', async () => {
    const { world, signedIn } = await aConsole();
    const person = await signedIn();
    world.clock.turn(12 * 3_600_000);
    expect((await person.get('/')).status).toBe(401);
  });
});

describe('a terminal', () => {
  test('is let in by the code it shows', async () => {
    const { world, signedIn } = await aConsole();
    const person = await signedIn();
    const login = await beginLogin(world.app);
    const response = await person.submits(await person.form('/login', 'Let it in'), {
      code: ` ${login.code.toLowerCase()} `,
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/login?said=confirmed']);
    const session = await finishLogin(world.app, login.token, { source: 'cli', traceId: 't' });
    expect(session?.session.personId).toBe('local');
  });

  test('is not let in by a wrong code, a form without its token, or an address', async () => {
    const { world, signedIn } = await aConsole();
    const person = await signedIn();
    const login = await beginLogin(world.app);
    const form = await person.form('/login', 'Let it in');
    const wrong = await person.submits(form, { code: 'BBBB-BBBB' });
    expect(wrong.status).toBe(404);
    expect(wordsOf(await wrong.text())).toContain('No terminal waits with this code');
    expect((await person.post('/login', { code: login.code })).status).toBe(403);
    await person.get(`/login?code=${login.code}`);
    expect(await finishLogin(world.app, login.token, { source: 'cli', traceId: 't' })).toBeUndefined();
  });
});
