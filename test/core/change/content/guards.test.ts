import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { guardBody, guardTitle } from '../../../../src/core/change/content/guards.ts';
import { readingsOf } from '../../../../src/core/change/content/readings.ts';
import { closingKeywordIn } from '../../../../src/core/change/content/words.ts';

const allowed = { mentions: ['grace'], repos: ['octo/app'], hosts: ['github.com'] };
const guard = (text: string) => guardBody(text, allowed, {});
const codes = (text: string) => guard(text).blockers.map(({ code }) => code);

describe('a text that goes out', () => {
  test.each([
    ['hi @octocat', 'hi `@octocat`'],
    ['_@octocat_', '_`@octocat`_'],
    ['`@octocat', '` ``@octocat``'],
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
    // what GitHub looks at stands behind anything but a letter, a digit or a low line
    ['.@eve', '.`@eve`'],
    ['a/@eve', 'a/`@eve`'],
    ['@@eve', '@`@eve`'],
    ['(@eve)', '(`@eve`)'],
    ['é@eve', 'é`@eve`'],
    ['＠eve', '`＠eve`'],
    ['@eve_corp', '`@eve_corp`'],
    ['mail to foo@x.com, foo.bar@x.org', 'mail to foo@x.com, foo.bar@x.org'],
    ['https://example.com/@eve stays', 'https://example.com/@eve stays'],
    ['\\@eve', '`@eve`'],
    ['a\\@eve', 'a\\@eve'],
    ['> a\n> &#64;eve', '> a\n> `@eve`'],
    ['[^1]\n\n[^1]: @eve', '[^1]\n\n[^1]: `@eve`'],
    ['| a |\n|---|\n| @eve |', '| a |\n|---|\n| `@eve` |'],
    ['[@eve](https://e.com)', '[`@eve`](https://e.com)'],
    ['<code>**</code>** @eve', '<code>**</code>** `@eve`'],
    ['<p>&#64;eve</p>', '<p><code>@eve</code></p>'],
    ['<p><code>@eve</code></p>', '<p><code>@eve</code></p>'],
    // commands are read line by line from the raw text
    ['- /lgtm', '- \\/lgtm'],
    ['1. /lgtm', '1. \\/lgtm'],
    ['> /lgtm', '> \\/lgtm'],
    ['> - [ ] /lgtm', '> - [ ] \\/lgtm'],
    ['a\n/lgtm\nb', 'a\n\\/lgtm\nb'],
    ['<p>\n/lgtm\n</p>', '<p>\n&#47;lgtm\n</p>'],
    ['```\n/lgtm\n/usr/bin\n```', '```\n /lgtm\n/usr/bin\n```'],
    ['/usr/bin is a path', '\\/usr/bin is a path'],
    // links, images and definitions, however they are spelled
    ['[a][b]\n\n[b]: https://github.com/x/y/pull/1', '[a][b]\n\n`[b]: https://github.com/x/y/pull/1`'],
    ['[a][b]\n\n[b]: javascript:alert(1)', '[a][b]'],
    ['[a][b]\n\n[b]: <data:text/html,x>', '[a][b]'],
    ['![a][b]\n\n[b]: https://evil.example/p.png', 'a\n\n[b]: https://evil.example/p.png'],
    ['<javascript:alert(1)>', 'javascript:alert(1)'],
    ['<https://github.com/x/y/pull/1>', '`https://github.com/x/y/pull/1`'],
    ['www.github.com/x/y/issues/1', '`http://www.github.com/x/y/issues/1`'],
    ['[a](//github.com/x/y/issues/1)', 'a `//github.com/x/y/issues/1`'],
    ['[a](/x/y/issues/1)', 'a `/x/y/issues/1`'],
    ['[a](https://me@GitHub.com:443/x/y/issues/1)', 'a `https://me@GitHub.com:443/x/y/issues/1`'],
    ['[a](../../../x/y/pull/1)', 'a `../../../x/y/pull/1`'],
    ['a://b//github.com/x/y/pull/1', 'a://b`//github.com/x/y/pull/1`'],
    ['x/y@0123456 and bob#2', '`x/y@0123456` and `bob#2`'],
    ['- [ ] x/y#1', '- [ ] `x/y#1`'],
    ['x/y＃1', '`x/y＃1`'],
    // HTML that is more than text
    ['<!-- <!-- --> seen', 'seen'],
    ['seen\n\n<!-- open', 'seen'],
    ['<!--> seen', 'seen'],
    ['<p>a <!-- b --> c</p>', '<p>a  c</p>'],
    ['a <ScRiPt >alert(1)</sCrIpT > b', 'a alert(1) b'],
    ['<SCRIPT\nsrc=x>alert(1)</script>\n\nseen', 'seen'],
    ['a <IMG\nsrc="https://e.example/x>y"> b', 'a y"> b'],
    ['<picture><source srcset="//e.example/x"><img src=x></picture> seen', 'seen'],
    ['<a\nhref="javascript:x">b</a>', 'b'],
    ['<p>a </ x> <? y ?> <!z> b</p>', '<p>a    b</p>'],
    ['<details>\n\nopen', 'open'],
    ['<p>a < b</p>', '<p>a &lt; b</p>'],
    // a line break of Markdown stays; what hides behind a character reference does not
    ['one  \ntwo', 'one  \ntwo'],
    ['a&#8203;b&zwj;c&#x202e;d', 'abcd'],
    ['#\u200d1 and 1\ufe0f2, but 1\ufe0f\u20e3', '#1 and 12, but 1\ufe0f\u20e3'],
    ['    /merge', '\\/merge'],
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
    'fixes&Tab;#1',
    'fixes&nbsp;#1',
    'fixes&colon; #1',
    'fix*es* #1',
    'fi&#8203;xes #1',
    'ﬁxes #1',
    'fixes ＃1',
    'fixes\n#1',
    '> fixes\n> #1',
    '[fixes](https://e.com) #1',
    'fixes [#1](https://e.com)',
    'fixes [it][x]\n\n[x]: https://github.com/octo/app/issues/3',
    '<p>fi<b>xes</b> #1</p>',
    '- [ ] closes #1',
    '[^1]\n\n[^1]: closes #1',
    '| a |\n|---|\n| closes **#1** |',
    'fixes github.com/octo/app/pull/3',
  ])('that says %j is refused', (text) => expect(codes(text)).toContain('closing_keyword'));

  test.each(['prefix #1', 'the fix for #1', 'fixes the first one', 'part of #1', 'a closed door, #1'])(
    'may say %j',
    (text) => expect(codes(text)).toEqual([]),
  );

  test.each([
    ['@everyone look', 'mention_denied'],
    ['.@everyone', 'mention_denied'],
    ['<p>@all</p>', 'mention_denied'],
    [`${'> '.repeat(40)}deep`, 'payload_invalid'],
    ['['.repeat(5_000), 'payload_invalid'],
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

  const pieces = fc.constantFrom(
    ...['@eve', '＠eve', '@grace', 'mail@x.com', 'x/y#1', 'bob#2', 'fixes', '#1', '/merge', '/lgtm\n', 'bors r+'],
    ...[
      'https://github.com/x/y/issues/1',
      'www.github.com/x/y/pull/1',
      '//github.com/x/y/pull/1',
      'javascript:',
      'data:',
    ],
    ...[
      '`',
      '``',
      '```\n',
      '~~~\n',
      '\\',
      '\n',
      '\n\n',
      ' ',
      '  \n',
      '    ',
      '\t',
      '> ',
      '- ',
      '1. ',
      '- [ ] ',
      '# ',
      '---',
    ],
    ...[
      '<!--',
      '-->',
      '<!-- gaia:',
      '<!',
      '<?',
      '</',
      '<',
      '>',
      '<code>',
      '</code>',
      '<pre>',
      '</pre>',
      '<details>',
      '<b>',
    ],
    ...[
      '<a href="x">',
      '<img src=x>',
      '<script>',
      '</script>',
      '&#64;',
      '&commat;eve',
      '&Tab;',
      '&#8203;',
      '&amp;',
      '&lt;',
    ],
    ...[
      '[',
      '](',
      '](<',
      ')',
      '![',
      '[a][b]',
      '\n[b]: https://github.com/x/y/pull/1\n',
      '[^1]',
      '\n[^1]: ',
      '|',
      '| a |\n|---|\n',
    ],
    ...['*', '**', '_', '~~', '\u200b', '\u202e', '\u200d', '\ufe0f', '👩', 'é', '.', '(', '"', 'word', '1'],
  );
  test('is the same after it was guarded once more, whatever it was', () =>
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const once = guard(parts.join(''));
        const again = guard(once.text);
        expect(again.text).toBe(once.text);
        if (once.blockers.length === 0) expect([again.changed, again.blockers]).toEqual([[], []]);
      }),
      { numRuns: 500 },
    ));

  test('shows nothing that acts outside of code, whatever it was', () =>
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const { text, blockers } = guard(parts.join(''));
        if (blockers.length === 0) expect(liveIn(text)).toEqual([]);
      }),
      { numRuns: 500 },
    ));
});

