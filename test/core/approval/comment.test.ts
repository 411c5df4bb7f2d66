import { describe, expect, test } from 'vitest';
import { commentInput, commentMisfit, mostComments, openQuestion } from '../../../src/core/approval/comment.ts';
import { aRequest } from '../../support/request.ts';

const by = (...authors: string[]) => authors.map((author) => ({ author }));

describe('a comment', () => {
  test('is taken while the request is open', () => {
    expect(commentMisfit(aRequest(), 'person:1', [])).toBeUndefined();
    expect(commentMisfit(aRequest({ state: 'approved' }), 'person:1', [])).toBeUndefined();
  });
  test('comes too late after its end', () =>
    expect(commentMisfit(aRequest({ state: 'denied' }), 'person:1', [])?.extras.reason).toBe('already_settled'));
  test('is one too many after forty', () =>
    expect(commentMisfit(aRequest(), 'person:1', Array(mostComments).fill({ author: 'person:1' }))?.extras.reason).toBe(
      'too_many_comments',
    ));
  test('of an agent answers a question, and is refused where none is open', () => {
    const request = aRequest({ askedBy: 'agent:builder' });
    const reasonAfter = (...authors: string[]) =>
      commentMisfit(request, 'agent:builder', by(...authors))?.extras.reason;
    expect(reasonAfter()).toBe('no_open_question');
    expect(reasonAfter('person:1')).toBeUndefined();
    expect(reasonAfter('person:1', 'agent:builder')).toBe('no_open_question');
    expect(reasonAfter('person:1', 'agent:builder', 'person:2')).toBeUndefined();
    expect(commentMisfit(request, 'person:1', by('person:1'))).toBeUndefined();
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
