import { setTimeout as delay } from 'node:timers/promises';
import { type AnExecutor, anExecutor, severalAtOnce } from '../an-executor.ts';
import { chance, type Proof, trialsOf, type Violation } from '../proof.ts';
import { aWorkshop } from '../workshop.ts';

/** Stands for waiting until it is started. */
const patienceMs = 30_000;

export const starts: Proof = {
  name: 'starts',
  shows: 'a command runs or is given up, never both, however close a supervisor and a recovering Gaia come',
  async run(context) {
    const { gaia, seed, progress, signal } = context;
    const violations: Violation[] = [];
    const races = trialsOf(context, { short: 40, full: 1_000 });
    const lots = chance(seed);
    const workshop = aWorkshop();
    const undo = workshop.takeTemporaryFiles();
    let [ran, done] = [0, 0];
    try {
      const it = await anExecutor(gaia, workshop);
      const other = await anExecutor(gaia, workshop);
      let startMs = 100; // how long a supervisor takes until its latch, as the last that was not given up did
      const numbers = Array.from({ length: races }, (_, n) => n);
      await severalAtOnce(numbers, 4, async (n) => {
        if (signal.aborted) return;
        // now and then nobody hurries, so that the race is run where it is close, however busy the machine
        const after = n % 8 === 0 ? patienceMs : lots.next() * 2 * startMs;
        const since = performance.now();
        const word = `run-${n}-0-0`;
        const { claimed, started } = await race(it, other, word, after);
        if (started) startMs = Math.min(20_000, performance.now() - since);
        const runs = workshop.began().filter((each) => each === word).length;
        if (claimed === started || runs !== Number(started)) {
          const said = `given up: ${claimed}, started: ${started}, and it ran ${runs}×`;
          violations.push({ invariant: 'I1', message: `${word}, given up after ${Math.round(after)} ms: ${said}` });
        }
        ran += runs;
        progress(++done, races);
      });
      if (done >= 40 && (ran === 0 || ran === done))
        violations.push({ invariant: 'starts', message: `${ran} of ${done} ran, so no race was close` });
      await it.close();
    } finally {
      undo();
      workshop.remove();
    }
    return { trials: done, violations, figures: { 'ran, the others were given up': ran } };
  },
};

async function race(it: AnExecutor, other: AnExecutor, word: string, after: number) {
  const id = word;
  const held = await it.executor.hold(id, await it.command({ argv: ['make', word] }));
  const starting = it.executor.start(held, { secrets: {}, patterns: [] }).then(
    () => true,
    () => false,
  );
  await (after >= patienceMs ? starting : delay(after));
  const claimed = await other.executor.claim(id);
  const started = await starting;
  // what was started although it was given up has time to show it
  if (started) await Promise.race([it.ended(id).catch(() => undefined), delay(claimed ? 2_000 : 120_000)]);
  return { claimed, started };
}
