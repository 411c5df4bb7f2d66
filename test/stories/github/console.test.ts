import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Live } from '../../../src/github/live/transport.ts';
import { aConsole } from '../../support/console.ts';
import { aGitHub } from '../../support/github/a-github.ts';
import { aClock } from '../../support/store.ts';
import { everything } from './a-live-world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };

/** The console of a Gaia that writes to a GitHub on loopback, where a write was lost. `local` is the only operator. */
async function aLostWrite() {
  const clock = aClock();
  const github = await aGitHub({ clock });
  github.addRepository('octo/app', { labels: ['bug'] });
  const credentials = { token: github.token() };
  const console = await aConsole({
    clock,
    policy: everything,
    approvers: ['local', '111'],
    operators: ['local'],
    github: {
      transport: new Live({ apiUrl: github.url, credentials, now: clock.now, deadline: 2_000 }),
      settings: { updaterEnabled: true, allowedRepos: ['octo/app'] },
    },
  });
  const { world } = console;
  const builder = await world.agent('builder');
  const passes = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await world.tick();
      clock.turn(1_000);
    }
  };
  writeFileSync(join(world.checkpoints, 'CHECKPOINT_1.md'), 'Looked at everything.\n');
  await world
    .person('local')
    .approves((await builder.submits({ kind: 'checkpoint', checkpoint: { number: 1 } })).request);
  await world.tick();
  github.fails({ method: 'POST', path: /\/issues$/, how: 'reset_after' });
  const list = github.fails({ method: 'GET', path: /\/issues$/, how: 'stale_list', times: Infinity });
  const request = await builder.proposes({ repo: 'octo/app', operations: [issue] });
  await world.person('local').approves(request);
  await world.person('local').confirms(request);
  await passes(100);
  expect((await world.now(request)).state).toBe('unknown');
  const sent = () => github.requests({ method: 'POST', path: /\/issues$/ }).length;
  return { ...console, world, github, request, list, passes, sent };
}

describe('a write whose answer was lost, in the console', () => {
  test('is looked for again by an operator: nothing found changes nothing, and what is found is adopted', async () => {
    const { signedIn, request, world, list, sent } = await aLostWrite();
    const local = await signedIn();
    const page = await local.read(`/requests/${request.id}`);
    expect(page).toContain('Nobody knows whether it was written');
    expect(page).toContain('octo/app');

    const nothing = await local.presses('Look again', request);
    expect(nothing.headers.get('location')).toBe(`/requests/${request.id}?looked=nothing`);
    expect(await local.read(`/requests/${request.id}?looked=nothing`)).toContain('found nothing of it');
    expect((await world.now(request)).state).toBe('unknown');

    list.end();
    const found = await local.presses('Look again', request);
    const there = await local.read(found.headers.get('location') ?? '');
    expect(there).toContain('It is there: Gaia adopted it, and sends nothing again.');
    expect(there).toContain('found there, and adopted');
    expect(await world.now(request)).toMatchObject({ state: 'executed' });
    expect(sent()).toBe(1);
  });

  test.each([
    ['executed', 'executed', 1],
    ['failed', 'failed', 1],
    ['resend', 'executed', 2],
  ])('is closed or sent again by an operator, with what they saw (%s)', async (verdict, state, sends) => {
    const { signedIn, request, world, passes, sent, list } = await aLostWrite();
    if (verdict === 'resend') list.end();
    const local = await signedIn();
    await local.presses('It exists', request, { verdict, reason: 'I looked.' });
    if (verdict === 'resend') await passes(10);
    expect((await world.now(request)).state).toBe(state);
    expect(sent()).toBeLessThanOrEqual(sends);
    expect(await world.actionsOn(request)).toContain(verdict === 'resend' ? 'intent.resent' : 'intent.resolved');
  });

  test('is closed with its number, for whoever has seen it there', async () => {
    const { signedIn, request, world, sent } = await aLostWrite();
    const local = await signedIn();
    expect(await local.read(`/requests/${request.id}`)).toContain('Its number, if it exists and you know it');
    for (const number of ['twelve', '0', '-1', '1.5', '99999999999999999'])
      expect((await local.presses('It exists', request, { verdict: 'executed', reason: 'Seen.', number })).status).toBe(
        400,
      );
    const misplaced = await local.presses('It exists', request, { verdict: 'failed', reason: 'Seen.', number: '12' });
    expect(await misplaced.text()).toContain('Only what is there has a number.');
    expect((await world.now(request)).state).toBe('unknown');

    await local.presses('It exists', request, { verdict: 'executed', reason: 'Seen.', number: ' #12 ' });
    const { state, outcome } = await world.now(request);
    expect([state, outcome?.operations?.[0]?.written]).toEqual(['executed', { id: null, number: 12, url: null }]);
    expect(sent()).toBe(1);
  });

  test('is closed without a number by whoever leaves it out', async () => {
    const { signedIn, request, world } = await aLostWrite();
    await (await signedIn()).presses('It exists', request, { verdict: 'executed', reason: 'Seen.', number: '' });
    const { state, outcome } = await world.now(request);
    expect([state, outcome?.operations?.[0]?.written]).toEqual(['executed', null]);
  });

  test('is not for others: no form, and a forged one is refused', async () => {
    const { signedIn, request, world, sent } = await aLostWrite();
    const [other, local] = [await signedIn('111'), await signedIn()];
    const page = await other.read(`/requests/${request.id}`);
    expect(page).not.toContain('Look again');
    expect(page).toContain('An operator can say so.');
    for (const button of ['Look again', 'It exists']) {
      const { action, hidden } = await local.form(`/requests/${request.id}`, button);
      const own = await other.form(`/requests/${request.id}`, 'Ask');
      const forged = await other.post(action, {
        ...hidden,
        ...own.hidden,
        ...(button === 'It exists' && { verdict: 'resend', reason: 'x' }),
      });
      expect(forged.status).toBe(403);
      expect(await forged.text()).toContain('Only an operator may do this.');
    }
    expect((await world.now(request)).state).toBe('unknown');
    expect(sent()).toBe(1);
  });
});
