import { describe, expect, test } from 'vitest';
import { recogniseSecretsDeep, redactDeep } from '../../../src/core/secrets/redact.ts';

const token = `ghp_${'aB3dE5gH7jK9'.repeat(3)}`;

describe('a structured value', () => {
  const value = {
    argv: ['curl', '-H', `X: ${token}`, '--password', 'hunter2', '--token', '$TOKEN'],
    env: { API_TOKEN: 'abc123def456', HOME: '/home/x', [token]: 'y' },
    timeoutSeconds: 30,
    nested: [{ password: 'correct horse' }, null, true],
  };

  test('loses every secret, by shape, by member and by option', () => {
    expect(redactDeep(value)).toEqual({
      argv: ['curl', '-H', 'X: ⟨redacted: github token⟩', '--password', '⟨redacted: password⟩', '--token', '$TOKEN'],
      env: { API_TOKEN: '⟨redacted: api_token⟩', HOME: '/home/x', '⟨redacted: github token⟩': 'y' },
      timeoutSeconds: 30,
      nested: [{ password: '⟨redacted: password⟩' }, null, true],
    });
  });

  test('tells where its secrets stand, and never the secrets', () => {
    const found = recogniseSecretsDeep(value);
    expect(found).toEqual([
      { name: 'github token', at: 'argv[2]' },
      { name: 'password', at: 'argv[4]' },
      { name: 'api_token', at: 'env.API_TOKEN' },
      { name: 'github token', at: 'env.⟨redacted: github token⟩' },
      { name: 'password', at: 'nested[0].password' },
    ]);
    expect(JSON.stringify(found)).not.toContain(token);
  });

  test('without secrets stays as it is', () => {
    const plain = { argv: ['make', 'deploy'], env: {}, cwd: '/srv', list: [1, 'a', [null]], revision: 'a1b2c3d4e5f6' };
    expect(redactDeep(plain)).toEqual(plain);
    expect(recogniseSecretsDeep(plain)).toEqual([]);
  });
});
