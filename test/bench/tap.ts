import { type Patch, patchedBuild } from '../proof/build.ts';
import { median, quantile } from '../proof/proof.ts';
import type { Bench } from './bench.ts';
import { keysOf } from './doors.ts';
import { fsyncMs } from './in-turn.ts';
import { openBots } from './telegram-bots.ts';

/** Cards come as fast as they are asked for: at 20 a minute a chat, hundreds of fresh ones would take a quarter of an hour. */
const unpaced: readonly Patch[] = [
  { file: 'core/delivery/limits.js', find: 'chatIntervalMs: 1_020', replace: 'chatIntervalMs: 0' },
  {
    file: 'core/delivery/limits.js',
    find: 'group: { calls: 20, windowMs: 61_000 }',
    replace: 'group: { calls: 100_000, windowMs: 61_000 }',
  },
];
const warmUps = 10;

/** How long a tap waits for its answer: recorded for good by Gaia, merely answered by a bare bot. */
export const tapBench: Bench = {
  name: 'tap',
  async run({ gaia, quick, say }) {
    const count = quick ? 60 : 300;
    const fsync = fsyncMs();
    const build = patchedBuild(gaia.root, unpaced);
    const bots = await openBots(build.root).catch((error: unknown) => {
      build.remove();
      throw error;
    });
    try {
      const keys = await keysOf(bots.call, bots.gaia, bots.adminKey);
      const ours = async (n: number): Promise<number> => {
        const asked = await bots.call(`${bots.gaia.url}/v1/requests`, {
          method: 'POST',
          body: { kind: 'command', reason: 'to measure', command: { argv: ['/bin/true', String(n)], cwd: '/' } },
          headers: { authorization: `Bearer ${keys[n % keys.length]}` },
        });
        if (asked.status !== 201) throw new Error(`it was answered ${asked.status} ${asked.text}`);
        const { ms, text } = await bots.taps({ who: 'gaia', text: String(asked.json?.id) });
        if (!text.startsWith('Approved.')) throw new Error(`the tap was told “${text}”`);
        return ms;
      };
      const theirs = async (): Promise<number> => (await bots.taps({ who: 'bare', text: 'a bare card' })).ms;
      say(`${count} taps each in turn, one at a time; one fsync here: p99 ${fsync.p99.toFixed(3)} ms`);
      const runs = { ours: [] as number[], theirs: [] as number[] };
      for (let n = -warmUps; n < count; n++) {
        const isOursFirst = n % 2 === 0;
        const first = isOursFirst ? await ours(n + warmUps) : undefined;
        const other = await theirs();
        const own = first ?? (await ours(n + warmUps));
        if (n < 0) continue;
        runs.ours.push(own);
        runs.theirs.push(other);
      }
      const of = (p: number) => ({ ours: quantile(runs.ours, p), theirs: quantile(runs.theirs, p) });
      const [middle, late] = [{ ours: median(runs.ours), theirs: median(runs.theirs) }, of(0.99)];
      const baseline = 'a bare grammY bot';
      return [
        {
          what: 'a tap answered, p50',
          baseline,
          ...middle,
          unit: 'ms',
          ratio: middle.ours / middle.theirs,
          aim: { atMost: 1.5 },
          runs,
        },
        { what: 'a tap answered, p99', baseline, ...late, unit: 'ms', ratio: late.ours / late.theirs, runs },
        {
          what: `… p99, at most twice the bare bot's and one fsync (p99)`,
          value: late.ours,
          unit: 'ms',
          aim: { atMost: Number((2 * late.theirs + fsync.p99).toFixed(3)) },
        },
      ];
    } finally {
      await bots.close();
      build.remove();
    }
  },
};
