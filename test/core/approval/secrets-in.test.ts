import { describe, expect, test } from 'vitest';
import { secretsIn } from '../../../src/core/approval/secrets-in.ts';
import type { Submission } from '../../../src/core/approval/submission.ts';

const token = `ghp_${'a1B2'.repeat(9)}`;
const command = (of: object, rest: object = {}): Submission => ({
  kind: 'command',
  ...rest,
  command: { argv: ['echo', 'hello'], cwd: '/srv', ...of },
});

describe('a submission', () => {
  test('without secrets is left alone', () => expect(secretsIn(command({}), [])).toBeUndefined());

  test.each<[string, Submission, string]>([
    ['an argument', command({ argv: ['echo', token] }), 'command.argv[1]'],
    ['the environment', command({ env: { GREETING: token } }), 'command.env.GREETING'],
    ['a name of the environment', command({ env: { [token]: 'x' } }), 'command.env'],
    ['standard input', command({ stdin: `login ${token}` }), 'command.stdin'],
    ['the directory', command({ cwd: `/srv/${token}` }), 'command.cwd'],
    ['the title', command({}, { title: token }), 'title'],
    ['the reason', command({}, { reason: `with ${token}` }), 'reason'],
    ['the name of its run', command({}, { agentRunId: token }), 'agentRunId'],
    ['a question', { kind: 'question', question: { text: token } }, 'question.text'],
    ['a choice', { kind: 'question', question: { text: 'Which?', choices: ['no', token] } }, 'question.choices[1]'],
  ])('with a secret in %s is found out, and only its redacted form is left', (_, submitted, place) => {
    const found = secretsIn(submitted, []);
    expect(found?.blocker).toMatchObject({ code: 'secret_detected', phase: 'submit' });
    expect(found?.blocker.message).toContain(place);
    expect(JSON.stringify(found)).not.toContain(token);
  });

  test('is looked at with the policy’s own patterns too', () => {
    const pattern = { name: 'internal token', pattern: 'itk_[a-z]{5}' };
    expect(secretsIn(command({ argv: ['echo', 'itk_abcde'] }), [])).toBeUndefined();
    expect(secretsIn(command({ argv: ['echo', 'itk_abcde'] }), [pattern])?.blocker.message).toContain('internal token');
  });

  test('with many secrets names the first five places and how many more', () => {
    const found = secretsIn(command({ argv: ['echo', ...Array(7).fill(token)] }), []);
    expect(found?.blocker.message).toContain('and 2 more');
    expect(found?.blocker.facts?.places).toHaveLength(7);
  });

  test.each([
    token,
    'sk-proj-4fK29aLq8xT1mZ7pR3vB',
    'AKIAIOSFODNN7REALKEY',
    `gaia_abcdefgh_${'x'.repeat(43)}`,
    'a'.repeat(200),
  ])('may have the idempotency key %s: a key is no secret', (idempotencyKey) => {
    expect(secretsIn(command({}, { idempotencyKey }), [])).toBeUndefined();
  });
});
