import fc from 'fast-check';
import { check } from '../checker.ts';
import { aClock, aGaia, engines, templates } from '../fixture.ts';
import { type Proof, trialsOf, type Violation } from '../proof.ts';
import { snapshotOfStore } from '../snapshot.ts';
import { newModel, policies, storyPeople } from '../story-model.ts';
import { type Real, storySteps } from '../story-steps.ts';

export const stories: Proof = {
  name: 'stories',
  shows: 'whatever people, agents and the clock do in whatever order, Gaia does what a small reference machine does',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const from = await templates(gaia);
    const violations: Violation[] = [];
    const figures: Record<string, number> = {};
    let told = 0;
    let steps = 0;
    const own = trialsOf(context, { short: 300, full: 10_000 });
    const shares = engines.map((engine) => ({
      engine,
      runs: engine === 'sqlite' ? own : Math.ceil(own / (context.full ? 4 : 10)),
    }));
    const all = shares.reduce((sum, { runs }) => sum + runs, 0);
    try {
      for (const { engine, runs } of shares) {
        const since = performance.now();
        const story = fc.asyncProperty(fc.commands(storySteps, { maxCommands: 60, size: 'max' }), async (commands) => {
          if (signal.aborted) return;
          const clock = aClock();
          const world = await aGaia(gaia, from, { approvers: [...storyPeople], policy: policies.usual, clock, engine });
          try {
            for (const name of ['builder', 'tester']) await world.agent(name);
            const real: Real = { gaia, world, clock, ids: [], steps: 0 };
            await fc.asyncModelRun(() => ({ model: newModel(clock.now()), real }), commands);
            steps += real.steps;
            await world.close();
            const found = check(await snapshotOfStore(world.where), { approvers: storyPeople });
            if (found.length > 0)
              throw new Error(found.map(({ invariant, message }) => `${invariant}: ${message}`).join('; '));
          } finally {
            await world.close();
            await world.remove();
          }
          progress(Math.min(++told, all), all);
        });
        const result = await fc.check(story, {
          numRuns: runs,
          seed,
          interruptAfterTimeLimit: context.full ? 7_200_000 : 120_000,
          markInterruptAsFailure: false,
        });
        if (result.failed) {
          const because =
            result.errorInstance instanceof Error ? result.errorInstance.message : String(result.errorInstance);
          violations.push({
            invariant: 'stories',
            message: `${engine}: ${because}\n    after: ${String(result.counterexample?.[0])}\n    (path ${result.counterexamplePath})`,
          });
        }
        if (result.interrupted) figures[`${engine}, stories told in the time there was`] = result.numRuns;
        figures[`${engine}, ms a story`] = Math.round((performance.now() - since) / Math.max(1, result.numRuns));
      }
    } finally {
      await from.remove();
    }
    return { trials: told, violations, figures: { ...figures, steps } };
  },
};
