/** One line of a diff: kept, taken out, put in, or the head of a part. */
export interface DiffLine {
  kind: ' ' | '-' | '+' | '@';
  text: string;
}

/** Lines of context around a change. */
const context = 3;
/** Above this many cells the lines between the common ends count as replaced whole. */
const mostCells = 4_000_000;

/** The lines of two texts as a unified diff; empty where they are equal. */
export function diffLines(before: string, after: string): DiffLine[] {
  if (before === after) return [];
  const one = before === '' ? [] : before.split('\n');
  const other = after === '' ? [] : after.split('\n');
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < one.length - start && end < other.length - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const all: DiffLine[] = [
    ...one.slice(0, start).map((text) => ({ kind: ' ' as const, text })),
    ...between(one.slice(start, one.length - end), other.slice(start, other.length - end)),
    ...one.slice(one.length - end).map((text) => ({ kind: ' ' as const, text })),
  ];
  return parts(all);
}

function between(one: readonly string[], other: readonly string[]): DiffLine[] {
  const replaced = (): DiffLine[] => [
    ...one.map((text) => ({ kind: '-' as const, text })),
    ...other.map((text) => ({ kind: '+' as const, text })),
  ];
  if (one.length === 0 || other.length === 0 || one.length * other.length > mostCells) return replaced();
  // the longest common subsequence, from the end
  const width = other.length + 1;
  const lengths = new Uint32Array((one.length + 1) * width);
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        one[i] === other[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < one.length || j < other.length) {
    if (i < one.length && j < other.length && one[i] === other[j]) {
      lines.push({ kind: ' ', text: one[i] as string });
      i++;
      j++;
    } else if (j >= other.length || (i < one.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!)) {
      lines.push({ kind: '-', text: one[i++] as string });
    } else {
      lines.push({ kind: '+', text: other[j++] as string });
    }
  }
  return lines;
}

/** Only what is near a change, each part under its head. */
function parts(all: readonly DiffLine[]): DiffLine[] {
  const near = all.map((_, index) =>
    all.slice(Math.max(0, index - context), index + context + 1).some(({ kind }) => kind !== ' '),
  );
  const shown: DiffLine[] = [];
  let before = 1;
  let after = 1;
  for (let index = 0; index < all.length; index++) {
    const { kind } = all[index] as DiffLine;
    if (near[index]) {
      if (!near[index - 1]) {
        const length = near.indexOf(false, index) === -1 ? all.length - index : near.indexOf(false, index) - index;
        const part = all.slice(index, index + length);
        const count = (gone: DiffLine['kind']) => part.filter((line) => line.kind !== gone).length;
        shown.push({ kind: '@', text: `@@ -${before},${count('+')} +${after},${count('-')} @@` });
      }
      shown.push(all[index] as DiffLine);
    }
    if (kind !== '+') before++;
    if (kind !== '-') after++;
  }
  return shown;
}
