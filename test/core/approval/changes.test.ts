import { describe, expect, test } from 'vitest';
import { changesBetween } from '../../../src/core/approval/changes.ts';
import type { Effect } from '../../../src/core/approval/request.ts';
import { aResolvedCommand } from '../../telegram/cards/requests.ts';

const command = (of: Parameters<typeof aResolvedCommand>[0]): Effect => ({
  v: 1,
  kind: 'command',
  isTest: false,
  command: aResolvedCommand(of),
});
const question = (text: string, choices?: string[]): Effect => ({
  v: 1,
  kind: 'question',
  isTest: false,
  question: { text, ...(choices ? { choices } : {}) },
});

describe('what changed', () => {
  test('is nothing between equal requests', () => expect(changesBetween(command({}), command({}))).toEqual([]));
  test('tells an inserted argument as one', () =>
    expect(changesBetween(command({ argv: ['make', 'deploy'] }), command({ argv: ['make', '-n', 'deploy'] }))).toEqual([
      { what: 'argument 1', before: null, after: '-n' },
    ]));
  test('tells a removed argument as one', () =>
    expect(changesBetween(command({ argv: ['rm', '-r', 'a', 'b'] }), command({ argv: ['rm', 'a', 'b'] }))).toEqual([
      { what: 'argument 1', before: '-r', after: null },
    ]));
  test('names every variable, file and limit', () =>
    expect(
      changesBetween(
        command({ env: { A: '1', B: '2' }, timeoutSeconds: 60 }),
        command({
          env: { B: '3', __proto__x: '4' },
          timeoutSeconds: 600,
          cwd: { path: '/srv', device: '1', inode: '1' },
        }),
      ).map(({ what }) => what),
    ).toEqual(['the directory', 'environment A', 'environment B', 'environment __proto__x', 'the time limit']));
  test('of a program tells its content only where its path is the same', () => {
    const executable = { path: '/usr/bin/make', sha256: 'a'.repeat(64), bytes: 1, binding: 'fixed' as const };
    expect(
      changesBetween(command({ executable }), command({ executable: { ...executable, sha256: 'b'.repeat(64) } })),
    ).toMatchObject([{ what: 'the content of the program' }]);
    expect(
      changesBetween(command({ executable }), command({ executable: { ...executable, path: '/x', sha256: 'b' } })),
    ).toMatchObject([{ what: 'the program', before: '/usr/bin/make', after: '/x' }]);
  });
  test('of a question tells its words and its choices', () =>
    expect(changesBetween(question('Now?', ['yes', 'no']), question('Later?', ['yes', 'never', 'no']))).toEqual([
      { what: 'the question', before: 'Now?', after: 'Later?' },
      { what: 'choice 2', before: 'no', after: 'never' },
      { what: 'choice 3', before: null, after: 'no' },
    ]));
  test('between kinds is the kind', () =>
    expect(changesBetween(question('Now?'), command({}))).toEqual([
      { what: 'the kind', before: 'question', after: 'command' },
    ]));
});
