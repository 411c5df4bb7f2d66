/** One recorded decision with what it takes to say how fast it was. */
export interface DecisionTiming {
  personId: string;
  /** when the request was asked */
  askedAt: number;
  /** when all of it had first been put before somebody who may decide */
  shownAt: number | null;
  decidedAt: number;
}

/** How people decide: so that a rubber stamp is seen. */
export interface Figures {
  decisions: number;
  /** from the asking to the decision, in milliseconds; null without decisions */
  medianMs: number | null;
  /** of the decisions, how many came within three seconds after the request was shown: 0 to 1 */
  hastyShare: number | null;
  people: { personId: string; decisions: number; medianMs: number; hastyShare: number }[];
}

/** Nobody has read a request in less. */
export const hastyMs = 3_000;

/** Figures over decisions, of all people and of each, who decided most first. */
export function figuresOf(timings: readonly DecisionTiming[]): Figures {
  const byPerson = new Map<string, DecisionTiming[]>();
  for (const timing of timings) byPerson.set(timing.personId, [...(byPerson.get(timing.personId) ?? []), timing]);
  const people = [...byPerson].map(([personId, own]) => ({
    personId,
    decisions: own.length,
    medianMs: median(own) as number,
    hastyShare: hasty(own) as number,
  }));
  people.sort((one, other) => other.decisions - one.decisions || (one.personId < other.personId ? -1 : 1));
  return { decisions: timings.length, medianMs: median(timings), hastyShare: hasty(timings), people };
}

function median(timings: readonly DecisionTiming[]): number | null {
  const sorted = timings.map(({ askedAt, decidedAt }) => decidedAt - askedAt).sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : Math.round(((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2);
}

function hasty(timings: readonly DecisionTiming[]): number | null {
  if (timings.length === 0) return null;
  const quick = timings.filter(({ shownAt, askedAt, decidedAt }) => decidedAt - (shownAt ?? askedAt) < hastyMs);
  return quick.length / timings.length;
}
