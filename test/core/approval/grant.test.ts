import { describe, expect, test } from 'vitest';
import { endOfGrant, type Grant, grantMisfit, voteByGrant, wasTakenBack } from '../../../src/core/approval/grant.ts';
import type { Effect } from '../../../src/core/approval/request.ts';
import type { ResolvedCommand } from '../../../src/core/command/command.ts';
import { aDemand, anInstant, aRequest } from '../../support/request.ts';
import { aResolvedCommand } from '../../telegram/cards/requests.ts';

const run = (of: Partial<ResolvedCommand> = {}): Effect => ({
  v: 1,
  kind: 'command',
  isTest: false,
  command: aResolvedCommand({ argv: ['ls', '-l'], executable: program('/usr/bin/ls'), ...of }),
});
const program = (path: string, more: Partial<ResolvedCommand['executable']> = {}) => ({
  path,
  sha256: 'a'.repeat(64),
  bytes: 1,
  binding: 'fixed' as const,
  format: 'native' as const,
  ...more,
});
const asked = (effect: Effect, of: object = {}) => aRequest({ kind: 'command', effect, ...of });

describe('what may be allowed in advance', () => {
  test('is a plain command of an agent', () => expect(grantMisfit(asked(run()))).toBeUndefined());

  test.each<[string, Partial<ResolvedCommand>]>([
    ['a shell', { argv: ['sh', '-c', 'ls'], executable: program('/usr/bin/dash') }],
    ['a shell behind a path', { argv: ['/tmp/../bin/bash', '-c', 'ls'], executable: program('/usr/bin/bash') }],
    ['a shell behind a link', { argv: ['./tool'], executable: program('/usr/bin/bash') }],
    ['an interpreter', { argv: ['python3.12', 'x.py'], executable: program('/usr/bin/python3.12') }],
    ['an interpreter behind a link', { argv: ['build'], executable: program('/usr/bin/node') }],
    ['a wrapper', { argv: ['env', 'ls'], executable: program('/usr/bin/env') }],
    ['a wrapper of many names', { argv: ['busybox', 'sh'], executable: program('/bin/busybox') }],
    ['somebody else’s rights', { argv: ['sudo', 'ls'], executable: program('/usr/bin/sudo') }],
    [
      'an option that runs another',
      { argv: ['find', '.', '-exec', 'ls', '{}', ';'], executable: program('/usr/bin/find') },
    ],
    ['an alias of git', { argv: ['git', '-c', 'alias.x=!sh', 'x'], executable: program('/usr/bin/git') }],
    ['a variable that loads code', { env: { LD_PRELOAD: '/tmp/x.so' } }],
    ['a program others can replace', { executable: program('/home/a/tool', { binding: 'held' }) }],
    ['a file that a shell reads', { executable: program('/usr/bin/tool', { format: 'text' }) }],
    ['what the agent runs itself, unseen', { executable: program('ls', { binding: 'stated' }), mode: 'client' }],
    ['a pipe into a shell', { argv: ['ls', 'x | sh'] }],
  ])('is not %s', (_, of) => expect(grantMisfit(asked(run(of)))?.extras.reason).toBe('not_grantable'));

  test.each([
    ...['make', 'git', 'cargo', 'go', 'rake', 'just', 'task', 'tox', 'nox', 'uv', 'poetry', 'bundle', 'npm', 'pytest'],
    ...['pre-commit', 'nix', 'gh', 'ctest', 'jest', 'file', 'sort', 'uniq', 'tar', 'curl', 'systemctl', 'hostname'],
    'a-program-of-tomorrow',
  ])('is not %s, which may act on what stands where it runs', (name) =>
    expect(grantMisfit(asked(run({ argv: [name], executable: program(`/usr/bin/${name}`) })))?.extras).toMatchObject({
      reason: 'not_grantable',
      remedy: expect.stringContaining('grantable'),
    }),
  );
  test.each([
    [['wc', '--files0-from=list'], '/usr/bin/wc'],
    [['du', '--fil=list'], '/usr/bin/du'],
    [['date', '-s', '12:00'], '/usr/bin/date'],
    [['date', '01011200'], '/usr/bin/date'],
    [['systemctl', 'restart', 'nginx'], '/usr/bin/systemctl'],
    [['systemctl', 'status', '-H', 'other'], '/usr/bin/systemctl'],
    [['ls'], '/usr/bin/make'],
  ])('is not %j of %s', (argv, path) =>
    expect(grantMisfit(asked(run({ argv, executable: program(path) })))?.extras.reason).toBe('not_grantable'),
  );
  test('is a look at a unit, or at the time', () => {
    const grantable = (argv: string[], path: string) => grantMisfit(asked(run({ argv, executable: program(path) })));
    expect(grantable(['systemctl', 'is-active', 'nginx.service'], '/usr/bin/systemctl')).toBeUndefined();
    expect(grantable(['date', '-u', '+%F'], '/usr/bin/date')).toBeUndefined();
    expect(grantable(['ls'], '/usr/bin/coreutils')).toBeUndefined();
  });
  test('is nothing with variables, and nothing whose files are not all covered', () => {
    expect(grantMisfit(asked(run({ env: { TZDIR: '/tmp' } })))?.message).toContain('variables');
    const remarks = (name: string) => ({ unbound: [{ name, why: 'a directory' }], notes: [] });
    expect(grantMisfit(asked(run(), { remarks: remarks('src') }))?.message).toContain('src');
    expect(grantMisfit(asked(run(), { remarks: remarks('network') }))).toBeUndefined();
  });
  test('is what the policy names, though neither a shell, nor what others can replace, nor what stands higher', () => {
    const demand = aDemand({ grantable: true });
    const named = (of: Partial<ResolvedCommand>, terms = demand) => grantMisfit(asked(run(of), { demand: terms }));
    const make = { argv: ['make', 'test'], executable: program('/usr/bin/make') };
    expect(named(make)).toBeUndefined();
    expect(named(make, aDemand({ grantable: true, tier: 'high' }))?.extras.reason).toBe('not_grantable');
    expect(named({ argv: ['sh', 'x'], executable: program('/usr/bin/dash') })?.extras.reason).toBe('not_grantable');
    expect(named({ executable: program('/home/a/tool', { binding: 'held' }) })?.extras.reason).toBe('not_grantable');
  });

  test('is nothing above the tier normal, nor what takes more than one act', () => {
    for (const demand of [
      aDemand({ tier: 'high' }),
      aDemand({ approvals: 2 }),
      aDemand({ confirm: true }),
      aDemand({ notOnlyOwner: true }),
    ])
      expect(grantMisfit(asked(run(), { demand }))?.extras.reason).toBe('not_grantable');
  });
  test('is no question, and nothing a person asks for', () => {
    expect(grantMisfit(aRequest())?.message).toContain('only commands');
    expect(grantMisfit(asked(run(), { askedBy: 'person:1' }))?.message).toContain('agent');
  });
});

