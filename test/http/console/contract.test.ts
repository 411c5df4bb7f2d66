import { describe, expect, test } from 'vitest';
import { aConsole } from '../../support/console.ts';
import { inlineOf, wordsOf } from '../../support/html.ts';

const pages = [
  '/',
  '/requests',
  '/requests?state=pending',
  '/log',
  '/log/1',
  '/status',
  '/login',
  '/requests/r-ABC123',
  '/live',
];

describe('the console', () => {
  test.each(pages)('shows nothing of %s to who is not signed in', async (path) => {
    const { world, browser } = await aConsole();
    await (await world.agent('builder')).asksToRun(['echo', 'hello']);
    for (const cookie of ['', 'gaia_session=', `gaia_session=${'x'.repeat(43)}`, "gaia_session=' or 1=1 --"]) {
      const stranger = browser();
      stranger.sendsCookie(cookie);
      const response = await stranger.get(path);
      const words = wordsOf(await response.text());
      expect(response.status).toBe(401);
      expect(words).toContain('gaia console');
      expect(words).not.toMatch(/builder|echo|r-[0-9A-Z]{6}/);
    }
  });

  test.each(['/requests/r-ABC123/decisions', '/status/pause', '/status/resume', '/login', '/sign-out'])(
    'takes nothing at %s from who is not signed in',
    async (path) => {
      const { world, browser } = await aConsole();
      const before = await world.allEvents();
      expect((await browser().post(path, { verdict: 'approve', code: 'x' })).status).toBe(401);
      expect(await world.allEvents()).toEqual(before);
    },
  );

  test('takes neither an agent’s key nor the admin key', async () => {
    const { door, browser } = await aConsole();
    expect((await browser().get('/', { authorization: `Bearer ${door.adminKey}` })).status).toBe(401);
  });

  test('has strict pages without inline scripts or styles', async () => {
    const { world, signedIn, browser, linkFor } = await aConsole();
    const agent = await world.agent('builder');
    const [command, question] = [
      await agent.asksToRun(['/bin/sh', '-c', 'true']),
      await agent.asks('Which?', ['a', 'b']),
    ];
    const person = await signedIn();
    const all = [...pages.slice(0, 7), `/requests/${command.id}`, `/requests/${question.id}`, '/requests/r-ZZZZZZ'].map(
      (path) => person.get(path),
    );
    const outside = [
      browser().get('/'),
      browser().get(`/sign-in/${(await linkFor('local')).token}`),
      person.presses('Approve', command),
    ];
    for (const response of await Promise.all([...all, ...outside])) {
      expect(response.headers.get('content-type')).toContain('text/html');
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(inlineOf(await response.text())).toEqual([]);
    }
  });

  test('has no secret in its pages', async () => {
    const { signedIn, door } = await aConsole();
    const person = await signedIn();
    const token = person.cookie().split('=')[1]!;
    for (const path of pages.slice(0, 7)) {
      const page = await person.read(path);
      expect(page).not.toContain(token);
      expect(page).not.toContain(door.adminKey);
    }
  });

  test('gives only its main part to its script, and that without marking anything as shown', async () => {
    const { world, signedIn } = await aConsole();
    const request = await (await world.agent('builder')).asksToRun(['echo', 'hello']);
    const part = await (await (await signedIn()).get(`/requests/${request.id}`, { 'x-fragment': 'main' })).text();
    expect(part).toMatch(/^<main id="main"[^>]*data-live="\/requests\/r-/);
    expect(part).toContain('hello');
    expect((await world.now(request)).shownAt).toBeNull();
  });

  test('serves its files for ever under names that change with them', async () => {
    const { signedIn, browser } = await aConsole();
    const page = await (await signedIn()).read('/');
    const urls = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, url]) => url!);
    expect(new Set(urls.map((url) => url.replace(/[0-9a-f]{16}/, 'HASH')))).toEqual(
      new Set(['/assets/icon.HASH.svg', '/assets/console.HASH.css', '/assets/live.HASH.js']),
    );
    for (const url of urls) {
      const response = await browser().get(url);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toContain('immutable');
      const etag = response.headers.get('etag')!;
      expect((await browser().get(url, { 'if-none-match': etag })).status).toBe(304);
    }
    expect((await browser().get('/assets/console.css')).status).toBe(404);
    expect((await browser().get('/assets/..%2fassets.ts')).status).toBe(404);
  });
});

describe('the inbox', () => {
  test('lists what waits, the longest first, with what a person needs to choose', async () => {
    const { world, signedIn } = await aConsole();
    const agent = await world.agent('builder', { owner: 'local' });
    const first = await agent.asksToRun(['/bin/sh', '-c', 'make <b>\u202e']);
    world.clock.turn(120_000);
    const second = await agent.asks('Which way?');
    const page = await (await signedIn()).read('/');
    const words = wordsOf(page);
    expect(page.indexOf(first.id)).toBeLessThan(page.indexOf(second.id));
    expect(words).toContain('2 waiting, the longest first');
    for (const part of [
      'SHELL',
      'REHEARSAL',
      'your own agent',
      'High risk',
      '0 of 1 approval',
      'asked 2 min ago',
      "'make <b>⟨U+202E⟩'",
    ]) {
      expect(words).toContain(part);
    }
  });

  test('shows 50 and says how many more there are', async () => {
    const { world, signedIn } = await aConsole({ approvers: ['local'] });
    for (const name of ['a', 'b', 'c']) {
      const agent = await world.agent(name);
      for (let n = 0; n < 18; n++) await agent.asksToRun(['echo', String(n)]);
    }
    const page = await (await signedIn()).read('/');
    expect(page.match(/class="row"/g)).toHaveLength(50);
    expect(wordsOf(page)).toContain('4 more');
  });

  test('says so while nothing may start', async () => {
    const { world, signedIn } = await aConsole();
    await world.person('local').pauses('moving house');
    expect(wordsOf(await (await signedIn()).read('/'))).toContain(
      'Gaia is paused: decisions go on, nothing new starts. By the local console person, now: “moving house”',
    );
  });
});

describe('the list and the log', () => {
  test('go page by page, and filter', async () => {
    const { world, signedIn } = await aConsole();
    for (const name of ['a', 'b', 'c']) {
      const agent = await world.agent(name);
      for (let n = 0; n < 18; n++) await agent.asksToRun(['echo', String(n)]);
    }
    const person = await signedIn();
    const page = await person.read('/requests?state=pending');
    expect(page.match(/class="row"/g)).toHaveLength(50);
    const older = /href="(\/requests\?[^"]*cursor=[^"]*)"/.exec(page)![1]!.replaceAll('&amp;', '&');
    expect((await person.read(older)).match(/class="row"/g)).toHaveLength(4);
    expect((await person.get('/requests?cursor=nonsense')).status).toBe(400);

    const log = await person.read('/log?action=request.');
    expect(log.match(/class="log-line"/g)).toHaveLength(50);
    const before = /href="(\/log\?[^"]*before=\d+)"/.exec(log)![1]!.replaceAll('&amp;', '&');
    expect((await person.read(before)).match(/class="log-line"/g)).toHaveLength(4);
    expect((await person.get('/log?before=x')).status).toBe(400);
    expect((await person.get('/log/999999')).status).toBe(404);
  });
});
