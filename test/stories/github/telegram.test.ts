import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Request } from '../../../src/core/approval/request.ts';
import { Live } from '../../../src/github/live/transport.ts';
import { aGitHub } from '../../support/github/a-github.ts';
import { aChat } from '../telegram/a-chat.ts';
import { everything } from './a-live-world.ts';

const issue = { op: 'issue.create', title: 'The build is slow', body: 'It takes 20 minutes.', labels: ['bug'] };

/** A text as people read it, without what differs from run to run. */
const steady = (text: string, request: Request): string =>
  text
    .replaceAll(request.id, 'r-ID')
    .replaceAll(request.digest?.slice(0, 12) ?? 'none', 'DIGEST')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'GITHUB')
    .replaceAll(/\d\d:\d\d( UTC)?/g, 'TIME');

describe('a changeset in a chat', () => {
  test('shows all that it changes, and what it would still wait for; then what was written, with links', async () => {
    const chat = await aChat();
    const request = await chat.builder.proposes(
      { repo: 'local/demo', operations: [{ ...issue, body: 'It takes 20 minutes, @octocat.' }] },
      { reason: 'It holds everybody up.' },
    );
    await chat.grace.writes(chat.home, '/pause');
    await chat.settles();
    expect(steady(chat.cardOf(request).text, request)).toMatchInlineSnapshot(`
      "● WAITING
      ○ Normal

      builder asks to write, agent of 222

      to local/demo
      Gaia's own world: nothing leaves this machine.

      1. issue.create · a new issue
      title:
      + The build is slow
      body:
      + It takes 20 minutes, \`@octocat\`.
      labels:
      + bug
      → Before it was shown: the mention of @octocat was made inert.
      → Gaia adds its signed mark below it, as a comment that pages do not show.

      Good to know
      · It is written to Gaia's own world (GITHUB_TRANSPORT=local_fake); nothing leaves this machine. GitHub itself would still lack: transport_disabled, updater_disabled, checkpoint_missing, repo_not_allowed.
      · local/demo exists in that world alone.

      In the words of builder, not checked by Gaia:
      It holds everybody up.

      Approvals: 0 of 1. Missing: 1 more approval
      Approved, it would still wait for:
      · Gaia is paused: nothing new starts.
      → An operator can type \`gaia resume\`.
      Expires TIME (in 30 min)

      r-ID · digest DIGEST"
    `);
    chat.grace.taps(chat.cardOf(request), '✓ Approve');
    await chat.settles();
    expect(steady(chat.cardOf(request).text, request)).toMatchInlineSnapshot(`
      "✓ APPROVED
      approved by Grace Hopper at TIME

      builder asks to write, agent of 222
      issue.create in local/demo

      Still missing:
      · Gaia is paused: nothing new starts.
      → An operator can type \`gaia resume\`.
      Must start by 22 Nov TIME (in 23 h)

      r-ID · digest DIGEST"
    `);
    await chat.grace.writes(chat.home, '/resume');
    await chat.settles();
    for (let second = 0; second < 5; second++) {
      chat.clock.turn(5_000);
      await chat.settles();
    }
    expect((await chat.now(request)).state).toBe('executed');
    expect(steady(chat.cardOf(request).text, request)).toMatchInlineSnapshot(`
      "✓ DONE · in Gaia's own world
      approved by Grace Hopper at TIME
      done at TIME
      Every operation of it is there.

      builder asked to write, agent of 222
      issue.create in local/demo

      ✓ issue.create · a new issue: done
      local://github/local/demo/issues/1

      r-ID · digest DIGEST"
    `);
  });

  test('that is too long for messages comes as a document first', async () => {
    const chat = await aChat();
    const body = Array.from({ length: 900 }, (_, line) => `Line ${line} of what was measured.`).join('\n');
    const request = await chat.builder.proposes({ repo: 'local/demo', operations: [{ ...issue, body }] });
    await chat.settles();
    const document = chat.telegram.messagesIn(chat.home).find(({ document: file }) => file !== undefined)?.document;
    expect(document?.name).toBe(`${request.id}.txt`);
    expect(document?.content ?? '').toContain('+ Line 899 of what was measured.');
    expect(chat.cardOf(request).buttons.length).toBeGreaterThan(0);
  });
});

/** A write that never arrived at a GitHub on loopback, and a chat that hears of it. Grace is the only operator. */
async function aLostWrite() {
  let github: Awaited<ReturnType<typeof aGitHub>> | undefined;
  const chat = await aChat({
    policy: everything,
    github: async (clock) => {
      github = await aGitHub({ clock });
      github.addRepository('octo/app', { labels: ['bug'] });
      const credentials = { token: github.token() };
      return {
        transport: new Live({ apiUrl: github.url, credentials, now: clock.now, deadline: 2_000 }),
        settings: { updaterEnabled: true, allowedRepos: ['octo/app'] },
      };
    },
  });
  const there = github as NonNullable<typeof github>;
  const grace = chat.person('111');
  writeFileSync(join(chat.checkpoints, 'CHECKPOINT_1.md'), 'Looked at everything.\n');
  const checkpoint = await chat.builder.submits({ kind: 'checkpoint', checkpoint: { number: 1 } });
  await grace.approves(checkpoint.request);
  await chat.settles();
  there.fails({ method: 'POST', path: /\/issues$/, how: 'reset_before' });
  const list = there.fails({ method: 'GET', path: /\/issues$/, how: 'stale_list', times: Infinity });
  const request = await chat.builder.proposes({ repo: 'octo/app', operations: [issue] });
  await grace.approves(request);
  await grace.confirms(request);
  const passes = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 5) {
      await chat.settles();
      chat.clock.turn(5_000);
    }
    await chat.settles();
  };
  await passes(120);
  expect((await chat.now(request)).state).toBe('unknown');
  return { chat, github: there, request, passes, list };
}