const aGrant = (of: Partial<Grant> = {}): Grant => ({
  ...{ id: 'g-7F3K2Q', agentId: 'builder', effectDigest: 'e'.repeat(64), requestId: 'r-7F3K2Q', generation: 1 },
  ...{ givenBy: '1', givenAt: anInstant, expiresAt: anInstant + 3_600_000, usesMax: 10, uses: 0 },
  ...{ endedAt: null, endedBy: null, endCode: null },
  ...of,
});

describe('a grant', () => {
  const given = asked(run());
  const facts = {
    given,
    judgement: { verdict: 'ask' as const, demand: aDemand() },
    people: { approvers: ['1'], operators: [] },
    generation: 1,
    now: anInstant + 1,
  };
  test('holds for an hour and ten uses', () => {
    expect(endOfGrant(aGrant(), facts)).toBeUndefined();
    expect(endOfGrant(aGrant({ uses: 9 }), facts)).toBeUndefined();
    expect(endOfGrant(aGrant({ uses: 10 }), facts)).toBe('used_up');
    expect(endOfGrant(aGrant(), { ...facts, now: anInstant + 3_599_999 })).toBeUndefined();
    expect(endOfGrant(aGrant(), { ...facts, now: anInstant + 3_600_000 })).toBe('expired');
  });
  test('ends with a stricter policy', () => {
    const deny = { verdict: 'deny' as const, rule: 'no', message: 'No.', remedy: 'None.' };
    expect(endOfGrant(aGrant(), { ...facts, judgement: deny })).toBe('policy_stricter');
    for (const demand of [aDemand({ tier: 'high', confirm: true }), aDemand({ approvals: 2 })])
      expect(endOfGrant(aGrant(), { ...facts, judgement: { verdict: 'ask', demand } })).toBe('policy_stricter');
  });
  test('ends when whoever gave it may not approve any more', () => {
    expect(endOfGrant(aGrant(), { ...facts, people: { approvers: ['2'], operators: ['1'] } })).toBe('approver_removed');
    const judgement = { verdict: 'ask' as const, demand: aDemand({ approvers: ['2'] }) };
    expect(endOfGrant(aGrant(), { ...facts, people: { approvers: ['1', '2'], operators: [] }, judgement })).toBe(
      'approver_removed',
    );
  });
  test('ends with the generation it was given in', () =>
    expect(endOfGrant(aGrant(), { ...facts, generation: 2 })).toBe('generation_changed'));
  test('stands for the approval of whoever gave it', () =>
    expect(voteByGrant(aGrant(), given)).toMatchObject({ personId: '1', verdict: 'approve', digest: given.digest }));
  test('that ran out had been good; one that was taken back had not', () => {
    expect(wasTakenBack(aGrant({ endCode: 'used_up' }))).toBe(false);
    expect(wasTakenBack(aGrant({ endCode: 'expired' }))).toBe(false);
    expect(wasTakenBack(aGrant())).toBe(false);
    for (const endCode of [
      'revoked',
      'policy_stricter',
      'approver_removed',
      'keys_revoked',
      'generation_changed',
    ] as const)
      expect(wasTakenBack(aGrant({ endCode }))).toBe(true);
  });
});
