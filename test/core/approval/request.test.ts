import { describe, expect, test } from 'vitest';
import { type Effect, effectDigestOf, requestDigestOf, shortDigest } from '../../../src/core/approval/request.ts';
import { aDemand } from '../../support/request.ts';

const effect: Extract<Effect, { kind: 'command' }> = {
  v: 1,
  kind: 'command',
  isTest: false,
  command: {
    argv: ['make', 'deploy'],
    executable: { path: '/usr/bin/make', sha256: 'a'.repeat(64), bytes: 10, binding: 'fixed' },
    cwd: { path: '/srv', device: '1', inode: '2' },
    env: { STAGE: 'live' },
    stdin: 'yes\n',
    files: [
      { name: 'Makefile', path: '/srv/Makefile', sha256: 'b'.repeat(64), bytes: 5, binding: 'held', because: 'policy' },
    ],
    timeoutSeconds: 600,
    mode: 'dry_run',
    sandbox: 'none',
    host: 'here',
  },
};
const changed = (command: Partial<typeof effect.command>): Effect => ({
  ...effect,
  command: { ...effect.command, ...command },
});
const { stdin: _, ...withoutStdin } = effect.command;

describe('an effect digest', () => {
  const digest = effectDigestOf(effect);

  test('is 64 hexadecimal digits, the same for the same effect in any order of members', () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(
      effectDigestOf({ ...effect, command: Object.fromEntries(Object.entries(effect.command).reverse()) } as never),
    ).toBe(digest);
  });

  test.each<[string, Effect]>([
    ['an argument', changed({ argv: ['make', 'deploy '] })],
    ['the order of arguments', changed({ argv: ['deploy', 'make'] })],
    ['where one argument ends', changed({ argv: ['make deploy'] })],
    ['an argument more', changed({ argv: ['make', 'deploy', ''] })],
    ['the program', changed({ executable: { ...effect.command.executable, path: '/tmp/make' } })],
    ['the program’s content', changed({ executable: { ...effect.command.executable, sha256: 'c'.repeat(64) } })],
    ['the directory', changed({ cwd: { ...effect.command.cwd, path: '/tmp' } })],
    ['the directory behind the same path', changed({ cwd: { ...effect.command.cwd, inode: '3' } })],
    ['a value of the environment', changed({ env: { STAGE: 'test' } })],
    ['a name of the environment', changed({ env: { STAGE2: 'live' } })],
    ['what is typed into it', changed({ stdin: 'yes' })],
    ['that nothing is typed into it', { ...effect, command: withoutStdin }],
    ['a bound file', changed({ files: [{ ...effect.command.files[0]!, sha256: 'd'.repeat(64) }] })],
    ['how a file is bound', changed({ files: [{ ...effect.command.files[0]!, binding: 'checked' }] })],
    ['no bound file', changed({ files: [] })],
    ['the time-out', changed({ timeoutSeconds: 601 })],
    ['the mode', changed({ mode: 'real' })],
    [
      'the sandbox',
      changed({
        sandbox: { isolation: 'bwrap', profile: 'default', network: false, writable: ['.'], path: [], env: {} },
      }),
    ],
    ['the host', changed({ host: 'there' })],
    ['being a test', { ...effect, isTest: true }],
  ])('changes with %s', (_, other) => expect(effectDigestOf(other)).not.toBe(digest));

  test('of a question changes with its text and its choices', () => {
    const of = (question: { text: string; choices?: string[] }) =>
      effectDigestOf({ v: 1, kind: 'question', isTest: false, question });
    const digests = [
      of({ text: 'A' }),
      of({ text: 'B' }),
      of({ text: 'A', choices: ['x', 'y'] }),
      of({ text: 'A', choices: ['y', 'x'] }),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});

describe('a request digest', () => {
  const of = { effectDigest: 'e'.repeat(64), askedBy: 'agent:builder', ownerId: '111', demand: aDemand() };
  const digest = requestDigestOf(of);

  test.each([
    ['the effect', { effectDigest: 'f'.repeat(64) }],
    ['who asks', { askedBy: 'agent:other' }],
    ['whose agent it is', { ownerId: null }],
    ['the tier', { demand: aDemand({ tier: 'high' }) }],
    ['how many must approve', { demand: aDemand({ approvals: 2 }) }],
    ['the second act', { demand: aDemand({ confirm: true }) }],
    ['that the owner alone is not enough', { demand: aDemand({ notOnlyOwner: true }) }],
    ['who may approve', { demand: aDemand({ approvers: ['111'] }) }],
  ])('changes with %s', (_, other) => expect(requestDigestOf({ ...of, ...other })).not.toBe(digest));

  test.each([
    ['the time to decide', { demand: aDemand({ ttlSeconds: 60 }) }],
    ['the chat', { demand: aDemand({ chat: '-100' }) }],
    ['the names of rules', { demand: aDemand({ rules: ['another'] }) }],
  ])('does not change with %s', (_, other) => expect(requestDigestOf({ ...of, ...other })).toBe(digest));

  test('is no effect digest, even of the same content', () => expect(digest).not.toBe(of.effectDigest));
  test('is shown by its first 12 digits', () => expect(shortDigest('0123456789abcdef')).toBe('0123456789ab'));
});
