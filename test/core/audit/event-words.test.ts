import { describe, expect, test } from 'vitest';
import { eventWords, speaksForItself } from '../../../src/core/audit/event-words.ts';
import type { EventAnswer } from '../../../src/core/wire/answers-log.ts';

const event = (action: string, detail: unknown = {}): EventAnswer => ({
  ...{ seq: 1, at: 0, actor: 'person:7', source: 'console', subject: 'request:r-7F3K2Q', traceId: 't', hash: 'h' },
  action,
  detail,
});

describe('an event in words', () => {
  test.each([
    ['permit.issued', 'its one-time permit was issued'],
    ['request.approved', 'that was enough: approved'],
    ['request.expired', 'it expired'],
  ])('%s is what came of it, by nobody', (action, words) => {
    expect([speaksForItself(action), eventWords(event(action))]).toEqual([true, words]);
  });

  test.each([
    ['intent.recorded', {}, 'an operation was put into the ledger of writes: issue.create'],
    ['attempt.started', {}, 'an operation was sent: issue.create'],
    ['attempt.finished', { outcome: 'done' }, 'it was done: issue.create'],
    ['attempt.finished', { outcome: 'rejected' }, 'it was refused: issue.create'],
    ['attempt.finished', { outcome: 'unknown' }, 'its answer was lost: issue.create'],
    ['attempt.finished', { outcome: 'deferred' }, 'it was put off: issue.create'],
  ])('%s (%j) names its operation', (action, detail, words) => {
    expect(eventWords(event(action, { op: 'issue.create', ...detail }))).toBe(words);
  });

  test.each([
    ['decision.recorded', { verdict: 'deny', reasonCode: 'too_risky' }, 'denied: Too risky'],
    ['request.withdrawn', {}, 'withdrew it'],
    [
      'command.refused',
      { command: 'stop', id: 'r-7F3K2Q', because: 'not_running' },
      'asked for stop r-7F3K2Q and was refused: not_running',
    ],
    [
      'command.refused',
      { command: 'pause', id: null, because: 'not_an_operator' },
      'asked for pause and was refused: not_an_operator',
    ],
    [
      'request.blocked',
      { blockers: [{ message: 'No.' }, { message: 'Never.' }] },
      'asked, and was blocked: No. Never.',
    ],
    ['request.blocked', null, 'asked, and was blocked'],
    ['never.heard', {}, 'never.heard'],
  ])('%s (%j) completes the name of who acted', (action, detail, words) => {
    expect([speaksForItself(action), eventWords(event(action, detail))]).toEqual([false, words]);
  });
});
