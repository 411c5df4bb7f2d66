import { describe, expect, test } from 'vitest';
import { commandsFor } from '../../../src/telegram/texts/menu.ts';

const names = (role: Parameters<typeof commandsFor>[0], chat: 'private' | 'group') =>
  commandsFor(role, chat).map(({ command }) => command);

describe('the menu', () => {
  test('of a stranger says hardly anything', () =>
    expect(names({ isApprover: false, isOperator: false }, 'private')).toEqual(['help', 'start']));
  test('of an approver has nothing that stops Gaia', () =>
    expect(names({ isApprover: true, isOperator: false }, 'group')).toEqual([
      'pending',
      'show',
      'status',
      'audit',
      'output',
      'ask',
      'snooze',
      'grants',
      'revoke',
      'agents',
      'failed',
      'alerts',
      'help',
      'start',
    ]));
  test('of an operator has all; a sign-in link only in private', () => {
    expect(names({ isApprover: true, isOperator: true }, 'private')).toEqual(
      expect.arrayContaining(['pause', 'resume', 'console']),
    );
    expect(names({ isApprover: true, isOperator: true }, 'group')).not.toContain('console');
  });
  test('keeps Telegram’s rules for commands', () => {
    for (const { command, description } of commandsFor({ isApprover: true, isOperator: true }, 'private')) {
      expect(command).toMatch(/^[a-z0-9_]{1,32}$/);
      expect(description.length).toBeLessThanOrEqual(256);
    }
  });
});
