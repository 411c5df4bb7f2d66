import { describe, expect, test } from 'vitest';
import type { People } from '../../../src/core/access/actor.ts';
import {
  alreadySettled,
  type Decision,
  type DecisionFacts,
  deciders,
  mayNotDecide,
  type Ruling,
  ruleOn,
  tally,
  unreachable,
} from '../../../src/core/approval/decision.ts';
import type { Request } from '../../../src/core/approval/request.ts';
import { requestStates } from '../../../src/core/approval/states.ts';
import { aDemand, aDigest, anInstant, aRequest, aVote } from '../../support/request.ts';

const people: People = { approvers: ['111', '222', '333'], operators: ['999'] };
const aCommand = (of: Partial<Request> = {}) => aRequest({ kind: 'command', mode: 'dry_run', ...of });

const rule = (
  decision: Partial<Decision> = {},
  { request = aCommand(), votes = [], now = anInstant, ...facts }: Partial<DecisionFacts> = {},
): Ruling =>
  ruleOn(
    { requestId: request.id, personId: '111', verdict: 'approve', digest: aDigest, ...decision },
    { request, votes, people, now, ...facts },
  );
const refusal = (ruling: Ruling) =>
  ruling.kind === 'refused' ? (ruling.because.extras.reason ?? ruling.because.code) : ruling.kind;

describe('a decision', () => {
  test('by an approver on what they were shown counts, and one is enough for normal', () => {
    expect(rule()).toMatchObject({ kind: 'counts', move: 'approve', changesMind: false });
  });

  test.each([
    ['nobody knows', '666'],
    ['is only an operator', '999'],
    ['is an agent’s name', 'agent:builder'],
    ['has no id', ''],
    ['is known by a username', 'grace'],
    ['is another spelling of an approver', '0111'],
  ])('by someone who %s is refused', (_, personId) => expect(refusal(rule({ personId }))).toBe('not_an_approver'));

  test('of the local console’s person counts where one approval is asked for, and never beside others', () => {
    const withLocal: People = { approvers: ['111', 'local'], operators: [] };
    expect(rule({ personId: 'local' }, { people: withLocal })).toMatchObject({ kind: 'counts', move: 'approve' });
    const request = aCommand({ demand: aDemand({ approvals: 2 }) });
    const votes = [aVote('111')];
    const beside = rule({ personId: 'local' }, { people: withLocal, request, votes });
    expect(beside).toMatchObject({ kind: 'counts' });
    expect(beside).not.toHaveProperty('move');
    expect(rule({ personId: 'local', verdict: 'deny' }, { people: withLocal, request, votes })).toMatchObject({
      move: 'deny',
    });
    expect(unreachable(request, aDemand({ approvals: 2 }), withLocal)).toBe('1 more approval');
  });

  test('by nobody counts where there are no approvers', () => {
    expect(refusal(rule({}, { people: { approvers: [], operators: ['111'] } }))).toBe('not_an_approver');
  });

  test('on one’s own request is refused, whatever the verdict', () => {
    const request = aCommand({ askedBy: 'person:111' });
    for (const verdict of ['approve', 'deny', 'answer'] as const)
      expect(refusal(rule({ verdict }, { request }))).toBe('own_request');
  });

  test('by someone the policy does not name is refused, and says who may', () => {
    const request = aCommand({ demand: aDemand({ approvers: ['222', '333'] }) });
    const ruling = rule({}, { request });
    expect(refusal(ruling)).toBe('not_named');
    expect(ruling).toMatchObject({ because: { extras: { remedy: 'It may be decided by: 222, 333.' } } });
  });

  test('by the owner of the agent counts for normal and high', () => {
    expect(rule({}, { request: aCommand({ ownerId: '111' }) })).toMatchObject({ move: 'approve' });
  });

  test.each(requestStates.filter((state) => state !== 'pending'))('on what is %s is refused', (state) => {
    expect(refusal(rule({}, { request: aCommand({ state }) }))).toBe('already_settled');
    expect(refusal(rule({ verdict: 'deny' }, { request: aCommand({ state }) }))).toBe('already_settled');
  });

  test('one millisecond before the expiry counts; at the very instant it is too late', () => {
    const request = aCommand();
    expect(rule({}, { request, now: request.expiresAt - 1 })).toMatchObject({ kind: 'counts' });
    expect(refusal(rule({}, { request, now: request.expiresAt }))).toBe('expired');
    expect(refusal(rule({ verdict: 'deny' }, { request, now: request.expiresAt }))).toBe('expired');
  });

  test.each([
    ['other digest', 'c'.repeat(64)],
    ['the effect digest in its place', 'e'.repeat(64)],
    ['the first 12 digits only', aDigest.slice(0, 12)],
    ['upper case', aDigest.toUpperCase()],
    ['nothing', ''],
    ['an index', '0'],
  ])('on %s is refused', (_, digest) => {
    expect(refusal(rule({ digest }))).toBe('digest_mismatch');
    expect(refusal(rule({ digest, verdict: 'deny' }))).toBe('digest_mismatch');
  });

  test('on a request without a digest is refused', () => {
    expect(refusal(rule({ digest: 'null' }, { request: aCommand({ digest: null }) }))).toBe('digest_mismatch');
  });

  test('cannot approve what was not shown in full to anybody; it can deny it', () => {
    const request = aCommand({ shownAt: null });
    expect(refusal(rule({}, { request }))).toBe('not_shown');
    expect(rule({ verdict: 'deny' }, { request })).toMatchObject({ kind: 'counts', move: 'deny' });
  });

  test('cannot answer a question that was not shown', () => {
    expect(refusal(rule({ verdict: 'answer', answer: 'yes' }, { request: aRequest({ shownAt: null }) }))).toBe(
      'not_shown',
    );
  });

  test('repeated by the same person changes nothing, before and after the end', () => {
    const votes = [aVote('111')];
    for (const state of ['pending', 'approved', 'executed', 'expired'] as const)
      expect(rule({}, { request: aCommand({ state }), votes })).toMatchObject({ kind: 'repeated' });
  });

  test('the same but on another digest is no repetition', () => {
    expect(refusal(rule({}, { votes: [aVote('111', { digest: 'c'.repeat(64) })] }))).toBe('counts');
    expect(refusal(rule({ digest: 'c'.repeat(64) }, { votes: [aVote('111')] }))).toBe('digest_mismatch');
  });

  test('by a person who has been removed is not even a repetition', () => {
    expect(refusal(rule({}, { votes: [aVote('111')], people: { ...people, approvers: ['222'] } }))).toBe(
      'not_an_approver',
    );
  });

  test('of the other kind by the same person changes their mind while it is pending', () => {
    const request = aCommand({ demand: aDemand({ approvals: 2 }) });
    expect(rule({ verdict: 'deny' }, { request, votes: [aVote('111')] })).toMatchObject({
      changesMind: true,
      move: 'deny',
    });
    expect(rule({}, { request, votes: [aVote('111', { verdict: 'deny' })] })).toMatchObject({ changesMind: true });
  });

  test('to deny keeps the reason, and “other” where none was given', () => {
    const reason = { code: 'too_risky', text: 'Not on a Friday.' } as const;
    expect(rule({ verdict: 'deny', reason })).toMatchObject({
      vote: { reasonCode: 'too_risky', reasonText: 'Not on a Friday.' },
    });
    expect(rule({ verdict: 'deny' })).toMatchObject({ vote: { reasonCode: 'other', reasonText: null } });
    expect(rule()).toMatchObject({ vote: { reasonCode: null } });
  });

  test('to deny ends it at once, even where two must approve and one has', () => {
    const request = aCommand({ demand: aDemand({ approvals: 2 }) });
    expect(rule({ verdict: 'deny', personId: '222' }, { request, votes: [aVote('111')] })).toMatchObject({
      move: 'deny',
    });
  });
});

