import { describe, expect, test } from 'vitest';
import { agentNamed, agentOf, person, personOf } from '../../../src/core/access/actor.ts';

describe('an actor', () => {
  test('is an agent or a person, never both, and never somebody else', () => {
    expect(agentOf(agentNamed('builder'))).toBe('builder');
    expect(personOf(person('111'))).toBe('111');
    expect(personOf(agentNamed('person:111'))).toBeUndefined();
    expect(agentOf(person('agent:builder'))).toBeUndefined();
    for (const nobody of ['admin', 'gaia', '', 'Person:1', 'persons:1']) {
      expect(personOf(nobody)).toBeUndefined();
      expect(agentOf(nobody)).toBeUndefined();
    }
  });
});
