/** Crockford's alphabet: no I, L, O, U, so that an id survives being read aloud and typed on a phone. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Letters of the random part; 32⁶ is about a thousand million. */
export const shortIdLength = 6;

/** `r-7F3K2Q` from at least six random bytes. */
export function shortId(prefix: string, random: Uint8Array): string {
  let id = '';
  for (let i = 0; i < shortIdLength; i++) id += alphabet[(random[i] as number) % 32];
  return `${prefix}-${id}`;
}

/** The stored spelling of an id as a person typed it: upper case, O read as 0, I and L as 1. Undefined where it is none. */
export function readShortId(prefix: string, typed: string): string | undefined {
  const found = /^([a-z])-([0-9a-z]{6})$/i.exec(typed.trim());
  if (!found || found[1]?.toLowerCase() !== prefix) return undefined;
  const letters = (found[2] as string).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return letters.includes('U') ? undefined : `${prefix}-${letters}`;
}
