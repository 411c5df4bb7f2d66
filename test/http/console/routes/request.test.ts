import { describe, expect, test } from 'vitest';
import { comment } from '../../../../src/actions/comments.ts';
import { unvisible, unvisibleLines } from '../../../../src/core/text/visible.ts';
import { aConsole } from '../../../support/console.ts';
import { formsOf, inlineOf, itemsOf, wordsOf } from '../../../support/html.ts';

const hostile = [
  'echo',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  'safe\u202etxt.exe',
  'a  b',
  '',
  ' ',
  'zero\u200bwidth',
  '&lt;',
  "it's",
  'line\nbreak',
  '⟨empty⟩',
];

async function aPendingRequest(options: Parameters<typeof aConsole>[0] = {}) {
  const console = await aConsole(options);
  const agent = await console.world.agent('builder');
  const request = await agent.asksToRun(['echo', 'hello']);
  return { ...console, agent, request };
}

describe('the page of a request', () => {
  test('shows hostile arguments whole, reversibly and as text', async () => {
    const { world, signedIn } = await aConsole();
    const agent = await world.agent('builder');
    const stdin = 'one\n\ttwo \u202e\n</code><script>alert(1)</script>\n';
    const says = { title: '<b>bold</b>\u202e', reason: '</section><h1>Approved</h1>' };
    const request = await agent.asksToRun(hostile, { ...says, command: { stdin, env: { X: '<i>' } } });
    const page = await (await signedIn()).read(`/requests/${request.id}`);

    expect(itemsOf(page, 'argv').map(unvisible)).toEqual(hostile);
    expect(unvisibleLines(itemsOf(page, 'lines'))).toBe(stdin);
    expect(page).not.toMatch(/<script>|<img src=x|<b>bold|<h1>Approved|<i>/);
    expect(page).not.toMatch(/[\u202e\u200b]/);
    expect(inlineOf(page)).toEqual([]);
    expect(wordsOf(page)).toContain('The agent says not verified, and not part of what is approved');
  });

  test('shows each of 500 arguments', async () => {
    const { world, signedIn } = await aConsole();
    const argv = ['echo', ...Array.from({ length: 500 }, (_, place) => `argument ${place}`)];
    const request = await (await world.agent('builder')).asksToRun(argv);
    expect(itemsOf(await (await signedIn()).read(`/requests/${request.id}`), 'argv').map(unvisible)).toEqual(argv);
  });

  test('says what is bound, how, what is not, and who asks', async () => {
    const { world, signedIn } = await aConsole();
    world.writes('notes.txt', 'hello\n');
    const request = await (await world.agent('builder', { owner: 'local' })).asksToRun(['cat', 'notes.txt'], {
      command: { env: { APP_ENV: 'staging' } },
    });
    const words = wordsOf(await (await signedIn()).read(`/requests/${request.id}`));
    expect(words).toContain('agent builder, your own agent');
    expect(words).toContain('APP_ENV');
    expect(words).toContain('staging');
    expect(words).toMatch(
      /notes\.txt at .*notes\.txt 6 bytes, content [0-9a-f]{12}; an argument names it\. Checked\. /,
    );
    expect(words).toContain('network: what it sends and receives is not bound');
    expect(words).toContain('REHEARSAL. Nothing will be started');
    expect(words).toContain(request.digest!.slice(0, 12));
  });

  test('counts as shown only when it was opened by a person who may decide', async () => {
    const { world, request, browser, signedIn } = await aPendingRequest({
      approvers: ['local'],
      operators: ['local', '77'],
    });
    const path = `/requests/${request.id}`;
    const approver = await signedIn();
    await browser().get(path);
    await approver.call('HEAD', path);
    await approver.get(path, { 'sec-purpose': 'prefetch' });
    await approver.get('/');
    await (await signedIn('77')).get(path);
    expect((await world.now(request)).shownAt).toBeNull();

    await approver.get(path);
    expect((await world.now(request)).shownAt).toBe(world.clock.now());
    expect((await world.actionsOn(request)).filter((action) => action === 'request.shown')).toHaveLength(1);
  });

  test('is found by its id as people type it, under the stored spelling', async () => {
    const { request, browser, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const typed = `/requests/${request.id.toLowerCase().replaceAll('0', 'o')}`;
    const response = await person.get(typed);
    expect([response.status, response.headers.get('location')]).toEqual([302, `/requests/${request.id}`]);
    const denied = await person.submits({
      ...(await person.form(`/requests/${request.id}`, 'Deny')),
      action: `${typed}/decisions`,
    });
    expect([denied.status, denied.headers.get('location')]).toEqual([303, `/requests/${request.id}?said=so`]);
    expect((await person.get('/requests/r-nonsense')).status).toBe(404);
    expect((await browser().get(typed)).status).toBe(401);
  });

  test('shows its newest events, asking again in one line, and says where the older ones are', async () => {
    const { world, request, agent, signedIn } = await aPendingRequest();
    const person = await signedIn();
    for (let n = 0; n < 5; n++) await agent.asksToRun(['echo', 'hello']);
    const few = await person.read(`/requests/${request.id}`);
    expect(wordsOf(few).match(/joined this request/g)).toHaveLength(1);
    expect(wordsOf(few)).toContain('joined this request (5 times)');
    expect(few).not.toContain('older events');

    const { hidden } = await person.form(`/requests/${request.id}`, 'Approve');
    for (let n = 0; n < 200; n++)
      await person.post(`/requests/${request.id}/decisions`, { ...hidden, digest: 'f'.repeat(64) });
    await person.presses('Approve', request);
    const page = await person.read(`/requests/${request.id}`);
    expect(wordsOf(page)).toContain('That was enough: approved');
    expect(page).toMatch(/There are <a href="\/log\?subject=request:r-[0-9A-Z]{6}&amp;before=\d+">older events<\/a>/);
    expect(wordsOf(page)).not.toContain('joined this request');
    expect((await world.now(request)).state).toBe('approved');
  });

  test('has no buttons for who may not decide, after the end, and once its time is over', async () => {
    const { world, request, signedIn } = await aPendingRequest({ approvers: ['local'], operators: ['77'] });
    const path = `/requests/${request.id}`;
    const labels = (page: string) => formsOf(page).flatMap((form) => form.buttons);
    const operator = await (await signedIn('77')).read(path);
    expect(labels(operator)).toEqual(['Sign out', 'Ask']);
    expect(wordsOf(operator)).toContain('You are not an approver');
    const approver = await signedIn();
    expect(labels(await approver.read(path))).toEqual([
      ...['Sign out', 'Approve', 'Approve, and allow for 1 h / 10 times', 'Deny', 'Ask'],
    ]);
    world.clock.turn(30 * 60_000);
    expect(labels(await approver.read(path))).toEqual(['Sign out']);
    await world.tick();
    expect(labels(await approver.read(path))).toEqual(['Sign out']);
  });
});

describe('a decision in the console', () => {
  test('approves once, and a second press says so', async () => {
    const { world, request, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const form = await person.form(`/requests/${request.id}`, 'Approve');
    const first = await person.submits(form);
    expect([first.status, first.headers.get('location')]).toEqual([303, `/requests/${request.id}?said=so`]);
    const second = await person.submits(form);
    expect([second.status, second.headers.get('location')]).toEqual([303, `/requests/${request.id}?said=again`]);
    expect(await world.votesOn(request)).toHaveLength(1);
    expect((await world.now(request)).state).toBe('approved');
    expect(wordsOf(await person.read(`/requests/${request.id}?said=again`))).toContain('You already approved this.');

    await world.tick();
    const page = wordsOf(await person.read(`/requests/${request.id}`));
    expect(page).toContain('It is over: rehearsed');
    expect(page).toContain('nothing was started');
  });

  test('denies with a reason for the agent', async () => {
    const { world, request, signedIn } = await aPendingRequest();
    const response = await (await signedIn()).presses('Deny', request, {
      code: 'wrong_target',
      text: 'not that one\r\nplease',
    });
    expect(response.status).toBe(303);
    expect(await world.now(request)).toMatchObject({
      state: 'denied',
      endCode: 'wrong_target',
      endText: 'not that one\nplease',
    });
  });

  test('says nothing in the address that is not so', async () => {
    const { request, signedIn } = await aPendingRequest();
    const words = wordsOf(await (await signedIn()).read(`/requests/${request.id}?said=so`));
    expect(words).toContain('Your decision');
    expect(words).not.toContain('You approved');
  });

  test.each([
    ['no token', { csrf: '' }, 403],
    ['a wrong digest', { digest: 'f'.repeat(64) }, 409],
    ['a field of its own', { state: 'approved' }, 400],
    ['an unknown verdict', { verdict: 'allow' }, 400],
    ['an unknown reason', { verdict: 'deny', code: 'because' }, 400],
  ])('with %s is refused on the page, and changes nothing', async (_, change, status) => {
    const { world, request, signedIn } = await aPendingRequest();
    const response = await (await signedIn()).presses('Approve', request, change);
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('role="alert"');
    expect((await world.now(request)).state).toBe('pending');
    expect(await world.votesOn(request)).toEqual([]);
  });

  test('that is refused keeps what was written', async () => {
    const { world, request, agent, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const text = '\nno </textarea><b>really</b>';
    const response = await person.presses('Deny', request, { text, code: 'not_now', digest: 'f'.repeat(64) });
    expect(response.status).toBe(409);
    const page = await response.text();
    expect(page).toContain('>\n\nno &lt;/textarea&gt;&lt;b&gt;really&lt;/b&gt;</textarea>');
    expect(page).toMatch(/<details class="deny" id="deny" open/);
    expect(page).toMatch(/value="not_now" id="code-not_now" checked/);
    const question = await agent.asks('What name?');
    const refused = await person.presses('Answer', question, { answer: 'half', digest: 'f'.repeat(64) });
    expect(await refused.text()).toContain('>\nhalf</textarea>');
    expect((await world.now(question)).state).toBe('pending');
  });

  test('with the token of another session is refused', async () => {
    const { world, request, signedIn } = await aPendingRequest({ approvers: ['local', '4711'] });
    const foreign = await (await signedIn('4711')).form(`/requests/${request.id}`, 'Approve');
    expect((await (await signedIn()).submits(foreign)).status).toBe(403);
    expect(await world.votesOn(request)).toEqual([]);
  });

  test('from another site, or not as a form, is refused', async () => {
    const { world, request, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const { action, hidden } = await person.form(`/requests/${request.id}`, 'Approve');
    const path = action.split('#')[0]!;
    expect((await person.post(path, hidden, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await person.post(path, hidden, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    const asJson = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(hidden) };
    expect((await person.call('POST', path, asJson)).status).toBe(400);
    const large = await person.post(path, { ...hidden, text: 'x'.repeat(70_000) });
    expect(large.status).toBe(400);
    expect(wordsOf(await large.text())).toContain('more than a form of this console holds');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('without having been shown is refused', async () => {
    const { world, request, agent, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const other = await agent.asksToRun(['echo', 'other']);
    const { hidden } = await person.form(`/requests/${other.id}`, 'Approve');
    const response = await person.post(`/requests/${request.id}/decisions`, { ...hidden, digest: request.digest! });
    expect(response.status).toBe(409);
    expect(wordsOf(await response.text())).toContain('has not been shown in full');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('that comes second tells who was first', async () => {
    const { world, request, signedIn } = await aPendingRequest({ approvers: ['local', '4711'] });
    const [one, other] = [await signedIn(), await signedIn('4711')];
    const [approve, deny] = [
      await one.form(`/requests/${request.id}`, 'Approve'),
      await other.form(`/requests/${request.id}`, 'Deny'),
    ];
    expect((await other.submits(deny, { code: 'not_now' })).status).toBe(303);
    const late = await one.submits(approve);
    expect(late.status).toBe(409);
    const page = await late.text();
    expect(wordsOf(page)).toContain('It is denied, decided by 4711.');
    expect(formsOf(page).flatMap((form) => form.buttons)).toEqual(['Sign out']);
    expect((await world.votesOn(request)).map((vote) => vote.personId)).toEqual(['4711']);
  });

  test('at once by two people has one winner', async () => {
    const { world, request, signedIn } = await aPendingRequest({ approvers: ['local', '4711'] });
    const [one, other] = [await signedIn(), await signedIn('4711')];
    const [approve, deny] = [
      await one.form(`/requests/${request.id}`, 'Approve'),
      await other.form(`/requests/${request.id}`, 'Deny'),
    ];
    const statuses = (await Promise.all([one.submits(approve), other.submits(deny)])).map(
      (response) => response.status,
    );
    expect(statuses.sort()).toEqual([303, 409]);
    expect(await world.votesOn(request)).toHaveLength(1);
  });

  test('about something of high risk takes a second press within 60 seconds', async () => {
    const { world, agent, signedIn } = await aPendingRequest();
    const request = await agent.asksToRun(['/bin/bash', '-c', 'echo hello']);
    const person = await signedIn();
    const first = await person.presses('Approve', request);
    expect(first.status).toBe(202);
    const page = await first.text();
    expect(wordsOf(page)).toContain('Once more, within 60 seconds. Nothing is decided yet');
    expect((await world.now(request)).state).toBe('pending');
    const confirm = formsOf(page).find((form) => form.buttons[0] === 'Confirm: approve')!;

    world.clock.turn(60_000);
    expect((await person.submits(confirm)).status).toBe(409);
    expect((await world.now(request)).state).toBe('pending');

    await person.presses('Approve', request);
    world.clock.turn(59_999);
    expect((await person.submits(confirm)).status).toBe(303);
    expect((await world.now(request)).state).toBe('approved');
  });

  test('about something of high risk is not confirmed by somebody else', async () => {
    const { world, agent, signedIn } = await aPendingRequest({ approvers: ['local', '4711'] });
    const request = await agent.asksToRun(['/bin/bash', '-c', 'echo hello']);
    await (await signedIn()).presses('Approve', request);
    expect((await (await signedIn('4711')).presses('Approve', request, { confirm: 'yes' })).status).toBe(409);
    expect(await world.votesOn(request)).toEqual([]);
  });

  test('answers a question by one of its choices, to the letter', async () => {
    const { world, agent, signedIn } = await aPendingRequest();
    const request = await agent.asks('Which?', ['plain', 'line\nbreak\u202e']);
    const person = await signedIn();
    expect((await person.presses('plain', request, { choice: '7' })).status).toBe(400);
    expect((await person.presses('plain', request, { choice: '1' })).status).toBe(303);
    expect(await world.now(request)).toMatchObject({ state: 'answered', answer: 'line\nbreak\u202e' });
  });

  test('answers an open question in free text', async () => {
    const { world, agent, signedIn } = await aPendingRequest();
    const request = await agent.asks('What name?');
    expect((await (await signedIn()).presses('Answer', request, { answer: 'Two\r\nlines' })).status).toBe(303);
    expect((await world.now(request)).answer).toBe('Two\nlines');
  });

  test('is never made by opening an address', async () => {
    const { world, request, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const { hidden } = await person.form(`/requests/${request.id}`, 'Approve');
    const response = await person.get(`/requests/${request.id}/decisions?${new URLSearchParams(hidden)}`);
    expect([response.status, response.headers.get('location')]).toEqual([303, `/requests/${request.id}`]);
    expect((await world.now(request)).state).toBe('pending');
  });
});

describe('the page of a command that runs', () => {
  async function running() {
    const { world, signedIn } = await aConsole({ executes: true, approvers: ['local', '222'], operators: ['local'] });
    const request = await (await world.agent('builder')).asksToRun(['echo', 'hello']);
    await world.person('local').approves(request);
    await world.tick();
    return { world, signedIn, request };
  }

  test('shows what it has written so far, and an operator stops it there', async () => {
    const { world, signedIn, request } = await running();
    const operator = await signedIn();
    expect(itemsOf(await operator.read(`/requests/${request.id}`), 'lines')).toContain('so far');
    expect((await operator.presses('Stop it', request)).status).toBe(303);
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(1);
  });

  test('offers its end to operators alone', async () => {
    const { world, signedIn, request } = await running();
    const approver = await signedIn('222');
    const page = await approver.read(`/requests/${request.id}`);
    expect(wordsOf(page)).not.toContain('Stop it');
    const [{ hidden } = { hidden: {} as Record<string, string> }] = formsOf(page);
    expect((await approver.post(`/requests/${request.id}/stop`, { csrf: hidden.csrf ?? '' })).status).toBe(403);
    await world.tick();
    expect(world.executes.stops(request.id)).toBe(0);
  });

  test('asks what became of it when nobody knows, and takes the answer with its reason', async () => {
    const { world, signedIn, request } = await running();
    world.executes.losesItsSupervisor(request.id);
    await world.tick();
    const operator = await signedIn();
    expect((await operator.presses('It was done', request, { verdict: 'executed', reason: '' })).status).toBe(400);
    expect(
      (await operator.presses('It was done', request, { verdict: 'executed', reason: 'it is there' })).status,
    ).toBe(303);
    expect(await world.now(request)).toMatchObject({ state: 'executed', endCode: 'resolved', endText: 'it is there' });
    expect(wordsOf(await operator.read(`/requests/${request.id}`))).toContain('it is there');
  });

  test('shows the outcome, also of what its agent ran itself', async () => {
    const { world, signedIn, request } = await running();
    world.executes.ends(request.id, { exitCode: 2, stdout: 'out\n', stderr: 'err\n', changedDuringRun: ['notes.txt'] });
    await world.tick();
    const words = wordsOf(await (await signedIn()).read(`/requests/${request.id}`));
    expect(words).toContain('Exit code 2');
    expect(words).toContain('Changed while it ran: notes.txt');
  });
});

describe('talking and allowing in the console', () => {
  test('a person asks the agent, and the answer appears on the page', async () => {
    const { world, request, signedIn } = await aPendingRequest();
    const person = await signedIn();
    const form = await person.form(`/requests/${request.id}`, 'Ask');
    const asked = await person.submits(form, { comment: 'Why now?' });
    expect([asked.status, asked.headers.get('location')]).toEqual([303, `/requests/${request.id}#talk-title`]);
    await comment(world.app, request.id, '<b>because</b>', world.by(request.askedBy as `agent:${string}`));
    const page = await person.read(`/requests/${request.id}`);
    expect(wordsOf(page)).toContain('Why now?');
    expect(page).not.toContain('<b>because</b>');
    expect((await world.now(request)).state).toBe('pending');
  });

  test('what was allowed in advance stands on the page of the agents, and is taken back there', async () => {
    const { world, signedIn } = await aPendingRequest();
    const plain = await (await world.agent('lister')).asksToRun(['ls']);
    const person = await signedIn();
    const form = await person.form(`/requests/${plain.id}`, 'Approve');
    expect((await person.submits(form, { allow: 'yes' })).status).toBe(303);
    await world.tick();
    expect(wordsOf(await person.read('/agents'))).toContain('agent lister may run ls');
    await person.submits(await person.form('/agents', 'Take back'));
    expect(wordsOf(await person.read('/agents'))).toContain('No agent may do anything without asking.');
  });
});