describe('a decision that fits another kind of request', () => {
  test('cannot approve a question', () => expect(refusal(rule({}, { request: aRequest() }))).toBe('not_approvable'));
  test('cannot answer a command', () =>
    expect(refusal(rule({ verdict: 'answer', answer: 'yes' }))).toBe('not_answerable'));
  test('cannot answer with nothing', () => {
    expect(refusal(rule({ verdict: 'answer' }, { request: aRequest() }))).toBe('invalid');
    expect(refusal(rule({ verdict: 'answer', answer: '' }, { request: aRequest() }))).toBe('invalid');
  });

  const choosing = aRequest({
    effect: { v: 1, kind: 'question', isTest: false, question: { text: 'Which?', choices: ['red', 'blue'] } },
  });
  test('cannot answer beside the choices', () => {
    const ruling = rule({ verdict: 'answer', answer: 'Red' }, { request: choosing });
    expect(ruling).toMatchObject({
      because: { extras: { faults: [{ field: 'answer', message: 'must be one of: red, blue' }] } },
    });
  });
  test('answers with a choice, word for word', () =>
    expect(rule({ verdict: 'answer', answer: 'red' }, { request: choosing })).toMatchObject({
      move: 'answer',
      vote: { answer: 'red' },
    }));
  test('answers freely where there are no choices', () =>
    expect(rule({ verdict: 'answer', answer: 'perhaps' }, { request: aRequest() })).toMatchObject({ move: 'answer' }));
});

