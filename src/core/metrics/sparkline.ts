const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Values as a line of bars, the oldest first; the lowest is the lowest bar. Empty for nothing. */
export function sparkline(values: readonly number[], width = 24): string {
  const shown = thinned(values, width);
  if (shown.length === 0) return '';
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const span = high - low;
  return shown.map((value) => bars[span === 0 ? 0 : Math.round(((value - low) / span) * (bars.length - 1))]).join('');
}

/** At most `width` values: of each stretch the greatest, so that no peak is lost. */
function thinned(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, index) => {
    const from = Math.floor((index * values.length) / width);
    const to = Math.floor(((index + 1) * values.length) / width);
    return Math.max(...values.slice(from, to));
  });
}
