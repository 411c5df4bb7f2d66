import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { GaiaError } from '../../../src/core/errors.ts';
import { read } from '../../../src/core/wire/read.ts';

const schema = z.strictObject({
  name: z.string(),
  count: z.int().min(1).max(9).optional(),
  tags: z.array(z.enum(['a', 'b'])).optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const refusal = (input: unknown): GaiaError => {
  try {
    read(schema, input, 'The thing');
  } catch (error) {
    if (error instanceof GaiaError) return error;
    throw error;
  }
  throw new Error('it was read');
};

describe('outside input', () => {
  test('is read by its schema', () => expect(read(schema, { name: 'x' }, 'The thing')).toEqual({ name: 'x' }));

  test('is refused with the first fault in the message, all of them beside it, and a remedy', () => {
    const { message, code, extras } = refusal({ count: 'many', tags: ['a', 'c'], more: 1 });
    expect(message).toBe('The thing is not valid: name is required (and 3 more).');
    expect(code).toBe('invalid');
    expect(extras).toEqual({
      reason: 'invalid_input',
      remedy: 'Correct the named fields.',
      faults: [
        { field: 'name', message: 'is required' },
        { field: 'count', message: 'must be a number' },
        { field: 'tags[1]', message: 'must be one of: a, b' },
        { field: 'more', message: 'is not known here' },
      ],
    });
  });

  test.each([
    [{ name: 1 }, 'The thing is not valid: name must be a string.'],
    [{ name: null }, 'The thing is not valid: name must be a string.'],
    [{ name: 'x', count: 1.5 }, 'The thing is not valid: count must be a whole number.'],
    [{ name: 'x', count: 0 }, 'The thing is not valid: count must be at least 1.'],
    [{ name: 'x', count: 10 }, 'The thing is not valid: count must be at most 9.'],
    [{ name: 'x', env: ['a'] }, 'The thing is not valid: env must be an object of names and values.'],
    ['text', 'The thing is not valid: must be an object.'],
    [undefined, 'The thing is not valid: is required.'],
  ])('is told apart: what is missing, and what is of another kind (%j)', (input, message) =>
    expect(refusal(input).message).toBe(message),
  );

  test('may not hide a member behind __proto__, at any depth', () => {
    expect(refusal(JSON.parse('{"name":"x","__proto__":{}}')).extras.faults).toEqual([
      { field: '__proto__', message: 'is not known here' },
    ]);
    expect(refusal(JSON.parse('{"name":"x","env":{"__proto__":"y"}}')).extras.faults).toEqual([
      { field: 'env.__proto__', message: 'is not known here' },
    ]);
  });

  test('is answered with twenty faults at most, however many there are, and their count', () => {
    const unknown = Object.fromEntries(Array.from({ length: 60_000 }, (_, n) => [`x${n}`, 1]));
    const hidden = JSON.parse(`[${'{"__proto__":0},'.repeat(30_500)}1]`);
    const { message, extras } = refusal({ name: 'x', hidden, ...unknown });
    expect(extras.faults).toHaveLength(20);
    expect(message).toBe('The thing is not valid: hidden is not known here (and 60020 more).');
  });

  test('is not repeated by an answer at any length', () => {
    const { message, extras } = refusal({ name: 'x', ['y'.repeat(100_000)]: 1 });
    expect(message.length + JSON.stringify(extras).length).toBeLessThan(1_000);
  });

  test('may be nested as deep as it likes: it is refused, and nothing breaks', () => {
    const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(refusal({ name: 'x', more: deep }).message).toBe('The thing is not valid: more is not known here.');
  });
});
