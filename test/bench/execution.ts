import { spawn } from 'node:child_process';
import { anExecutor, isolations } from '../proof/an-executor.ts';
import type { Gaia } from '../proof/gaia.ts';
import { aWorkshop, isRoot } from '../proof/workshop.ts';
import type { Bench, Measure } from './bench.ts';
import { inTurn, slowest } from './in-turn.ts';

/** What it costs that a command has a supervisor, a latch and an outcome on disk, and a sandbox; over a bare spawn. */
export const executionBench: Bench = {
  name: 'execution',
  async run({ gaia, quick }) {
    const [repetitions, runs] = quick ? [3, 5] : [10, 20];
    const measures: Measure[] = [];
    const ways = [
      ['supervised', 'not at all'],
      ...(isRoot ? ([['supervised, as another user', 'as another user']] as const) : []),
      ['supervised, in a sandbox', 'in a sandbox'],
    ] as const;
    for (const [what, way] of ways) {
      const facts = { what: `a command, ${what}`, baseline: 'a bare spawn', unit: 'ms p50' };
      measures.push(
        await withExecutor(gaia, way, (ours) =>
          inTurn(
            facts,
            repetitions,
            () => slowest(0.5, runs, ours),
            () => slowest(0.5, runs, bare),
          ),
        ),
      );
    }
    return measures;
  },
};

async function withExecutor(
  gaia: Gaia,
  way: keyof typeof isolations,
  measure: (ours: () => Promise<void>) => Promise<Measure>,
): Promise<Measure> {
  const workshop = aWorkshop();
  const undo = workshop.takeTemporaryFiles();
  try {
    const it = await anExecutor(gaia, workshop, {
      execUser: undefined,
      ...isolations[way],
    } as (typeof isolations)[typeof way]);
    const command = await it.command({ argv: ['true'] });
    return await measure(async () => {
      const id = it.newId();
      await it.begin(id, command);
      await it.ended(id);
      await it.executor.forget(id);
    });
  } finally {
    undo();
    workshop.remove();
  }
}

const bare = (): Promise<void> =>
  new Promise((resolve, reject) => {
    spawn('/usr/bin/true', { stdio: ['ignore', 'pipe', 'pipe'] })
      .once('error', reject)
      .once('close', () => resolve());
  });
