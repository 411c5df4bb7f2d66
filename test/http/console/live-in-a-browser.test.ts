import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createSignInLink } from '../../../src/actions/sessions.ts';
import { close, httpRoutes, listen } from '../../../src/http/server.ts';
import { browserIsMissing, openBrowser } from '../../support/chromium.ts';
import { aConsole } from '../../support/console.ts';

describe.skipIf(browserIsMissing())('a page in a browser', () => {
  let chromium: Browser;
  beforeAll(async () => {
    chromium = await openBrowser();
  });
  afterAll(() => chromium.close());

  /** A console on a port of its own, with somebody signed in who has opened a page. */
  async function aVisit({ javaScriptEnabled = true } = {}) {
    const { world, door } = await aConsole();
    const { server, port, serve } = await listen({ host: '127.0.0.1', port: 0 });
    serve(httpRoutes({ ...door, viewer: { ...door.viewer, publicUrl: `http://127.0.0.1:${port}` } }, port));
    const context = await chromium.newContext({ javaScriptEnabled, viewport: { width: 390, height: 844 } });
    onTestFinished(async () => {
      await context.close();
      await close(server, 100);
    });
    const url = `http://127.0.0.1:${port}`;
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    page.on('pageerror', (error) => void complaints.push(error.message));
    await page.goto(`${url}/sign-in/${(await createSignInLink(world.app, 'local')).token}`);
    await page.click('button.approve');
    await page.waitForURL(`${url}/`);
    return { world, url, page, complaints, agent: await world.agent('builder') };
  }

  test('shows a new request by itself, and its decision, under the strict policy', async () => {
    const { world, url, page, complaints, agent } = await aVisit();
    await page.getByText('Nothing waits for you.').waitFor();
    const request = await agent.asksToRun(['echo', 'hello']);
    await page.locator(`#row-${request.id}`).click();
    await page.getByText('What would run').waitFor();
    expect(page.url()).toBe(`${url}/requests/${request.id}`);
    await page.click('#approve');
    await page.getByText('You approved this.').waitFor();
    await world.tick();
    await page.getByText('It is over: rehearsed').waitFor();
    expect(complaints).toEqual([]);
  });

  test('shows what happened after it was made and before it listened', async () => {
    const { world, url, page, agent } = await aVisit();
    const request = await agent.asksToRun(['echo', 'hello']);
    await page.goto(`${url}/requests/${request.id}`);
    await page.route('**/live*', async (route) => {
      await world.tick();
      await route.continue();
    });
    await page.click('#approve');
    await page.getByText('It is over: rehearsed').waitFor();
  });

  test('that waits for a second press goes on waiting while others act, and ends with its request', async () => {
    const { page, url, agent } = await aVisit();
    const request = await agent.asksToRun(['/bin/sh', '-c', 'true']);
    await page.goto(`${url}/requests/${request.id}`);
    await page.click('#approve');
    await page.locator('#confirm').waitFor();
    const seq = await page.locator('#main').getAttribute('data-seq');
    await agent.asksToRun(['echo', 'something else']);
    await page.locator(`#main:not([data-seq="${seq}"])`).waitFor();
    expect(await page.locator('#confirm').count()).toBe(1);
    await agent.withdraws(request);
    await page.getByText('It is over: withdrawn').waitFor();
    expect(await page.locator('#confirm').count()).toBe(0);
  });

  test('says nothing of changes that are not its own to somebody who writes', async () => {
    const { page, url, agent } = await aVisit();
    const request = await agent.asks('What name?');
    await page.goto(`${url}/requests/${request.id}`);
    await page.locator('#answer').fill('a half-written answ');
    const seq = await page.locator('#main').getAttribute('data-seq');
    await agent.asksToRun(['echo', 'something else']);
    await page.locator(`#main:not([data-seq="${seq}"])`).waitFor();
    expect(await page.getByText('This page has changed.').isVisible()).toBe(false);
    expect(await page.locator('#answer').inputValue()).toBe('a half-written answ');
  });

  test('does not take away what somebody is writing', async () => {
    const { page, url, agent } = await aVisit();
    const request = await agent.asks('What name?');
    await page.goto(`${url}/requests/${request.id}`);
    await page.locator('#answer').fill('a half-written answ');
    await agent.withdraws(request);
    await page.getByText('This page has changed.').waitFor();
    expect(await page.locator('#answer').inputValue()).toBe('a half-written answ');
  });

  test('works without scripts', async () => {
    const { world, page, url, agent } = await aVisit({ javaScriptEnabled: false });
    const request = await agent.asksToRun(['/bin/sh', '-c', 'true']);
    await page.goto(`${url}/requests/${request.id}`);
    await page.click('#approve');
    await page.click('#confirm');
    await page.waitForURL(`${url}/requests/${request.id}?said=so*`);
    expect((await world.now(request)).state).toBe('approved');
  });
});
