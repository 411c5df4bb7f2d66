import { describe, expect, test } from 'vitest';
import { type Circumstances, decideIsolation } from '../../../src/core/command/isolation.ts';
import { GaiaError } from '../../../src/core/errors.ts';

const works = { works: true, said: '' };
const missing = { works: false, said: 'bwrap (package bubblewrap) is not installed' };
const runner = { name: 'runner', ids: { uid: 1001, gid: 1001 } };

const decide = (how: Partial<Circumstances>) =>
  decideIsolation({ allow: true, uid: 1000, sandbox: 'auto', probe: works, ...how });

function refusal(how: Partial<Circumstances>): GaiaError {
  try {
    decide(how);
  } catch (error) {
    if (error instanceof GaiaError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('isolation', () => {
  test.each([
    ['an ordinary user with a sandbox', {}, 'bwrap'],
    ['an ordinary user who requires it', { sandbox: 'required' }, 'bwrap'],
    ['root with another user and a sandbox', { uid: 0, execUser: runner }, 'bwrap'],
    ['root with another user, where no sandbox works', { uid: 0, execUser: runner, probe: missing }, 'user'],
    ['root with another user, where it is off', { uid: 0, execUser: runner, sandbox: 'off' }, 'user'],
    ['an ordinary user, where it is off', { sandbox: 'off' }, 'none'],
    ['root, where it is off', { uid: 0, sandbox: 'off' }, 'none'],
    ['a bare machine, where it is off', { sandbox: 'off', probe: missing }, 'none'],
    ['whoever may run nothing', { allow: false, uid: 0, probe: missing }, undefined],
  ] as const)('of %s', (_, how, isolation) => expect(decide(how)).toBe(isolation));

  test.each([
    ['root alone', { uid: 0 }, 'exec_user_missing', 'EXEC_USER'],
    ['root alone, though a sandbox is required', { uid: 0, sandbox: 'required' }, 'exec_user_missing', 'EXEC_USER'],
    ['a bare machine', { probe: missing }, 'isolation_missing', 'bubblewrap'],
    [
      'a sandbox that is required and missing',
      { sandbox: 'required', probe: missing },
      'sandbox_missing',
      'bubblewrap',
    ],
    [
      'a required sandbox, though there is another user',
      { uid: 0, execUser: runner, sandbox: 'required', probe: missing },
      'sandbox_missing',
      'SANDBOX=auto',
    ],
    ['another user without root', { execUser: runner }, 'exec_user_needs_root', 'EXEC_USER'],
    [
      'another user without root, though it is off',
      { execUser: runner, sandbox: 'off' },
      'exec_user_needs_root',
      'root',
    ],
    ['a user nobody knows', { uid: 0, execUser: { name: 'ghost' } }, 'exec_user_unknown', 'useradd'],
    [
      'root as the other user',
      { uid: 0, execUser: { name: 'toor', ids: { uid: 0, gid: 0 } } },
      'exec_user_is_own',
      'ordinary',
    ],
  ] as const)('is refused to %s', (_, how, reason, way) => {
    const { code, extras } = refusal(how);
    expect({ code, reason: extras.reason }).toEqual({ code: 'invalid', reason });
    expect(extras.remedy).toContain(way);
  });

  test('says what the sandbox said', () => expect(refusal({ probe: missing }).message).toContain(missing.said));
});
