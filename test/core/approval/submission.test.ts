import { describe, expect, test } from 'vitest';
import { submission } from '../../../src/core/approval/submission.ts';
import { GaiaError } from '../../../src/core/errors.ts';
import { read } from '../../../src/core/wire/read.ts';

const good = { kind: 'command', command: { argv: ['echo', 'hello'], cwd: '/srv' } };
const inCommand = (of: object) => ({ ...good, command: { ...good.command, ...of } });
const question = (of: object) => ({ kind: 'question', question: { text: 'Which?', ...of } });

function faultsOf(input: unknown): string[] {
  try {
    read(submission, input, 'The request');
    return [];
  } catch (error) {
    if (!(error instanceof GaiaError)) throw error;
    expect(error.code).toBe('invalid');
    return (error.extras.faults ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
}

describe('a submission', () => {
  test.each([
    ['a command', good],
    ['an empty argument', inCommand({ argv: ['echo', ''] })],
    ['a newline and control characters in an argument', inCommand({ argv: ['echo', 'a\n\u001b[31m\u202e'] })],
    ['all a command can say', inCommand({ env: { A: '' }, stdin: '', timeoutSeconds: 1, mode: 'real' })],
    ['a free question', question({})],
    ['a question with choices', question({ choices: ['red', 'blue'] })],
    [
      'every common member',
      {
        ...good,
        title: 't',
        reason: 'r',
        ttlSeconds: 30,
        idempotencyKey: '~!',
        isTest: true,
        agentRunId: 'x',
        supersedes: 'r-7F3K2Q',
      },
    ],
  ])('may be %s', (_, input) => expect(faultsOf(input)).toEqual([]));

  test.each<[string, unknown, string]>([
    ['nothing', null, ': must be an object'],
    ['a list', [], ': must be an object'],
    ['no kind', { command: good.command }, 'kind: must be one of: command, question, changeset, checkpoint'],
    [
      'a kind that is made by Gaia alone',
      { kind: 'act', act: {} },
      'kind: must be one of: command, question, changeset, checkpoint',
    ],
    ['an unknown member', { ...good, approved: true }, 'approved: is not known here'],
    ['a state', { ...good, state: 'approved' }, 'state: is not known here'],
    ['somebody else’s name', { ...good, askedBy: 'person:111' }, 'askedBy: is not known here'],
    ['an unknown member of the command', inCommand({ shell: true }), 'command.shell: is not known here'],
    ['the other kind’s section', { ...good, question: { text: 'a' } }, 'question: is not known here'],
    ['no arguments', inCommand({ argv: [] }), 'command.argv: name the program to run as the first element'],
    ['an empty program', inCommand({ argv: ['', 'x'] }), 'command.argv[0]: the program to run must not be empty'],
    ['a shell string', inCommand({ argv: 'echo hello' }), 'command.argv: must be an array'],
    ['a number as an argument', inCommand({ argv: ['sleep', 1] }), 'command.argv[1]: must be a string'],
    ['NUL in an argument', inCommand({ argv: ['echo', 'a\0b'] }), 'command.argv[1]: must not contain NUL bytes'],
    ['NUL in the directory', inCommand({ cwd: '/srv\0' }), 'command.cwd: must not contain NUL bytes'],
    ['NUL in the environment', inCommand({ env: { A: '\0' } }), 'command.env.A: must not contain NUL bytes'],
    ['NUL on standard input', inCommand({ stdin: '\0' }), 'command.stdin: must not contain NUL bytes'],
    ['NUL in the title', { ...good, title: 'a\0' }, 'title: must not contain NUL bytes'],
    [
      'a lone surrogate',
      inCommand({ argv: ['echo', '\ud800'] }),
      'command.argv[1]: must be well-formed Unicode (it contains a lone surrogate)',
    ],
    [
      'an over-long argument',
      inCommand({ argv: ['echo', 'x'.repeat(65_537)] }),
      'command.argv[1]: at most 65,536 characters',
    ],
    ['over-many arguments', inCommand({ argv: Array(1_025).fill('x') }), 'command.argv: at most 1024 arguments'],
    [
      'over-many names',
      inCommand({ env: Object.fromEntries(Array.from({ length: 129 }, (_, n) => [`A${n}`, ''])) }),
      'command.env: at most 128 names',
    ],
    [
      'a name that is none',
      inCommand({ env: { 'A=B': 'c' } }),
      'command.env.A=B: is not an environment name (^[A-Za-z_][A-Za-z0-9_]*$)',
    ],
    ['a relative directory', inCommand({ cwd: 'srv' }), 'command.cwd: must be an absolute path'],
    ['a directory of the home', inCommand({ cwd: '~/srv' }), 'command.cwd: must be an absolute path'],
    ['no directory', { kind: 'command', command: { argv: ['echo'] } }, 'command.cwd: is required'],
    ['no command', { kind: 'command' }, 'command: is required'],
    ['a time-out of nothing', inCommand({ timeoutSeconds: 0 }), 'command.timeoutSeconds: must be at least 1'],
    ['half a second', inCommand({ timeoutSeconds: 0.5 }), 'command.timeoutSeconds: must be a whole number'],
    ['an unknown mode', inCommand({ mode: 'wet' }), 'command.mode: must be one of: dry_run, real, client'],
    [
      'an idempotency key with a blank',
      { ...good, idempotencyKey: 'a b' },
      'idempotencyKey: must be 1 to 200 printable ASCII characters without blanks',
    ],
    [
      'half a character as the id it replaces',
      { ...good, supersedes: '\ud800' },
      'supersedes: must be the id of a request, like r-7F3K2Q',
    ],
    [
      'an id it replaces that is none',
      { ...good, supersedes: "r-' or 1=1" },
      'supersedes: must be the id of a request, like r-7F3K2Q',
    ],
    ['an empty question', question({ text: '' }), 'question.text: must not be empty'],
    [
      'one choice',
      question({ choices: ['a'] }),
      'question.choices: give at least two choices, or none for a free answer',
    ],
    ['the same choice twice', question({ choices: ['a', 'a'] }), 'question.choices: choices must differ'],
    [
      'eleven choices',
      question({ choices: Array.from({ length: 11 }, String) }),
      'question.choices: at most 10 choices',
    ],
  ])('may not be %s', (_, input, fault) => expect(faultsOf(input)).toContain(fault));

  test('is told all its faults at once, each by its field', () => {
    const faults = faultsOf({
      kind: 'command',
      title: '',
      extra: 1,
      command: { argv: ['', 'a\0'], cwd: 'x', user: 'root' },
    });
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(
      expect.arrayContaining(['title', 'command.argv[0]', 'command.argv[1]', 'command.cwd', 'command.user', 'extra']),
    );
  });

  test('may not smuggle members in through a prototype', () => {
    expect(faultsOf(JSON.parse('{"kind":"question","question":{"text":"a"},"__proto__":{"isTest":true}}'))).toEqual([
      '__proto__: is not known here',
    ]);
    expect(
      faultsOf(JSON.parse('{"kind":"command","command":{"argv":["a"],"cwd":"/","env":{"__proto__":"x"}}}')),
    ).not.toEqual([]);
  });
});
