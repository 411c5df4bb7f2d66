import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { openBots } from './telegram-bots.ts';

/** What a process holds in memory, in MiB (VmRSS of proc(5), so Linux alone). */
const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

/** What Gaia holds when nothing happens, over what a bot holds that does nothing else than wait. */
export const memoryBench: Bench = {
  name: 'memory',
  async run({ gaia, quick, say }) {
    const seconds = quick ? 10 : 20;
    const bots = await openBots(gaia.root);
    try {
      say(`both idle for ${seconds} s behind the double`);
      await after(seconds * 1_000);
      const [ours, theirs] = [residentMiB(bots.pids.gaia), residentMiB(bots.pids.bare)];
      return [
        {
          what: 'memory at rest',
          baseline: 'a bare grammY bot',
          ours,
          theirs,
          unit: 'MiB',
          ratio: ours / theirs,
          aim: { atMost: 2 },
          runs: { ours: [ours], theirs: [theirs] },
        },
      ];
    } finally {
      await bots.close();
    }
  },
};
