import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unvisible, unvisibleLines, visible, visibleLines } from '../../../src/core/text/visible.ts';

/** Any code units at all, with what deceives well represented. */
const hostile = fc.oneof(
  fc
    .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0x20, max: 0x7e })))
    .map((units) => String.fromCharCode(...units)),
  fc
    .array(
      fc.constantFrom(
        ' ',
        ' ',
        'a',
        'é',
        'e\u0301',
        '\u0301',
        '\u0338',
        '⟨',
        '⟩',
        '⟨U+202E⟩',
        '\n',
        '\t',
        '\r',
        '\u202e',
        '\u200d',
        '👩',
        '\ufe0f',
        '\ud800',
        '\udc00',
        '\u1100',
        '\u1161',
        '\u037e',
      ),
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
const deceptive =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u00a0\u2000-\u200a\u3000]| {2}|^ | $|^\p{M}|[ ⟩]\p{M}/u;

describe('visible text', () => {
  test('leads back to the original, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (text) => unvisible(visible(text)) === text),
      { numRuns: 3_000 },
    );
  });

  test('holds nothing that hides, reorders, breaks or pads', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(deceptive);
        expect(shown).not.toBe('');
        expect(shown).not.toMatch(/\p{Cs}/u);
        expect(shown.normalize('NFC')).toBe(shown);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    ['make deploy', 'make deploy'],
    ['Grüße, мир, 世界 👍', 'Grüße, мир, 世界 👍'],
    ['', '⟨empty⟩'],
    [' ', '⟨space⟩'],
    [' a ', '⟨space⟩a⟨space⟩'],
    ['a    b', 'a⟨space×4⟩b'],
    ['a\tb\r\n', 'a⟨tab⟩b⟨return⟩⟨newline⟩'],
    ['\u202etxt.exe', '⟨U+202E⟩txt.exe'],
    ['a\u2066b\u2069', 'a⟨U+2066⟩b⟨U+2069⟩'],
    ['zero\u200bwidth\u200d\u2060\ufeff', 'zero⟨U+200B⟩width⟨U+200D⟩⟨U+2060⟩⟨U+FEFF⟩'],
    ['soft\u00adhyphen', 'soft⟨U+00AD⟩hyphen'],
    ['no\u00a0break\u3000wide\u2028line', 'no⟨U+00A0⟩break⟨U+3000⟩wide⟨U+2028⟩line'],
    ['\u{e0041}\ufe0f', '⟨U+E0041⟩⟨U+FE0F⟩'],
    ['\ud83d', '⟨U+D83D⟩'],
    ['\u001b[31m\u007f\u0085', '⟨U+001B⟩[31m⟨U+007F⟩⟨U+0085⟩'],
    ['\u0301a', '⟨U+0301⟩a'],
    ['-\u0301', '-⟨U+0301⟩'],
    ['e\u0301', 'e⟨U+0301⟩'],
    ['r\u0336m\u0336', 'r⟨U+0336⟩m⟨U+0336⟩'],
    ['a\u037eb', 'a⟨U+037E⟩b'],
    ['\u3164\u115f\u2800', '⟨U+3164⟩⟨U+115F⟩⟨U+2800⟩'],
    ['⟨newline⟩', '⟨U+27E8⟩newline⟨U+27E9⟩'],
    ['\ue000\uffff', '⟨U+E000⟩⟨U+FFFF⟩'],
  ])('of %j is %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  test('keeps the marks a script needs, and spells out a pile of them', () => {
    expect(visible('กำนี้')).toBe('กำนี้');
    expect(visible(`x${'\u0323\u0324'.repeat(20)}`)).toContain('⟨U+0323⟩');
  });

  test('is not made of forms it never writes', () => {
    for (const forged of ['⟨nothing⟩', '⟨', '⟩', '⟨U+110000⟩', '⟨space×0⟩'])
      expect(() => unvisible(forged)).toThrow(RangeError);
  });
});

describe('visible lines', () => {
  test('lead back to the original, whatever it is', () => {
    fc.assert(
      fc.property(hostile, (text) => unvisibleLines(visibleLines(text)) === text),
      { numRuns: 2_000 },
    );
  });

  test('end where the text breaks, and nowhere else', () => {
    expect(visibleLines('set -e\n\nmake\r\n\u2028x')).toEqual(['set -e', '', 'make⟨return⟩', '⟨U+2028⟩x']);
  });

  test('show empty lines that could be overlooked', () => {
    expect(visibleLines('\na\n\n\nb\n')).toEqual(['⟨empty⟩', 'a', '', '⟨empty⟩', 'b', '⟨empty⟩']);
    expect(visibleLines('')).toEqual(['⟨empty⟩']);
  });
});
