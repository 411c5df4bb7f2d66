import { describe, expect, test } from 'vitest';
import { type Notice, noticeText } from '../../../src/telegram/texts/notices.ts';
import { anInstant } from '../../support/request.ts';
import { aWaiting, facts } from '../cards/requests.ts';

const say = (notice: Notice) => noticeText(notice, facts).text;

describe('a notice', () => {
  test('after some time away says which taps may be lost, and what waits', () => {
    const notice: Notice = { about: 'away', from: anInstant - 720_000, to: anInstant, waiting: [aWaiting()] };
    expect(say(notice)).toMatchInlineSnapshot(`
      "I was not reachable between 09:48 CET and 10:00 CET (12 min).
      If you tapped then, tap again.

      1 request waiting:
      r-7F3K2Q · REHEARSAL make deploy"
    `);
  });
  test.each<[string, Notice]>([
    ['a limit', { about: 'caps', agent: 'builder', cap: 'open', limit: 20 }],
    ['a policy', { about: 'policy', by: 'person:101', changes: ['a rule was added: /etc'] }],
    ['a pause', { about: 'paused', by: 'person:101', reason: 'a look' }],
    ['going on', { about: 'resumed', by: 'admin', reason: null }],
    ['a store to accept', { about: 'acceptance', reason: 'The store stands behind its log.' }],
    ['trouble', { about: 'trouble', trouble: 'Another program reads with this token.' }],
    ['a refusal', { about: 'refusal', message: 'Only an operator may do this.', remedy: 'Ask an operator.' }],
    ['ids', { about: 'ids', personId: '101', chat: '-100' }],
    [
      'a requeue with more than fits',
      {
        about: 'requeued',
        by: 'admin',
        requeued: [{ id: 'd-7F3K2Q', what: 'a notice' }],
        left: [{ id: 'd-7F3K2R', what: 'another', because: 'it has lived 10 times' }],
        remaining: 204,
        unnamed: 3,
      },
    ],
    ['a vote', { about: 'request', because: 'vote', request: aWaiting() }],
  ])('says it plainly: %s', (_, notice) => expect(say(notice)).toMatchSnapshot());
  test('shows nothing from outside unseen, and stays one message', () => {
    const changes = Array.from({ length: 200 }, () => '\u202e@all '.repeat(90));
    const { text, entities } = noticeText({ about: 'policy', by: 'admin', changes }, facts);
    expect(text).not.toContain('\u202e');
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(entities.length).toBeLessThanOrEqual(100);
  });
});
