import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { guardBody, guardTitle } from '../../../../src/core/change/content/guards.ts';
import { readingsOf } from '../../../../src/core/change/content/readings.ts';
import { closingKeywordIn } from '../../../../src/core/change/content/words.ts';
import { allowed, closing, exhausting, refused, tamed } from './corpus.ts';

const guard = (text: string) => guardBody(text, allowed, {});
const codes = (text: string) => guard(text).blockers.map(({ code }) => code);

describe('a text that goes out', () => {
  test.each(tamed)('%j becomes %j', (before, after) => expect(guard(before).text).toBe(after));

  test.each(closing)('that says %j is refused', (text) => expect(codes(text)).toContain('closing_keyword'));

  test.each(['prefix #1', 'the fix for #1', 'fixes the first one', 'part of #1', 'a closed door, #1'])(
    'may say %j',
    (text) => expect(codes(text)).toEqual([]),
  );

  test.each(refused)('%j is refused (%s)', (text, code) => expect(codes(text)).toContain(code));

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
  test.each(exhausting)('is refused, and not parsed for it: %s', (_, text) => {
    expect(codes(text)).toEqual(['payload_invalid']);
    expect(readingsOf(text)).toEqual([text]);
  });

  test('does not hold up the search for words that close issues', () => {
    const start = performance.now();
    expect(closingKeywordIn(['fix:'.repeat(15_000)])).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(3_000);
  });
});