describe('two acts', () => {
  const request = aCommand({ tier: 'high', demand: aDemand({ tier: 'high', confirm: true }) });
  const confirmation = { digest: aDigest, confirmBy: anInstant + 60_000 };

  test('are asked for: the first decides nothing and says until when the second must come', () => {
    expect(rule({}, { request })).toEqual({ kind: 'to_confirm', confirmBy: anInstant + 60_000 });
  });
  test('decide together, up to the last millisecond', () => {
    expect(rule({ confirm: true }, { request, confirmation, now: anInstant + 59_999 })).toMatchObject({
      move: 'approve',
    });
  });
  test('decide nothing when the second comes at the sixtieth second', () => {
    expect(refusal(rule({ confirm: true }, { request, confirmation, now: anInstant + 60_000 }))).toBe(
      'confirmation_missing',
    );
  });
  test('are two: a confirmation alone is refused', () => {
    expect(refusal(rule({ confirm: true }, { request }))).toBe('confirmation_missing');
  });
  test('are on one digest', () => {
    const other = { ...confirmation, digest: 'c'.repeat(64) };
    expect(refusal(rule({ confirm: true }, { request, confirmation: other }))).toBe('confirmation_missing');
  });
  test('are not asked of whoever denies', () => {
    expect(rule({ verdict: 'deny' }, { request })).toMatchObject({ move: 'deny' });
  });
  test('are not asked where the tier is normal; a confirmation more does no harm', () => {
    expect(rule({ confirm: true })).toMatchObject({ move: 'approve' });
  });
});

describe('a tally', () => {
  const critical = aDemand({ tier: 'critical', approvals: 2, notOnlyOwner: true });
  const of = (votes: Parameters<typeof tally>[0], demand = critical, who = people) =>
    tally(votes, { askedBy: 'agent:builder', ownerId: '111', digest: aDigest }, demand, who);

  test('says what is missing', () => {
    expect(of([])).toEqual({ enough: false, counted: [], missing: '2 more approvals' });
    expect(of([aVote('111')])).toMatchObject({ missing: '1 more approval' });
  });
  test('is enough with two, one of them not the owner', () => {
    expect(of([aVote('111'), aVote('222')])).toEqual({ enough: true, counted: ['111', '222'], missing: '' });
  });
  test('does not take the owner alone where somebody else must agree', () => {
    expect(of([aVote('111')], { ...critical, approvals: 1 })).toMatchObject({
      enough: false,
      missing: 'the approval of someone who does not own the agent',
    });
    expect(of([aVote('222')], { ...critical, approvals: 1 })).toMatchObject({ enough: true });
  });
  test.each([
    ['denials', aVote('222', { verdict: 'deny' })],
    ['approvals of another digest', aVote('222', { digest: 'c'.repeat(64) })],
    ['people who are no approvers', aVote('666')],
  ])('does not count %s', (_, vote) => expect(of([aVote('111'), vote])).toMatchObject({ counted: ['111'] }));
  test('does not count people the policy does not name, nor who asked', () => {
    expect(of([aVote('111'), aVote('222')], { ...critical, approvers: ['111', '333'] }).counted).toEqual(['111']);
    const own = { askedBy: 'person:222', ownerId: null, digest: aDigest };
    expect(tally([aVote('111'), aVote('222')], own, critical, people).counted).toEqual(['111']);
  });
});

describe('what nobody could ever satisfy', () => {
  const own = { askedBy: 'person:111', ownerId: null };
  const agents = { askedBy: 'agent:builder', ownerId: '111' };
  test('is found: too few people', () =>
    expect(unreachable(agents, aDemand({ approvals: 4 }), people)).toBe('1 more approval'));
  test('is found: only the owner is there', () =>
    expect(unreachable(agents, aDemand({ notOnlyOwner: true }), { approvers: ['111'], operators: [] })).toBe(
      'the approval of someone who does not own the agent',
    ));
  test('is found: who asks cannot decide', () =>
    expect(unreachable(own, aDemand(), { approvers: ['111'], operators: [] })).toBe('1 more approval'));
  test('is not claimed of what people can satisfy', () => {
    expect(unreachable(agents, aDemand({ approvals: 3, notOnlyOwner: true }), people)).toBeUndefined();
  });
});

describe('a late comer', () => {
  test('is told who won', () => {
    const error = alreadySettled(aCommand({ state: 'denied', decidedAt: 5 }), [
      aVote('111'),
      aVote('222', { verdict: 'deny' }),
    ]);
    expect(error.message).toBe('It is denied, decided by 222.');
    expect(error.extras.facts).toEqual({ state: 'denied', decidedBy: ['222'], decidedAt: 5 });
  });
  test('is told that it was approved, and by whom', () => {
    expect(alreadySettled(aCommand({ state: 'approved' }), [aVote('111')]).message).toBe(
      'It is already approved, decided by 111.',
    );
  });
  test.each(['withdrawn', 'expired'] as const)('is not told that people decided what is %s', (state) => {
    const error = alreadySettled(aCommand({ state, endedAt: 7 }), [aVote('111')]);
    expect(error.message).toBe(`It is ${state}.`);
    expect(error.extras.facts).toEqual({ state, decidedBy: [], decidedAt: 7 });
  });
});

describe('a bar', () => {
  test('does not stand before an approver', () =>
    expect(mayNotDecide(deciders(aCommand()), '111', people)).toBeUndefined());
  test('is not the policy’s where it names nobody', () =>
    expect(mayNotDecide(deciders(aCommand({ demand: null })), '222', people)).toBeUndefined());
});
