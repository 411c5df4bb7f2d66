/** The word a person most likely meant: at most a third of its letters (and at most three) differ. */
export function nearest(given: string, words: readonly string[]): string | undefined {
  if (given.length > 64) return undefined;
  const ranked = words
    .map((word) => ({ word, edits: editsBetween(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, edits }) => edits <= Math.min(3, Math.max(1, Math.floor(word.length / 3))))
    .sort((one, other) => one.edits - other.edits);
  return ranked[0]?.word;
}

/** Letters to add, drop, change or swap with their neighbour to make one word the other (optimal string alignment). */
function editsBetween(one: string, other: string): number {
  let last: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      const edits = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (same ? 0 : 1));
      next.push(swapped ? Math.min(edits, last[j - 2]! + 1) : edits);
    }
    last = row;
    row = next;
  }
  return row[other.length]!;
}
