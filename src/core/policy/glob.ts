/**
 * Whether a pattern covers the whole of a text: `*` is any run of characters, `?` any one, everything else itself.
 * Takes text length × pattern length steps at most, whatever the pattern.
 */
export const matchesGlob = (pattern: string, text: string): boolean => covers(textParts(pattern), text);

// (A line comment: the second example would end a block.)
// The same for paths: `*` and `?` stay within one segment, `**` crosses segments.
// `/srv/**` also covers `/srv` itself, and `/srv/**/bin` also `/srv/bin`.
export const matchesPath = (pattern: string, path: string): boolean => covers(pathParts(pattern), path);

/** A character as it stands, one or a run of any (never `/` where `within`), or a leap over the next `over` parts. */
type Part = { is: string } | { one: true; within: boolean } | { run: true; within: boolean } | { over: number };

const textParts = (pattern: string): Part[] =>
  [...pattern].map((sign) => {
    if (sign === '*') return { run: true, within: false };
    return sign === '?' ? { one: true, within: false } : { is: sign };
  });

function pathParts(pattern: string): Part[] {
  const parts: Part[] = [];
  for (const [token] of pattern.matchAll(/(?<=^|\/)\*\*\/|\/\*\*$|\*\*+|./gsu)) {
    if (token === '**/') parts.push({ over: 2 }, { run: true, within: false }, { is: '/' });
    else if (token === '/**') parts.push({ over: 2 }, { is: '/' }, { run: true, within: false });
    else if (token.startsWith('**')) parts.push({ run: true, within: false });
    else if (token === '*') parts.push({ run: true, within: true });
    else parts.push(token === '?' ? { one: true, within: true } : { is: token });
  }
  return parts;
}

/** All the places of the pattern that may come next are followed at once, so nothing is ever tried twice. */
function covers(parts: readonly Part[], text: string): boolean {
  let places = new Set<number>();
  enter(parts, 0, places);
  for (const character of text) {
    const after = new Set<number>();
    for (const place of places) {
      const part = parts[place];
      if (part === undefined || 'over' in part) continue;
      if ('is' in part) {
        if (part.is === character) enter(parts, place + 1, after);
      } else if (!part.within || character !== '/') {
        enter(parts, 'run' in part ? place : place + 1, after);
      }
    }
    if (after.size === 0) return false;
    places = after;
  }
  return places.has(parts.length);
}

/** Adds a place, and those reachable from it without a character. */
function enter(parts: readonly Part[], place: number, places: Set<number>): void {
  for (let at = place; !places.has(at); at += 1) {
    places.add(at);
    const part = parts[at];
    if (part === undefined || 'is' in part || 'one' in part) return;
    if ('over' in part) enter(parts, at + 1 + part.over, places);
  }
}
