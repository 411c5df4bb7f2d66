import { caller } from '../http.ts';
import { oneLife } from '../one-life.ts';
import type { Proof, Violation } from '../proof.ts';

/** Every named fail-point: before and after each commit, and each call to the outside. */
const points = [
  'store.commit.before',
  'store.begin.after',
  'store.commit.after',
  'channel.send.before',
  'channel.send.after',
  'resolve.before',
  'resolve.after',
  'log.copy.before',
  'log.copy.after',
  'head.write.before',
  'head.write.after',
  'key.write.before',
  'key.write.after',
  'announce.before',
  'announce.after',
];
/** No life passes any point more often. */
const mostArrivals = 100;
const atOnce = 3;

export const everyStep: Proof = {
  name: 'every-step',
  shows: 'a request comes to its one end wherever on its way Gaia is killed or fails',
  async run({ gaia, full, trials, progress, signal }) {
    const violations: Violation[] = [];
    const lastReached = new Map<string, number>();
    const { call, close } = caller();
    let lives = 0;
    // The short form tries the first arrivals of each point and then every seventh; the full form every one.
    const step = (nth: number): number => (full || trials !== undefined || nth < 2 ? 1 : 7);
    const lots = points
      .flatMap((point) => (['kill', 'throw'] as const).map((action) => ({ point, action })))
      .slice(0, trials);
    const work = async (): Promise<void> => {
      for (let lot = lots.shift(); lot && !signal.aborted; lot = lots.shift()) {
        for (let nth = 1; nth <= mostArrivals && !signal.aborted; nth += step(nth)) {
          const end = await oneLife(gaia, call, `${lot.point}:${lot.action}:${nth}`);
          violations.push(...end.violations);
          progress(++lives, lives + lots.length);
          if (!end.wasReached || end.violations.length > 0) break;
          lastReached.set(lot.point, Math.max(nth, lastReached.get(lot.point) ?? 0));
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work)).finally(close);
    if (violations.length === 0 && trials === undefined && !signal.aborted) {
      for (const point of points.filter((name) => !lastReached.has(name))) {
        violations.push({ invariant: 'every-step', message: `no life came by ${point}, so nothing is shown of it` });
      }
    }
    return {
      trials: lives,
      violations,
      figures: {
        points: points.length,
        'last arrival tried': [...lastReached].map(([point, nth]) => `${point} ${nth}`).join(', '),
      },
    };
  },
};
