import type { Gaia } from './gaia.ts';

/** One thing that must not be so, found. `invariant` is I1 to I12, or the name of what the proof itself holds. */
export interface Violation {
  invariant: string;
  message: string;
}

export interface ProofResult {
  /** what was tried: cycles, rounds, calls, mutations, stories */
  trials: number;
  violations: Violation[];
  /** figures worth printing; never judged */
  figures: Record<string, string | number>;
}

export interface ProofContext {
  gaia: Gaia;
  /** the figures of the full form instead of the short one */
  full: boolean;
  /** how many trials, where the caller says so */
  trials: number | undefined;
  /** what chance starts from: the same seed tries the same */
  seed: number;
  progress(done: number, of: number): void;
  /** stops early: enough was found */
  signal: AbortSignal;
}

export interface Proof {
  name: string;
  /** completes "it is shown that …" */
  shows: string;
  run(context: ProofContext): Promise<ProofResult>;
}

/** How many trials a run makes. */
export const trialsOf = ({ full, trials }: ProofContext, figures: { short: number; full: number }): number =>
  trials ?? (full ? figures.full : figures.short);

/** A small generator with a seed (mulberry32), so that a run can be made again. */
export function chance(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (n: number): number => Math.floor(next() * n);
  return {
    next,
    below,
    between: (low: number, high: number): number => low + below(high - low + 1),
    of: <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item,
    happens: (probability: number): boolean => next() < probability,
    shuffled: <Item>(items: readonly Item[]): Item[] => {
      const mixed = [...items];
      for (let at = mixed.length - 1; at > 0; at--) {
        const other = below(at + 1);
        [mixed[at], mixed[other]] = [mixed[other] as Item, mixed[at] as Item];
      }
      return mixed;
    },
  };
}
export type Chance = ReturnType<typeof chance>;

/** The middle of some figures; `p` of them lie at or below `quantile(figures, p)`. */
export function quantile(figures: readonly number[], p: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))] ?? Number.NaN;
}
export const median = (figures: readonly number[]): number => quantile(figures, 0.5);
