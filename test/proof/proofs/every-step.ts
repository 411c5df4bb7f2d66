import { caller } from '../http.ts';
import { oneLife } from '../one-life.ts';
import { chance, type Proof, type Violation } from '../proof.ts';

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
/** Those of a command that really runs: around its start, and the commits that record start and end. */
const pointsOfRuns = ['executor.start.before', 'executor.start.after', 'store.commit.before', 'store.commit.after'];
/** Arrivals before this one come before the start: the life of a rehearsal tries them. */
const firstCommitOfARun = 12;
/** No life passes any point more often. */
const mostArrivals = 100;
/** What the short form passes over between two commits that it tries; where it begins is left to chance. */
const stride = 24;
const actions = ['kill', 'throw'] as const;
const atOnce = 3;

export const everyStep: Proof = {
  name: 'every-step',
  shows: 'a request comes to its one end wherever on its way Gaia is killed or fails',
  async run({ gaia, full, trials, seed, progress, signal }) {
    const violations: Violation[] = [];
    const lastReached = new Map<string, number>();
    const { call, close } = caller();
    const { between, of, shuffled } = chance(seed);
    let lives = 0;
    // The short form comes once to each point, to be killed or to fail by chance, and to some of the many commits.
    const isWhole = full || trials !== undefined;
    const arrivals = (point: string, isReal: boolean): number[] => {
      const isCommit = point.startsWith('store.');
      const first = isReal && isCommit ? firstCommitOfARun : 1;
      const all = Array.from({ length: mostArrivals - first + 1 }, (_, at) => first + at);
      if (isWhole) return all;
      const offset = between(1, stride);
      return isCommit ? all.filter((_, at) => at === 0 || at % stride === offset % stride) : all.slice(0, 1);
    };
    const lotsAt = (isReal: boolean) => (point: string) =>
      (isWhole ? actions : [of(actions)]).map((action) => ({
        point,
        action,
        isReal,
        arrivals: arrivals(point, isReal),
      }));
    const every = [...points.flatMap(lotsAt(false)), ...pointsOfRuns.flatMap(lotsAt(true))];
    const lots = trials === undefined ? shuffled(every) : every.slice(0, trials);
    const work = async (): Promise<void> => {
      for (let lot = lots.shift(); lot && !signal.aborted; lot = lots.shift()) {
        const { point, action, isReal } = lot;
        for (const nth of lot.arrivals) {
          if (signal.aborted) break;
          const end = await oneLife(gaia, call, `${point}:${action}:${nth}`, { isReal });
          violations.push(...end.violations);
          progress(++lives, lives + lots.length);
          if (!end.wasReached || end.violations.length > 0) break;
          lastReached.set(point, Math.max(nth, lastReached.get(point) ?? 0));
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work)).finally(close);
    if (violations.length === 0 && trials === undefined && !signal.aborted) {
      for (const point of [...points, ...pointsOfRuns].filter((name) => !lastReached.has(name))) {
        violations.push({ invariant: 'every-step', message: `no life came by ${point}, so nothing is shown of it` });
      }
    }
    return {
      trials: lives,
      violations,
      figures: {
        points: new Set([...points, ...pointsOfRuns]).size,
        'last arrival tried': [...lastReached].map(([point, nth]) => `${point} ${nth}`).join(', '),
      },
    };
  },
};
