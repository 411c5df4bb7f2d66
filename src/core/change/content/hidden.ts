/**
 * What could hide or reorder text: controls, formats (bidi, zero-width, tags, BOM, soft hyphen), fillers and selectors that
 * stand alone. Joiners and selectors within an emoji stay: there they are what the reader sees.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
const emoji = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|[\u{1f1e6}-\u{1f1ff}#*0-9]/u;

/** The text in NFC, without what cannot be seen; and what was taken out, by name. */
export function withoutHidden(text: string): { text: string; removed: string[] } {
  const lines = text.replace(/\r\n?/g, '\n').normalize('NFC');
  const characters = [...lines];
  const removed = new Set<string>();
  const kept = characters.filter((character, index) => {
    if (character === '\n' || character === '\t' || !hidden.test(character)) return true;
    const before = characters[index - 1] ?? '';
    const after = characters[index + 1] ?? '';
    const joins = character === '\u200d' && (emoji.test(before) || before === '\ufe0f') && emoji.test(after);
    if (joins || (character === '\ufe0f' && emoji.test(before))) return true;
    removed.add(`U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
    return false;
  });
  return { text: kept.join('').normalize('NFC'), removed: [...removed] };
}
