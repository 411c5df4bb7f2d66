/** Rows in columns, two blanks apart, each as wide as its widest cell. The last column is not padded. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  return all.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell)),
      )
      .join('  ')
      .trimEnd(),
  );
}

/** `name  value` lines; a value of several lines is indented below its first. */
export function fields(
  entries: readonly (readonly [name: string, value: string | readonly string[] | undefined])[],
): string[] {
  const shown = entries.filter(([, value]) => value !== undefined && value.length > 0);
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  return shown.flatMap(([name, value]) => {
    const lines = typeof value === 'string' ? [value] : (value ?? []);
    return lines.map((line, index) => `${index === 0 ? name.padEnd(width) : ' '.repeat(width)}  ${line}`.trimEnd());
  });
}

/** Prose in lines of at most `width` columns, broken at blanks. */
export function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

/** At most `max` characters, the rest said by an ellipsis; for lists only, never for what is approved. */
export function shortened(text: string, max: number): string {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

/** At most so many columns, the rest said by an ellipsis. Colours go on to their end. */
export function cutToColumns(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let width = 0;
  let isCut = false;
  let cut = '';
  for (const [part] of text.matchAll(/\x1b\[\d+m|./gsu)) {
    const isColour = part.length > 1 && part.startsWith('\x1b');
    if (!isColour && !isCut && width + widthOf(part) > columns - 1) {
      isCut = true;
      cut += '…';
    }
    if (isColour || !isCut) cut += part;
    if (!isColour) width += widthOf(part);
  }
  return cut;
}

/** Columns a terminal gives to a text: marks none, wide East Asian letters and emoji two. Colours do not count. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text.replaceAll(/\x1b\[\d+m/g, '')) {
    if (/\p{M}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
