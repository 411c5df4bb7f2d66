import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { guardBody, guardTitle } from '../../../../src/core/change/content/guards.ts';

const allowed = { mentions: ['grace'], repos: ['octo/app'], hosts: ['github.com'] };
const guard = (text: string) => guardBody(text, allowed, {});
const codes = (text: string) => guard(text).blockers.map(({ code }) => code);

describe('a text that goes out', () => {
  test.each([
    ['hi @octocat', 'hi `@octocat`'],
    ['_@octocat_', '_`@octocat`_'],
    ['`@octocat', '`<code>@octocat</code>'],
    ['&#64;octocat', '`@octocat`'],
    ['@org/team', '`@org/team`'],
    ['thanks @grace', 'thanks @grace'],
    ['mail a@b.com', 'mail a@b.com'],
    ['in code: `@octocat`', 'in code: `@octocat`'],
    ['see x/y#1 and octo/app#2', 'see `x/y#1` and octo/app#2'],
    ['https://github.com/x/y/issues/1', '`https://github.com/x/y/issues/1`'],
    ['[a](https://github.com/x/y/pull/3)', 'a `https://github.com/x/y/pull/3`'],
    ['https://github.com/octo/app/issues/1', 'https://github.com/octo/app/issues/1'],
    ['![shot](https://evil.example/p.png?q=secret)', 'shot'],
    ['[x](javascript:alert(1))', 'x'],
    ['[x](  JaVa&#115;cript:alert(1))', 'x'],
    ['[x](data:text/html;base64,AA)', 'x'],
    ['<!-- hidden --> yes', 'yes'],
    ['before <!-- gaia:v1 op=x --> after', 'before  after'],
    ['/merge', '\\/merge'],
    ['ok\n/lgtm', 'ok\n\\/lgtm'],
    ['@dependabot merge', '`@dependabot` merge'],
    ['bors r+', '`bors` r+'],
    ['```\nopen', '```\nopen\n```'],
    ['<details><summary>@eve</summary></details>', '<details><summary><code>@eve</code></summary></details>'],
    ['re\u202ev\u200be', 'reve'],
    ['tag\u{e0041}s', 'tags'],
    ['cafe\u0301', 'café'],
    ['👩‍👩‍👧 stays', '👩‍👩‍👧 stays'],
    ['a\r\nb', 'a\nb'],
  ])('%j becomes %j', (before, after) => expect(guard(before).text).toBe(after));

  test.each([
    'fixes #1',
    'Fixed #1',
    'closes: #1',
    'closes:#1',
    'RESOLVES octo/app#12',
    'resolved GH-7',
    'fix https://github.com/octo/app/issues/3',
    '**Fixes** #3',
    'Fi<b>xes</b> #3',
    'fixes &#35;3',
    'close [it](https://github.com/octo/app/issues/3)',
    'this closes  \n#4',
  ])('that says %j is refused', (text) => expect(codes(text)).toContain('closing_keyword'));

  test.each(['prefix #1', 'the fix for #1', 'fixes the first one', 'part of #1', 'a closed door, #1'])(
    'may say %j',
    (text) => expect(codes(text)).toEqual([]),
  );

  test.each([
    ['@everyone look', 'mention_denied'],
    [' \u200b ', 'payload_invalid'],
    ['<script>alert(1)</script>', 'payload_invalid'],
    ['a'.repeat(60_001), 'payload_too_large'],
  ])('%j is refused (%s)', (text, code) => expect(codes(text)).toContain(code));

  test('says what was changed in it', () =>
    expect(guard('@eve\u200b <!-- x --> y').changed).toEqual([
      'characters that cannot be seen were taken out: U+200B',
      'the mention of @eve was made inert',
      'an HTML comment was taken out',
    ]));

  test('is left alone once it is safe, whatever it was', () => {
    const pieces = fc.constantFrom(
      '@eve',
      '`',
      '```\n',
      '\n',
      ' ',
      '<!--',
      '-->',
      '<code>',
      '</code>',
      'x/y#1',
      '\\',
      '&#64;eve',
      '[a](',
      ')',
      '*',
      '_',
      '/merge',
      '> ',
      'word',
      '<b>',
      '&commat;eve',
      '~~~',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const once = guard(parts.join(''));
        if (once.blockers.length > 0) return;
        const again = guard(once.text);
        expect([again.text, again.changed]).toEqual([once.text, []]);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a title', () => {
  test('is one visible line', () => expect(guardTitle(' a\u202eb\nc ', {}).text).toBe('ab c'));
  test.each([
    ['fixes #1', 'closing_keyword'],
    ['\u200b', 'payload_invalid'],
    ['a'.repeat(257), 'payload_too_large'],
  ])('%j is refused', (title, code) => expect(guardTitle(title, {}).blockers.map((one) => one.code)).toContain(code));
});
