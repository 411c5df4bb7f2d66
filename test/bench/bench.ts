import type { Gaia } from '../proof/gaia.ts';

/** One line of the table: a figure of Gaia's over the same figure of its baseline, measured in turn in one run. */
export interface Measure {
  what: string;
  baseline: string;
  ours: number;
  theirs: number;
  unit: string;
  /** ours over theirs; what is aimed at, where something is */
  ratio: number;
  aim?: { atLeast: number } | { atMost: number };
  /** every repetition, for comparison later */
  runs: { ours: number[]; theirs: number[] };
}

export interface Figure {
  what: string;
  value: number;
  unit: string;
  aim?: { atMost: number };
}

export interface BenchContext {
  gaia: Gaia;
  /** smaller: for a look, not for a record */
  quick: boolean;
  say(line: string): void;
}

export interface Bench {
  name: string;
  run(context: BenchContext): Promise<(Measure | Figure)[]>;
}

export const isMet = ({ aim }: Measure | Figure, value: number): boolean | undefined =>
  aim === undefined ? undefined : 'atLeast' in aim ? value >= aim.atLeast : value <= aim.atMost;
