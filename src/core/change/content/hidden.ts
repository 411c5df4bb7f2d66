/**
 * What could hide or reorder text: controls, formats (bidi, zero-width, tags, BOM, soft hyphen), fillers and selectors that
 * stand alone. Joiners and selectors within an emoji stay: there they are what the reader sees.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const picture = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u{1f1e6}-\u{1f1ff}]/u;
const selector = '\ufe0f';
const keycap = '\u20e3';

export const isHidden = (character: string): boolean => hidden.test(character);

/** The text in NFC, without what cannot be seen; and what was taken out, by name. */
export function withoutHidden(text: string): { text: string; removed: string[] } {
  const removed = new Set<string>();
  let now = text.replace(/\r\n?/g, '\n').normalize('NFC');
  // what is taken out brings others together, which may not stand beside each other either
  for (let before = ''; before !== now; ) {
    before = now;
    now = onceWithout(now, removed).normalize('NFC');
  }
  return { text: now, removed: [...removed] };
}

function onceWithout(text: string, removed: Set<string>): string {
  const characters = [...text];
  return characters
    .filter((character, index) => {
      if (character === '\n' || character === '\t' || !hidden.test(character)) return true;
      const [before = '', after = ''] = [characters[index - 1], characters[index + 1]];
      if (character === '\u200d' && (picture.test(before) || before === selector) && picture.test(after)) return true;
      if (character === selector && (picture.test(before) || (/[#*0-9]/.test(before) && after === keycap))) return true;
      removed.add(`U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
      return false;
    })
    .join('');
}
