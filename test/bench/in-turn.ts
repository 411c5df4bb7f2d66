import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, quantile } from '../proof/proof.ts';
import type { Measure } from './bench.ts';

/** Measures both in turn, so that whatever the machine does meets both; the medians make the ratio. */
export async function inTurn(
  facts: Pick<Measure, 'what' | 'baseline' | 'unit' | 'aim'>,
  repetitions: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Measure> {
  const runs = { ours: [] as number[], theirs: [] as number[] };
  for (let n = 0; n < repetitions; n++) {
    // who goes first changes, so that neither always finds the machine warmed up
    if (n % 2 === 0) {
      runs.theirs.push(await theirs());
      runs.ours.push(await ours());
    } else {
      runs.ours.push(await ours());
      runs.theirs.push(await theirs());
    }
  }
  const [own, other] = [median(runs.ours), median(runs.theirs)];
  return { ...facts, ours: own, theirs: other, ratio: own / other, runs };
}

/** How often a second something was done, `count` times one after another. */
export async function perSecond(count: number, act: (n: number) => unknown): Promise<number> {
  const since = performance.now();
  for (let n = 0; n < count; n++) await act(n);
  return (count * 1000) / (performance.now() - since);
}

/** The time below which a share `p` of acts stayed, in milliseconds. */
export async function slowest(p: number, count: number, act: (n: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const since = performance.now();
    await act(n);
    times.push(performance.now() - since);
  }
  return quantile(times, p);
}

/** What one write to the disk costs here, in milliseconds: a page appended and synced. */
export function fsyncMs(): { p50: number; p99: number } {
  const directory = mkdtempSync(join(tmpdir(), 'gaia-fsync-'));
  const file = openSync(join(directory, 'file'), 'w');
  try {
    const page = Buffer.alloc(4_096, 1);
    const times = Array.from({ length: 200 }, () => {
      writeSync(file, page);
      const since = performance.now();
      fsyncSync(file);
      return performance.now() - since;
    });
    return { p50: median(times), p99: quantile(times, 0.99) };
  } finally {
    closeSync(file);
    rmSync(directory, { recursive: true });
  }
}
