import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteArgv } from '../../../src/core/text/quote.ts';
import { mixedScripts, readsRightToLeft } from '../../../src/core/text/scripts.ts';

describe('a command on one line', () => {
  test.each([
    [['make', 'deploy', 'ENV=prod'], 'make deploy ENV=prod'],
    [['git', 'commit', '-m', 'a b'], "git commit -m 'a b'"],
    [['echo', "it's"], `echo 'it'\\''s'`],
    [['echo', ''], 'echo ⟨empty⟩'],
    [['echo', '$HOME;ls', '~', '#x', '*'], `echo '$HOME;ls' '~' '#x' '*'`],
    [['ls ', '-l'], 'ls⟨space⟩ -l'],
    [['ls', 'a\nb'], 'ls a⟨newline⟩b'],
    [['rm', 'a\u202eb'], 'rm a⟨U+202E⟩b'],
  ])('%j reads %s', (argv, line) => {
    expect(quoteArgv(argv)).toBe(line);
  });

  test('never reads the same for different arguments', () => {
    const argument = fc
      .array(fc.constantFrom('a', ' ', "'", '\\', '⟨', '⟩', '\n', ''), { maxLength: 4 })
      .map((parts) => parts.join(''));
    const argv = fc.array(argument, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        argv,
        argv,
        (one, other) => JSON.stringify(one) === JSON.stringify(other) || quoteArgv(one) !== quoteArgv(other),
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('scripts in a word', () => {
  test('are mixed when lookalikes stand together', () => {
    expect(mixedScripts('p\u0430ypal')).toBe(true);
    expect(mixedScripts('https://g\u03bfogle.com')).toBe(true);
  });

  test('are not mixed across words, or in other scripts', () => {
    for (const text of ['make мир', 'größe', 'file_世界', 'мир-deploy', '10µm']) expect(mixedScripts(text)).toBe(false);
  });

  test('are told when they read from right to left', () => {
    expect(readsRightToLeft('rm \u05d0/x')).toBe(true);
    expect(readsRightToLeft('rm a/x')).toBe(false);
  });
});
