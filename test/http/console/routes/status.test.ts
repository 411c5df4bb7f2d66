import { expect, test } from 'vitest';
import { requireAcceptance } from '../../../../src/actions/pauses.ts';
import { aConsole } from '../../../support/console.ts';
import { formsOf, wordsOf } from '../../../support/html.ts';

test('an operator pauses and resumes', async () => {
  const { world, signedIn } = await aConsole();
  const operator = await signedIn();
  const paused = await operator.submits(await operator.form('/status', 'Pause'), { reason: 'moving' });
  expect([paused.status, paused.headers.get('location')]).toEqual([303, '/status']);
  expect(wordsOf(await operator.read('/status'))).toContain('“moving”');
  expect((await operator.submits(await operator.form('/status', 'Resume'))).status).toBe(303);
  expect((await world.allEvents()).map((event) => event.action)).toEqual(
    expect.arrayContaining(['system.paused', 'system.resumed']),
  );
});

test('what waits is a link to the inbox, for whoever is here already', async () => {
  const { world, signedIn } = await aConsole();
  await (await world.agent('builder')).asksToRun(['echo']);
  const page = await (await signedIn()).read('/status');
  expect(page).toContain('<a href="/">1 request waits for a decision</a>');
  expect(page).not.toContain('gaia console');
});

test('the status says what becomes of commands, and where writes to GitHub go', async () => {
  const rehearsing = wordsOf(await (await (await aConsole()).signedIn()).read('/status'));
  expect(rehearsing).toContain('Commands Rehearsals only, nothing is started');
  expect(rehearsing).toContain(
    "GitHub local_fake: a world of Gaia's own, nothing leaves this machine; 0 writes in the last hour, of 60",
  );
  const running = wordsOf(await (await (await aConsole({ executes: true })).signedIn()).read('/status'));
  expect(running).toContain('Commands Run here');
});

test('an approver who is no operator can neither see the switch nor turn it', async () => {
  const { world, signedIn } = await aConsole({ approvers: ['local', '4711'], operators: ['local'] });
  const operator = await signedIn();
  const approver = await signedIn('4711');
  expect(formsOf(await approver.read('/status')).map((form) => form.action)).toEqual(['/sign-out']);
  const { csrf } = (await approver.form('/status', 'Sign out')).hidden;
  const response = await approver.post('/status/pause', { csrf: csrf! });
  expect(response.status).toBe(403);
  expect(wordsOf(await response.text())).toContain('Only an operator may do this.');
  expect((await operator.post('/status/pause', {})).status).toBe(403);
  expect((await world.allEvents()).map((event) => event.action)).not.toContain('system.paused');
});

test('a store that must be accepted is resumed only by saying so', async () => {
  const { world, signedIn } = await aConsole();
  await requireAcceptance(world.app, 'The store stands behind its log.', world.by('gaia', 'start'));
  const operator = await signedIn();
  expect(wordsOf(await operator.read('/'))).toContain('Nothing starts until an operator has accepted the store.');
  const form = await operator.form('/status', 'Accept');
  expect((await operator.submits(form)).status).toBe(409);
  expect((await operator.submits(form, { accept: 'yes' })).status).toBe(303);
  expect(wordsOf(await operator.read('/status'))).toContain('generation 2');
});