/** Rounds of the loops until the chat has nothing to send for some seconds; far less than a confirmation waits. */
async function turns(chat: Awaited<ReturnType<typeof aChat>>): Promise<void> {
  for (let second = 0; second < 15; second++) {
    await chat.round();
    chat.clock.turn(1_000);
  }
}

describe('a write whose answer was lost, in a chat', () => {
  test('says so on its card, and what an operator can do', async () => {
    const { chat, request } = await aLostWrite();
    const card = chat.cardOf(request);
    expect(steady(card.text, request)).toMatchInlineSnapshot(`
      "? OUTCOME UNKNOWN
      approved by 111 at TIME

      builder asks to write, agent of 222
      issue.create in octo/app

      ? issue.create · a new issue: outcome unknown
      The answer was lost, and 4 looks have found nothing of it.

      r-ID · digest DIGEST

      For an operator: nothing is sent again by itself. Look at octo/app. Look again has Gaia search once more; Send again is for what is not there, and is confirmed. Or say what you saw:
      /resolve r-ID executed #NUMBER it is there
      /resolve r-ID failed it is not there"
    `);
    expect(card.buttons).toEqual([['↻ Look again'], ['→ Send again']]);
  });

  test('is sent again by an operator who confirms it, once', async () => {
    const { chat, github, request, passes } = await aLostWrite();
    chat.grace.taps(chat.cardOf(request), '→ Send again');
    await turns(chat);
    expect((await chat.answersTo(chat.grace)).at(-1)?.text).toBe('Have you looked? Press Confirm within 60 seconds.');
    expect(chat.cardOf(request).text).toContain('Send it once more? Grace Hopper says that it is not there.');
    expect(chat.cardOf(request).buttons).toEqual([['✓ Confirm: send it again'], ['← Back']]);
    expect(github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);

    chat.grace.taps(chat.cardOf(request), '✓ Confirm: send it again');
    await passes(10);
    expect((await chat.now(request)).state).toBe('executed');
    expect(github.created()).toEqual({ issue: 1 });
    expect(chat.cardOf(request).buttons).toEqual([]);
  });

  test('is not sent again by anyone else, by another who confirms, nor later; each is refused and kept in the log', async () => {
    const { chat, github, request, passes } = await aLostWrite();
    chat.alan.taps(chat.cardOf(request), '→ Send again');
    chat.alan.taps(chat.cardOf(request), '↻ Look again');
    await chat.settles();
    const alans = await chat.answersTo(chat.alan, 2);
    expect(alans.map(({ text }) => text)).toEqual(['Only an operator may do this.', 'Only an operator may do this.']);
    expect(chat.cardOf(request).buttons).toEqual([['↻ Look again'], ['→ Send again']]);

    chat.grace.taps(chat.cardOf(request), '→ Send again');
    await turns(chat);
    chat.alan.taps(chat.cardOf(request), '✓ Confirm: send it again');
    await turns(chat);
    expect((await chat.answersTo(chat.alan, 3)).at(-1)?.isAlert).toBe(true);
    chat.grace.taps(chat.cardOf(request), '← Back');
    await turns(chat);
    expect(chat.cardOf(request).buttons).toEqual([['↻ Look again'], ['→ Send again']]);

    chat.grace.taps(chat.cardOf(request), '→ Send again');
    await turns(chat);
    const late = chat.cardOf(request);
    chat.clock.turn(61_000);
    chat.grace.taps(late, '✓ Confirm: send it again');
    await passes(10);
    expect((await chat.now(request)).state).toBe('unknown');
    expect(github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);
    const refused = (await chat.eventsOf(request)).filter(({ action }) => action === 'decision.refused');
    expect(refused.map(({ actor }) => actor)).toEqual(['person:222', 'person:222', 'person:222', 'person:111']);
  });

  test('is closed by an operator in words, with its number', async () => {
    const { chat, request, github } = await aLostWrite();
    for (const unread of ['executed #NUMBER it is there', 'executed #0 it is there', 'executed #12'])
      chat.grace.writes(chat.home, `/resolve ${request.id} ${unread}`);
    await chat.settles();
    expect(chat.said()).toContain('Write it in digits, like #12, or leave it out.');
    expect(chat.said()).toContain('Say what became of it, and how you know.');
    expect((await chat.now(request)).state).toBe('unknown');
    chat.grace.writes(chat.home, `/resolve ${request.id} executed #12, it is there`);
    await chat.settles();
    const { state, outcome } = await chat.now(request);
    expect([state, outcome?.operations?.[0]?.written?.number]).toEqual(['executed', 12]);
    const [resolved] = (await chat.eventsOf(request)).filter(({ action }) => action === 'intent.resolved');
    expect(JSON.parse(resolved?.detail ?? '')).toMatchObject({ reason: 'it is there', number: 12 });
    expect(github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);
  });

  test('is looked for again by an operator', async () => {
    const { chat, github, request, passes, list } = await aLostWrite();
    list.end();
    chat.grace.taps(chat.cardOf(request), '↻ Look again');
    await passes(10);
    expect((await chat.answersTo(chat.grace)).at(-1)?.text).toBe('Gaia looks at GitHub again.');
    expect((await chat.now(request)).state).toBe('unknown');
    expect(github.requests({ method: 'POST', path: /\/issues$/ })).toHaveLength(1);
    chat.grace.writes(chat.home, `/resolve ${request.id} failed it is not there`);
    await chat.settles();
    expect((await chat.now(request)).state).toBe('failed');
    expect(chat.cardOf(request).text).toContain('it is not there');
  });
});
