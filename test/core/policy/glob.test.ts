import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesGlob, matchesPath } from '../../../src/core/policy/glob.ts';

describe('a pattern over texts', () => {
  test.each([
    ['make', 'make', true],
    ['make', 'makes', false],
    ['make', 'remake', false],
    ['deploy*', 'deploy', true],
    ['deploy*', 'deploy:prod/eu', true],
    ['*deploy', 'a deploy', true],
    ['ci-?', 'ci-1', true],
    ['ci-?', 'ci-12', false],
    ['ci-?', 'ci-👍', true],
    ['/*', '/', true],
    ['a.c', 'abc', false],
    ['[ab]', 'a', false],
    ['(a|b)+$', '(a|b)+$', true],
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
  ])('%j on %j: %j', (pattern, text, matched) => {
    expect(matchesGlob(pattern, text)).toBe(matched);
  });

  test('fits what a regular expression of the same meaning fits', () => {
    const text = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 8 }).map((parts) => parts.join(''));
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '?', '.'), { maxLength: 6 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(pattern, text, (pattern, text) => {
        const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesGlob(pattern, text)).toBe(expression.test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes time linear in the text, however it is nested', { timeout: 10_000 }, () => {
    expect(matchesGlob(`${'a*'.repeat(200)}b`, 'a'.repeat(64 * 1024))).toBe(false);
    expect(matchesPath(`${'**/a*'.repeat(80)}b`, '/a'.repeat(2_048))).toBe(false);
  });
});

describe('a pattern over paths', () => {
  test.each([
    ['/srv/*', '/srv/app', true],
    ['/srv/*', '/srv/app/x', false],
    ['/srv/*', '/srv', false],
    ['/srv/**', '/srv/app/x', true],
    ['/srv/**', '/srv', true],
    ['/srv/**', '/srvx/app', false],
    ['/srv/**/bin', '/srv/bin', true],
    ['/srv/**/bin', '/srv/a/b/bin', true],
    ['/srv/**/bin', '/srv/abin', false],
    ['**/make', '/usr/bin/make', true],
    ['**/make', '/usr/bin/remake', false],
    ['**/*.sh', '/a/b.sh', true],
    ['*.sh', 'a/b.sh', false],
    ['/a?c', '/a/c', false],
    ['/**', '/', true],
    ['**', '/any/where', true],
    ['/usr/bin/make', '/usr/bin/make', true],
  ])('%j on %j: %j', (pattern, path, matched) => {
    expect(matchesPath(pattern, path)).toBe(matched);
  });
});
