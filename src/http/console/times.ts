const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1_000 },
] as const;

/** An instant seen from another, by its largest unit: `in 12 min`, `3 h ago`, `now`. The console's script says the same. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(at - now);
  const unit = units.find(({ ms }) => distance >= ms);
  if (unit === undefined) return 'now';
  const count = Math.floor(distance / unit.ms);
  return at > now ? `in ${count} ${unit.name}` : `${count} ${unit.name} ago`;
}

/** `2026-11-21 09:30:05 UTC` */
export const absoluteTime = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** A length of time in words, by its two largest units: `1 h 30 min`, `45 s`. */
export function duration(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const unit of units) {
    const count = Math.floor(rest / unit.ms);
    rest -= count * unit.ms;
    if (count > 0) parts.push(`${count} ${unit.name}`);
  }
  return parts.slice(0, 2).join(' ') || '0 s';
}
