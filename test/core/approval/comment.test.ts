import { describe, expect, test } from 'vitest';
import { commentInput, commentMisfit, mostComments, openQuestion } from '../../../src/core/approval/comment.ts';
import { aRequest } from '../../support/request.ts';

const by = (...authors: string[]) => authors.map((author) => ({ author }));

describe('a comment', () => {
  test('is taken while the request is open', () => {
    expect(commentMisfit(aRequest(), 'person:1', [])).toBeUndefined();
    expect(commentMisfit(aRequest({ state: 'approved' }), 'agent:builder', [])).toBeUndefined();
  });
  test('comes too late after its end', () =>
    expect(commentMisfit(aRequest({ state: 'denied' }), 'person:1', [])?.extras.reason).toBe('already_settled'));
  test('is one too many after forty', () =>
    expect(commentMisfit(aRequest(), 'person:1', Array(mostComments).fill({ author: 'person:1' }))?.extras.reason).toBe(
      'too_many_comments',
    ));
  test('of an agent is refused after five in a row, until a person says something', () => {
    const five = by(...Array<string>(5).fill('agent:builder'));
    expect(commentMisfit(aRequest(), 'agent:builder', five)?.extras.reason).toBe('too_many_comments');
    expect(commentMisfit(aRequest(), 'agent:builder', [...five, ...by('person:1')])).toBeUndefined();
    expect(commentMisfit(aRequest(), 'person:1', five)).toBeUndefined();
  });
  test.each([{}, { text: '' }, { text: 'x'.repeat(2_001) }, { text: 'a', more: 1 }])('%j is none', (input) =>
    expect(commentInput.safeParse(input).success).toBe(false),
  );
});

describe('a question to the agent', () => {
  test('is open until the agent says something', () => {
    expect(openQuestion(by('person:1'), 'agent:builder')).toEqual({ author: 'person:1' });
    expect(openQuestion(by('person:1', 'agent:builder'), 'agent:builder')).toBeUndefined();
    expect(openQuestion([], 'agent:builder')).toBeUndefined();
  });
});
