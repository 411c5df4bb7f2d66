import { describe, expect, test } from 'vitest';
import type { EventAnswer } from '../../../src/core/wire/answers-log.ts';
import type { StatusAnswer } from '../../../src/core/wire/answers-status.ts';
import { auditText, consoleText, helpText, startText, statusText } from '../../../src/telegram/texts/commands.ts';
import { pendingText } from '../../../src/telegram/texts/pending.ts';
import { anInstant } from '../../support/request.ts';
import { aWaiting, facts } from '../cards/requests.ts';

const status: StatusAnswer = {
  version: '1.0.0',
  now: facts.now,
  startedAt: anInstant - 3_600_000,
  generation: 1,
  paused: null,
  acceptance: null,
  store: 'sqlite',
  execution: 'dry_run',
  executionUser: null,
  trustBoundary: 'The boundary is the user.',
  people: { approvers: ['101'], operators: ['101'] },
  policy: { digest: 'p', rules: 2 },
  requests: { pending: 2 },
  oldestPendingSeconds: 90,
  figures: { days: 7, decisions: 0, medianMs: null, hastyShare: null, people: [] },
  deliveries: { queued: 1, dead: 1 },
  log: { seq: 1_234, hash: 'ab'.repeat(32), at: anInstant, lastSealSeq: null, lastSealAt: null },
  telegram: { heardAt: anInstant, trouble: null, closedChats: [], quarantinedUpdates: 0 },
  next: 'Nothing waits.',
};
const operations: NonNullable<StatusAnswer['operations']> = {
  ...{ owed: { count: 0, oldestSeconds: null }, dead: { count: 0, oldestSeconds: null } },
  ...{ executing: { count: 0, oldestSeconds: null }, unknown: 0, alerts: [], silences: [], transport: 'off: no' },
  writeBudget: { used: 0, of: 60 },
  schedules: [
    {
      name: 'backup',
      dueAt: anInstant,
      startedAt: anInstant,
      endedAt: null,
      outcome: 'done',
      said: 'of the day before',
    },
    { name: 'forget', dueAt: anInstant, startedAt: null, endedAt: null, outcome: null, said: null },
  ],
  ...{ backup: null, disk: null },
};
const anEvent = (of: Partial<EventAnswer>): EventAnswer => ({
  seq: 1,
  at: anInstant,
  actor: 'agent:builder',
  source: 'http',
  action: 'request.submitted',
  subject: 'request:r-7F3K2Q',
  traceId: 't',
  hash: 'h',
  detail: {},
  ...of,
});

