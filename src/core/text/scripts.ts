/** Letters of two of the scripts that look alike (Latin, Cyrillic, Greek) within one word, as in `pаypal` with a Cyrillic а. */
export function mixedScripts(text: string): boolean {
  for (const [word] of text.matchAll(/[\p{L}\p{M}\p{N}_]+/gu)) {
    if (alike.filter((script) => script.test(word)).length > 1) return true;
  }
  return false;
}

/** Letters that are read from right to left: they reorder the signs around them without any control character. */
export const readsRightToLeft = (text: string): boolean => rightToLeft.test(text);

const alike = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];
const rightToLeft =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;