/** Everything in the page of a text that GitHub acts upon, as micromark makes the page. */
function liveIn(markdown: string): string[] {
  const page = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  });
  const live: string[] = [];
  const within: string[] = [];
  for (const [piece, slash, name = '', rest = ''] of page.matchAll(
    /<!--[\s\S]*?-->|<(\/?)([a-z][a-z0-9-]*)([^>]*)>|[^<]+|</gi,
  )) {
    if (name === '' && piece.startsWith('<')) live.push(piece);
    else if (name !== '') {
      if (/^(?:script|style|img|iframe|picture|svg)$/i.test(name)) live.push(piece);
      if (/(?:href|src)="(?:\s*(?:javascript|data):|(?:https?:)?\/\/(?:www\.)?github\.com\/x\/y\/)/i.test(rest))
        live.push(piece);
      if (slash) within.splice(Math.max(0, within.lastIndexOf(name)));
      else if (!/^(?:br|hr|input)$/.test(name)) within.push(name);
    } else if (!within.some((one) => /^(?:code|pre|a)$/.test(one))) {
      const shown = piece.replace(/&(?:amp|lt|gt|quot|#64|commat|#8203);/g, (one) => references[one] as string);
      const acting =
        /(?<![A-Za-z0-9_])@(?!grace)[a-z0-9]|(?<![\w.-])(?:x\/y|bob)#\d+(?!\.?\w)|[\u200b\u202e]|\/\/github\.com\/x\/y/i;
      live.push(...(acting.exec(shown) ?? []));
    }
  }
  return [...live, ...markdown.split('\n').filter((line) => /^\/[a-z]+(?:\s|$)/.test(line))];
}

const references: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#64;': '@',
  '&commat;': '@',
  '&#8203;': '\u200b',
};

describe('a title', () => {
  test('is one visible line', () => expect(guardTitle(' a\u202eb\nc ', {}).text).toBe('ab c'));
  test.each([
    ['fixes #1', 'closing_keyword'],
    ['\u200b', 'payload_invalid'],
    ['a'.repeat(257), 'payload_too_large'],
  ])('%j is refused', (title, code) => expect(guardTitle(title, {}).blockers.map((one) => one.code)).toContain(code));
});

describe('a text that is made to exhaust whoever reads it', () => {
  test.each([
    ['quotes within each other', '>'.repeat(20_000)],
    ['more lines than anybody writes', 'a\n'.repeat(20_000)],
    ['more cells than anybody fills', `|a|b|\n|-|-|\n${'|a|b|\n'.repeat(2_000)}`],
    ['more references than anybody makes', 'a/b#1 '.repeat(5_000)],
    ['more escapes than anybody needs', '\\!'.repeat(5_000)],
  ])('is refused, and not parsed for it: %s', (_, text) => {
    expect(codes(text)).toEqual(['payload_invalid']);
    expect(readingsOf(text)).toEqual([text]);
  });

  test('does not hold up the search for words that close issues', () => {
    const start = performance.now();
    expect(closingKeywordIn(['fix:'.repeat(15_000)])).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
