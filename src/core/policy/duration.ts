const unitSeconds = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** Seconds in `90s`, `45m`, `2h`, `1d` or `1h30m`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,8})s)?$/.exec(text);
  if (text === '' || match === null) return undefined;
  const [, days, hours, minutes, seconds] = match;
  return Number(days ?? 0) * 86_400 + Number(hours ?? 0) * 3_600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
}

/** The shortest way to write a number of seconds: `1h30m`. */
export function sayDuration(totalSeconds: number): string {
  let rest = totalSeconds;
  let said = '';
  for (const [unit, size] of Object.entries(unitSeconds)) {
    const count = Math.floor(rest / size);
    if (count > 0) said += `${count}${unit}`;
    rest -= count * size;
  }
  return said === '' ? '0s' : said;
}
