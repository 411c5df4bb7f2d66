import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alreadySettled } from '../../../src/core/approval/decision.ts';
import { conflict, forbidden } from '../../../src/core/errors.ts';
import { answerToTap } from '../../../src/telegram/texts/taps.ts';
import { anInstant, aRequest, aVote } from '../../support/request.ts';

const facts = { now: anInstant + 60_000, timeZone: 'UTC', names: (id: string) => ({ '101': 'Grace' })[id] ?? id };
const decided = (verdict: 'approve' | 'deny' | 'answer', of: Parameters<typeof aRequest>[0] = {}, repeated = false) =>
  ({ kind: 'decided', verdict, decided: { request: aRequest(of), repeated } }) as const;
const say = (outcome: Parameters<typeof answerToTap>[0], missing?: string) =>
  answerToTap(outcome, { ...facts, ...(missing ? { missing } : {}) });

describe('the answer to a tap', () => {
  test.each([
    [decided('approve', { state: 'approved' }), 'Approved.'],
    [decided('deny', { state: 'denied' }), 'Denied. Nothing will be done.'],
    [decided('answer', { state: 'answered' }), 'Answered.'],
    [decided('approve', { state: 'approved' }, true), 'You already approved this.'],
    [{ kind: 'turned', face: { kind: 'open' }, request: aRequest() } as const, 'Nothing was decided.'],
    [{ kind: 'known' } as const, 'This was noted before.'],
    [{ kind: 'shown', requestId: 'r-7F3K2Q' } as const, 'r-7F3K2Q follows below.'],
  ])('says what was done, %#', (outcome, text) => expect(say(outcome)).toEqual({ text, alert: false }));

  test('says what is still missing', () => {
    expect(say(decided('approve'), '1 more approval').text).toBe('Recorded. Missing: 1 more approval.');
  });

  test('asks for the second press', () => {
    const face = { kind: 'confirm', personId: '101', confirmBy: anInstant } as const;
    expect(say({ kind: 'turned', face, request: aRequest() }).text).toBe(
      'Once more, please: press Confirm within 60 seconds.',
    );
  });

  test('tells a late comer who was quicker, and how to ask again', () => {
    const request = aRequest({ state: 'denied', decidedAt: anInstant });
    const because = alreadySettled(request, [aVote('101', { verdict: 'deny' })]);
    expect(say({ kind: 'refused', because, request })).toEqual({
      text: 'Already denied by Grace at 09:00 UTC. To ask again: gaia request again r-7F3K2Q',
      alert: true,
    });
  });

  test('never calls what expired decided by somebody', () => {
    const request = aRequest({ state: 'expired', endedAt: anInstant });
    expect(say({ kind: 'refused', because: alreadySettled(request, []), request }).text).toMatch(
      /^Already expired at 09:00 UTC\./,
    );
  });

  test('tells a stranger that nothing was decided', () => {
    const because = forbidden('You are not an approver of this Gaia.', { reason: 'not_an_approver' });
    expect(say({ kind: 'refused', because })).toEqual({
      text: 'You are not an approver here. Nothing was decided.',
      alert: true,
    });
  });

  test('falls back to the message and the remedy of what it has no words for', () => {
    const because = conflict('The moon is full.', { reason: 'moon', remedy: 'Wait for the sun.' });
    expect(say({ kind: 'refused', because }).text).toBe('The moon is full. Wait for the sun.');
  });

  test('has at most 200 characters, well-formed, whatever it is told', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const { text: said } = say({ kind: 'refused', because: conflict(text, { remedy: text }) });
        expect(said.length).toBeLessThanOrEqual(200);
        expect(said.isWellFormed()).toBe(true);
      }),
    );
  });
});
