/** How a part of a pattern can match: the characters it takes, and in how many ways it can be tried at one place. */
interface Part {
  least: number;
  /** for the one part without an upper end: what it must take, as it never has to try again after that */
  most: number;
  ways: number;
}

/** Steps a pattern may need at one place; a text of n characters takes at most n times as many. */
const maxSteps = 10_000;
const maxRepeat = 1_000;
const leastCharacters = 6;

/**
 * Why a pattern from the policy file may not be used, or undefined where it may. Refused: what is no regular
 * expression, look-around, backreferences, repetitions without an upper end (save as the last part), nested or
 * many repetitions that take more than linear time, and what would find everything.
 */
export function unsafePattern(source: string): string | undefined {
  if (source.length > 500) return 'is longer than 500 characters';
  try {
    new RegExp(source);
  } catch (error) {
    return `is not a regular expression: ${error instanceof Error ? error.message.replace(/^.*\/: /, '') : 'unreadable'}`;
  }
  const reader = { source, at: 0 };
  const whole = alternatives(reader, 0);
  if (typeof whole === 'string') return whole;
  if (whole.least < leastCharacters) return `would find texts of fewer than ${leastCharacters} characters`;
  if (whole.ways * whole.most > maxSteps)
    return 'repeats in too many ways; give fewer or narrower ranges such as {20,64}';
  return undefined;
}

interface Reader {
  source: string;
  at: number;
}

/** A part, or the sentence that refuses it. */
type Reading = Part | string;

function alternatives(reader: Reader, depth: number): Reading {
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  let ways = 0;
  for (;;) {
    const branch = sequence(reader, depth);
    if (typeof branch === 'string') return branch;
    least = Math.min(least, branch.least);
    most = Math.max(most, branch.most);
    ways += branch.ways;
    if (reader.source[reader.at] !== '|') return { least, most, ways };
    reader.at += 1;
  }
}

function sequence(reader: Reader, depth: number): Reading {
  let least = 0;
  let most = 0;
  let ways = 1;
  while (reader.at < reader.source.length && reader.source[reader.at] !== '|' && reader.source[reader.at] !== ')') {
    const part = atom(reader, depth);
    if (typeof part === 'string') return part;
    const repeated = repetition(reader, part, depth);
    if (typeof repeated === 'string') return repeated;
    least += repeated.least;
    most += repeated.most;
    ways *= repeated.ways;
  }
  return { least, most, ways };
}

function atom(reader: Reader, depth: number): Reading {
  const { source } = reader;
  const sign = source[reader.at]!;
  if (sign === '(') {
    if (depth > 10) return 'nests too many groups';
    reader.at += 1;
    if (source.startsWith('?:', reader.at)) reader.at += 2;
    else if (source[reader.at] === '?') return 'looks ahead or behind, or names a group; write plain groups (…)';
    const inside = alternatives(reader, depth + 1);
    reader.at += 1;
    return inside;
  }
  if (sign === '[') {
    reader.at += 1;
    while (reader.at < source.length && source[reader.at] !== ']') reader.at += source[reader.at] === '\\' ? 2 : 1;
    reader.at += 1;
    return { least: 1, most: 1, ways: 1 };
  }
  if (sign === '\\') return escaped(reader);
  reader.at += 1;
  return { least: sign === '^' || sign === '$' ? 0 : 1, most: 1, ways: 1 };
}

function escaped(reader: Reader): Reading {
  const written = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|c[A-Za-z]|.)/s.exec(
    reader.source.slice(reader.at, reader.at + 6),
  )![0];
  reader.at += written.length;
  if (/^\\[1-9k]/.test(written)) return 'refers back to a group';
  if (/^\\[pPu]$/.test(written)) return `uses ${written}, which is not supported`;
  return { least: /^\\[bB]$/.test(written) ? 0 : 1, most: 1, ways: 1 };
}

function repetition(reader: Reader, part: Part, depth: number): Reading {
  const [written, sign, from, comma, to] =
    /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(reader.source.slice(reader.at, reader.at + 24)) ?? [];
  if (written === undefined) return part;
  reader.at += written.length;
  const least = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
  const most =
    sign === '?'
      ? 1
      : sign !== undefined || (comma === ',' && to === '')
        ? Number.POSITIVE_INFINITY
        : to === ''
          ? least
          : Number(to);
  const isLast = depth === 0 && reader.at === reader.source.length;
  if (most === Number.POSITIVE_INFINITY) {
    if (part.ways > 1 || part.least === 0) return 'repeats a part that itself repeats';
    if (!isLast) return 'repeats without an upper end; give one, such as {20,64}';
    return { least: part.least * least, most: part.most * least, ways: 1 };
  }
  if (most > maxRepeat) return `repeats more than ${maxRepeat} times`;
  let ways = 0;
  for (let times = least; times <= most; times += 1) ways += part.ways ** times;
  return { least: part.least * least, most: part.most * most, ways };
}
