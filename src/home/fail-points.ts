import { invalid } from '../core/errors.ts';
import type { Reach } from '../core/fail-point.ts';
import { failPointsRemedy, parseFailPoints } from '../core/fail-point-list.ts';

/**
 * Arms named places of the program, for proofs: `store.commit.after:kill,telegram.send.before:throw:3`.
 * `kill` ends the process as kill -9 does; `throw` throws there, and says so: not everything that is thrown leaves a trace.
 * Once each: at the first arrival, or at the n-th.
 */
export function failPoints(spec: string, say: (what: string) => void): Reach {
  const points = parseFailPoints(spec);
  if (points === undefined) throw invalid(`"${spec}" is no list of fail points.`, { remedy: failPointsRemedy });
  const arrivals = new Map<string, number>();
  return (name) => {
    const nth = (arrivals.get(name) ?? 0) + 1;
    arrivals.set(name, nth);
    const point = points.find((armed) => armed.name === name && armed.nth === nth);
    if (point?.action === 'kill') process.kill(process.pid, 'SIGKILL');
    if (point?.action !== 'throw') return;
    const what = `fail point ${name}, arrival ${nth}`;
    say(what);
    throw new Error(what);
  };
}