describe('what Gaia answers to', () => {
  test('/start is two numbers and nothing else', () => {
    expect(startText({ personId: '101', chatId: '-100200' }).text).toBe('Your id: 101\nThe id of this chat: -100200');
  });
  test('/help depends on who asks', () => {
    expect(helpText({ isApprover: true, isOperator: false }).text).toMatchInlineSnapshot(`
      "Agents ask, people decide, and Gaia does exactly what was approved.

      To decide: press a button on a card, or reply to it:
      approve when the card is Normal and fresh
      deny your reason always
      Questions without choices are answered by a reply.
      ? your question asks the agent; the request waits on

      /pending [page]: What waits for a decision
      /show ID: One request, whole
      /status: How Gaia is
      /audit [ID]: What happened lately, or to one request
      /output ID: All that a command has written, as a file
      /ask ID question: Ask the agent something about a request
      /snooze ID [15m]: Put reminders of a request off
      /grants: What agents may do without asking
      /revoke ID: Take a grant back
      /agents: Who may ask, and how much they have open
      /failed: What could not be delivered
      /alerts: What is wrong with Gaia, if anything
      /console: A link to the console, in a private chat
      /login CODE: Let a terminal act as you, in a private chat
      /help: What you can do here
      /start: Your id, and the id of this chat"
    `);
    expect(helpText({ isApprover: false, isOperator: false }).text).not.toMatch(/pause|pending|approve/);
  });
  test('/status says what is, and what to do next', () => {
    expect(statusText(status, facts).text).toMatchInlineSnapshot(`
      "✓ Gaia works
      2 requests waiting, the oldest for 1 min 30 s
      Messages: 1 owed, ⚠ 1 could not be delivered
      Commands: rehearsals only, nothing is started
      Running since 09:00 CET (1 h ago), version 1.0.0
      Log: 1,234 events, head abababababab, not sealed yet

      Next: Nothing waits.

      The boundary is the user."
    `);
    const paused = statusText({ ...status, paused: { at: anInstant, by: 'person:101', reason: 'a look' } }, facts).text;
    expect(paused).toMatch(/^❚❚ Gaia is paused\nPaused by Grace at 10:00 CET: a look\n/);
  });
  test('/status says of what runs by the clock and was not recorded as ended that it runs, or was cut off', () => {
    const { text } = statusText({ ...status, operations }, facts);
    expect(text).toMatch(/^backup runs, or was cut off, since \d\d:\d\d/m);
    expect(text).not.toContain('forget runs');
  });

  test('/status says what keeps Telegram from working', () => {
    const telegram = {
      heardAt: null,
      trouble: { at: anInstant, text: 'Another reads @it.' },
      closedChats: [{ chat: '-100', why: 'it was left' }],
      quarantinedUpdates: 2,
    };
    const { text } = statusText({ ...status, telegram }, facts);
    expect(text).toContain(
      '⚠ Since 10:00 CET: Another reads @it.\n⚠ Nothing can be sent to -100: it was left\n⚠ 2 updates put aside',
    );
    expect(statusText(status, facts).text).not.toContain('⚠ Since');
  });
  test('/pending is a page of what waits, with no button that decides', () => {
    const page = pendingText({ requests: [aWaiting()], offset: 10, waiting: 25, pageSize: 10 }, facts);
    expect(page.text).toMatchInlineSnapshot(`
      "● 25 requests waiting, page 2 of 3

      11. r-7F3K2Q · REHEARSAL ○ Normal
      builder: make deploy
      until 10:30 CET (in 29 min)

      More: /pending 3"
    `);
    expect(page.keyboard.flat().map(({ text }) => text)).toEqual(['11. Show r-7F3K2Q']);
    expect(pendingText({ requests: [], offset: 0, waiting: 0, pageSize: 10 }, facts)).toMatchObject({
      text: '✓ Nothing waits.',
      keyboard: [],
    });
  });
  test('/audit tells the log in words', () => {
    const events = [
      anEvent({}),
      anEvent({
        actor: 'person:101',
        action: 'decision.recorded',
        detail: { verdict: 'deny', reasonCode: 'too_risky', reasonText: '@x' },
      }),
    ];
    expect(auditText({ events, seal: 'gaia-seal:1' }, facts).text).toMatchInlineSnapshot(`
      "The latest in the log
      10:00 CET agent builder asked · r-7F3K2Q
      10:00 CET Grace denied: Too risky, @x · r-7F3K2Q

      A seal: it proves later that the log was not rewritten.
      gaia-seal:1"
    `);
    expect(auditText({ events: [], request: { id: 'r-7F3K2Q' } }, facts).text).toBe(
      'What happened to r-7F3K2Q\nNothing yet.',
    );
  });
  test('/audit stays within one message', () => {
    const events = Array.from({ length: 300 }, () => anEvent({ action: 'a.b/c' }));
    const { text, entities } = auditText({ events }, facts);
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(entities.length).toBeLessThanOrEqual(100);
    expect(text).toMatch(/… and more\.$/);
  });
  test('/console is a link on a line of its own', () => {
    const { text } = consoleText({ url: 'https://gaia.example/sign-in#x', expiresAt: facts.now + 300_000 }, facts);
    expect(text.split('\n')[1]).toBe('https://gaia.example/sign-in#x');
  });
});
