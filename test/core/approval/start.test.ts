import { describe, expect, test } from 'vitest';
import { ruleOnStart, type StartFacts } from '../../../src/core/approval/start.ts';
import { aDemand, anInstant, aRequest, aVote } from '../../support/request.ts';

const request = aRequest({ kind: 'command', state: 'approved', effectBy: anInstant + 900_000 });
const rule = (facts: Partial<StartFacts> = {}) =>
  ruleOnStart({
    request,
    votes: [aVote('111')],
    people: { approvers: ['111', '222'], operators: [] },
    generation: 1,
    paused: false,
    judgement: { verdict: 'ask', demand: aDemand() },
    modeNow: request.mode,
    mayExecute: false,
    busy: [],
    effectDigestNow: request.effectDigest as string,
    blockersNow: [],
    now: anInstant,
    ...facts,
  });

describe('an approved request', () => {
  test('proceeds when everything still holds', () => expect(rule()).toEqual({ kind: 'proceed' }));

  test('is expired at the instant its approval runs out, and not before', () => {
    expect(rule({ now: anInstant + 899_999 }).kind).toBe('proceed');
    expect(rule({ now: anInstant + 900_000 })).toMatchObject({ kind: 'end', move: 'expire', code: 'not_started' });
  });

  test('is expired rather than stale where both are true', () => {
    expect(rule({ now: anInstant + 900_000, generation: 2, effectDigestNow: 'c'.repeat(64) })).toMatchObject({
      move: 'expire',
    });
  });

  test('is stale after the store was restored', () => {
    expect(rule({ generation: 2 })).toMatchObject({ move: 'outdate', code: 'generation_changed' });
  });

  test('is stale when a rule now denies it, and names the rule', () => {
    const ruling = rule({ judgement: { verdict: 'deny', rule: 'no deploys', message: 'Freeze.', remedy: 'Wait.' } });
    expect(ruling).toMatchObject({ move: 'outdate', code: 'policy_stricter' });
    expect(ruling).toMatchObject({ text: expect.stringContaining('no deploys') });
  });

  test.each([
    ['a higher tier', { tier: 'high' as const }],
    ['more approvals', { approvals: 2 }],
    ['a second act', { confirm: true }],
    ['somebody who is not the owner', { notOnlyOwner: true }],
  ])('is stale when the policy now asks for %s', (_, more) => {
    const demand = aDemand({ ...more, rules: ['deploys need care', 'a person decides on every request'] });
    expect(rule({ judgement: { verdict: 'ask', demand } })).toMatchObject({
      code: 'policy_stricter',
      text: expect.stringContaining('deploys need care'),
    });
  });

  test('proceeds under a policy that asks for less', () => {
    const strict = {
      ...request,
      demand: aDemand({ tier: 'critical', approvals: 2, confirm: true, notOnlyOwner: true }),
    };
    expect(rule({ request: strict })).toEqual({ kind: 'proceed' });
  });

  test('proceeds when only times became shorter', () => {
    expect(rule({ judgement: { verdict: 'ask', demand: aDemand({ ttlSeconds: 60, effectBySeconds: 30 }) } })).toEqual({
      kind: 'proceed',
    });
  });

  test('is stale when who approved may no longer decide', () => {
    expect(rule({ people: { approvers: ['222'], operators: ['111'] } })).toMatchObject({ code: 'quorum_not_met' });
    const demand = aDemand({ approvers: ['222'] });
    expect(rule({ judgement: { verdict: 'ask', demand } })).toMatchObject({ code: 'quorum_not_met' });
  });

  test('is stale without any vote, or with votes on another digest', () => {
    expect(rule({ votes: [] })).toMatchObject({ code: 'quorum_not_met' });
    expect(rule({ votes: [aVote('111', { digest: 'c'.repeat(64) })] })).toMatchObject({ code: 'quorum_not_met' });
  });

  test('is stale when the effect is another, or cannot be looked up', () => {
    expect(rule({ effectDigestNow: 'c'.repeat(64) })).toMatchObject({ code: 'effect_changed' });
    const gone = { code: 'cwd_not_found', phase: 'submit' as const, message: 'There is no /srv.', remedy: 'Make it.' };
    expect(rule({ effectDigestNow: undefined, blockersNow: [gone] })).toMatchObject({
      code: 'effect_changed',
      text: 'There is no /srv.',
    });
  });

  test('waits while Gaia is paused, unless it is over anyway', () => {
    expect(rule({ paused: true })).toMatchObject({ kind: 'wait', blockers: [{ code: 'paused', phase: 'publish' }] });
    expect(rule({ paused: true, now: anInstant + 900_000 })).toMatchObject({ move: 'expire' });
    expect(rule({ paused: true, effectDigestNow: undefined })).toMatchObject({ code: 'effect_changed' });
  });
});
